"""Points: reproducible, of the lifted shapes, with labels that suit the loss."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.evidence.arrays.lifting import degenerate, infer
from gradcheck.evidence.arrays.point import Sizes, draw_point
from tests.evidence.arrays.trees import logarithms, network, squares, y, yhat


def test_shapes_follow_the_lifting() -> None:
    subject = squares()
    values = draw_point(subject, infer(subject), Sizes(3, 4, 5)).values
    shapes = {key: value.shape for key, value in values.items()}
    assert shapes == {
        "w1": (4, 3),
        "b1": (4,),
        "w2": (4,),
        "b2": (),
        "x": (5, 3),
        "y": (5,),
        "N": (),
    }
    assert values["N"] == 5
    scalar = draw_point(subject, degenerate(subject)).values
    assert scalar["w1"].shape == () and scalar["x"].shape == (5,)


def test_the_seed_alone_decides() -> None:
    subject = squares()
    first, again, other = (draw_point(subject, infer(subject), seed=seed) for seed in (7, 7, 8))
    for key, value in first.values.items():
        assert value.tolist() == again.values[key].tolist()
    assert first.values["w1"].tolist() != other.values["w1"].tolist()
    assert not first.values["w1"].flags.writeable


def test_a_constant_more_moves_nothing_else() -> None:
    plain, more = squares(), network((yhat - y) ** 2, constants=("c", "k"))
    a, b = (draw_point(subject, infer(subject)).values for subject in (plain, more))
    for key in ("w1", "b1", "w2", "b2", "x", "y"):
        assert a[key].tolist() == b[key].tolist()
    assert b["c"] > 0 and b["k"] > 0 and abs(b["c"] - b["k"]) > 0.01


@pytest.mark.parametrize("seed", range(5))
def test_labels_of_a_log_loss_are_probabilities(seed: int) -> None:
    subject = logarithms()
    labels = draw_point(subject, infer(subject), seed=seed).values["y"]
    assert {0.0, 1.0} <= set(labels.tolist())
    assert np.all((labels >= 0) & (labels <= 1)) and np.any((labels > 0) & (labels < 1))
    assert np.any(draw_point(squares(), infer(squares()), seed=seed).values["y"] < 0)
