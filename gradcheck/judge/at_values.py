"""Claims about an example: after ``Let x = 2 and h = 3`` a gradient may hold for these only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from gradcheck.evidence.arrays.drawing import Draw, Value
from gradcheck.evidence.arrays.dual import At, Outside, Unsupported, samples_of
from gradcheck.evidence.arrays.precise import DIGITS
from gradcheck.evidence.symbolic import Outcome, Undecided
from gradcheck.judge.forms import truth
from gradcheck.judge.verdicts import Judge, JudgedClaim
from gradcheck.language.expression import (
    Expression,
    Name,
    Negate,
    Number,
    Partial,
    substitute,
    transform,
    walk,
)
from gradcheck.language.functions import BASIC
from gradcheck.language.model import Claim, Model, Setup
from gradcheck.language.verdict import Verdict
from gradcheck.understand.resolution import Unresolved

FOR_VALUES = "it holds at the values that the text gives before it, not for all values"


_PLAIN = 10
"""What has no larger denominator may be a number of the formula."""


@dataclass(frozen=True)
class AtValues:
    """Decides sides with the numbers put in that the text has given to names before a place."""

    setup: Setup
    judge: Judge

    def of_example(
        self, item: JudgedClaim, key: str, judged: Callable[[Claim], JudgedClaim]
    ) -> JudgedClaim:
        """A claim that is wrong as it stands: right if its numbers are worked out by a formula
        that makes it so, undecided if it holds at the numbers given before it."""
        claim = item.claim
        assert claim.expression is not None
        formula = self.restored(claim.expression, claim.span.start)
        if formula != claim.expression:
            again = judged(replace(claim, expression=formula))
            if again.verdict in (Verdict.EXACT, Verdict.CONVENTION):
                return replace(again, claim=claim)
        model, _ = self.judge.forms.for_claim(claim)
        left = truth(model, key, claim.loss)
        if not self.hold(model, left, claim.expression, claim.span.start):
            return item
        return replace(item, verdict=Verdict.UNDECIDED, reason=FOR_VALUES, witness=None)

    def hold(self, model: Model, left: Expression, right: Expression, before: int) -> bool:
        """Whether two sides that differ in general are equal at the values given.

        Gradients are carried out before anything is put in.
        """
        values = self._before(before)
        if not values:
            return False
        if self._equal_there(model, values, left, right):
            return True
        keys = {parameter.key for parameter in model.parameters}

        def carried_out(node: Expression) -> Expression:
            if not isinstance(node, Partial) or not isinstance(node.by, Name):
                return node
            of_loss = isinstance(node.of, Name) and node.of.key == model.loss
            if not of_loss or node.by.key not in keys:
                return node
            return self.judge.algebra(model).gradient(node.by.key)

        try:
            sides = [transform(side, carried_out) for side in (left, right)]
            put = [substitute(side, values) for side in sides]
            return self._algebra_at(model, values, put)
        except Undecided:
            return False

    def restored(self, side: Expression, before: int) -> Expression:
        """A side with the numbers that were worked out turned back into what they are values of.

        Only a number of two decimals or more tells, and only if it is that of one formula.
        """
        formulas: dict[Expression, set[Expression]] = {}
        bodies = self.setup.model.definitions.values()
        forward = {node for body in bodies for node in walk(body) if isinstance(node, Number)}
        for item in self.setup.worked_out:
            value = _number(item.number)
            if item.span.start >= before or item.number in forward:
                continue
            if value is not None and value.denominator > _PLAIN:
                formula = self._computed(item.formula)
                formulas.setdefault(item.number, set()).update([formula] if formula else [])
        sure = {
            number: min(found, key=repr) for number, found in formulas.items() if len(found) == 1
        }

        def back(node: Expression) -> Expression:
            return replace(sure[node], span=node.span) if node in sure else node

        return transform(side, back) if sure else side

    def _computed(self, formula: Expression) -> Expression | None:
        """What a formula means; None for a name that is given, and for what has no meaning."""
        if self.setup.resolve is None:
            return None
        try:
            found = self.setup.resolve(formula)
        except Unresolved:
            return None
        given = isinstance(found, Name) and found.key not in self.setup.model.definitions
        return None if given else found

    def _equal_there(
        self, model: Model, values: dict[str, Expression], left: Expression, right: Expression
    ) -> bool:
        """Whether both sides come to one number, where every name is given: ReLU' is 1 there."""
        numbers = {key: _number(value) for key, value in values.items()}
        free = model.below(model.loss) - model.definitions.keys() - set(BASIC)
        if None in numbers.values() or not free <= numbers.keys() | {model.sample_count}:
            return False
        given: dict[str, Value] = {}
        for key, number in numbers.items():
            assert number is not None
            given[key] = (number,) if key in model.per_sample else number
        at = At(model, Draw("values", 1, given), DIGITS)
        try:
            sides = [samples_of(at.value(side), 1)[0] for side in (left, right)]
        except (Outside, Unsupported):
            return False
        return bool(abs(sides[0] - sides[1]) <= at.close * max(1, abs(sides[0])))

    def _before(self, place: int) -> dict[str, Expression]:
        model = self.setup.model
        inside = model.below(model.loss) - {model.loss}
        values = [v for v in self.setup.values if v.span.start < place and v.key in inside]
        return {value.key: value.number for value in values}

    def _algebra_at(
        self, model: Model, values: dict[str, Expression], sides: list[Expression]
    ) -> bool:
        from gradcheck.evidence.symbolic import Algebra

        definitions = {
            key: substitute(body, values)
            for key, body in model.definitions.items()
            if key not in values
        }
        at = replace(model, definitions=definitions)
        return Algebra(at).decide(*sides, shown=False).outcome is Outcome.EQUAL


def _number(value: Expression) -> Fraction | None:
    """The number that a name is set to, if it is written as one."""
    if isinstance(value, Negate):
        inner = _number(value.operand)
        return None if inner is None else -inner
    return value.value if isinstance(value, Number) else None
