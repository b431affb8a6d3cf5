"""A reference in the names of a page: which of its quantities the page calls what.

Two definitions of one quantity that are alike but for names give the names that stand for each
other; it begins at the losses and goes down. The order of a weight's indices is a matter of
names as well: ``w_{ij} x_i`` for ``w_{ji} x_i``. Where a definition is another one, the one name
that only it has stands for the one that only the other has, if they have as many indices.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import NamedTuple

from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    Multiply,
    Name,
    Number,
    Sum,
    transform,
    value_names,
)
from gradcheck.understand.bindings import Binding
from gradcheck.understand.page.order import InOrder
from gradcheck.understand.page.symbols import Unmeant, Written

MOST = 4
"""Terms or factors that are tried in every order."""

TRIES = 5000
"""Comparisons of two parts for a pair of definitions."""


class Counterpart(NamedTuple):
    """The page's name for a quantity; its letters, in the order of the reference's slots."""

    name: Name
    letters: tuple[str, ...]


@dataclass
class _Alike:
    """What is known so far of the names and letters that stand for each other."""

    names: dict[str, Counterpart] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)

    def copy(self) -> _Alike:
        return _Alike(dict(self.names), dict(self.letters))


@dataclass
class Renaming:
    """Finds the page's names of what a reference defines."""

    reference: InOrder
    page: InOrder
    _tries: int = 0

    def change(self) -> Callable[[Expression], Expression]:
        """What gives an expression of the reference the page's names."""
        found = self.counterparts()
        symbols = self.reference.symbols
        taken = {self.page.symbol(c.name) for c in found.values()}

        def change(node: Expression) -> Expression:
            if not isinstance(node, Name):
                return node
            try:
                written = symbols.written(node)
            except Unmeant:
                return node
            known = found.get(written.symbol)
            letters = _letters(written)
            if known is not None and len(known.letters) == len(letters):
                given = dict(zip(known.letters, letters, strict=True))
                return replace(_lettered(known.name, given), span=node.span)
            return replace(node, qualifier="ref") if written.symbol in taken else node

        return lambda expression: transform(expression, change)

    def counterparts(self) -> dict[str, Counterpart]:
        """By the reference's symbol: the name of the page. Both have one loss, else nothing."""
        ours, theirs = _loss(self.reference), _loss(self.page)
        known = _Alike()
        if ours is None or theirs is None:
            return {}
        self._pair(ours.name, theirs.name, known)
        waiting, seen = [ours.name], set()
        while waiting:
            symbol = self.reference.symbol(waiting.pop())
            if symbol in seen or symbol not in known.names:
                continue
            seen.add(symbol)
            one = _only(self.reference, symbol)
            other = _only(self.page, self.page.symbol(known.names[symbol].name))
            if one is not None and other is not None:
                self._compare(one, other, known)
                waiting += value_names(one.body)
        return known.names

    def _compare(self, one: Binding, other: Binding, known: _Alike) -> None:
        """What two definitions of the same quantity tell."""
        trial = _Alike(dict(known.names))
        heads = self._written(one.name, other.name)
        if heads is None:
            return
        trial.letters = dict(zip(_letters(heads[0]), _letters(heads[1]), strict=False))
        self._tries = 0
        found = self._match(one.body, other.body, trial)
        known.names = found.names if found is not None else known.names
        if found is None:
            self._leftover(one.body, other.body, known)

    def _match(self, one: Expression, other: Expression, known: _Alike) -> _Alike | None:
        """The names by which two expressions are alike, or None."""
        self._tries += 1
        if self._tries > TRIES:
            return None
        if isinstance(one, Name) and isinstance(other, Name):
            return known if self._pair(one, other, known) else None
        if isinstance(one, Number) or type(one) is not type(other):
            return known if one == other else None
        if isinstance(one, Sum) and isinstance(other, Sum):
            return self._match_sums(one, other, known)
        ours, theirs = one.children(), other.children()
        if isinstance(one, Apply):
            ours, theirs = ours[1:], theirs[1:]
        if len(ours) != len(theirs):
            return None
        for order in _orders(one, theirs):
            found: _Alike | None = known.copy()
            for a, b in zip(ours, order, strict=True):
                found = self._match(a, b, found) if found is not None else None
            if found is not None:
                return found
        return None

    def _match_sums(self, one: Sum, other: Sum, known: _Alike) -> _Alike | None:
        if (one.index is None) != (other.index is None):
            return None
        inside = known.copy()
        if one.index is not None and other.index is not None:
            inside.letters[one.index.key] = other.index.key
        return self._match(one.body, other.body, inside)

    def _pair(self, one: Name, other: Name, known: _Alike) -> bool:
        """Whether two names may stand for each other; then they do from now on."""
        both = self._written(one, other)
        if both is None:
            return False
        ours, theirs = _letters(both[0]), _letters(both[1])
        for a, b in zip(ours, theirs, strict=True):
            known.letters.setdefault(a, b)
        wanted = tuple(known.letters[letter] for letter in ours)
        if sorted(wanted) != sorted(theirs):
            return False
        new = Counterpart(other, wanted)
        old = known.names.get(both[0].symbol)
        if old is not None:
            return self._is_same(old, new)
        if wanted != theirs and _only(self.page, both[1].symbol) is not None:
            return False
        if any(self.page.symbol(c.name) == both[1].symbol for c in known.names.values()):
            return False
        known.names[both[0].symbol] = new
        return True

    def _is_same(self, old: Counterpart, new: Counterpart) -> bool:
        """Whether the same name with its indices in the same order."""
        if self.page.symbol(old.name) != self.page.symbol(new.name):
            return False
        order = [self._own(old.name).index(x) for x in old.letters]
        return order == [self._own(new.name).index(x) for x in new.letters]

    def _own(self, name: Name) -> tuple[str, ...]:
        return _letters(self.page.symbols.written(name))

    def _leftover(self, one: Expression, other: Expression, known: _Alike) -> None:
        """The only name that one side has stands for the only one that the other has."""
        ours, theirs = self._free(one, self.reference), self._free(other, self.page)
        for count in range(4):
            mine = {s: n for s, n in ours.items() if s not in theirs and len(n[1]) == count}
            others = {s: n for s, n in theirs.items() if s not in ours and len(n[1]) == count}
            if len(mine) == len(others) == 1:
                (symbol, _), (_, (name, letters)) = *mine.items(), *others.items()
                known.names.setdefault(symbol, Counterpart(name, letters))

    def _free(self, body: Expression, page: InOrder) -> dict[str, tuple[Name, tuple[str, ...]]]:
        found: dict[str, tuple[Name, tuple[str, ...]]] = {}
        for name in value_names(body):
            try:
                written = page.symbols.written(name)
            except Unmeant:
                continue
            found.setdefault(written.symbol, (name, _letters(written)))
        return found

    def _written(self, one: Name, other: Name) -> tuple[Written, Written] | None:
        """Both taken apart, if they have as many indices."""
        try:
            ours = self.reference.symbols.written(one)
            theirs = self.page.symbols.written(other)
        except Unmeant:
            return None
        return (ours, theirs) if len(ours.indices) == len(theirs.indices) else None


def _letters(written: Written) -> tuple[str, ...]:
    """All indices, numbers among them."""
    return tuple(text for _, text in written.indices)


def _orders(node: Expression, children: Sequence[Expression]) -> Iterator[Sequence[Expression]]:
    if isinstance(node, Add | Multiply) and len(children) <= MOST:
        yield from permutations(children)
    else:
        yield children


def _lettered(name: Name, given: dict[str, str]) -> Name:
    """A name with other index letters."""

    def changed(found: re.Match[str]) -> str:
        group = found[0]
        if group in given:
            return given[group]
        return "".join(given[x] for x in group) if set(group) <= given.keys() else group

    below, above = (
        re.sub(r"[A-Za-z]+|\d+", changed, text) for text in (name.subscript, name.superscript)
    )
    return replace(name, subscript=below, superscript=above)


def _only(page: InOrder, symbol: str) -> Binding | None:
    """The one definition of a symbol."""
    found = [b for b in page.bindings if page.symbol(b.name) == symbol]
    return found[0] if len(found) == 1 else None


def _loss(page: InOrder) -> Binding | None:
    """The one loss of a page; None where there is none, or several."""
    totals = {b.name.key: b for b in page.losses if not page.is_part(b)}
    return next(iter(totals.values())) if len(totals) == 1 else None
