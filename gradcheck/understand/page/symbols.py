"""Symbols: written names taken apart into what they name and the indices that they carry.

``w_{ji}`` is the symbol w with the indices j and i, ``a_1^{(i)}`` the symbol a_1 with the index i,
``o_h`` a symbol of its own. A letter is an index if a sum binds it somewhere, or if it is one of
the usual letters and stands alone as a mark. A number is part of the symbol, unless the same symbol
has an index at that place: ``p_1`` beside ``p_k``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from gradcheck.language.expression import Add, Expression, Name, Number, Partial, Sum, walk

USUAL = frozenset("ijklmnpqrst")
"""Letters that are indices where they stand alone below a name, unless the page says otherwise."""

_WORDS = frozenset("in is it lin min int ins".split())
"""Marks that are words although every letter is a usual index, unless sums run over them all."""

_SHORT = frozenset("ln tr kl pr rms mr mk st nn sp".split())
"""Marks that are short for words, unless every letter stands alone as an index as well."""

_GROUP = re.compile(r"\[[^\]]*\]|\([^)]*\)|[^\[\](),\s]+")
_PIECE = re.compile(r"\d+|[A-Za-z]+|[^\sA-Za-z\d]+")


class Unmeant(Exception):
    """What is written has no meaning here: the reason, in words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for an index: ``below`` and ``above`` count from 0 each."""

    above: bool
    at: int

    def __str__(self) -> str:
        return f"{'above' if self.above else 'below'}{self.at}"


@dataclass(frozen=True, slots=True)
class Written:
    """A name taken apart. ``indices`` maps slots to letters, or to numbers on an indexed axis."""

    symbol: str
    indices: tuple[tuple[Slot, str], ...] = ()

    @property
    def letters(self) -> tuple[str, ...]:
        """The index letters, in the order of the slots."""
        return tuple(text for _, text in self.indices if not text.isdigit())


@dataclass(frozen=True)
class Symbols:
    """Takes the names of one page apart."""

    letters: frozenset[str]
    indexed: frozenset[tuple[str, Slot]]  # symbol without numbers, slot: an index stands there
    numbered: frozenset[str]  # keys of names with numbers that equations define one by one
    bound: frozenset[str] = frozenset()  # letters that a sum runs over
    alone: frozenset[str] = frozenset()  # letters that stand alone as an index
    labels: frozenset[str] = frozenset()  # marks of letters and numbers that heads have
    _known: dict[Name, Written] = field(init=False, default_factory=dict, compare=False, repr=False)

    def written(self, name: Name) -> Written:
        """The symbol and the indices of a name. Raises Unmeant for a shifted index (``l-1``).

        The names of a page are few and asked for a thousand times.
        """
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._taken_apart(name)
        return known

    def _taken_apart(self, name: Name) -> Written:
        fixed: list[str] = []
        indices: list[tuple[Slot, str]] = []
        base = base_of(name)
        numbered = name.key in self.numbered
        for slot, text in self._marks(name, base, numbered):
            position = text.isdigit() and not numbered and (base, slot) in self.indexed
            if text in self.letters or position:
                indices.append((slot, text))
            elif re.search(r"[-+]", text) and len(text) > 1:
                raise Unmeant(f"a shifted index ({text}) is not kept yet")
            else:
                fixed.append(("^" if slot.above else "_") + text)
        return Written(base + "".join(fixed), tuple(indices))

    def _marks(self, name: Name, base: str, numbered: bool) -> list[tuple[Slot, str]]:
        """The marks; ``w_{12}`` beside ``w_{kj}`` has two, a label such as ``o1`` is one."""
        below = name.subscript
        if below in self.labels:
            rest = marks(replace(name, subscript=""), self.letters, self.bound, self.alone)
            return [(Slot(False, 0), below), *rest]
        if name.base == "delta" and re.fullmatch("[a-z]{2}", below) and set(below) <= USUAL:
            name = replace(name, subscript=",".join(below))
        pair = {(base, Slot(False, at)) for at in (0, 1)} <= self.indexed
        if re.fullmatch(r"\d\d", below) and pair and not numbered:
            name = replace(name, subscript=",".join(below))
        return marks(name, self.letters, self.bound, self.alone)


def base_of(name: Name) -> str:
    """The name without sub- and superscripts: ``hat(y)``, ``w``, ``y(pred)``."""
    return Name(name.base, accent=name.accent, qualifier=name.qualifier).key


def marks(
    name: Name,
    letters: frozenset[str],
    bound: frozenset[str] = frozenset(),
    alone: frozenset[str] = frozenset(),
) -> list[tuple[Slot, str]]:
    """The marks of a name in order, those below first: ``w_{ji}`` has j and i."""
    found: list[tuple[Slot, str]] = []
    for above, text in ((False, name.subscript), (True, name.superscript)):
        at = 0
        for group in _GROUP.findall(text):
            for mark in _split(group.strip("()[] "), letters, bound, bound | alone):
                found.append((Slot(above, at), mark))
                at += 1
    return found


def _split(
    text: str, letters: frozenset[str], bound: frozenset[str], sure: frozenset[str]
) -> list[str]:
    """The marks in one group: ``ji`` is two if both are indices, ``o1`` and ``out`` are one."""
    if not text:
        return []
    if re.search(r"[-+]", text) and len(text) > 1 and not re.fullmatch(r"[-+]\d*", text):
        return [text]
    pieces = _PIECE.findall(text)
    parts: list[str] = []
    for piece in pieces:
        word = (piece in _WORDS and not set(piece) <= bound) or (
            piece in _SHORT and not set(piece) <= sure
        )
        if piece.isalpha() and len(piece) > 1 and set(piece) <= letters and not word:
            parts += list(piece)
        else:
            parts.append(piece)
    alone = all(part in letters or part.isdigit() for part in parts)
    return parts if alone else [text]


@dataclass(frozen=True)
class Census:
    """What letters and marks occur on a page."""

    expressions: tuple[Expression, ...]
    heads: tuple[Name, ...]  # the heads of definitions
    named: frozenset[str]  # single letters that are quantities of the page

    @cached_property
    def names(self) -> list[Name]:
        return [n for e in self.expressions for n in walk(e) if isinstance(n, Name)]

    @cached_property
    def bound(self) -> frozenset[str]:
        """Letters that a sum runs over."""
        sums = (n for e in self.expressions for n in walk(e) if isinstance(n, Sum))
        return frozenset(s.index.base for s in sums if s.index is not None and _plain(s.index))

    def symbols(self) -> Symbols:
        """How names are taken apart."""
        letters = self.bound | self._alone
        letters |= self._in_pairs(letters)
        numbered = frozenset(head.key for head in self.heads if re.search(r"\d", head.key))
        indexed = {
            (base_of(name), slot)
            for name in self.names
            for slot, text in marks(name, letters, self.bound, self._alone)
            if text in letters
        }
        beside = numbered | self._beside(numbered) | self._before_sums()
        labels = {h.subscript for h in self.heads if re.fullmatch(r"[A-Za-z]\d", h.subscript)}
        return Symbols(
            letters, frozenset(indexed), beside, self.bound, self._alone, frozenset(labels)
        )

    @cached_property
    def _alone(self) -> frozenset[str]:
        """Usual letters that stand alone below a name."""
        found = {t for name in self.names for t in re.split(r"[,\s]+", name.subscript)}
        above = {name.superscript.strip("()[] ") for name in self.names if name.superscript}
        bracketed = {t for t in above if t in USUAL}
        return frozenset(t for t in found | bracketed if t in USUAL and t not in self.named)

    def _in_pairs(self, letters: frozenset[str]) -> frozenset[str]:
        """Usual letters that stand in pairs: ``w_{jk}`` where nothing else has an index."""
        found: set[str] = set()
        for name in self.names:
            if re.fullmatch(r"[ijkl]{2,3}", name.subscript) and name.subscript not in _WORDS:
                found |= set(name.subscript)
        return frozenset(found - self.named)

    def _beside(self, numbered: frozenset[str]) -> frozenset[str]:
        """Names numbered like those that are defined one by one: ``w_1`` beside ``z_1 = …``."""
        if not any(re.fullmatch(r"\D+_?\^?[(\[]?\d[)\]]?", key) for key in numbered):
            return frozenset()
        numbers = {d for key in numbered for d in re.findall(r"\d+", key)}
        return frozenset(
            name.key
            for name in self.names
            if re.fullmatch(r"\d+", name.subscript) and name.subscript in numbers
        )

    def _before_sums(self) -> frozenset[str]:
        """``w_0`` of ``w_0 + \\sum_{j=1}^n w_j x_j``: no entry of w, of which the sum takes all."""
        found: dict[str, Name] = {}
        from_zero: set[str] = set()
        for expression in self.expressions:
            for node in walk(expression):
                if isinstance(node, Add):
                    sums = [n for term in node.terms for n in walk(term) if isinstance(n, Sum)]
                    bases = {base for one in sums for base in _indexed_by(one)}
                    terms = (t for t in node.terms if isinstance(t, Name) and t.subscript == "0")
                    found |= {base_of(term): term for term in terms if base_of(term) in bases}
                elif isinstance(node, Sum) and node.lower == _ZERO:
                    from_zero |= _indexed_by(node)
        return frozenset(name.key for base, name in found.items() if base not in from_zero)


_ZERO = Number(Fraction(0))


def _indexed_by(node: Sum) -> set[str]:
    """The names that carry the index of a sum."""
    index = node.index.base if node.index is not None else ""
    names = (n for n in walk(node.body) if isinstance(n, Name))
    return {base_of(n) for n in names if index and index in f"{n.subscript},{n.superscript}"}


def _plain(index: Name) -> bool:
    return bool(re.fullmatch(r"[A-Za-z]", index.key))


def quantities(expressions: Iterable[Expression]) -> frozenset[str]:
    """Single letters that stand for a value somewhere, bounds and indices of sums left out."""
    found: set[str] = set()
    for expression in expressions:
        stack = [expression]
        while stack:
            node = stack.pop()
            if isinstance(node, Sum):
                stack.append(node.body)
            elif isinstance(node, Name):
                if len(node.key) == 1:
                    found.add(node.key)
            elif isinstance(node, Partial):
                stack += [node.of, node.by]
            else:
                stack += list(node.children())
    return frozenset(found)
