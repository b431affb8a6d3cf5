"""What kind of mistake an edit mends, by the names of the rules."""

from __future__ import annotations

from gradcheck.expression import Add, Expression, Name, Negate, to_key
from gradcheck.mending.context import MendContext
from gradcheck.mending.edits import Edit
from gradcheck.mending.tree import at_path, places

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
