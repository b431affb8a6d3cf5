"""A minus that one bias has and the others have not: ``z = w x - b`` beside ``\\hat{y} = v a + c``.

Thresholds are subtracted everywhere, or are called θ; where the other layer adds its bias, the
minus is the likelier slip than the sign of the gradient by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.language.expression import Add, Expression, Name, Negate, walk
from gradcheck.language.model import Model

_THRESHOLDS = ("theta", "Theta", "tau", "vartheta", "gamma", "T")


def is_stray_minus(model: Model, key: str, mended: Expression) -> bool:
    """Whether a definition's edit turns the one minus before a bias, and another bias is added."""
    written = model.definitions.get(key)
    before = set(_terms(written, negated=True)) if written is not None else set()
    turned = before & set(_terms(mended, negated=False))
    biases = {p.key for p in model.parameters if p.role.startswith("b_")}
    if len(turned) != 1 or not turned <= biases:
        return False
    name = model.names.get(next(iter(turned)))
    if name is None or name.base in _THRESHOLDS:
        return False
    added = {term for body in model.definitions.values() for term in _terms(body, negated=False)}
    return bool(added & (biases - turned))


def _terms(body: Expression, negated: bool) -> Iterator[str]:
    """The names that are terms of a sum by themselves, with or without a minus."""
    for node in walk(body):
        for term in node.terms if isinstance(node, Add) else ():
            core = term.operand if isinstance(term, Negate) else term
            if isinstance(core, Name) and isinstance(term, Negate) == negated:
                yield core.key
