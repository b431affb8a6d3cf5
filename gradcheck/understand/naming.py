"""Names: which spellings are one name, which subscripts are a sample's index.

Two rules of design.md live here. Case variants (``W_1``/``w_1``, ``X``/``x``) are one name if only
one of them is ever defined or derived for. An index that the loss sums over (``y_i``, ``x^{(i)}``)
is dropped: the value of one sample is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from gradcheck.language.expression import (
    Add,
    Expression,
    Name,
    Negate,
    Number,
    Partial,
    Sum,
    contains,
    walk,
)
from gradcheck.language.names import LOSS_WORDS, LOSSES
from gradcheck.language.statement import Statement

_NEVER_MERGED = frozenset("e n m i j k l t c s p q r h d phi".split())
"""Single letters whose two cases usually mean two things (Euler's e, counts, indices, L and l)."""

_GENERAL = re.compile(r"[ijklrs]|\[[ijklL]\]|\([ijklL]\)")


def is_loss_name(name: Name) -> bool:
    """Whether a name is one that losses usually have (``L``, ``Loss_MSE``, ``\\mathcal{L}``)."""
    known = name.base in LOSSES or name.base.lower() in LOSS_WORDS
    return known and "hat" not in name.accent


def is_general(name: Name) -> bool:
    """Whether a name stands for any layer (``w_i``, ``W^{[l]}``): a general index, not a number."""
    return bool(
        _GENERAL.fullmatch(name.superscript.strip())
        or (name.subscript and _GENERAL.fullmatch(name.subscript))
    )


def squeezed(text: str) -> str:
    """A name's LaTeX without spaces and braces, to compare spellings."""
    return re.sub(r"[\s{}]", "", text)


def expressions_of(statements: Iterable[Statement]) -> Iterable[Expression]:
    """Every side that was read, in document order."""
    for statement in statements:
        for side in statement.sides:
            if side.expression is not None:
                yield side.expression


def _index_letters(
    statements: tuple[Statement, ...], single: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """The letters that index samples, and those that index units (summed in forward equations).

    ``single`` are those that name one unit each, and stay.
    """
    samples: set[str] = set()
    units: set[str] = set()
    plain = _letters_beside_plain(statements)
    for statement in statements:
        first = next((s.expression for s in statement.sides if s.expression is not None), None)
        forward = isinstance(first, Name) and not is_loss_name(first)
        for side in statement.sides:
            if side.expression is None:
                continue
            for node in walk(side.expression):
                if isinstance(node, Sum) and node.index is not None:
                    (units if forward else samples).add(node.index.base)
                elif isinstance(node, Sum) and not forward:
                    samples |= {_letter(name) for name in walk(node.body)} & plain
        if isinstance(first, Name) and is_loss_name(first):
            samples |= _indices_of_labels(statement)
    samples, units = samples - single, units - single
    return frozenset(samples - units) or frozenset(samples), frozenset(units - samples)


def _single_units(statements: Iterable[Statement]) -> frozenset[str]:
    """Letters that name one unit each: ``o_h`` and ``o_k`` are defined side by side.

    Samples and layers are all alike: one equation stands for all of them.
    """
    defined: dict[tuple[str, str], set[str]] = {}
    for statement in statements:
        head = statement.sides[0].expression
        if not isinstance(head, Name) or is_loss_name(head) or len(statement.sides) < 2:
            continue
        if re.fullmatch(r"[a-z]", head.subscript) and not head.superscript:
            defined.setdefault((head.base, head.accent), set()).add(head.subscript)
    return frozenset(x for letters in defined.values() if len(letters) > 1 for x in letters)


def _letter(node: Expression) -> str:
    """The one letter that a name carries as an index (``x_i``, ``x^{(i)}``), or nothing."""
    if not isinstance(node, Name):
        return ""
    index = node.subscript or node.superscript.strip("()[]")
    return index if re.fullmatch(r"[ijknst]", index) else ""


def _letters_beside_plain(statements: Iterable[Statement]) -> set[str]:
    """The index letters of names that the document also writes without: ``x_i`` beside ``x``."""
    names = [n for e in expressions_of(statements) for n in walk(e) if isinstance(n, Name)]
    plain = {(n.base, n.accent) for n in names if not n.subscript and not n.superscript}
    return {_letter(n) for n in names if (n.base, n.accent) in plain} - {""}


def _indices_of_labels(statement: Statement) -> set[str]:
    """In ``L = (y_i - \\hat{y}_i)^2`` without a sum: the index that several names share."""
    found: list[str] = []
    for side in statement.sides[1:]:
        if side.expression is None:
            continue
        for node in walk(side.expression):
            if isinstance(node, Name):
                index = node.subscript or node.superscript.strip("()[]")
                if re.fullmatch(r"[ijknst]", index):
                    found.append(index)
    return {index for index in found if found.count(index) > 1}


@dataclass(frozen=True)
class Naming:
    """How every written name is understood: ``canonical`` maps a Name to the Name it stands for."""

    samples: frozenset[str]
    units: frozenset[str]
    cases: dict[str, Name]
    parameter_bases: frozenset[str]
    one_sample: frozenset[tuple[str, str]] = frozenset()  # losses L_i that a total L adds up
    indexed: frozenset[tuple[str, str]] = frozenset()  # names that carry a sample's index somewhere
    named: frozenset[str] = frozenset()  # letters that name one unit each
    undefined_samples: frozenset[tuple[str, str]] = frozenset()  # of one_sample: L_i never defined

    def canonical(self, name: Name) -> Name:
        """The name without sample index, in the one spelling of its case variants."""
        name = self._without_index(name)
        merged = self.cases.get(name.key)
        return name if merged is None else replace(merged, span=name.span)

    def carries(self, name: Name, letter: str) -> bool:
        """Whether a name has this letter as its sample's index."""
        return self._drop(name, letter, False) != name

    def _without_index(self, name: Name) -> Name:
        if (name.base, name.accent) in self.one_sample:
            indexed = any(self.carries(name, letter) for letter in self.samples)
            return replace(name, subscript="i", superscript="") if indexed else name
        for letters, everywhere in ((self.samples, False), (self.units, True)):
            for letter in sorted(letters):
                name = self._drop(name, letter, everywhere)
        return name

    def _drop(self, name: Name, letter: str, everywhere: bool) -> Name:
        bare = name.superscript.strip("()[]").strip()
        if bare == letter and not (not everywhere and self.is_layer_rule(name)):
            name = replace(name, superscript="")
        elif name.superscript.endswith(f"]({letter})"):  # a^{[2](i)}
            name = replace(name, superscript=name.superscript[: -len(letter) - 2])
        subscript = name.subscript
        if subscript == letter:
            if everywhere or not self.is_layer_rule(name):
                name = replace(name, subscript="")
        elif subscript.endswith(letter) and len(subscript) > len(letter):
            rest = subscript[: -len(letter)].rstrip(",")
            if re.fullmatch(r"\d+|\d+,?[a-z]", rest):
                name = replace(name, subscript=rest)
        elif subscript.startswith(letter) and re.fullmatch(r",?\d+", subscript[len(letter) :]):
            name = replace(name, subscript=subscript[len(letter) :].lstrip(","))
        return name

    def is_layer_rule(self, name: Name) -> bool:
        """``w_i`` beside ``w_1`` and ``w_2``: i is a layer there, not a sample."""
        return name.base.lower() in self.parameter_bases and not name.accent


def understand_names(
    statements: tuple[Statement, ...], defined: set[str], derived_for: set[str]
) -> Naming:
    """Build the `Naming` of a document.

    ``defined`` are the keys that some statement binds, ``derived_for`` those that something is
    differentiated by or that an update trains.
    """
    named = _single_units(statements)
    samples, units = _index_letters(statements, named)
    bases = frozenset(
        key.split("_")[0].split("^")[0].lower() for key in derived_for if re.search(r"\d", key)
    )
    undefined = _undefined_sample_losses(statements)
    single = _one_sample_losses(statements) | undefined
    plain = Naming(samples, units, {}, bases, single)
    seen: dict[str, list[Name]] = {}
    for expression in expressions_of(statements):
        for node in walk(expression):
            if isinstance(node, Name):
                name = plain.canonical(node)
                variants = seen.setdefault(name.key.lower(), [])
                if all(name.key != other.key for other in variants):
                    variants.append(name)
    cases: dict[str, Name] = {}
    for lowered, variants in seen.items():
        if len(variants) < 2 or lowered in _NEVER_MERGED:
            continue
        anchored = [name for name in variants if name.key in defined | derived_for]
        if len(anchored) > 1:
            continue
        chosen = anchored[0] if anchored else min(variants, key=lambda n: n.key.swapcase())
        for name in variants:
            if name.key != chosen.key:
                cases[name.key] = chosen
    indexed = frozenset(
        (node.base, node.accent)
        for expression in expressions_of(statements)
        for node in walk(expression)
        if isinstance(node, Name) and _letter(node) in samples
    )
    return Naming(samples, units, cases, bases, single, indexed, named, undefined)


def _one_sample_losses(statements: tuple[Statement, ...]) -> frozenset[tuple[str, str]]:
    """In ``L = \\frac{1}{N} \\sum_i L_i`` the total and the one-sample loss share their letter."""
    found = set()
    for statement in statements:
        head = statement.sides[0].expression
        if not isinstance(head, Name) or not is_loss_name(head):
            continue
        for side in statement.sides[1:]:
            for node in walk(side.expression) if side.expression is not None else ():
                inner = walk(node.body) if isinstance(node, Sum) else ()
                same = [n for n in inner if isinstance(n, Name) and n.base == head.base]
                if any(n.accent == head.accent and _letter(n) for n in same):
                    found.add((head.base, head.accent))
    return frozenset(found)


def _undefined_sample_losses(statements: tuple[Statement, ...]) -> frozenset[tuple[str, str]]:
    """Losses whose one-sample form is only differentiated: ``∂L_i/∂w`` beside ``L = Σ …``."""
    heads: dict[tuple[str, str], list[Name]] = {}
    totals = set()
    for statement in statements:
        head = statement.sides[0].expression
        if isinstance(head, Name) and is_loss_name(head):
            heads.setdefault((head.base, head.accent), []).append(head)
            sides = [side.expression for side in statement.sides[1:]]
            if any(side is not None and contains(side, Sum) for side in sides):
                totals.add((head.base, head.accent))
    used = {
        (node.of.base, node.of.accent)
        for expression in expressions_of(statements)
        for node in walk(expression)
        if isinstance(node, Partial) and isinstance(node.of, Name) and _letter(node.of)
    }
    alone = {key for key, names in heads.items() if len({name.key for name in names}) == 1}
    defined = {key for key, names in heads.items() if any(_letter(name) for name in names)}
    return frozenset((used & totals & alone) - defined - _one_sample_losses(statements))


def index_slip(expression: Expression, naming: Naming, bound: frozenset[str] = frozenset()) -> str:
    """What is wrong with the indices of a side: a letter that no sum runs over, a short sum.

    ``\\sum_i (\\hat{y}_i - y_j)`` takes no sample's label; ``\\sum_{i=1}^{N-1}`` leaves one out.
    """
    if isinstance(expression, Sum):
        short = _short_sum(expression)
        if short:
            return short
        own = {expression.index.base} if expression.index is not None else set()
        return index_slip(expression.body, naming, bound | own)
    if isinstance(expression, Name) and bound:
        for letter in sorted(naming.samples - bound):
            if naming.carries(expression, letter):
                return f"the index {letter} is not the one that the sum runs over"
        letter = _letter(expression)
        indexed = (expression.base, expression.accent) in naming.indexed
        if indexed and letter and letter not in bound and not naming.is_layer_rule(expression):
            return f"the index {letter} is not the one that the sum runs over"
    for child in expression.children():
        found = index_slip(child, naming, bound)
        if found:
            return found
    return ""


def _short_sum(node: Sum) -> str:
    """Why a sum does not run over all samples, as far as its bounds tell."""
    if not isinstance(node.lower, Number) or node.upper is None:
        return ""
    lower, upper = node.lower.value, node.upper
    if isinstance(upper, Name) and lower <= 1:
        return ""  # from 0 to N is one term too many: a finding of its own
    less_one = isinstance(upper, Add) and any(
        isinstance(t, Negate) and isinstance(t.operand, Number) and t.operand.value == 1
        for t in upper.terms
    )
    if isinstance(upper, Number) or (less_one and lower == 0):
        return ""
    return "the bounds of the sum do not take in every sample"


def derived_for_keys(statements: tuple[Statement, ...]) -> set[str]:
    """The keys of names that something is differentiated by."""
    return {
        node.by.key
        for expression in expressions_of(statements)
        for node in walk(expression)
        if isinstance(node, Partial) and isinstance(node.by, Name)
    }


def is_one(expression: Expression | None) -> bool:
    return isinstance(expression, Number) and expression.value == 1
