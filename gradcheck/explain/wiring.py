"""How the definitions of a document hang together, by their names alone.

A network is wired in one way: every claimed parameter and every forward equation leads to the loss,
nothing holds itself, and what the gradients are written in is known. A mistyped name breaks this,
so the number of breaks tells which edits are worth reading anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from gradcheck.language.expression import Expression, Name, Partial, contains, value_names, walk
from gradcheck.language.model import Step
from gradcheck.language.names import INPUT, LABEL
from gradcheck.run.budget import spend

Line = tuple[str, tuple[str, ...]]
"""A definition by names: what is defined, and what its body holds."""


@dataclass(frozen=True)
class Wiring:
    """What is defined and claimed: ``definitions`` in order, the claims' steps, the loss's key."""

    definitions: tuple[Step, ...]
    claims: tuple[Step, ...]
    loss: str
    constants: frozenset[str]

    @classmethod
    def of(cls, steps: Sequence[Step], loss: str | None, constants: frozenset[str]) -> Wiring:
        """Of all steps of a document; ``loss`` is the setup's, if there is one."""
        definitions = tuple(
            step
            for step in steps
            if (step.kind == "definition" or _before_claims(step, steps))
            and step.side == 1
            and isinstance(step.left_written, Name)
            and step.right_written is not None
        )
        chosen = {id(step) for step in definitions}
        claims = tuple(s for s in steps if s.kind == "claim" and id(s) not in chosen)
        return cls(definitions, claims, _differentiated(definitions, claims, loss), constants)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return tuple((key_of(step), _keys(step.right_written)) for step in self.definitions)

    @cached_property
    def _of_partials(self) -> frozenset[str]:
        return frozenset(key_of(s) for s in self.definitions if _holds_partial(s.right_written))

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """What the loss is differentiated by."""
        found = [
            node.by.key
            for step in self.claims
            for node in _partials(step.left_written)
            if isinstance(node.by, Name) and isinstance(node.of, Name) and node.of.key == self.loss
        ]
        return tuple(dict.fromkeys(found))

    @cached_property
    def differentiated(self) -> frozenset[str]:
        """What claims differentiate: names that are computed from others."""
        sides = [side for s in self.claims for side in (s.left_written, s.right_written)]
        found = [node.of for side in sides for node in _partials(side)]
        return frozenset(of.key for of in found if isinstance(of, Name))

    @cached_property
    def used(self) -> tuple[str, ...]:
        """The names that claims are written in."""
        sides = [side for s in self.claims for side in (s.left_written, s.right_written)]
        found = [key for side in sides if side is not None for key in _keys(side)]
        return tuple(key for key in dict.fromkeys(found) if key not in self.constants)

    def breaks(self, lines: Sequence[Line]) -> int:
        """How often what is defined by these lines does not hang together."""
        spend(len(lines))
        given: dict[str, tuple[str, ...]] = {}
        twice = 0
        for key, names in lines:
            twice += key in given and set(given[key]) != set(names)
            given[key] = (*given.get(key, ()), *names)
        if self.loss not in given:
            return 100
        counted = sum(key in self.constants or is_label(key) for key in given)
        given = {key: names for key, names in given.items() if key not in self.constants}
        reached = _reached(self.loss, given)
        lost = [key for key in self.parameters if key not in reached]
        idle = [k for k in given if k not in reached and k not in self._of_partials]
        helpers = _built_on_labels(given) if idle else set()
        idle = [k for k in idle if k not in helpers]
        unknown = [k for k in self.used if k not in reached and k not in given]
        circles = _has_circle(given)
        strange = [
            key
            for key in reached
            if key not in given
            and (key not in self.parameters or key in self.differentiated)
            and key not in self.constants
            and not is_label(key)
            and _base(key) not in INPUT.names()
        ]
        inner = {name for names in given.values() for name in names}
        foreign = [k for k in inner if k not in reached and k not in given]
        foreign = [k for k in foreign if k not in self.constants]
        found = (lost, idle, unknown, strange, foreign)
        return twice + counted + 3 * circles + sum(len(keys) for keys in found)


def _before_claims(step: Step, steps: Sequence[Step]) -> bool:
    """``b_1 = w_1 x + b_1`` among the definitions: nothing is updated before it has a gradient."""
    first = next((s.statement for s in steps if _holds_partial(s.left_written)), None)
    return step.kind == "update" and first is not None and step.statement < first


def key_of(step: Step) -> str:
    """What a definition defines."""
    assert isinstance(step.left_written, Name)
    return step.left_written.key


@cache
def is_label(key: str) -> bool:
    """Whether a name is one that labels usually have (``y``, ``y_true``, not ``y_pred``)."""
    prediction = "(" in key or "pred" in key
    return not prediction and _base(key) in LABEL.names()


def _base(key: str) -> str:
    return key.partition("_")[0].partition("^")[0].partition("(")[0]


def _keys(side: Expression | None) -> tuple[str, ...]:
    return () if side is None else tuple(dict.fromkeys(n.key for n in value_names(side)))


def _partials(side: Expression | None) -> list[Partial]:
    return [] if side is None else [n for n in walk(side) if isinstance(n, Partial)]


def _holds_partial(side: Expression | None) -> bool:
    return side is not None and contains(side, Partial)


def _differentiated(definitions: Sequence[Step], claims: Sequence[Step], loss: str | None) -> str:
    """The name of the loss: what most claims differentiate and nothing is differentiated by.

    ``loss`` is what it was understood to be, which a claim may call by another name.
    """
    partials = [node for step in claims for node in _partials(step.left_written)]
    by = {node.by.key for node in partials if isinstance(node.by, Name)}
    found = [node.of.key for node in partials if isinstance(node.of, Name)]
    found = [key for key in found if key not in by]
    defined = {key_of(step) for step in definitions}
    if loss is not None and not defined & set(found):
        return loss
    known = [key for key in found if key in defined or loss is None]
    return max(dict.fromkeys(known), key=known.count, default="")


def _built_on_labels(given: Mapping[str, tuple[str, ...]]) -> set[str]:
    """What may end in nothing: a part of a gradient, which is made of the labels."""
    users: dict[str, list[str]] = {}
    for key, names in given.items():
        for name in names:
            users.setdefault(name, []).append(key)
    labels = [name for name in users if name not in given and is_label(name)]
    return _reached_from(labels, users)


def _has_circle(given: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether something is computed from itself: then not all can be put in an order."""
    left = {key: len({name for name in names if name in given}) for key, names in given.items()}
    users: dict[str, list[str]] = {}
    for key, names in given.items():
        for name in dict.fromkeys(names):
            users.setdefault(name, []).append(key)
    ready = [key for key, count in left.items() if not count]
    for key in ready:
        for user in users.get(key, ()):
            left[user] -= 1
            if not left[user]:
                ready.append(user)
    return len(ready) < len(given)


def _reached(key: str, given: Mapping[str, tuple[str, ...]]) -> set[str]:
    return {key} | _reached_from(given.get(key, ()), given)


def _reached_from(names: Sequence[str], given: Mapping[str, Sequence[str]]) -> set[str]:
    """Every name that these are computed from, themselves included."""
    seen: set[str] = set()
    waiting = list(names)
    spend()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += given.get(name, ())
    return seen
