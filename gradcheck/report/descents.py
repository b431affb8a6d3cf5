"""Runs of gradient descent as a report shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LossAt:
    """The losses after a number of steps; None where that run has diverged."""

    step: int
    by_document: float | None
    by_truth: float | None


@dataclass(frozen=True, slots=True)
class Descent:
    """Two runs of gradient descent for one setup.

    ``rate`` is that of the true gradients; ``diverged`` the step at which the document's run left
    the finite, None if it did not. ``notes`` say what the document left open and how it was taken.
    """

    setup: str
    steps: int
    rate: float
    losses: tuple[LossAt, ...]
    final_by_document: float | None
    final_by_truth: float | None
    diverged: int | None
    words: str
    notes: tuple[str, ...] = ()


def number_text(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def as_text(descent: Descent | str) -> str:
    """A descent as a block of text: a heading, a few steps, what came of it, the notes."""
    if isinstance(descent, str):
        return f"descent, {descent}\n"
    lines = [f"descent, {descent.setup} (learning rate {descent.rate:g})"]
    lines.append(f"  {'step':>6}  {'by the document':>16}  {'true gradients':>16}")
    for loss in descent.losses:
        mine = "diverged" if loss.by_document is None else number_text(loss.by_document)
        true = "diverged" if loss.by_truth is None else number_text(loss.by_truth)
        lines.append(f"  {loss.step:>6}  {mine:>16}  {true:>16}")
    lines.append(f"  {descent.words}")
    lines += [f"  {note}" for note in descent.notes]
    return "\n".join(lines) + "\n"
