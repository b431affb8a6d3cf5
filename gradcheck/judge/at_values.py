"""Claims about an example: after ``Let x = 2 and h = 3`` a gradient may hold for these only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from gradcheck.evidence.arrays.drawing import Draw, Value
from gradcheck.evidence.arrays.dual import At, Outside, Unsupported, samples_of
from gradcheck.evidence.arrays.precise import DIGITS
from gradcheck.evidence.symbolic import Outcome, Undecided
from gradcheck.judge.verdicts import Judge
from gradcheck.language.expression import (
    Expression,
    Name,
    Negate,
    Number,
    Partial,
    substitute,
    transform,
)
from gradcheck.language.functions import BASIC
from gradcheck.language.model import Model, Setup

FOR_VALUES = "it holds at the values that the text gives before it, not for all values"


@dataclass(frozen=True)
class AtValues:
    """Decides sides with the numbers put in that the text has given to names before a place."""

    setup: Setup
    judge: Judge

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
