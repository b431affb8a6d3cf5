"""Single slips in a side with indices, each as an edit of the author's text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product

from gradcheck.explain.mending.tree import (
    Path,
    at_path,
    exponent_end,
    exponent_start,
    places,
    text_spans,
)
from gradcheck.explain.page_products import NoForm
from gradcheck.explain.page_reading import Changes
from gradcheck.explain.page_writing import relettered, to_tex_of, with_letters
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import (
    Add,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Power,
    Sum,
    walk,
)
from gradcheck.language.notation import to_text
from gradcheck.understand.page.page_axes import Layout, uses_in
from gradcheck.understand.page.symbols import Unmeant


@dataclass(frozen=True)
class PageEdit:
    """One edit of the text; ``weight`` orders edits by how likely the slip is."""

    changes: Changes
    rule: str
    words: str
    weight: int


@dataclass(frozen=True)
class Surroundings:
    """What an edit may use: names of the page by array, activations, the left side's letters."""

    document: Document
    layout: Layout
    names: dict[str, Name]  # array → as the page writes it
    activations: dict[str, str]  # array → function whose value it is
    left: Expression


@dataclass(frozen=True)
class SideEdits:
    """The edits of one side."""

    around: Surroundings
    side: Expression
    span: Span

    def all(self) -> Iterator[PageEdit]:
        """Every edit, those of one weight in the order of the text."""
        yield from self._letters()
        yield from self._orders()
        yield from self._sums()
        yield from self._signs()
        yield from self._factors()
        yield from self._powers()
        yield from self._other_names()
        yield from self._everywhere()
        yield from self._exchanged()
        yield from self._slopes()
        yield from self._missing_factors()
        yield from self._numbers()
        yield from self._deltas()

    # ------------------------------------------------------------------ what stands there

    @cached_property
    def spans(self) -> dict[Path, Span]:
        return text_spans(self.around.document, self.side)

    @cached_property
    def nodes(self) -> list[tuple[Path, Expression]]:
        return list(places(self.side))

    @cached_property
    def names(self) -> list[tuple[Path, Name]]:
        """The names that stand for a value; those of a derivative are what it is by."""
        found = []
        for path, node in self.nodes:
            above = [at_path(self.side, path[:k]) for k in range(len(path))]
            if isinstance(node, Name) and not any(isinstance(a, Partial) for a in above):
                found.append((path, node))
        return found

    def text(self, span: Span) -> str:
        return self.around.document.text[span.start : span.end]

    @cached_property
    def samples(self) -> frozenset[str]:
        layout = self.around.layout
        own = {layout.sorts.union.find(a) for a in layout.samples}
        return frozenset(
            x
            for x, axes in layout.letters.items()
            if {layout.sorts.union.find(a) for a in axes} & own
        )

    @cached_property
    def bound(self) -> frozenset[str]:
        sums = (n for n in walk(self.side) if isinstance(n, Sum) and n.index is not None)
        return frozenset(s.index.base for s in sums if s.index is not None)

    def carried(self, side: Expression) -> frozenset[str]:
        """The letters that stand in a side."""
        uses = uses_in(side, self.around.layout.symbols, "")
        return frozenset(x for use in uses for x in use.written.letters)

    @cached_property
    def near(self) -> tuple[str, ...]:
        """The letters that an index may be: of the left side, of sums, and those in the side."""
        left = self.carried(self.around.left)
        found = left | self.bound | self.carried(self.side)
        return tuple(sorted(found))

    def _marks(self, path: Path) -> list[tuple[Span, str]]:
        """The index letters of a name in the text, single ones and those of ``w_{ji}``."""
        span = self.spans[path]
        text = self.text(span)
        start = min((at for at in (text.find("_"), text.find("^")) if at >= 0), default=len(text))
        found = []
        letters = self.around.layout.symbols.letters
        for group in re.finditer(r"\\?[A-Za-z]+", text[start:]):
            if group[0].startswith("\\") or not set(group[0]) <= letters:
                continue
            for at, letter in enumerate(group[0]):
                begin = span.start + start + group.start() + at
                found.append((Span(begin, begin + 1), letter))
        return found

    # ------------------------------------------------------------------ indices

    def _letters(self) -> Iterator[PageEdit]:
        """``h_i`` for ``h_j``."""
        for path, name in self.names:
            for span, letter in self._marks(path):
                for other in self.near:
                    if other == letter or (letter in self.samples) != (other in self.samples):
                        continue
                    new = self._renamed(name, letter, other)
                    words = f"{to_text(name)} stands where {new} belongs"
                    yield PageEdit(((span, other),), "sum-index", words, 1)

    def _renamed(self, name: Name, letter: str, other: str) -> str:
        """A name as text with another letter for one of its own."""
        return to_text(with_letters(self.around.layout, name, {letter: other}))

    def _orders(self) -> Iterator[PageEdit]:
        """``w_{kj}`` for ``w_{jk}``."""
        for path, name in self.names:
            marks = self._marks(path)
            if len(marks) < 2 or marks[0][1] == marks[1][1]:
                continue
            (one, a), (other, b) = marks[:2]
            new = with_letters(self.around.layout, name, {a: b, b: a})
            words = f"{to_text(name)} stands where {to_text(new)} belongs"
            yield PageEdit(((one, b), (other, a)), "sum-index", words, 1)

    def _everywhere(self) -> Iterator[PageEdit]:
        """One name wherever it stands: the slope at another unit."""
        several: dict[str, list[tuple[Path, Name]]] = {}
        for path, name in self.names:
            several.setdefault(name.key, []).append((path, name))
        for found in several.values():
            if len(found) < 2:
                continue
            name = found[0][1]
            for at, (_, letter) in enumerate(self._marks(found[0][0])):
                for other in self.near:
                    if other == letter or (letter in self.samples) != (other in self.samples):
                        continue
                    spans = [self._marks(path)[at][0] for path, _ in found]
                    words = (
                        f"{to_text(name)} stands where {self._renamed(name, letter, other)} belongs"
                    )
                    changes = tuple((span, other) for span in spans)
                    yield PageEdit(changes, "sum-index", words, 3)
            for new in self.alike(name):
                words = f"{to_text(name)} stands where {to_text(new)} belongs"
                tex = to_tex_of(self.around.layout, new)
                spans_ = [self.spans[path] for path, _ in found]
                yield PageEdit(tuple((s, tex) for s in spans_), self._rule(name, new), words, 3)

    def _exchanged(self) -> Iterator[PageEdit]:
        """``δ_j h_k`` for ``δ_k h_j``."""
        single = [(p, n, self._marks(p)) for p, n in self.names]
        single = [(p, n, m) for p, n, m in single if len(m) == 1]
        for k, (_, one, ((first, a),)) in enumerate(single):
            for _, other, ((second, b),) in single[k + 1 :]:
                if a == b or {a, b} & self.samples:
                    continue
                shown = f"{to_text(one)} and {to_text(other)} stand where "
                shown += f"{self._renamed(one, a, b)} and {self._renamed(other, b, a)} belong"
                yield PageEdit(((first, b), (second, a)), "sum-index", shown, 2)

    # ------------------------------------------------------------------ names

    def alike(self, name: Name) -> Iterator[Name]:
        """Other names of the page, with the letters that this one carries."""
        layout = self.around.layout
        try:
            array, written = layout.array(name)
        except Unmeant:
            return
        own = {text: layout.axis(array, slot) for slot, text in written.indices}
        yield from self._with_letters(frozenset(own), skip=array)

    def _with_letters(self, letters: frozenset[str], skip: str = "") -> Iterator[Name]:
        """Names of the page with exactly these letters, whichever way they fit their axes."""
        for array, name in self.around.names.items():
            if array != skip:
                for found in self._lettered(array, name, tuple(sorted(letters))):
                    if self.carried(found) == letters:
                        yield found

    def _lettered(self, array: str, name: Name, letters: tuple[str, ...]) -> Iterator[Name]:
        """A name with every choice of letters that run over its axes."""
        layout = self.around.layout
        try:
            _, written = layout.array(name)
        except Unmeant:
            return
        slots = [slot for slot, text in written.indices if not text.isdigit()]
        union = layout.sorts.union
        choices = []
        for slot in slots:
            axis = layout.axis(array, slot)
            known = {x: {union.find(a) for a in layout.letters.get(x, ())} for x in letters}
            choices.append([x for x in letters if axis in known[x]])
        for choice in product(*choices):
            try:
                yield relettered(layout, name, dict(zip(slots, choice, strict=True)))
            except NoForm:
                continue

    def _other_names(self) -> Iterator[PageEdit]:
        """``v_{kj}`` for ``w_{kj}``."""
        for path, name in self.names:
            for new in self.alike(name):
                words = f"{to_text(name)} stands where {to_text(new)} belongs"
                tex = to_tex_of(self.around.layout, new)
                change = ((self.spans[path], tex),)
                yield PageEdit(change, self._rule(name, new), words, 2)

    def _rule(self, name: Name, new: Name) -> str:
        return "sum-index" if name.base == new.base else "wrong-symbol"

    # ------------------------------------------------------------------ sums

    def _sums(self) -> Iterator[PageEdit]:
        for path, node in self.nodes:
            if isinstance(node, Sum):
                yield from self._of_sum(path, node)
        missing = self.carried(self.side) - self.carried(self.around.left) - self.bound
        for letter in sorted(missing):
            words = f"a sum over {letter} is missing"
            for start in self._starts():
                change = ((Span(start, start), self._sign(letter)),)
                yield PageEdit(change, "missing-sum", words, 1)

    def _of_sum(self, path: Path, node: Sum) -> Iterator[PageEdit]:
        start = self.spans[path].start
        head = Span(start, self.spans[(*path, 0)].start)
        letter = "" if node.index is None else node.index.base
        words = f"the sum over {letter} does not belong here" if letter else "a sum too many"
        yield PageEdit(((head, ""),), "spurious-sum", words, 1)
        if not letter:
            return
        for other in self.near:
            if other != letter and (letter in self.samples) == (other in self.samples):
                words = f"the sum runs over {letter}, it has to run over {other}"
                yield PageEdit(((head, self._sign(other)),), "sum-index", words, 2)
        own, usual = self.text(head), self._sign(letter)
        if "".join(own.split()) != "".join(usual.split()):
            words = f"the sum over {letter} has other bounds here than in the equations"
            yield PageEdit(((head, usual),), "sum-index", words, 1)

    def _starts(self) -> list[int]:
        """Where a sum sign may be put in: before the whole side, terms, and factors."""
        found: list[int] = []
        for path, node in self.nodes:
            above = at_path(self.side, path[:-1]) if path else None
            whole = not path or isinstance(above, Negate | Add | Multiply | Sum)
            if (
                whole
                and not isinstance(node, Negate)
                and not (isinstance(node, Add) and not _bracketed(self.text(self.spans[path])))
            ):
                found.append(self.spans[path].start)
        return list(dict.fromkeys(found))

    def _sign(self, letter: str) -> str:
        """The sign of a sum over a letter as the equations of the page write it."""
        document = self.around.document
        for binding in self.around.layout.page.bindings:
            for node in walk(binding.body):
                if not isinstance(node, Sum) or node.index is None or node.index.base != letter:
                    continue
                if 0 <= node.span.start < node.body.span.start:
                    head = document.text[node.span.start : node.body.span.start]
                    head = re.sub(r"(\\left)?[({\[]\s*$", "", head).rstrip()
                    return re.sub(r"(\\,)\s*$", "", head) + " "
        return f"\\sum_{{{letter}}} "

    # ------------------------------------------------------------------ signs

    def _signs(self) -> Iterator[PageEdit]:
        text, start = self.text(self.span), self.span.start
        leading = len(text) - len(text.lstrip())
        words = "the sign is wrong"
        if text[leading:].startswith("-"):
            gone = Span(start + leading, start + leading + 1)
            yield PageEdit(((gone, ""),), "wrong-sign", words, 1)
        for path, node in self.nodes:
            if isinstance(node, Add):
                yield from self._of_terms(path, node)
        if not isinstance(self.side, Add | Negate):
            yield PageEdit(((Span(start, start), "-"),), "wrong-sign", words, 2)
        elif isinstance(self.side, Add):
            changes = (
                (Span(start, start), r"-\left("),
                (Span(self.span.end, self.span.end), r"\right)"),
            )
            yield PageEdit(changes, "wrong-sign", words, 2)

    def _of_terms(self, path: Path, node: Add) -> Iterator[PageEdit]:
        for at, term in enumerate(node.terms):
            if not at:
                continue
            begin, end = self.spans[(*path, at - 1)].end, self.spans[(*path, at)].start
            shown = term.operand if isinstance(term, Negate) else term
            if isinstance(term, Negate):
                end = self.spans[(*path, at, 0)].start
            between = self.text(Span(begin, end))
            for sign, new in (("-", "+"), ("+", "-")):
                place = between.find(sign)
                if place >= 0:
                    span = Span(begin + place, begin + place + 1)
                    words = f"the sign of {to_text(shown)}"
                    yield PageEdit(((span, new),), "wrong-sign", words, 1)
            gone = Span(begin, self.spans[(*path, at)].end)
            words = f"the term {to_text(term)} does not belong here"
            yield PageEdit(((gone, ""),), "wrong-term", words, 2)
        if len(node.terms) == 2 and isinstance(node.terms[1], Negate):
            one, other = self.spans[(*path, 0)], self.spans[(*path, 1, 0)]
            changes = ((one, self.text(other)), (other, self.text(one)))
            yield PageEdit(changes, "wrong-sign", "the sign is wrong", 1)

    # ------------------------------------------------------------------ factors

    def _factors(self) -> Iterator[PageEdit]:
        for path, node in self.nodes:
            if isinstance(node, Multiply):
                yield from self._too_many(path, node)
            if isinstance(node, Divide):
                top, whole = self.spans[(*path, 0)], self.spans[path]
                words = f"the division by {to_text(node.denominator)} does not belong here"
                rule = "constant-factor" if self._constant(node.denominator) else "extra-factor"
                above = self.text(top)
                if isinstance(node.numerator, Add) and not _bracketed(above):
                    above = rf"\left({above}\right)"
                yield PageEdit(((whole, above),), rule, words, 2)

    def _too_many(self, path: Path, node: Multiply) -> Iterator[PageEdit]:
        for at, factor in enumerate(node.factors):
            if isinstance(factor, Sum):
                continue
            gone = self._cut(path, node, at, at)
            rule = "constant-factor" if self._constant(factor) else "extra-factor"
            words = f"the factor {to_text(factor)} is too much"
            yield PageEdit(((gone, ""),), rule, words, 1)
            pair = node.factors[at : at + 2]
            if len(pair) == 2 and isinstance(pair[0], Name) and _is_rest(pair[1], pair[0]):
                shown = f"{to_text(pair[0])}·({to_text(pair[1])})"
                again = [f for f in node.factors if f == pair[1]]
                rule = "doubled-activation-derivative" if len(again) > 1 else "extra-factor"
                gone = self._cut(path, node, at, at + 1)
                yield PageEdit(((gone, ""),), rule, f"the factor {shown} is too much", 1)

    def _constant(self, node: Expression) -> bool:
        counts = self.around.layout.counts
        return all(
            isinstance(n, Number | Divide | Multiply | Power)
            or (isinstance(n, Name) and n.key in counts)
            for n in walk(node)
        )

    def _cut(self, path: Path, node: Multiply, first: int, last: int) -> Span:
        """The text of factors with what joins them to the others."""
        if first > 0:
            return Span(self.spans[(*path, first - 1)].end, self.spans[(*path, last)].end)
        end = self.spans[(*path, last)].end
        if last + 1 < len(node.factors):
            end = self.spans[(*path, last + 1)].start
        return Span(self.spans[(*path, first)].start, end)

    def _missing_factors(self) -> Iterator[PageEdit]:
        letters = tuple(sorted(self.carried(self.around.left) | self.bound))
        found: list[tuple[str, str, str, int]] = []
        for array, name in self.around.names.items():
            for new in self._lettered(array, name, letters):
                tex, shown = to_tex_of(self.around.layout, new), to_text(new)
                found.append((tex, "missing-factor", f"the factor {shown} is missing", 2))
                known = self.around.activations.get(array)
                if known in ("sigmoid", "tanh"):
                    square = f"({tex})^2" if "^" in tex else f"{tex}^2"
                    slope = rf"{tex} (1 - {tex})" if known == "sigmoid" else f"(1 - {square})"
                    words = f"the derivative of {shown} is missing"
                    found.append((slope, "missing-activation-derivative", words, 2))
                    if known == "sigmoid":
                        words = f"the factor 1 - {shown} is missing"
                        found.append((f"(1 - {tex})", "missing-factor", words, 2))
        for tex, rule, words, weight in found:
            for changes in self._appended(tex):
                yield PageEdit(changes, rule, words, weight)

    def _appended(self, tex: str) -> Iterator[Changes]:
        """A factor after the side, or after one of its terms; before a sum that it is not under."""
        joint = rf" \cdot {tex}" if r"\cdot" in self.text(self.span) else f" {tex}"
        if isinstance(self.side, Add) and not _bracketed(self.text(self.spans[()])):
            for at in range(len(self.side.terms)):
                end = self.spans[(at,)].end
                yield ((Span(end, end), joint),)
            start = self.span.start
            yield (
                (Span(start, start), r"\left("),
                (Span(self.span.end, self.span.end), rf"\right){joint}"),
            )
            return
        yield ((Span(self.span.end, self.span.end), joint),)
        for path, node in self.nodes:
            if isinstance(node, Sum):
                start = self.spans[path].start
                yield ((Span(start, start), f"{tex} "),)

    # ------------------------------------------------------------------ powers, slopes, numbers

    def _powers(self) -> Iterator[PageEdit]:
        document = self.around.document
        for _, node in self.nodes:
            if isinstance(node, Power) and isinstance(node.exponent, Number):
                gone = Span(exponent_start(document, node), exponent_end(document, node))
                words = f"the exponent of {to_text(node.base)} does not belong here"
                yield PageEdit(((gone, ""),), "exponent", words, 1)
        for path, node in self.nodes:
            above = at_path(self.side, path[:-1]) if path else None
            if isinstance(node, Name) and node.key in self.around.layout.counts:
                continue
            if isinstance(node, Name) and not isinstance(above, Power | Partial):
                text = self.text(self.spans[path])
                new = f"({text})^2" if "^" in text else f"{text}^2"
                words = f"{to_text(node)} has to be squared"
                yield PageEdit(((self.spans[path], new),), "exponent", words, 2)

    def _slopes(self) -> Iterator[PageEdit]:
        """The slope of sigmoid for that of tanh, and the other way round."""
        for path, node in self.nodes:
            if not isinstance(node, Multiply):
                continue
            for at, factor in enumerate(node.factors):
                before = node.factors[at - 1] if at else None
                if isinstance(before, Name) and _is_rest(factor, before):
                    text = self.text(self.spans[(*path, at - 1)])
                    square = f"({text})^2" if "^" in text else f"{text}^2"
                    span = Span(self.spans[(*path, at - 1)].start, self.spans[(*path, at)].end)
                    words = f"1 - {to_text(before)}^2, the derivative of tanh, for that of sigmoid"
                    change = ((span, f"(1 - {square})"),)
                    yield PageEdit(change, "other-activation-derivative", words, 2)
        for path, node in self.nodes:
            squared = _squared_rest(node)
            if squared is not None:
                where = next(p for p, n in self.names if n is squared)
                text = self.text(self.spans[where])
                words = f"{to_text(squared)}·(1 - {to_text(squared)}), the derivative of sigmoid, "
                words += "for that of tanh"
                change = ((self.spans[path], f"{text} (1 - {text})"),)
                yield PageEdit(change, "other-activation-derivative", words, 2)

    def _numbers(self) -> Iterator[PageEdit]:
        counts = [(rf"\frac{{1}}{{{name}}}", f"1/{name}") for name in self.around.layout.counts]
        half = [("2", "2"), (r"\frac{1}{2}", "1/2")]
        start, end = self.span.start, self.span.end
        for tex, shown in (*half, *counts):
            words = f"the factor {shown} is missing"
            changes: Changes = ((Span(start, start), f"{tex} "),)
            if isinstance(self.side, Add):
                changes = ((Span(start, start), rf"{tex} \left("), (Span(end, end), r"\right)"))
            elif isinstance(self.side, Negate):
                inner = self.spans[(0,)].start
                changes = ((Span(inner, inner), f"{tex} "),)
            yield PageEdit(changes, "constant-factor", words, 2)
        for path, node in self.nodes:
            if isinstance(node, Number) and node.value in (1, 2) and path:
                new = "2" if node.value == Fraction(1) else "1"
                words = f"{new} for {to_text(node)}"
                yield PageEdit(((self.spans[path], new),), "constant-factor", words, 3)

    def _deltas(self) -> Iterator[PageEdit]:
        """``1`` for Kronecker's δ in ``p_k (δ_{kj} - p_j)``."""
        free = [x for x in sorted(self.carried(self.around.left)) if x not in self.samples]
        for path, node in self.nodes:
            above = at_path(self.side, path[:-1]) if path else None
            if isinstance(node, Number) and node.value == 1 and isinstance(above, Add):
                for one, other in ((a, b) for a in free for b in free if a < b):
                    words = f"1 stands where δ_{one}{other} belongs: the two indices may differ"
                    change = ((self.spans[path], rf"\delta_{{{one}{other}}}"),)
                    yield PageEdit(change, "wrong-factor", words, 3)


def _bracketed(text: str) -> bool:
    return bool(re.match(r"(\\left\s*)?[(\[]|\\bigl?\b", text.strip()))


def _is_rest(node: Expression, name: Name) -> bool:
    """``1 - h`` beside h."""
    return node == Add((Number(Fraction(1)), Negate(name)))


def _squared_rest(node: Expression) -> Name | None:
    """The h of ``1 - h^2``."""
    match node:
        case Add(
            terms=(
                Number(value=one),
                Negate(operand=Power(base=Name() as base, exponent=Number(value=two))),
            )
        ):
            return base if one == 1 and two == 2 else None
    return None
