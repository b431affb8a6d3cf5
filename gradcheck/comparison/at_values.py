"""Claims about an example: after ``Let x = 2 and h = 3`` a gradient may hold for these only."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradcheck.comparison.verdicts import Judge
from gradcheck.expression import Expression, Name, Partial, substitute, transform
from gradcheck.model import Model, Setup
from gradcheck.symbolic import Outcome, Undecided

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

    def _before(self, place: int) -> dict[str, Expression]:
        model = self.setup.model
        inside = model.below(model.loss) - {model.loss}
        values = [v for v in self.setup.values if v.span.start < place and v.key in inside]
        return {value.key: value.number for value in values}

    def _algebra_at(
        self, model: Model, values: dict[str, Expression], sides: list[Expression]
    ) -> bool:
        from gradcheck.symbolic import Algebra

        definitions = {
            key: substitute(body, values)
            for key, body in model.definitions.items()
            if key not in values
        }
        at = replace(model, definitions=definitions)
        return Algebra(at).decide(*sides, shown=False).outcome is Outcome.EQUAL
