r"""A claimed gradient of many parameters, checked by directions instead of entry by entry.

Of every block the residual is taken along DIRECTIONS Gaussian directions. An error e of the block
gives residuals distributed as N(0, ‖e‖²), so one is missed, |residual| below the visible τ in all
of them, with a probability of at most (τ/‖e‖ · √(2/π))^DIRECTIONS.

Where a block is refuted, `recovery` finds the entries, and each is measured by itself, by
differences of real numbers, before it is called wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.numeric.batches import Array
from gradcheck.evidence.numeric.complex_step import NotAnalytic
from gradcheck.evidence.numeric.differences import TRUST
from gradcheck.evidence.numeric.directions import (
    AGAIN,
    Claim,
    ComplexProbe,
    DifferenceProbe,
    Direction,
    Lines,
    Probe,
    single,
)
from gradcheck.evidence.numeric.measurement import EPS, Measurement, Noise, measure
from gradcheck.evidence.numeric.recovery import recover, slabs
from gradcheck.evidence.numeric.search import search

Indices = NDArray[np.intp]

DIRECTIONS = 2  # along which each block is sampled
MISSED = 1e-3  # the probability that `Block.visible` is stated for
SAMPLE = 16  # entries that are measured of a block with too many mistakes to name
STEP = 0.125  # first step along a single entry, of the block's typical size, as in `search`
COMMON_STEP = 2.0**-4  # along all blocks together
LAST_DIGITS = 16.0  # of the loss: its noise where none was measured
SAME = 1e-12  # of a slope by a complex step, which is itself rounded
OTHER_SLOPE = "it gives another slope than real steps"
SMALLEST_SHARE = 1e-3  # of the steps of other blocks: how much less one of steep slope moves


@dataclass(frozen=True, slots=True)
class Block:
    """What was found out about one parameter of n entries.

    ``refuted``: the claim is wrong along a direction. ``visible`` is the 2-norm of an error that
    would have been missed with probability MISSED; ``slope`` the claimed slope along a typical
    direction, to compare it with; None if the block was not reached.

    ``entries`` (ascending, numbered through) were measured by themselves, to ``values`` within
    ``bounds``, of which ``spans`` are kinks. They are all the wrong ones if ``located``; else, of
    ``many`` wrong ones, a sample drawn from the slabs ``where``: (axis, ranges of indices).
    """

    refuted: bool = False
    visible: float | None = None
    slope: float = 0.0
    located: bool = False
    many: bool = False
    where: tuple[tuple[int, tuple[range, ...]], ...] = ()
    entries: Indices = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    values: Array = field(default_factory=lambda: np.empty(0))
    bounds: Array = field(default_factory=lambda: np.empty(0))
    spans: Array = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, slots=True)
class Sampled:
    """Of all blocks. ``method`` is "complex step" or "central differences", ``why`` the reason
    against the complex step, ``interrupted`` whether the user stopped it."""

    blocks: tuple[Block, ...]
    evaluations: int
    method: str
    why: str = ""
    interrupted: bool = False


def sample(claim: Claim, shapes: Sequence[tuple[int, ...]], seed: int) -> Sampled:
    """Check a claim whose parameters have these shapes; by complex steps if the loss takes them."""
    evaluations, why = 0, ""
    if claim.complex_loss is not None:
        run = _Run(claim, ComplexProbe(claim), shapes, seed)
        try:
            run.expect_analytic()
            return run.sampled("complex step")
        except NotAnalytic as error:
            evaluations, why = run.evaluations, str(error)
        except KeyboardInterrupt:
            return Sampled(tuple(run.blocks), run.evaluations, "complex step", interrupted=True)
    run = _Run(claim, DifferenceProbe(claim), shapes, seed)
    found = run.sampled("central differences")
    return replace(found, evaluations=evaluations + found.evaluations, why=why)


class _Run:
    """One check by one way to take slopes."""

    def __init__(
        self, claim: Claim, probe: Probe, shapes: Sequence[tuple[int, ...]], seed: int
    ) -> None:
        self.claim = claim
        self.probe = probe
        self.shapes = shapes
        self.rng = np.random.default_rng(seed)
        self.blocks = [Block() for _ in shapes]
        self.alone = 0  # evaluations beside the probe's
        self.looks: list[tuple[Direction, float, float]] = []  # with residuals and bounds
        self.here: float | None = None

    @property
    def evaluations(self) -> int:
        return self.probe.evaluations + self.alone

    def sampled(self, method: str) -> Sampled:
        """Blocks, then entries. Raises NotAnalytic if real numbers contradict complex ones."""
        interrupted = False
        try:
            self._look_at_blocks()
            for number, block in enumerate(self.blocks):
                if block.refuted:
                    self.blocks[number] = self._located(number, block)
        except KeyboardInterrupt:
            interrupted = True
        return Sampled(tuple(self.blocks), self.evaluations, method, interrupted=interrupted)

    def _look_at_blocks(self) -> None:
        filled = [k for k, block in enumerate(self.claim.blocks) if block.size]
        residuals = np.zeros((DIRECTIONS, len(filled)))
        bounds = np.zeros((DIRECTIONS, len(filled)))
        for turn in range(DIRECTIONS):
            directions = [self.probe.gaussian(self.rng, number) for number in filled]
            take = self.probe.residuals if turn else self.probe.first
            residuals[turn], bounds[turn] = take(directions)
            self.looks += zip(directions, residuals[turn], bounds[turn], strict=True)
        for column, number in enumerate(filled):
            members = self.claim.blocks[number]
            tau = TRUST * float(bounds[:, column].max())
            worst_case = MISSED ** (-1.0 / DIRECTIONS) * (2.0 / np.pi) ** 0.5
            self.blocks[number] = Block(
                refuted=bool((np.abs(residuals) > TRUST * bounds)[:, column].any()),
                visible=worst_case * tau / self.claim.unit(members),
                slope=float(np.linalg.norm(self.claim.claimed[members])),
            )

    def _located(self, number: int, block: Block) -> Block:
        found = recover(self.probe, number, self.rng)
        if found.many:
            return self._sampled_block(number, block)
        seen = self._confirmed(found.entries)
        return replace(
            block,
            located=self._explained(number, seen),
            entries=seen.entries,
            values=seen.values,
            bounds=seen.bounds,
            spans=seen.spans,
        )

    def _explained(self, number: int, seen: _Entries) -> bool:
        """Whether these entries account for all that was seen of the block's mistakes."""
        errors = np.zeros(self.claim.point.size)
        unsure = np.zeros(self.claim.point.size)
        errors[seen.entries] = seen.values - self.claim.claimed[seen.entries]
        unsure[seen.entries] = seen.bounds
        for direction, residual, bound in self.looks:
            if direction.block == number:
                rest = residual - direction.slope_of(errors)
                off = float(unsure[direction.members] @ np.abs(direction.weights))
                if not abs(rest) <= TRUST * (bound + off):
                    return False
        return True

    def _sampled_block(self, number: int, block: Block) -> Block:
        """Too many mistakes to name: where they are, and some entries from there."""
        shape, members = self.shapes[number], self.claim.blocks[number]
        where, inside = [], np.ones(members.size, dtype=bool)
        for axis in sorted({0, len(shape) - 1}) if shape else ():
            ranges = slabs(self.probe, number, shape, axis, self.rng)
            where.append((axis, tuple(ranges)))
            if ranges:
                indices = [index for span in ranges for index in span]
                there = np.take(members.reshape(shape), indices, axis=axis)
                inside &= np.isin(members, there)
        pool = members[inside] if inside.any() else members
        drawn = np.sort(self.rng.choice(pool, min(SAMPLE, pool.size), replace=False))
        seen = self._measured(drawn)
        return replace(
            block,
            many=True,
            where=tuple(where),
            entries=seen.entries,
            values=seen.values,
            bounds=seen.bounds,
            spans=seen.spans,
        )

    def _confirmed(self, entries: Indices) -> _Entries:
        """Those of ``entries`` that differences of real numbers call wrong, too."""
        seen = self._measured(entries)
        wrong = seen.apart(self.claim) > 1.0
        if isinstance(self.probe, ComplexProbe) and not wrong.all():
            raise NotAnalytic(OTHER_SLOPE)
        return seen.of(wrong)

    def _measured(self, entries: Indices) -> _Entries:
        """Single entries by differences; of those that this does not refute, by a search."""
        if not entries.size:
            return _Entries(entries, np.zeros(0), np.zeros(0), np.zeros(0))
        seen = self._at_fixed_step(entries)
        open_ = np.flatnonzero(~(seen.apart(self.claim) > 1.0))
        if open_.size:
            lines = Lines(self.claim, [single(self.claim, int(e)) for e in entries[open_]])
            found = search(lines, self._here())
            self.alone += lines.evaluations
            units = np.array([direction.weights[0] for direction in lines.directions])
            for name in ("values", "bounds", "spans"):
                getattr(seen, name)[open_] = getattr(found, name) / units
        if isinstance(self.probe, ComplexProbe):
            self._expect_same(self.probe, seen)
        noise = np.where(seen.spans > 0.0, 0.0, self.claim.noise[entries])
        return replace(seen, bounds=seen.bounds + noise)

    def _expect_same(self, probe: ComplexProbe, seen: _Entries) -> None:
        """Raises NotAnalytic where a complex step gives another slope by an entry."""
        for entry, value, bound in zip(seen.entries, seen.values, seen.bounds, strict=True):
            line = single(self.claim, int(entry))
            slope = probe.slope(line, self.claim.point) / line.weights[0]
            if not abs(slope - value) <= TRUST * bound + SAME * abs(slope):
                raise NotAnalytic(OTHER_SLOPE)

    def _at_fixed_step(self, entries: Indices) -> _Entries:
        lines = Lines(self.claim, [single(self.claim, int(entry)) for entry in entries])
        seen = _fixed(lines, self._here(), np.full(entries.size, STEP), self.probe)
        self.alone += lines.evaluations
        units = np.array([direction.weights[0] for direction in lines.directions])
        return _Entries(entries, seen.values / units, seen.bounds / units, seen.spans / units)

    def _here(self) -> float:
        if self.here is None:
            self.here = self.claim.loss(self.claim.point)
            self.alone += 1
        return self.here

    def expect_analytic(self) -> None:
        """Compare a complex step with differences along one direction that moves every block,
        each by what gives it a share of the slope. Raises NotAnalytic."""
        assert isinstance(self.probe, ComplexProbe)
        parts, sizes = [], []
        for number, members in enumerate(self.claim.blocks):
            if members.size:
                parts.append(self.probe.gaussian(self.rng, number))
                sizes.append(float(np.linalg.norm(self.claim.claimed[members] * parts[-1].weights)))
        least = min((size for size in sizes if size), default=1.0)
        shares = [max(least / size, SMALLEST_SHARE) if size else 1.0 for size in sizes]
        together = Direction(
            0,
            np.concatenate([part.members for part in parts]),
            np.concatenate([s * part.weights for s, part in zip(shares, parts, strict=True)]),
        )
        value = self.probe.slope(together, self.claim.point)
        lines = Lines(self.claim, [together])
        seen = _fixed(lines, self._here(), np.full(1, COMMON_STEP), None)
        self.alone += lines.evaluations
        allowed = TRUST * float(seen.bounds[0]) + SAME * abs(value)
        if not abs(value - float(seen.values[0])) <= allowed:
            raise NotAnalytic(OTHER_SLOPE)


@dataclass(frozen=True, slots=True)
class _Entries:
    """Single entries and what their slopes were measured to be."""

    entries: Indices
    values: Array
    bounds: Array
    spans: Array

    def of(self, which: NDArray[np.bool_]) -> _Entries:
        return _Entries(*(getattr(self, name)[which] for name in self.__slots__))

    def apart(self, claim: Claim) -> Array:
        """By how much the claim differs, in units of what it may (`NumericGradient.apart`)."""
        noise = np.where(self.spans > 0.0, 0.0, claim.noise[self.entries])
        outside = np.abs(claim.claimed[self.entries] - self.values) - self.spans
        allowed = TRUST * (self.bounds - self.spans + noise)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(outside <= 0.0, 0.0, outside / allowed)


def _fixed(lines: Lines, here: float, steps: Array, probe: Probe | None) -> Measurement:
    """Differences at given steps, smaller ones where these are too large."""
    every = np.arange(steps.size)
    level = np.full(steps.size, LAST_DIGITS * EPS * abs(here))
    if isinstance(probe, DifferenceProbe):
        level = np.maximum(level, [probe.noise[d.block] for d in lines.directions])
    noise = Noise(level, EPS)
    seen = measure(lines, here, every, steps, noise)
    coarse = np.flatnonzero(seen.coarse)
    if coarse.size:
        finer = measure(lines, here, coarse, AGAIN * steps[coarse], noise)
        better = finer.bounds < seen.bounds[coarse]
        for name in ("values", "bounds", "spans"):
            part = getattr(seen, name)
            part[coarse] = np.where(better, getattr(finer, name), part[coarse])
    return seen
