"""Indices that are said to differ, or to be alike: ``a_i a_j`` for ``i \\neq j``.

Such a condition stands behind an equation or before it. After "for", "if", "case" and before
another equation it is that one's, unless that has one of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from gradcheck.language.document import Document
from gradcheck.language.expression import Expression, Name, walk
from gradcheck.understand.bindings import CanonicalStatement

Pair = tuple[str, str]
Condition = tuple[Pair | None, Pair | None]
"""Two indices that differ; two that are the same."""

NONE: Condition = (None, None)
_BEHIND = 40  # characters between an equation and its condition
_AHEAD = 60  # characters between a condition and its equation

_UNLIKE = re.compile(r"\\neq?\b|≠")
_ALIKE = re.compile(r"\b(?:for|if|when|case)\W{0,6}([a-z])\s*=\s*([a-z])\b", re.I)
_WORD_BEFORE = re.compile(r"\b(?:for|if|when|case|where|with)\W*$", re.I)
_OTHERWISE = re.compile(r"\W*(?:\\(?:text|mathrm|quad|qquad)\W*)*(?:otherwise|else|sonst)\b", re.I)


@dataclass(frozen=True)
class IndexConditions:
    """The conditions of a page's statements."""

    document: Document
    statements: Sequence[CanonicalStatement]
    letters: frozenset[str]

    def of(self, at: int) -> Condition:
        """The condition of the statement at a place in the list."""
        if self._owns_next[at]:
            return self._said(at + 1) or NONE
        if at and self._leads_on(at - 1):
            apart, together = self.of(at - 1)
            return together, apart
        said = self._said(at - 1)
        if said is None or self._gap(at - 1, at) >= _AHEAD or not self._is_led(at - 1):
            return NONE
        if self._has_otherwise(at) and not self._leads_on(at):
            return said[1], said[0]
        return NONE if at > 1 and self._owns_next[at - 2] else said

    @cached_property
    def _owns_next(self) -> list[bool]:
        """Whether the statement behind each one is its condition."""
        found = [False] * len(self.statements)
        for at in reversed(range(len(self.statements))):
            if self._said(at + 1) is None or not 0 <= self._gap(at, at + 1) < _BEHIND:
                continue
            after = at + 2
            if (
                after == len(found)
                or self._gap(at + 1, after) >= _AHEAD
                or not self._is_led(at + 1)
            ):
                found[at] = True
                continue
            behind, ahead = self._on_one_line(at, at + 1), self._on_one_line(at + 1, after)
            ends_so = self._has_otherwise(after) and not self._leads_on(after)
            found[at] = behind if behind != ahead else found[after] or ends_so
        return found

    def _on_one_line(self, one: int, other: int) -> bool:
        end, start = self.statements[one].statement.span.end, self.statements[other].position
        return not re.search(r"\n|\$\$|\\\\", self.document.text[end:start])

    def _gap(self, one: int, other: int) -> int:
        return self.statements[other].position - self.statements[one].statement.span.end

    def _is_led(self, at: int) -> bool:
        start = self.statements[at].position
        return bool(_WORD_BEFORE.search(self.document.text[max(0, start - 24) : start]))

    def _has_otherwise(self, at: int) -> bool:
        """Whether "otherwise" follows: the opposite of what was said before."""
        end = self.statements[at].statement.span.end
        return bool(_OTHERWISE.match(self.document.text, end, end + _BEHIND))

    def _leads_on(self, at: int) -> bool:
        """Whether it is the next statement that holds "otherwise"."""
        end = self.statements[at].statement.span.end
        found = _OTHERWISE.match(self.document.text, end, end + _BEHIND)
        following = at + 1 < len(self.statements)
        if found is None or not following or self._said(at + 1) is not None:
            return False
        between = self.document.text[found.end() : self.statements[at + 1].position]
        return not re.search(r"[.\n]|[^\W\d_]{2,}", between)

    def _said(self, at: int) -> Condition | None:
        """What a statement about two indices says: that they differ, or are the same."""
        if not 0 <= at < len(self.statements):
            return None
        statement = self.statements[at]
        if len(statement.sides) != 2:
            return None
        one, two = statement.sides
        if not isinstance(one, Name) or not isinstance(two, Name):
            return None
        if not {one.key, two.key} <= self.letters:
            return None
        pair = (one.key, two.key)
        symbol = statement.statement.relations[0].symbol
        if symbol == "!=":
            return pair, None
        return (None, pair) if symbol == "=" else None

    def is_said_beside(self, number: int) -> bool:
        """Whether indices are said to differ, or to be alike, somewhere beside a statement."""
        for statement in self.statements:
            if statement.number == number:
                start, end = statement.statement.span.start - 60, statement.statement.span.end + 60
                around = self._without_cases[max(0, start) : end]
                alike = (m for m in _ALIKE.finditer(around) if {m[1], m[2]} <= self.letters)
                return bool(_UNLIKE.search(around)) or any(alike)
        return False

    @cached_property
    def _without_cases(self) -> str:
        """The text without the rows of cases: what is said there is read with them."""
        parts, done = [], 0
        for statement in self.statements:
            for side in statement.statement.sides:
                if self._is_by_cases(side.expression) and side.span.start >= done:
                    parts += [
                        self.document.text[done : side.span.start],
                        " " * (side.span.end - side.span.start),
                    ]
                    done = side.span.end
        return "".join([*parts, self.document.text[done:]])

    def _is_by_cases(self, side: Expression | None) -> bool:
        """Whether Kronecker's δ in a side was read from cases: none is written there."""
        return side is not None and any(
            isinstance(node, Name)
            and node.base == "delta"
            and self.document.source(node.span).startswith(("\\begin", "\\left"))
            for node in walk(side)
        )
