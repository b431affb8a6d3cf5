"""Terms that run over a slice: the error lies along 1, the parameter, the output, or the upstream.

A normalised quantity does not change when its input is shifted, or made larger, as a whole; code
that forgets the term through the mean, the norm or the variance is off by a multiple of 1 or of
the input in every slice, and by nothing else. The multiples are fitted, one a slice; the other
entries of the slice must follow from them.
"""

# ruff: noqa: E501, what is told reads better in one line each

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradcheck.code.diagnosis.clues import Array, Clues, Suspicion, odds
from gradcheck.code.diagnosis.factors import activation_of_itself

CANCELS = 1e-9
"""A sum that should be 0 may be this part of its terms, or what its bounds allow."""
SEEN = 9.0
"""Odds of what needs no fit: that the loss never moves is a fact."""
ROOM = 3.0
"""Times its bound: what an entry may be off where multiples were fitted to its neighbours."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Directions that an error may lie along in a slice; ``invariant`` is the one along which the
    true gradient has no part, if this is what is missing."""

    cause: str
    directions: tuple[Array, ...]
    invariant: Array
    what: str
    mend: str


def normalised(clues: Clues, name: str) -> Iterator[Suspicion]:
    """The terms through a norm, a variance, or mean and variance, are missing or wrong."""
    theta = np.asarray(clues.point[name], dtype=float)
    for axis in range(theta.ndim):
        ones, centred = np.ones_like(theta), theta - theta.mean(axis=axis, keepdims=True)
        spans = (
            _Span("norm", (theta,), theta, "its norm", "g - x * (g * x).sum(axis) / (x * x).sum(axis), before it is divided by the norm"),
            _Span("variance", (centred,), ones, "its variance", "with h the normalised input: (g - g.mean(axis) - h * (g * h).mean(axis)) / std"),
            _Span("mean and variance", (ones, centred), ones, "its mean and variance", "with h the normalised input: (g - g.mean(axis) - h * (g * h).mean(axis)) / std"),
        )  # fmt: skip
        for span in spans:
            found = _along(clues, name, axis, span)
            if found is not None:
                mend = span.mend.replace("(axis)", f"(axis={axis}, keepdims=True)")
                yield Suspicion(
                    "GC539", (name,), ("span", axis, span.cause), found,
                    f"along axis {axis} it is off by the terms through {span.what} alone, which are missing or wrong",
                    f"use {mend}",
                )  # fmt: skip
                return


def softmax_sum(clues: Clues, name: str) -> Iterator[Suspicion]:
    """The sum in a softmax's derivative is missing or wrong: the error is a multiple of it."""
    out = clues.output
    if out is None or out.shape != clues.claimed[name].shape:
        return
    with np.errstate(over="ignore"):
        of_log = np.exp(out)
    for word, a in (("softmax", out), ("log-softmax", of_log)):
        for axis in range(out.ndim):
            if out.shape[axis] < 3 or not np.allclose(a.sum(axis=axis), 1.0) or (a < 0).any():
                continue
            found = _along(clues, name, axis, _Span(word, (a,), np.ones_like(a), "", ""))
            if found is not None:
                term = "a * (g * a).sum" if word == "softmax" else "a * g.sum"
                yield Suspicion(
                    "GC539", (name,), ("span", axis, word), found,
                    f"the term with the sum along axis {axis} in the derivative of {word} is missing "
                    "or wrong",
                    f"subtract {term}(axis={axis}, keepdims=True), where g comes from above and a is "
                    "the softmax",
                )  # fmt: skip
                return


def _along(clues: Clues, name: str, axis: int, span: _Span) -> float | None:
    """The odds that the error is in the span, slice by slice; None where it is not, or where the
    true gradient is not free of the invariant direction."""
    true, slack = clues.numeric[name], clues.slack(name)
    length = true.shape[axis]
    if length < len(span.directions) + 2 or not clues.complete(name):
        return None
    part = (true * span.invariant).sum(axis=axis)
    size = np.abs(true * span.invariant).sum(axis=axis)
    if (np.abs(part) > (slack * np.abs(span.invariant)).sum(axis=axis) + CANCELS * size).any():
        return None
    error = np.moveaxis(clues.claimed[name] - true, axis, -1).reshape(-1, length)
    weight = 1.0 / np.moveaxis(slack, axis, -1).reshape(-1, length)
    columns = [np.moveaxis(one, axis, -1).reshape(-1, length) for one in span.directions]
    fit = np.zeros_like(error)
    for row in range(len(error)):
        design = np.stack([column[row] for column in columns], axis=1)
        scaled = weight[row, :, None]
        solved = np.linalg.lstsq(scaled * design, weight[row] * error[row], rcond=None)[0]
        fit[row] = design @ solved
    moved = np.moveaxis(true, axis, -1)
    predicted = true + np.moveaxis(fit.reshape(moved.shape), -1, axis)
    return odds(
        clues, name, predicted, spread=ROOM * slack,
        fitted=len(error) * len(columns), choices=4 * true.ndim,
    )  # fmt: skip


def residual(clues: Clues, name: str) -> Iterator[Suspicion]:
    """Of a layer that adds its input to its output: one of the two ways back is missing."""
    given = clues.upstream
    if given is None or given.shape != clues.claimed[name].shape:
        return
    found = odds(clues, name, clues.numeric[name] - given, choices=2)
    if found is not None:
        yield Suspicion(
            "GC539", (name,), ("residual", "upstream"), found,
            "the upstream gradient is missing as a term: the way past the layer (residual)",
            "add the upstream gradient",
        )  # fmt: skip
        return
    found = odds(clues, name, given, choices=2)
    if found is not None:
        yield Suspicion(
            "GC539", (name,), ("residual", "branch"), found,
            "the upstream gradient is passed on as it is, and what goes through the layer is missing",
            "multiply by the layer's derivative, or, beside a way past it, add what it gives",
        )  # fmt: skip


def mask(clues: Clues, name: str) -> Iterator[Suspicion]:
    """Entries that the loss does not depend on have a gradient; the others are right, or all off by
    one factor."""
    true, claimed = clues.numeric[name], clues.claimed[name]
    dead = clues.measured(name) & (true == 0.0)
    live = clues.telling(name) & ~dead
    if not live.any() or not (clues.wrong(name) & dead).any():
        return
    if next(activation_of_itself(clues, name), None) is not None:  # which says more: whose mask
        return
    found, factor, rest = 0.0, 1.0, bool((clues.wrong(name) & ~dead).any())
    if rest:
        weight = 1.0 / clues.slack(name)[live] ** 2
        factor = float((claimed * true)[live] @ weight / ((true**2)[live] @ weight))
        fit = odds(clues, name, np.where(dead, np.nan, factor * true), fitted=1)
        if fit is None:
            return
        found = fit
    count = int((clues.wrong(name) & dead).sum())
    others = f"the others are {factor:.6g} times the gradient" if rest else "the others are right"
    yield Suspicion(
        "GC542", (name,), ("mask",), found + SEEN,
        f"at {count} of {true.size} entries it is not 0, where the loss does not depend on them; {others}, as where a mask is missing",
        "multiply by the mask of the forward pass: of dropout, of a ReLU, of where the maximum was"
        + (", and by its scale" if rest else ""),
    )  # fmt: skip
