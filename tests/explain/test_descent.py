"""Descent by the document's rules beside the true one: what a mistake costs."""

from __future__ import annotations

import math

import pytest

from gradcheck.evidence.arrays.point import Sizes
from gradcheck.explain.descent import descend, descents
from gradcheck.judge import Options
from gradcheck.language.document import Document
from gradcheck.read import read
from gradcheck.report.descents import Descent, as_text
from gradcheck.understand import understand

FORWARD = r"""
$$z_1 = w_1 x + b_1, \quad a_1 = \sigma(z_1), \quad z_2 = w_2 a_1 + b_2$$
$$L = \frac{1}{N} \sum_{i=1}^N (z_2 - y)^2$$
"""
GRADIENTS = {
    "w_2": r"\frac{2}{N} \sum_{i=1}^N (z_2 - y) a_1",
    "b_2": r"\frac{2}{N} \sum_{i=1}^N (z_2 - y)",
    "w_1": r"\frac{2}{N} \sum_{i=1}^N (z_2 - y) w_2 a_1 (1 - a_1) x",
    "b_1": r"\frac{2}{N} \sum_{i=1}^N (z_2 - y) w_2 a_1 (1 - a_1)",
}
OPTIONS = Options(seed=3, sizes=Sizes(2, 3, 4))


def claims(**changed: str) -> str:
    return "".join(
        rf"$$\frac{{\partial L}}{{\partial {name}}} = {changed.get(name, side)}$$" + "\n"
        for name, side in GRADIENTS.items()
    )


def updates(**changed: str) -> str:
    return "".join(
        f"$${changed.get(name, plain(name))}$$\n" for name in GRADIENTS if changed.get(name) != ""
    )


def plain(name: str) -> str:
    return rf"{name} \leftarrow {name} - \eta \frac{{\partial L}}{{\partial {name}}}"


def run(text: str, steps: int = 60) -> Descent:
    document = Document("test.md", text)
    (found,) = descents(understand(read(document)), OPTIONS, steps)
    assert isinstance(found, Descent), found
    for loss in found.losses:
        for value in (loss.by_document, loss.by_truth):
            assert value is None or math.isfinite(value)
    assert "nan" not in as_text(found).lower()
    return found


def same(found: Descent) -> bool:
    pairs = [(loss.by_document, loss.by_truth) for loss in found.losses]
    return all(a is not None and b is not None and abs(a - b) < 1e-9 for a, b in pairs)


@pytest.mark.parametrize(
    "text",
    [
        FORWARD + claims(),
        FORWARD + claims() + updates(),
        FORWARD + claims(**{k: v.replace(r"\frac{2}{N} ", "") for k, v in GRADIENTS.items()}),
        FORWARD + claims() + r"$$w_i \leftarrow w_i - \eta \frac{\partial L}{\partial w_i}$$",
        FORWARD + claims() + updates(w_2=rf"w_2 := w_2 - \eta {GRADIENTS['w_2']}"),
        FORWARD + claims() + updates(w_2=r"w_2 := w_2 + \eta \frac{2}{N} \sum (y - z_2) a_1"),
    ],
    ids=["plain", "rules", "constants left out", "general", "substituted", "plus"],
)
def test_what_is_right_loses_nothing(text: str) -> None:
    found = run(text)
    assert same(found)
    assert found.diverged is None
    assert found.final_by_truth is not None
    assert found.losses[0].by_truth is not None
    assert found.final_by_truth < found.losses[0].by_truth


def test_the_true_descent_never_climbs() -> None:
    found = run(FORWARD + claims())
    values = [loss.by_truth for loss in found.losses]
    assert all(v is not None for v in values)
    assert values == sorted(values, key=lambda v: -(v or 0.0))


def test_the_words_name_both_losses() -> None:
    found = run(FORWARD + claims() + updates())
    assert found.words.startswith("after 60 steps: loss ")
    assert found.words.endswith("by the true gradients")
    assert found.losses[-1].step == found.steps == 60


WRONG = [
    claims(w_2=r"-" + GRADIENTS["w_2"]),
    claims(b_1=GRADIENTS["b_1"] + " x"),
    claims(w_1=GRADIENTS["w_1"].replace("a_1 (1 - a_1)", "")),
    claims() + updates(w_2=r"w_2 \leftarrow w_2 + \eta \frac{\partial L}{\partial w_2}"),
    claims() + updates(b_2=r"b_1 \leftarrow b_2 - \eta \frac{\partial L}{\partial b_2}"),
    claims() + updates(w_1=r"w_1 \leftarrow w_1 - \eta \frac{\partial L}{\partial w_2}"),
    claims() + updates(b_2=""),
]


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_costs_something(text: str) -> None:
    found = run(FORWARD + text)
    assert not same(found)
    assert found.final_by_truth is not None


def test_climbing_and_divergence_are_said_in_words() -> None:
    climbs = {name: plain(name).replace("- \\eta", "+ \\eta") for name in GRADIENTS}
    found = run(FORWARD + claims() + updates(**climbs))
    said = found.words
    assert "diverges at step" in said or "it climbs from" in said
    wild = {name: plain(name).replace("\\eta", "1000") for name in GRADIENTS}
    found = run(FORWARD + claims() + updates(**wild))
    assert found.final_by_document is None
    assert found.diverged is not None
    assert "alike the loss diverges" in found.words  # the number is the document's own rate
    assert "diverged" in as_text(found)


def test_a_missing_rate_does_not_absorb_the_constant() -> None:
    short = {k: v.replace(r"\frac{2}{N} ", "") for k, v in GRADIENTS.items()}
    bare = plain("b_2").replace(r"\eta ", "")
    found = run(FORWARD + claims(**short) + updates(b_2=bare))
    assert not same(found)
    assert any("without a learning rate" in note for note in found.notes)
    assert any("leave out 2/N" in note for note in found.notes)


def test_what_is_not_claimed_is_the_true_gradient() -> None:
    text = FORWARD + "".join(claims().splitlines(keepends=True)[:2])
    found = run(text)
    assert same(found)
    assert any("no gradient by w_1, b_1 could be used" in note for note in found.notes)


def test_a_swap_of_shapes_is_run_with_one_hidden_unit() -> None:
    found = run(
        FORWARD
        + claims()
        + updates(b_2=r"b_2 \leftarrow b_1 - \eta \frac{\partial L}{\partial b_2}")
    )
    assert any("one hidden unit" in note for note in found.notes)


def test_the_same_on_every_run() -> None:
    assert run(FORWARD + claims()) == run(FORWARD + claims())


def test_a_setup_that_cannot_be_run_says_why() -> None:
    document = Document("test.md", r"$$L = (\hat{y} - y)^2$$ $$\frac{\partial L}{\partial w} = 0$$")
    (setup,) = understand(read(document)).setups
    found = descend(setup, OPTIONS)
    assert isinstance(found, str)
    assert "not run: " in found
    assert as_text(found).startswith("descent, ")


def test_log_loss() -> None:
    text = FORWARD.replace(
        r"$$L = \frac{1}{N} \sum_{i=1}^N (z_2 - y)^2$$",
        r"$$p = \sigma(z_2), \quad L = -(y \log p + (1 - y) \log(1 - p))$$",
    ) + claims(
        **{
            k: v.replace(r"\frac{2}{N} \sum_{i=1}^N ", "").replace("z_2", "p")
            for k, v in GRADIENTS.items()
        }
    )
    assert same(run(text))
