"""The smallest edit of a side that fails: try thousands at points, read back and prove a few."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from gradcheck.explain.mending.bracket_edits import bracket_edits
from gradcheck.explain.mending.context import MendContext, squared
from gradcheck.explain.mending.edits import Changes, Edit, Edits, applied
from gradcheck.explain.mending.mend import NAMES_OF_RULES, Mend
from gradcheck.explain.mending.tree import Path, at_path, replaced
from gradcheck.explain.mending.values import Undefined
from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Cancel,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Power,
    Sum,
    Underbrace,
    contains,
    names_in,
    to_key,
    walk,
)
from gradcheck.language.finding import Rule
from gradcheck.language.notation import to_text
from gradcheck.language.verdict import Constant
from gradcheck.run.budget import spend

MAX_SINGLES = 900
MAX_PAIRS = 3000
MAX_PROOFS = 5
CLOSE = 1e-9
_ONE = re.compile(r"\(\s*1\s*(?:\\right\s*)?\)")
POWERS = (0, -1, 1, -2, 2)


@dataclass(frozen=True, slots=True)
class Variant:
    """One or two edits that make the side hold at the points, up to a constant left out."""

    edits: tuple[Edit, ...]
    left_out: Constant
    number: int = 0  # of edits, where two of one place are joined to one

    @property
    def weight(self) -> int:
        rules = {edit.rule for edit in self.edits}
        exchanged = "extra-factor" in rules and any(rule.startswith("missing") for rule in rules)
        return sum(edit.weight for edit in self.edits) + 3 * exchanged

    @property
    def changes(self) -> Changes:
        return tuple(change for edit in self.edits for change in edit.changes)


def mend_side(context: MendContext, left: Expression, written: Expression) -> Mend | None:
    """The smallest edit of ``written`` under which it equals ``left``.

    ``written`` is a side as the author wrote it (canonical names, spans into the document) and
    ``left`` resolved; for a gradient it is ``Partial(loss, parameter)``. One edit is tried before
    two. None where nothing holds, or where two edits that are equally small leave out different
    constants, so that nobody can say which was meant.
    """
    asked = to_key(left), written.span
    if asked not in context.answers:
        search = SideSearch(context, left, written)
        found = None
        if search.possible:
            found = search.suggestion(search.singles()) or search.suggestion(search.pairs())
        context.answers[asked] = found
    return context.answers[asked]


def mend_left(context: MendContext, right: Expression, written: Expression) -> list[Mend]:
    """The names of a derivative, its sign or its prime, under which a left side equals ``right``.

    Each changes one name of ``written``, a partial, drops its sign, or writes the prime of a
    function; the nearest first.
    """
    accepted = context.accepted or Constant()
    inverse = Constant(1 / accepted.rational, -accepted.power, accepted.count)
    search = SideSearch(context.leaving_out(inverse), right, written)
    if not search.possible:
        return []
    found = []
    for edit in search.edits.all():
        within = edit.path and isinstance(at_path(written, edit.path[:-1]), Partial)
        whole = {Negate: "wrong-sign", Apply: "prime"}.get(type(written))
        if not (within and isinstance(edit.node, Name)) and (edit.path or edit.rule != whole):
            continue
        constant = search.fitting(replaced(written, edit.path, edit.node))
        if constant is not None:
            found.append(Variant((edit,), constant))
    found.sort(key=lambda variant: _distance(variant.edits[0], written))
    mends = (search.proved(variant) for variant in found[:MAX_PROOFS])
    return [mend for mend in mends if mend is not None]


def _distance(edit: Edit, written: Expression) -> bool:
    """Another letter is further than another index."""
    old = at_path(written, edit.path)
    same = isinstance(old, Name) and isinstance(edit.node, Name)
    return not (same and old.base.lower() == edit.node.base.lower())  # type: ignore[attr-defined]


@dataclass
class SideSearch:
    """The search for one side; ``span`` is the stretch of the document to be replaced."""

    context: MendContext
    left: Expression
    written: Expression
    _values: dict[int, tuple[float, ...] | None] = field(default_factory=dict)

    @property
    def span(self) -> Span:
        return self.written.span

    @cached_property
    def edits(self) -> Edits:
        return Edits(self.context, self.written)

    @cached_property
    def truth(self) -> tuple[float, ...] | None:
        """The left side at the points; None if it has no value, or is 0, where nothing is small."""
        try:
            values = tuple(point.value(self.left) for point in self.context.points)
        except Undefined:
            return None
        return values if all(values) else None

    @property
    def possible(self) -> bool:
        """Whether there is anything to search for."""
        inside = 0 <= self.span.start < self.span.end
        return inside and len(self.context.points) == 3 and self.truth is not None

    @cached_property
    def base(self) -> tuple[float, ...] | None:
        """The side as written, at the points."""
        for point in self.context.points:
            point.keep(self.written)
        return self.values(self.written)

    def values(self, tree: Expression) -> tuple[float, ...] | None:
        """A variant at all points; None if it has no value or is 0."""
        spend(3)
        try:
            found = tuple(point.written(tree) for point in self.context.points)
        except Undefined:
            return None
        return found if all(found) else None

    def fitting(self, tree: Expression) -> Constant | None:
        """What a variant leaves out if it holds, found with as few points as will do."""
        assert self.truth is not None
        spend(3)
        ratios: list[float] = []
        for point, truth in zip(self.context.points, self.truth, strict=True):
            try:
                value = point.written(tree)
            except Undefined:
                return None
            if not value:
                return None
            ratios.append(truth / value)
            if not self._may_fit(ratios):
                return None
        return self.constant_of(tuple(ratios))

    def _may_fit(self, ratios: list[float]) -> bool:
        accepted = self.context.accepted
        if len(ratios) > 1 and not _same(ratios[0], ratios[1]):
            return False
        if accepted is None or _same(ratios[0], 1.0):
            return ratios[0] > 0
        count = self.context.points[0].count
        return _same(ratios[0], float(accepted.rational) * count**accepted.power)

    # -- what holds ---------------------------------------------------------------------------

    def left_out(self, values: tuple[float, ...]) -> Constant | None:
        """What a variant with these values leaves out; None if it does not hold."""
        assert self.truth is not None
        return self.constant_of(tuple(t / v for t, v in zip(self.truth, values, strict=True)))

    def constant_of(self, ratios: tuple[float, ...]) -> Constant | None:
        """The acceptable constant that these are at the points, if they are one."""
        if not _same(ratios[0], ratios[1]) or ratios[0] <= 0:
            return None
        accepted = self.context.accepted
        counts = [point.count for point in self.context.points]
        if all(_same(ratio, 1.0) for ratio in ratios):
            return Constant()
        for power in POWERS:
            rest = [ratio / count**power for ratio, count in zip(ratios, counts, strict=True)]
            if not _same(rest[0], rest[2]):
                continue
            rational = Fraction(rest[0]).limit_denominator(24)
            if rational <= 0 or not _same(float(rational), rest[0]) or rational > 24:
                continue
            if power and self.context.model.sample_count is None:
                continue
            constant = Constant(rational, power, self._count)
            if accepted is None or _alike(constant, accepted):
                return constant
        return None

    @property
    def _count(self) -> str:
        key = self.context.model.sample_count
        return to_text(self.context.named(key)) if key else "N"

    # -- one edit -----------------------------------------------------------------------------

    @cached_property
    def tried(self) -> list[tuple[Edit, tuple[float, ...]]]:
        """Every single edit that has a value and changes it, with its values."""
        base = self.base
        found = []
        for edit in self._all()[:MAX_SINGLES]:
            values = self.values(replaced(self.written, edit.path, edit.node))
            if values is None:
                continue
            if base is not None and all(map(_same, values, base)):
                continue
            found.append((edit, values))
        return found

    def _all(self) -> list[Edit]:
        found = self.edits.all() + bracket_edits(self.context.document, self.written)
        base = self.base
        if base is not None and self.context.accepted is not None:
            assert self.truth is not None
            ratios = tuple(t / v for t, v in zip(self.truth, base, strict=True))
            found += [self.edits.constant(c) for c in self._missing(ratios)]
        return [edit for edit in found if not self._repeats_left(edit.node)]

    def _repeats_left(self, node: Expression) -> bool:
        """Whether an edit puts the very derivative that the chain is about on the right."""
        own = to_key(self.left)
        return any(isinstance(n, Partial) and to_key(n) == own for n in walk(node))

    def _missing(self, ratios: tuple[float, ...]) -> list[Constant]:
        """The constant that would mend the side as it is, if one would."""
        counts = [point.count for point in self.context.points]
        for power in POWERS:
            rest = [ratio / count**power for ratio, count in zip(ratios, counts, strict=True)]
            rational = Fraction(rest[0]).limit_denominator(24)
            if rational > 0 and all(_same(float(rational), value) for value in rest):
                return [Constant(rational, power, self._count)]
        return []

    def singles(self) -> list[Variant]:
        """The single edits that hold at the points."""
        found = self._sums()
        for edit, values in self.tried:
            constant = self.left_out(values)
            if constant is not None:
                found.append(Variant((edit,), constant))
        return found

    def _sums(self) -> list[Variant]:
        """Where the side holds but for its sum signs: one too many, or one that is missing."""
        if self.base is None:
            return []
        constant = self.left_out(self.base)
        if constant is None:
            return []
        edits = sum_edits(self.context, self.written)
        if contains(self.written, Sum):  # a bracket may decide what is summed
            edits = bracket_edits(self.context.document, self.written) + edits
        base = self.base
        same = [e for e in edits if self._is_worth(e, base)]
        return [Variant((edit,), constant) for edit in same]

    def _is_worth(self, edit: Edit, base: tuple[float, ...]) -> bool:
        values = self.values(replaced(self.written, edit.path, edit.node))
        return values is not None and all(map(_same, values, base))

    # -- two edits ----------------------------------------------------------------------------

    def pairs(self) -> list[Variant]:
        """Pairs of edits that hold at the points: of different factors, then within one."""
        return [*self._independent(), *self._within()]

    def _independent(self) -> list[Variant]:
        """Edits of different factors multiply what they change, so pairs are looked up."""
        base = self.base
        if base is None or self.truth is None:
            return []
        target = tuple(t / v for t, v in zip(self.truth, base, strict=True))
        spine = set(spine_of(self.written))
        known: list[tuple[float, int, tuple[float, ...], Path]] = []
        for number, (edit, values) in enumerate(self.tried):
            unit = unit_of(edit, spine)
            if unit is None or edit.rule == "bracket":
                continue
            ratio = tuple(v / b for v, b in zip(values, base, strict=True))
            if _same(ratio[0], ratio[1]) and ratio[0] > 0 and self.context.accepted is None:
                continue
            # free of the constant left out: the first two points share the sample count
            known.append((math.log(abs(ratio[0] / ratio[1])), number, ratio, unit))
        known.sort(key=lambda item: (item[0], item[1]))
        keys = [item[0] for item in known]
        wanted = math.log(abs(target[0] / target[1]))
        found: list[Variant] = []
        for key, number, ratio, unit in known:
            at = bisect_left(keys, wanted - key - 1e-8)
            while at < len(keys) and keys[at] <= wanted - key + 1e-8:
                _, other, second, place = known[at]
                at += 1
                if other <= number or (place == unit and unit != ()):
                    continue
                rest = tuple(t / (a * b) for t, a, b in zip(target, ratio, second, strict=True))
                constant = self.constant_of(rest)
                if constant is not None:
                    pair = (self.tried[number][0], self.tried[other][0])
                    found.append(Variant(pair, constant))
                    if len(found) > MAX_PAIRS:
                        return found
        return found

    def _within(self) -> list[Variant]:
        """Two edits of one factor: few enough to try."""
        spine = set(spine_of(self.written))
        units: dict[Path, list[Edit]] = {}
        for edit, _ in self.tried:
            unit = unit_of(edit, spine)
            if unit is not None and edit.rule in _PAIRED:
                units.setdefault(unit, []).append(edit)
        found: list[Variant] = []
        budget = MAX_PAIRS
        for unit in sorted(units):
            edits = sorted(units[unit], key=lambda edit: edit.weight)
            for at, first in enumerate(edits):
                half = replaced(self.written, first.path, first.node)
                for second in edits[at + 1 :]:
                    joined = _joined(first, second)
                    if joined is None and not _apart(first.path, second.path):
                        continue
                    budget -= 1
                    if budget < 0:
                        return found
                    last = joined or second
                    constant = self.fitting(replaced(half, last.path, last.node))
                    if constant is not None:
                        pair = (first, second) if joined is None else (joined,)
                        found.append(Variant(pair, constant, 2))
        return found

    # -- choosing -----------------------------------------------------------------------------

    def suggestion(self, variants: list[Variant]) -> Mend | None:
        """The nearest variant that is read back as it is meant and proved; None if in doubt."""
        variants = self._preferred(variants)
        for variant in variants[:MAX_PROOFS]:
            mend = self.proved(variant)
            if mend is not None:
                return mend
        return None

    def _preferred(self, variants: list[Variant]) -> list[Variant]:
        """Those that leave out what is to be left out, nearest first; none if that is open."""
        accepted = self.context.accepted
        if accepted is not None and not accepted.is_one:
            alike = [v for v in variants if _alike(v.left_out, accepted)]
            variants = alike or variants
        ordered = sorted(variants, key=lambda v: v.weight)
        if not ordered:
            return []
        best = [v for v in ordered if v.weight == ordered[0].weight]
        constants = {(v.left_out.rational, v.left_out.power) for v in best}
        return ordered if len(constants) == 1 else []

    def proved(self, variant: Variant) -> Mend | None:
        text = applied(self.context.document.text, self.span, variant.changes)
        if text is None:
            return None
        resolved = self.read_back(text)
        if resolved is None or self._leaves_one(text):
            return None
        same = to_key(resolved) == to_key(self.left)
        if same and (isinstance(self.left, Name | Partial) or len(variant.edits) > 1):
            return None
        left_out = self.context.holds(self.left, resolved)
        if left_out is None:
            return None
        rule, words = self._words(variant)
        edits = variant.number or len(variant.edits)
        return Mend(self.span, text, words, rule, resolved, edits, left_out)

    def _leaves_one(self, text: str) -> bool:
        """Whether a bracket is left with nothing but 1 in it: nobody means that."""
        own = self.context.document.source(self.span)
        return len(_ONE.findall(text)) > len(_ONE.findall(own))

    def read_back(self, text: str) -> Expression | None:
        """What the corrected side means, as it would be read in this document."""
        return read_back(self.context, text)

    def _words(self, variant: Variant) -> tuple[Rule, str]:
        from gradcheck.explain.mending.rule_of_edit import multiplied_argument

        rule = NAMES_OF_RULES[rule_of(self.context, self.written, variant.edits)]
        argument = multiplied_argument(self.context, self.written, variant.edits)
        if argument is not None:
            return rule, f"the derivative is taken at {argument}, not multiplied by it"
        return rule, "; ".join(dict.fromkeys(edit.words for edit in variant.edits))


_PAIRED = frozenset(
    "wrong-symbol other-bias wrong-sign exponent constant-factor extra-factor wrong-function "
    "prime wrong-factor".split()
)


def read_back(context: MendContext, text: str) -> Expression | None:
    """A side's text as it would be read and resolved in this document; None if it is not."""
    written = context.read_side(text)
    if written is None:
        return None
    try:
        return context.resolve(written)
    except Exception as trouble:  # the resolver's own refusal, which is of the derivation package
        if type(trouble).__name__ != "Unresolved":
            raise
        return None


def rule_of(context: MendContext, written: Expression, edits: tuple[Edit, ...]) -> str:
    """The rule that the first of the edits speaks of; factors of an activation's slope are it."""
    from gradcheck.explain.mending.rule_of_edit import multiplied_argument, rule_name

    if multiplied_argument(context, written, edits) is not None:
        return "product-for-composition"
    return rule_name(context, written, edits[0])


def sum_edits(context: MendContext, written: Expression) -> list[Edit]:
    """A sum sign removed, or one put in front of what depends on the samples."""
    from gradcheck.explain.mending.tree import places

    found = []
    for path, node in places(written):
        if isinstance(node, Sum):
            gone = Span(node.span.start, node.body.span.start)
            words = "remove the sum over the samples"
            found.append(Edit(path, node.body, ((gone, ""),), "spurious-sum", words, 3))
    sign = _sum_sign(context)
    for path, node in places(written):
        if isinstance(node, Add) and any(contains(term, Sum) for term in node.terms):
            found += _lacking(context, path, node, sign)
    if not contains(written, Sum):
        core = written.operand if isinstance(written, Negate) else written
        factors = core.factors if isinstance(core, Multiply) else (core,)
        for at, factor in enumerate(factors):
            if at and not isinstance(factors[at - 1], (Number, Divide)):
                break
            place = Span(factor.span.start, factor.span.start)
            words = "the sum over the samples is missing"
            found.append(Edit((), Sum(written), ((place, sign),), "missing-sum", words, 3))
    return found


def _lacking(context: MendContext, path: Path, node: Add, sign: str) -> list[Edit]:
    """A sum sign before the only term that has none beside terms that have one."""
    found = []
    for at, term in enumerate(node.terms):
        core = term.operand if isinstance(term, Negate) else term
        if contains(term, Sum) or not names_in(core) & context.model.per_sample:
            continue
        place = (*path, at, 0) if isinstance(term, Negate) else (*path, at)
        start = Span(core.span.start, core.span.start)
        words = f"the sum over the samples is missing before {to_text(core)}"
        found.append(Edit(place, Sum(core), ((start, sign),), "missing-sum", words, 0))
    return found if len(found) == 1 else []


def _sum_sign(context: MendContext) -> str:
    """The author's own sum sign, if there is one."""
    from gradcheck.language.expression import walk

    for source in context.setup.sources:
        for node in walk(source.written):
            if isinstance(node, Sum):
                start, end = node.span.start, node.body.span.start
                return context.document.text[start:end].rstrip(" ([{\\left") + " "
    return r"\sum_i "


def spine_of(node: Expression, path: Path = ()) -> Iterator[Path]:
    """The places of the factors that a side is a product of."""
    if isinstance(node, (Negate, Sum, Cancel, Underbrace)):
        inner = at_path(node, (0,))
        yield from spine_of(inner, (*path, 0))
    elif isinstance(node, Multiply):
        for at, factor in enumerate(node.factors):
            yield from spine_of(factor, (*path, at))
    elif isinstance(node, Divide):
        yield from spine_of(node.numerator, (*path, 0))
        yield from spine_of(node.denominator, (*path, 1))
    else:
        yield path


def unit_of(edit: Edit, spine: set[Path]) -> Path | None:
    """The factor that an edit changes; () for a factor more; None if it is not one factor's."""
    for length in range(len(edit.path) + 1):
        if edit.path[:length] in spine:
            return edit.path[:length]
    return () if not edit.path else None


def _joined(one: Edit, other: Edit) -> Edit | None:
    """Another name and its square, two edits of one place, as one; None if they are not that."""
    if one.path != other.path:
        return None
    name, power = (other, one) if isinstance(one.node, Power) else (one, other)
    if not isinstance(name.node, Name) or not isinstance(power.node, Power):
        return None
    ((span, text),) = name.changes
    node = Power(name.node, power.node.exponent)
    words = f"{to_text(node)} for what stands there"
    weight = name.weight + power.weight
    return Edit(name.path, node, ((span, squared(text)),), name.rule, words, weight)


def _apart(one: Path, other: Path) -> bool:
    """Whether neither place lies within the other."""
    return all(a[: len(b)] != b for a, b in ((one, other), (other, one)))


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * max(abs(one), abs(other))


def _alike(one: Constant, other: Constant) -> bool:
    return (one.rational, one.power) == (other.rational, other.power)
