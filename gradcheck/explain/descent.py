"""Gradient descent by the document's own rules and gradients, beside the true ones.

What a mistake costs: from the same seeded start, on the same seeded data, some hundred steps by
what the document says, and the same number by the gradients derived from its loss. The learning
rate is the document's if it is a number, else one at which the true descent is steady. A constant
that all gradients leave out alike only rescales the rate, so the document's rate is scaled by it;
where a rule has no rate there is nothing to scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.arrays.arrays import evaluate_gradient, loss_function
from gradcheck.evidence.arrays.lifting import (
    Lifting,
    LiftingAmbiguous,
    NotEvaluated,
    degenerate,
    infer,
)
from gradcheck.evidence.arrays.point import Point, Sizes, draw_point
from gradcheck.judge import Options
from gradcheck.judge.forms import Forms
from gradcheck.judge.updates import Update, rules_of
from gradcheck.judge.updates.followed_gradient import SetupEvidence, evidence_of, setup_of
from gradcheck.judge.updates.written import total_direction
from gradcheck.language.expression import Expression, Partial, contains
from gradcheck.language.model import Derivation, Model, Parameter, Sense, Setup
from gradcheck.language.verdict import Constant
from gradcheck.report.descents import Descent, LossAt, number_text
from gradcheck.understand.resolution import Unresolved

Array = NDArray[np.float64]

STEPS = 200
SHOWN = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
RATES = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)
SAMPLES_EACH = 4
"""The data are this many times the samples of the numbers: with few, any descent ends at 0."""
FAR = 1e6
"""A loss of this many times the first one has diverged."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """One assignment: ``target = source + sign · rate · factor · gradient``.

    ``rate`` None is the free one; ``scaled`` tells that the gradient leaves out what the others do.
    """

    target: str
    source: str
    sign: int
    rate: float | None
    gradient: Expression
    factor: float = 1.0
    scaled: bool = True


def descents(
    derivation: Derivation, options: Options, steps: int = STEPS
) -> tuple[Descent | str, ...]:
    """The descent of every setup, or why it was not run."""
    rules = rules_of(derivation)
    evidence = evidence_of(derivation)
    found: list[Descent | str] = []
    for index, setup in enumerate(derivation.setups):
        own = []
        for rule in rules:
            at = setup_of(rule, evidence)
            if rule.general or at is None or at.index == index or _names_only(rule):
                own.append(rule)
        constant = _left_out_like(derivation.setups, index)
        found.append(descend(setup, options, own, constant, steps))
    return tuple(found)


def _left_out_like(setups: Sequence[Setup], index: int) -> Constant | None:
    """What a setup's gradients leave out; if that cannot be told, what those of its loss do."""
    alike = [s for k, s in enumerate(setups) if k != index and s.name == setups[index].name]
    for setup in (setups[index], *alike):
        constant = _left_out(setup)
        if constant is not None:
            return constant
    return None


def _names_only(rule: Update) -> bool:
    """A rule with ``∂L/∂w`` in it holds for every setup."""
    return rule.gradient_of is not None


def descend(
    setup: Setup,
    options: Options,
    rules: Sequence[Update] = (),
    left_out: Constant | None = None,
    steps: int = STEPS,
) -> Descent | str:
    """Run a setup's descent, or say in words why it cannot be run.

    ``rules`` are the update rules that concern the setup (none: plain descent); ``left_out`` is
    what its gradients leave out alike, found out here if it is not given.
    """
    if setup.model_problem is not None:
        return f"{setup.name}: not run: {setup.model_problem}"
    if setup.sense is not Sense.DOWN:
        return f"{setup.name}: not run: {setup.sense.value}"
    try:
        run = _Run.of(setup, options, rules, left_out)
        return run.descent(steps)
    except NotEvaluated as trouble:
        return f"{setup.name}: not run: {trouble}"


@dataclass
class _Run:
    """Everything that both runs share."""

    setup: Setup
    model: Model
    lifting: Lifting
    start: Point
    true: Mapping[str, Expression]
    rules: Sequence[_Rule]
    scale: float
    literal: float | None
    notes: list[str]

    @classmethod
    def of(
        cls,
        setup: Setup,
        options: Options,
        updates: Sequence[Update],
        left_out: Constant | None,
    ) -> _Run:
        model = Forms(setup.model).total
        true = _true_gradients(model)
        notes: list[str] = []
        claimed = _claimed(setup, true, notes)
        rules, literal = _rules(setup, updates, claimed, notes)
        sizes = replace(options.sizes, samples=SAMPLES_EACH * options.sizes.samples)
        lifting, point = _lifted(model, sizes, options.seed, rules, true, notes)
        constant = left_out or _left_out(setup) or Constant()
        scale = constant.value(sizes.samples)
        if not constant.is_one:
            notes.append(f"the gradients leave out {constant}: the document's rate is scaled by it")
        return cls(setup, model, lifting, point, true, rules, scale, literal, notes)

    def descent(self, steps: int) -> Descent:
        rate, truth = self._true_run(steps)
        rules = [
            replace(rule, rate=rate * (self.scale if rule.scaled else 1.0))
            if rule.rate is None
            else rule
            for rule in self.rules
        ]
        mine = self._losses(rules, steps)
        shown = sorted({step for step in SHOWN if step < steps} | {steps})
        losses = tuple(LossAt(step, _at(mine, step), _at(truth, step)) for step in shown)
        diverged = len(mine) if len(mine) <= steps else None
        final, best = losses[-1].by_document, losses[-1].by_truth
        words = _words(steps, final, best, diverged, len(truth), mine[0] if mine else None)
        return Descent(
            self.setup.name, steps, rate, losses, final, best, diverged, words, tuple(self.notes)
        )

    def _true_run(self, steps: int) -> tuple[float, list[float]]:
        """The true descent, at the document's own number or at the largest steady rate."""
        rates = RATES if self.literal is None else (self.literal,)
        for rate in rates:
            rules = [_Rule(key, key, -1, rate, body) for key, body in self.true.items()]
            losses = self._losses(rules, steps, steady=self.literal is None and rate != rates[-1])
            if len(losses) > steps:
                break
        return rate, losses

    def _losses(self, rules: Sequence[_Rule], steps: int, steady: bool = False) -> list[float]:
        """The loss before the first and after every step; shorter if the run diverges.

        With ``steady`` a run that climbs counts as diverged.
        """
        values = {key: np.array(value) for key, value in self.start.values.items()}
        losses: list[float] = []
        for step in range(steps + 1):
            point = Point(MappingProxyType(values), self.start.sizes, self.start.seed)
            loss = self._loss(point)
            if loss is None or (losses and abs(loss) > FAR * (abs(losses[0]) + 1e-9)):
                return losses
            if steady and losses and loss > losses[-1] * (1 + 1e-9):
                return losses
            losses.append(loss)
            if step < steps:
                moved = self._step(rules, point)
                if moved is None:
                    return losses
                values = moved
        return losses

    def _loss(self, point: Point) -> float | None:
        value = float(loss_function(self.model, self.lifting, point)({})[0])
        return value if np.isfinite(value) else None

    def _step(self, rules: Sequence[_Rule], point: Point) -> dict[str, Array] | None:
        """The values after one step, all gradients taken before it; None if one is not finite."""
        values = dict(point.values)
        with np.errstate(all="ignore"):
            try:
                moves = [self._move(rule, point) for rule in rules]
            except NotEvaluated:
                return None
            for rule, move in zip(rules, moves, strict=True):
                shape = point.values[rule.target].shape
                values[rule.target] = np.broadcast_to(values[rule.source] + move, shape).copy()
        return values

    def _move(self, rule: _Rule, point: Point) -> Array:
        gradient = evaluate_gradient(
            self.model, self.lifting, rule.gradient, point, _of(rule, self.lifting)
        )
        return np.asarray(rule.sign * rule.factor * (rule.rate or 0.0) * gradient)


def _of(rule: _Rule, lifting: Lifting) -> str:
    """The parameter whose shape a rule's gradient has."""
    return rule.source if len(lifting.axes[rule.source]) > 0 else rule.target


def _at(losses: Sequence[float], step: int) -> float | None:
    return losses[step] if step < len(losses) else None


# -- the document's side --------------------------------------------------------------------------


def _true_gradients(model: Model) -> dict[str, Expression]:
    from gradcheck.evidence.symbolic import Algebra, Undecided

    algebra = Algebra(model)
    try:
        return {p.key: algebra.gradient(p.key) for p in model.parameters}
    except Undecided as trouble:
        raise NotEvaluated(f"the gradients could not be derived: {trouble}") from None


@dataclass(frozen=True, slots=True)
class _Gradient:
    """A gradient to descend by; ``own`` if it is the document's, not the true one in its place."""

    body: Expression
    own: bool


def _claimed(
    setup: Setup, true: Mapping[str, Expression], notes: list[str]
) -> dict[str, _Gradient]:
    """The last closed form claimed for each parameter; the true gradient where there is none."""
    found: dict[str, _Gradient] = {}
    missing: list[str] = []
    for parameter in setup.model.parameters:
        claims = [c for c in setup.claims if c.parameter == parameter.role]
        read = [claim.expression for claim in claims if claim.expression is not None]
        if read and claims[-1].expression is not None:
            found[parameter.key] = _Gradient(read[-1], own=True)
        else:
            found[parameter.key] = _Gradient(true[parameter.key], own=False)
            missing.append(parameter.source_name)
    if missing:
        notes.append(f"no gradient by {', '.join(missing)} could be used: the true one is taken")
    return found


def _rules(
    setup: Setup,
    updates: Sequence[Update],
    claimed: Mapping[str, _Gradient],
    notes: list[str],
) -> tuple[list[_Rule], float | None]:
    """The assignments of one step, and the literal learning rate if all rules have one number."""
    parameters = {parameter.key: parameter for parameter in setup.model.parameters}
    own = [u for u in updates if u.target.key in parameters and u.source.key in parameters]
    last = {(u.step.statement, u.target.key): u for u in own}
    found = [_rule(setup, update, claimed, notes) for update in last.values()]
    trained = {rule.target for rule in found}
    complete = len(found) >= len(parameters) - 1
    general = next((u for u in reversed(updates) if u.general), None)
    if not updates:
        notes.append("the document has no update rules: plain descent")
    for key, parameter in parameters.items():
        if key in trained:
            continue
        if complete and general is None:
            notes.append(f"{parameter.source_name} is never updated: it keeps its first value")
        else:
            found.append(_plain(key, general, claimed[key]))
    numbers = {rule.rate for rule in found}
    literal = next(iter(numbers)) if len(numbers) == 1 else None
    return found, literal


def _plain(key: str, general: Update | None, gradient: _Gradient) -> _Rule:
    if general is None:
        return _Rule(key, key, -1, None, gradient.body, scaled=gradient.own)
    rate = float(general.number) if general.rate is None else None
    return _Rule(key, key, general.sign, rate, gradient.body, scaled=gradient.own)


def _rule(
    setup: Setup, update: Update, claimed: Mapping[str, _Gradient], notes: list[str]
) -> _Rule:
    target, source = update.target.key, update.source.key
    rate = None if update.rate is not None else float(update.number)
    by = update.gradient_of
    if by is not None and by.key in claimed:
        if update.rate is None and not update.numbers:
            notes.append(f"{target} is updated without a learning rate: 1 is taken")
        factor = 1.0 if update.rate is None else float(update.number)
        gradient = claimed[by.key]
        return _Rule(target, source, update.sign, rate, gradient.body, factor, gradient.own)
    body: Expression | None = None
    if setup.resolve is not None:
        try:
            body = setup.resolve(total_direction(update, with_number=update.rate is not None))
        except Unresolved:
            body = None
    if body is None or contains(body, Partial):
        notes.append(
            f"the gradient in the update of {target} is not read: the claimed one is taken"
        )
        gradient = claimed[target]
        return _Rule(target, source, -1, rate, gradient.body, scaled=gradient.own)
    return _Rule(target, source, update.sign, rate, body)


def _left_out(setup: Setup) -> Constant | None:
    """What all right claims leave out alike of the gradients; None if that cannot be told."""
    evidence = SetupEvidence(0, setup)
    found: list[Constant] = []
    for parameter in setup.model.parameters:
        constant = _left_out_of(evidence, parameter)
        if constant is not None:
            found.append(constant)
    alike = bool(found) and all(constant == found[0] for constant in found)
    return found[0] if alike else None


def _left_out_of(evidence: SetupEvidence, parameter: Parameter) -> Constant | None:
    claims = [c for c in evidence.setup.claims if c.parameter == parameter.role]
    if not claims or claims[-1].expression is None:
        return None
    return evidence.with_truth(parameter.key, claims[-1].expression).left_out


def _lifted(
    model: Model,
    sizes: Sizes,
    seed: int,
    rules: Sequence[_Rule],
    true: Mapping[str, Expression],
    notes: list[str],
) -> tuple[Lifting, Point]:
    """Arrays of the network's shapes, or one feature and one hidden unit where they cannot be."""

    def tried(lifting: Lifting) -> Point:
        point = draw_point(model, lifting, sizes, seed)
        for rule in rules:
            gradient = evaluate_gradient(model, lifting, rule.gradient, point, _of(rule, lifting))
            moved = np.broadcast_shapes(point.values[rule.source].shape, gradient.shape)
            shape = point.values[rule.target].shape
            if np.broadcast_shapes(moved, shape) != shape:
                raise LiftingAmbiguous(f"{rule.source} has not the shape of {rule.target}")
        for key, body in true.items():
            evaluate_gradient(model, lifting, body, point, key)
        return point

    try:
        lifting = infer(model)
        return lifting, tried(lifting)
    except LiftingAmbiguous as trouble:
        notes.append(f"with one feature and one hidden unit: {trouble}")
    lifting = degenerate(model)
    return lifting, tried(lifting)


# -- words ----------------------------------------------------------------------------------------


def _words(
    steps: int,
    final: float | None,
    best: float | None,
    diverged: int | None,
    lasted: int,
    first: float | None,
) -> str:
    if final is None and best is None:
        return (
            "by the document's rules and by the true gradients alike the loss diverges, "
            f"at steps {diverged} and {lasted}"
        )
    if final is None:
        return (
            f"by the document's rules the loss diverges at step {diverged}; after {steps} steps it "
            f"is {number_text(best)} by the true gradients"
        )
    if best is None:
        return (
            f"after {steps} steps: loss {number_text(final)} by the document's rules; by the true "
            f"gradients it diverges at step {lasted}"
        )
    words = f"after {steps} steps: loss {number_text(final)} by the document's rules, "
    words += f"{number_text(best)} by the true gradients"
    if first is not None and final > first:
        words += f"; by the document's rules it climbs from {number_text(first)}"
    return words
