"""Indices: which letters of a page run over an axis, which names carry them, which are vectors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from gradcheck.language.document import Document
from gradcheck.language.expression import Add, Apply, Expression, Name, Sum, walk
from gradcheck.language.names import BIAS, WEIGHT
from gradcheck.understand.bindings import Binding, CanonicalStatement
from gradcheck.understand.naming import Naming, is_loss_name
from gradcheck.understand.roles import looks_like_prediction

OF_ALL = frozenset("softmax softmin logsoftmax logsumexp lse layernorm batchnorm argmax".split())
"""Functions whose entries depend on every entry of their argument, wherever they stand."""

_USUAL = frozenset("ijk")
"""Letters that are indices wherever they stand below a name."""

_CALLED = (
    r"(\\?\b[A-Za-z]{1,9}|[σφ])\$? ?(?:is|denotes|means|stands for|=) (?=(?:the |a |an )?softmax)"
    r"|softmax(?: function| activation)?,? ?\$(\\?[A-Za-z]{1,9}|[σφ])\$"
)
"""``σ is the softmax``, ``the softmax $g$``."""

_IN_SPACE = re.compile(r"([^$&.;:=]{1,40})\\in *\\(?:mathbb *\{? *R *\}?|R|Reals) *\^")
"""``w, x \\in \\mathbb{R}^n``."""


@dataclass(frozen=True)
class Page:
    """What of a document tells which letters are indices."""

    statements: Sequence[CanonicalStatement]
    naming: Naming
    trained: Sequence[str]
    bindings: Sequence[Binding]
    document: Document

    @cached_property
    def functions(self) -> frozenset[str]:
        """Functions of all entries: by their names, or because the text calls them so."""
        found = re.findall(_CALLED, self.document.text)
        return OF_ALL | {base.strip("\\") for pair in found for base in pair if base}

    @cached_property
    def vectors(self) -> frozenset[str]:
        """The keys of names that are said to lie in a space; bold letters alone declare nothing."""
        text = self.document.text
        told = {name for names in _IN_SPACE.findall(text) for name in re.findall(r"\w+", names)}
        found = set()
        for _, side in self.written:
            for node in walk(side):
                if isinstance(node, Name) and node.base.islower() and node.base in told:
                    found.add(self.naming.canonical(node).key)
        return frozenset(found)

    @property
    def has_norms(self) -> bool:
        """Whether the norm of anything is written."""
        return any(norms(side) for _, side in self.written)

    @cached_property
    def bound(self) -> frozenset[str]:
        """The letters that sums run over, anywhere."""
        sums = (n for _, side in self.written for n in walk(side) if isinstance(n, Sum))
        return frozenset(node.index.base for node in sums if node.index is not None)

    @cached_property
    def written(self) -> tuple[tuple[CanonicalStatement, Expression], ...]:
        """Every side that was read, as it is written: with its indices."""
        return tuple(
            (statement, side.expression)
            for statement in self.statements
            for side in statement.statement.sides
            if side.expression is not None
        )

    def letters_of(self, name: Name) -> set[str]:
        """The index letters that a name carries: ``w_{ji}`` j and i, ``b_out`` none."""
        indices = self.bound | (_USUAL - self.naming.named)
        found: set[str] = set()
        for token in re.findall(r"[A-Za-z]+", f"{name.subscript} {name.superscript}"):
            if token in indices:
                found.add(token)
            elif len(token) < 4 and set(token) <= indices | _USUAL:
                found |= set(token) & indices
        return found

    @cached_property
    def carried(self) -> dict[str, set[str]]:
        """The index letters that a name has anywhere, by its canonical key."""
        found: dict[str, set[str]] = {}
        for _, side in self.written:
            for node in walk(side):
                if isinstance(node, Name):
                    key = self.naming.canonical(node).key
                    found.setdefault(key, set()).update(self.letters_of(node))
        return found

    @cached_property
    def of_parameters(self) -> frozenset[str]:
        """The index letters of trained names; ``w_i`` beside ``w_1`` stands for any layer."""
        trained = set(self.trained)
        found: set[str] = set()
        for statement, side in self.written:
            for node in walk(side) if not statement.is_update else ():
                if not isinstance(node, Name) or self.naming.is_layer_rule(node):
                    continue
                typical = node.base in WEIGHT.names() or node.base in BIAS.names()
                if self.naming.canonical(node).key in trained and (
                    typical or not looks_like_prediction(node)
                ):
                    found |= self.letters_of(node)
        return frozenset(found)

    @cached_property
    def heads(self) -> dict[str, set[str]]:
        """The index letters of every defined name where it is defined."""
        found: dict[str, set[str]] = {}
        for _, side in self.written:
            if isinstance(side, Name):
                key = self.naming.canonical(side).key
                found.setdefault(key, set()).update(self.letters_of(side))
        return found

    @cached_property
    def totals(self) -> frozenset[str]:
        """Losses that are defined as a sum of named losses: ``E = E_1 + E_2``."""
        losses = {b.key for b in self.bindings if is_loss_name(b.name)}
        return frozenset(
            b.key
            for b in self.bindings
            if b.key in losses and isinstance(b.body, Add) and _adds_losses(b.body, losses)
        )


def _adds_losses(body: Add, losses: set[str]) -> bool:
    """Whether every term is a name, and one at least that of a loss that the page defines."""
    names = [term for term in body.terms if isinstance(term, Name)]
    return len(names) == len(body.terms) and any(name.key in losses for name in names)


def norms(node: Expression) -> list[Expression]:
    """The norms in an expression."""
    return [n for n in walk(node) if isinstance(n, Apply) and n.function.base == "norm"]
