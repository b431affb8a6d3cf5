"""Verdicts on what a page asserts, with axes: decided in prime fields, for all sizes.

A side that carries the samples' index where the left side does not is judged against the loss of
one sample (the sum is left out). A constant may be left out only of a derivative of the loss. An
index that stands at two different axes cannot be right: with those axes taken for one, the sides
must differ at a real point, else nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from gradcheck.evidence.field import Decision, decide
from gradcheck.judge.set_entries import left_open_by
from gradcheck.language.expression import Expression
from gradcheck.language.functions import FUNCTIONS
from gradcheck.language.names import CLASSES, COUNT
from gradcheck.language.notation import to_text
from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Entry,
    Free,
    Letter,
    Position,
    Slope,
    Term,
    Test,
    Times,
    Total,
    World,
    letters,
    nodes,
    with_function,
)
from gradcheck.language.verdict import Constant as LeftOut
from gradcheck.language.verdict import Verdict
from gradcheck.read.words import FUNCTION_WORDS
from gradcheck.run.budget import CLAIM
from gradcheck.run.parts import attempt
from gradcheck.understand.page.assertions import Assertion, GradientClaim, Page
from gradcheck.understand.page.known_data import Fact
from gradcheck.understand.page.order import Defined
from gradcheck.understand.page.symbols import Unmeant
from gradcheck.understand.page.translation import Translator
from gradcheck.understand.resolution import FunctionMeaning


@dataclass(frozen=True)
class JudgedPair:
    """The verdict on ``left = right`` with its evidence; terms as they were compared."""

    verdict: Verdict
    left_out: LeftOut | None = None
    sum_left_out: bool = False
    reason: str = ""
    left: Term | None = None
    right: Term | None = None
    world: World | None = None
    decision: Decision | None = None
    misfit: tuple[str, str] | None = None  # two axes at which one index stands
    names: Mapping[str, str] = field(default_factory=dict)
    given: Fact | None = None  # what the page says of its data, where it holds only by that


@dataclass
class PageJudge:
    """Judges the assertions of one page."""

    page: Page
    functions: Mapping[str, FunctionMeaning]
    seed: int = 0
    _known: dict[tuple[int, Expression, Expression], JudgedPair] = field(default_factory=dict)

    def settled(self) -> PageJudge:
        """The judge of the page in which what is only said again makes no new definition."""
        versions: dict[str, list[Defined]] = {}
        for array, several in self.page.versions.items():
            kept = [several[0]]
            for defined in several[1:]:
                if not (defined.again == "other" and self._says_again(defined)):
                    kept.append(replace(defined, version=len(kept)))
            versions[array] = kept
        return PageJudge(replace(self.page, versions=versions), self.functions, self.seed)

    def _says_again(self, defined: Defined) -> bool:
        """Whether a definition gives a name the value that it has before."""
        binding = defined.binding
        judged = attempt(
            "an equation that is made again",
            lambda: self._judged(
                binding.name, binding.body, binding.statement, binding.start - 1, (None, None)
            ),
            lambda reason: JudgedPair(Verdict.UNDECIDED, reason=reason),
            binding.span,
            CLAIM,
        )
        return judged.verdict is Verdict.EXACT

    def assertion(self, asserted: Assertion) -> JudgedPair:
        """The verdict on a neighbouring pair."""
        return self._pair(
            asserted.left, asserted.right, asserted.statement, asserted.place, asserted
        )

    def claim(self, claim: GradientClaim) -> JudgedPair:
        """The verdict on what a gradient is said to be."""
        if claim.right is None:
            return JudgedPair(Verdict.UNREAD, reason=claim.reason)
        return self._pair(claim.left, claim.right, claim.statement, claim.place, None)

    def _pair(
        self,
        left: Expression,
        right: Expression,
        statement: int,
        place: int,
        asserted: Assertion | None,
    ) -> JudgedPair:
        condition = (asserted.apart, asserted.together) if asserted is not None else (None, None)
        if asserted is None:
            condition = self._condition(statement)
        key = (statement, left, right)
        if key not in self._known:
            self._known[key] = attempt(
                "the verdict with axes",
                lambda: self._judged(left, right, statement, place, condition),
                lambda reason: JudgedPair(Verdict.UNDECIDED, reason=reason),
                right.span,
                CLAIM,
            )
        return self._known[key]

    def _condition(self, statement: int) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
        for other in self.page.assertions:
            if other.statement == statement:
                return other.apart, other.together
        return None, None

    def _judged(
        self,
        left: Expression,
        right: Expression,
        statement: int,
        place: int,
        condition: tuple[tuple[str, str] | None, tuple[str, str] | None],
    ) -> JudgedPair:
        merged: dict[str, str] = {}
        misfit: tuple[str, str] | None = None
        for _ in range(4):
            translator = self._translator(place, merged)
            try:
                terms = translator.terms([left, right], f"s{statement}", place)
                world = translator.world(terms)
            except Unmeant as trouble:
                return JudgedPair(Verdict.UNDECIDED, reason=trouble.reason)
            if not translator.misfits:
                break
            misfit = misfit or min(translator.misfits)
            merged |= _merging(translator.misfits, merged)
        made = _Made(translator, terms[0], terms[1], world, f"s{statement}", place)
        judged = self._compared(made, left, right, condition)
        unsure = judged.verdict is Verdict.WRONG and condition == (None, None)
        if unsure and self.page.conditions.is_said_beside(statement):
            words = "a condition on its indices stands beside it, and is not read"
            return replace(judged, verdict=Verdict.UNDECIDED, reason=words)
        if translator.bounds and judged.verdict in (Verdict.EXACT, Verdict.CONVENTION):
            letter, count = min(translator.bounds)
            words = f"the sum over {letter} runs to {count}, which counts another index"
            return replace(judged, verdict=Verdict.WRONG, left_out=None, reason=words)
        if misfit is None:
            return judged
        if judged.verdict is Verdict.WRONG:
            return replace(judged, misfit=misfit)
        reason = "an index stands where another one belongs, which the values do not show"
        return JudgedPair(Verdict.UNDECIDED, reason=reason, misfit=misfit)

    def _translator(self, place: int, merged: Mapping[str, str]) -> Translator:
        page = self.page
        return Translator(
            page.layout, self.functions, page.versions, place, dict(merged), page.given
        )

    def _compared(
        self,
        made: _Made,
        left: Expression,
        right: Expression,
        condition: tuple[tuple[str, str] | None, tuple[str, str] | None],
    ) -> JudgedPair:
        own = letters(made.left)
        more = [x for x in letters(made.right).values() if x.name not in own]
        samples = [x for x in more if made.translator.is_sample(x)]
        of_loss = _of_loss(self.page, made.left) != _of_loss(self.page, made.right)
        summed = any(
            isinstance(n, Total) and made.translator.is_sample(n.letter) for n in nodes(made.right)
        )
        one = len(samples) == 1 and len(more) == 1 and not summed
        if one and _of_loss(self.page, made.left):
            return self._one_sample(made, left, right, samples[0], condition)
        return self._decided(made, condition, of_loss)

    def _one_sample(
        self,
        made: _Made,
        left: Expression,
        right: Expression,
        sample: Letter,
        condition: tuple[tuple[str, str] | None, tuple[str, str] | None],
    ) -> JudgedPair:
        """Judged against the loss of one sample: with the constant before its sum, or without."""
        found: list[JudgedPair] = []
        for mean in (True, False):
            translator = self._translator(made.place, made.translator.merged)
            translator.sample, translator.mean = sample, mean
            try:
                terms = translator.terms([left, right], made.scope, made.place)
                world = translator.world(terms)
            except Unmeant as trouble:
                return JudgedPair(Verdict.UNDECIDED, reason=trouble.reason)
            one = _Made(translator, terms[0], terms[1], world, made.scope, made.place)
            judged = self._decided(one, condition, True)
            left_to_do = _of_loss(self.page, one.right)
            if judged.verdict in (Verdict.EXACT, Verdict.CONVENTION) and not left_to_do:
                judged = replace(judged, verdict=Verdict.CONVENTION, sum_left_out=True)
            found.append(judged)
        good = [j for j in found if j.verdict in (Verdict.EXACT, Verdict.CONVENTION)]
        return good[0] if good else found[0]

    def _decided(
        self,
        made: _Made,
        condition: tuple[tuple[str, str] | None, tuple[str, str] | None],
        of_loss: bool,
    ) -> JudgedPair:
        left, right = _under(made, condition)
        unknown = _not_there(made, self.page)
        if unknown:
            return JudgedPair(Verdict.UNDECIDED, reason=unknown)
        present = {axis for free in made.world.free.values() for axis in free.axes}
        counts = frozenset(made.translator.axis(a) for a in self.page.layout.samples) & present
        decision, given = self._by_facts(left, right, made.world, counts)
        lost = _unknown(made, self.page) if decision.outcome == "unequal" else ""
        if lost:
            return JudgedPair(Verdict.UNDECIDED, reason=f"{lost} is not defined in the document")
        base = JudgedPair(
            Verdict.UNDECIDED, reason=decision.reason, left=left, right=right, world=made.world,
            decision=decision,
            names={k: n.key for k, n in made.translator.names.items()}, given=given,
        )  # fmt: skip
        if decision.outcome == "equal":
            return replace(base, verdict=Verdict.EXACT, reason="")
        of_loss = of_loss and not any(n.startswith("∂") for n in made.world.free)
        if decision.outcome == "multiple" and of_loss:
            constant = _constant(decision, self.page)
            if constant is not None and constant.rational > 0:
                return replace(base, verdict=Verdict.CONVENTION, left_out=constant, reason="")
            return replace(base, verdict=Verdict.WRONG, reason="")
        if decision.outcome in ("unequal", "multiple"):
            strange = (
                self._strange(made)
                or self._uncounted(made)
                or made.translator.doubt
                or self._abstract(made)
                or left_open_by(self.page, made.world, (made.left, made.right))
            )
            if strange:
                return replace(base, reason=strange)
            return replace(base, verdict=Verdict.WRONG, reason="")
        return base

    def _abstract(self, made: _Made) -> str:
        """Why sides that differ for an abstract function may be equal for the one that is meant."""
        terms = [made.left, made.right, *(d.body for d in made.world.definitions.values())]
        calls = {n.function for t in terms for n in nodes(t) if isinstance(n, Call)}
        unknown = sorted(calls - FUNCTIONS.keys())
        named = [f for f in unknown if f in FUNCTION_WORDS - {"act", "activation", "diag"}]
        if named:
            return f"gradcheck knows no formula for {named[0]}: define it in the document"
        if len(unknown) != 1:
            return ""
        for known in ("sigmoid", "tanh"):
            if self._holds_with(made, unknown[0], known):
                return (
                    f"it holds only if {unknown[0]} is the {known}, which the document does not say"
                )
        return ""

    def _holds_with(self, made: _Made, function: str, known: str) -> bool:
        """Whether both sides are equal, up to a constant, for a known function in its place."""
        left, right = (with_function(t, function, known) for t in (made.left, made.right))
        definitions = {
            key: replace(d, body=with_function(d.body, function, known))
            for key, d in made.world.definitions.items()
        }
        world = replace(made.world, definitions=definitions)
        return decide(left, right, world, seed=self.seed).outcome in ("equal", "multiple")

    def _uncounted(self, made: _Made) -> str:
        """A number that may be the length of an axis, which nothing on the page says."""
        counted = set(self.page.layout.counts)
        sums = any(isinstance(n, Total) for t in (made.left, made.right) for n in nodes(t))
        sums = sums or any(
            isinstance(n, Total) for d in made.world.definitions.values() for n in nodes(d.body)
        )
        for name, free in made.world.free.items():
            count = name in COUNT.names() | CLASSES.names() and not free.axes
            if count and name not in counted and sums:
                return f"{name} may be how many there are, which the page does not say"
        return ""

    def _strange(self, made: _Made) -> str:
        """Why a line about an unknown loss may be right: it has what the loss may have."""
        if not any(name.startswith("∂") for name in made.world.free):
            return ""
        own, known = (_rests_on(side, made.world) for side in (made.right, made.left))
        others = sorted(n for n in own - known if not n.startswith("∂"))
        if not others:
            return ""
        return f"the loss is not on the page, and {others[0]} may be part of it"

    def _by_facts(
        self, left: Term, right: Term, world: World, counts: frozenset[str]
    ) -> tuple[Decision, Fact | None]:
        """The decision without what the page says of its data; if it is not equal, with it."""
        decision = decide(left, right, world, seed=self.seed, counts=counts)
        told = {a: f for a, f in self.page.facts.items() if a in world.free}
        if decision.outcome == "equal" or not told:
            return decision, None
        again = replace(world, free={**world.free, **self._told(world, told)})
        found = decide(left, right, again, seed=self.seed, counts=counts)
        better = found.outcome == "multiple" and decision.outcome != "multiple"
        if found.outcome == "equal" or better:
            return found, next(iter(told.values()))
        return (found, None) if found.outcome == "undecided" else (decision, None)

    def _told(self, world: World, facts: Mapping[str, Fact]) -> dict[str, Free]:
        """The arrays of which the page says something, with what it says."""
        found: dict[str, Free] = {}
        for array, fact in facts.items():
            slots = self.page.layout.slots.get(array, ())
            at = slots.index(fact.one_hot) if fact.one_hot in slots else None
            found[array] = replace(world.free[array], one_hot=at, labels=fact.values)
        return found


@dataclass(frozen=True)
class _Made:
    """Both sides as terms, with what made them."""

    translator: Translator
    left: Term
    right: Term
    world: World
    scope: str
    place: int


def _merging(misfits: set[tuple[str, str]], merged: Mapping[str, str]) -> dict[str, str]:
    """Axes that are taken for one: each with the one that stands for it."""
    found = dict(merged)
    for one, other in sorted(misfits):
        first, second = found.get(one, one), found.get(other, other)
        if first == second:
            continue
        found = {axis: first if to == second else to for axis, to in found.items()}
        found[second] = first
        found[other] = first
    return found


def _of_loss(page: Page, term: Term) -> bool:
    """Whether a derivative of a loss stands in a term."""
    losses = {_array(page, b.name) for b in page.order.losses}
    return any(
        isinstance(node, Slope)
        and isinstance(node.of, Entry)
        and node.of.name.partition("~")[0].partition("#")[0] in losses
        for node in nodes(term)
    )


def _array(page: Page, name) -> str:  # type: ignore[no-untyped-def]
    try:
        return page.layout.array(name)[0]
    except Unmeant:
        return ""


def _not_there(made: _Made, page: Page) -> str:
    """Why a derivative says nothing: by what it is taken does not occur in what is derived."""
    for node in (*nodes(made.left), *nodes(made.right)):
        if not isinstance(node, Slope):
            continue
        below = _below(node.of, made.world)
        free = isinstance(node.of, Entry) and node.of.name in made.world.free
        if node.by.name not in below and not (free and _comes_from(node, made.world)):
            shown = made.translator.names.get(node.by.name)
            words = shown.key if shown is not None else node.by.name
            return f"{words} does not occur in what is differentiated"
    return ""


def _comes_from(node: Slope, world: World) -> bool:
    """Whether something free is derived by what is computed from it: ``∂w/∂z`` is no slope."""
    assert isinstance(node.of, Entry)
    return node.by.name in world.definitions and node.of.name in _below(node.by, world)


def _unknown(made: _Made, page: Page) -> str:
    """A name of which the page never says what it is: the sides may be equal by what it is.

    What stands on both sides is what the equation is about.
    """
    about = _below(made.left, made.world) & _below(made.right, made.world)
    names = {k: made.translator.names.get(k) for k in made.world.free if k not in about}
    unknown = (n for n in names.values() if n and page.order.symbol(n) not in page.introduced)
    return next((to_text(name) for name in unknown), "")


def _below(term: Term, world: World) -> set[str]:
    found: set[str] = set()
    stack = [n.name for n in nodes(term) if isinstance(n, Entry)]
    while stack:
        name = stack.pop()
        if name in found:
            continue
        found.add(name)
        if name in world.definitions:
            body = world.definitions[name].body
            stack += [n.name for n in nodes(body) if isinstance(n, Entry)]
    return found


def _rests_on(term: Term, world: World) -> set[str]:
    """The free arrays that a term is computed from in the end."""
    found: set[str] = set()
    left = [term]
    while left:
        for name in {n.name for n in nodes(left.pop()) if isinstance(n, Entry)} - found:
            found.add(name)
            if name in world.definitions:
                left.append(world.definitions[name].body)
    return found - set(world.definitions)


def _under(
    made: _Made, condition: tuple[tuple[str, str] | None, tuple[str, str] | None]
) -> tuple[Term, Term]:
    """Both sides where the page says that they are meant: 0 for all other indices."""
    apart, together = condition
    pair = apart or together
    if pair is None:
        return made.left, made.right
    free = {**letters(made.left), **letters(made.right)}
    if not set(pair) <= set(free):
        return made.left, made.right
    one, other = (Position(free[x]) for x in pair)
    zero, unit = Constant(Fraction(0)), Constant(Fraction(1))
    where = Choice(((Test(one, "!=" if apart else "=", other), unit), (None, zero)))
    return Times((where, made.left)), Times((where, made.right))


def _constant(decision: Decision, page: Page) -> LeftOut | None:
    """What is left out, as a rational times a power of the sample count."""
    powers = {k: n for k, n in decision.powers.items() if n}
    if len(powers) > 1:
        return None
    (axis, power) = next(iter(powers.items()), ("", 0))
    names = [k for k, a in page.layout.counts.items() if page.layout.sorts.union.find(a) == axis]
    return LeftOut(decision.factor, power, names[0] if names else "N")
