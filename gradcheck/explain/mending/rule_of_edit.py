"""What kind of mistake an edit mends, by the names of the rules."""

from __future__ import annotations

from gradcheck.explain.mending.context import MendContext
from gradcheck.explain.mending.edits import Edit
from gradcheck.explain.mending.tree import at_path, places
from gradcheck.language.expression import Add, Apply, Expression, FunctionName, Name, Negate, to_key
from gradcheck.language.notation import to_text

_OTHER = {
    "prime": "activation-prime",
    "wrong-function": "wrong-function",
}


def rule_name(context: MendContext, written: Expression, edit: Edit) -> str:
    """The rule's name; a factor that belongs to an activation's slope has rules of its own."""
    if edit.rule == "extra-factor" and edit.path:
        gone = at_path(written, edit.path)
        if _is_slope_part(context, gone) and _again(written, edit, gone):
            return "doubled-activation-derivative"
    return _OTHER.get(edit.rule, edit.rule)


def multiplied_argument(
    context: MendContext, written: Expression, edits: tuple[Edit, ...]
) -> str | None:
    """What a derivative is multiplied by instead of being taken at: ``\\sigma'(a_1) z_1``."""
    gone = [e for e in edits if e.rule == "extra-factor" and e.path]
    if len(gone) != 1 or len(edits) > 2:
        return None
    factor = at_path(written, gone[0].path)
    if len(edits) == 2:
        other = next(edit for edit in edits if edit is not gone[0])
        head = at_path(written, other.path[:-1]) if other.path else None
        taken = isinstance(head, Apply) and to_key(other.node) == to_key(factor)
        return to_text(factor) if taken else None
    *above, at = gone[0].path
    before = at_path(written, (*above, at - 1)) if at else None
    if not isinstance(before, FunctionName):
        return None
    meant = context.resolve(before)
    taken = isinstance(meant, Apply) and to_key(meant.arguments[0]) == to_key(factor)
    return to_text(factor) if taken else None


def _is_slope_part(context: MendContext, node: Expression) -> bool:
    """Whether a factor is ``a``, ``1 - a``, ``1 - a^2`` or a primed application."""
    if isinstance(node, Name):
        return node.key in context.activations
    keys = context.activations
    shapes = {f"(+ 1 (- {key}))" for key in keys} | {f"(+ 1 (- (^ {key} 2)))" for key in keys}
    primed = to_key(node).startswith("(call ") and "'" in to_key(node).split(" ")[1]
    return to_key(node) in shapes or primed


def _again(written: Expression, edit: Edit, gone: Expression) -> bool:
    """Whether the same factor stands there once more."""
    key = to_key(gone)
    same = [path for path, node in places(written) if to_key(node) == key]
    outside = [
        path
        for path in same
        if path == edit.path
        or not isinstance(at_path(written, path[:-1]) if path else written, (Add, Negate))
    ]
    return len(outside) > 1
