"""Names that a page defines anew: where another definition is meant than the one in force.

A use refers to the last definition before it. A setup has one definition of a name; between a
rival one and the next, what uses the name is not judged by it. Two that stand side by side before
anything is derived are alternatives, unless the text passes on from one to the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from gradcheck.language.document import Document
from gradcheck.language.expression import Expression, to_key
from gradcheck.language.model import Rival
from gradcheck.language.notation import to_text
from gradcheck.understand.bindings import Binding
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.resolution import Resolver, Unresolved
from gradcheck.understand.roles import reachable

_PASSES_ON = re.compile(r"\b(?:now|instead)\b|^\s*#|\\(?:sub)*section\b", re.I | re.M)
"""Words and headings with which a text passes on to another meaning of a name."""


def rivals(
    document: Document,
    bindings: Sequence[Binding],
    chosen: Mapping[str, Binding],
    claimed: Sequence[int],
    resolver: Resolver,
) -> tuple[Rival, ...]:
    """The stretches in which a name does not mean what it does in a setup.

    ``bindings`` are all of the document, ``chosen`` those in force, ``claimed`` where gradients
    are claimed.
    """
    bodies = {key: binding.body for key, binding in chosen.items()}
    by_key: dict[str, list[Binding]] = {}
    for binding in bindings:
        if binding.key in chosen and not is_loss_name(binding.name) and not binding.formals:
            by_key.setdefault(binding.key, []).append(binding)
    found = []
    for key, several in by_key.items():
        own = chosen[key]
        ends = [later.position for _, later in pairwise(several)] + [len(document.text) + 1]
        for binding, end in zip(several, ends, strict=True):
            same = to_key(binding.body) == to_key(own.body)
            if same or not _is_anew(document, binding, own, bodies, claimed):
                continue
            lines = sorted({document.line_of(own.span), document.line_of(binding.span)})
            places = " and ".join(map(str, lines))
            reason = f"{to_text(own.name)} is defined twice, lines {places}"
            body = _resolved(binding.body, resolver)
            found.append(Rival(key, binding.start, end, reason, body, binding.statement))
    return tuple(found)


def _is_anew(
    document: Document,
    rival: Binding,
    own: Binding,
    bodies: Mapping[str, Expression],
    claimed: Sequence[int],
) -> bool:
    """Whether the later of two definitions begins something, and is no alternative."""
    first, second = sorted((rival, own), key=lambda binding: binding.position)
    if any(first.position < at < second.start for at in claimed):
        return True
    if _PASSES_ON.search(document.text[first.span.end : second.start]):
        return True
    own_bodies = {key: body for key, body in bodies.items() if key != own.key}
    return second.key in reachable("", {**own_bodies, "": second.body})


def _resolved(body: Expression, resolver: Resolver) -> Expression | None:
    try:
        return resolver.resolve(body)
    except Unresolved:
        return None
