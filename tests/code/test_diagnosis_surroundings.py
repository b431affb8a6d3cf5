"""The data that code refers to, and copies of the code that see other data."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from gradcheck.code.diagnosis.surroundings import sample_count, surroundings, with_data

DATA = np.arange(6.0).reshape(3, 2)
RATE = 0.25


def uses_a_global(w: Any) -> float:
    return float(np.sum(helper(w)) * RATE)


def helper(w: Any) -> Any:
    return DATA @ w


class Model:
    def __init__(self) -> None:
        self.inputs = DATA + 1

    def loss(self, w: Any) -> float:
        return float(np.sum(self.inputs @ w))


def first_two(array: Any) -> Any:
    return array[:2] if array.shape[:1] == (3,) else None


def test_globals_are_found_through_calls() -> None:
    found = surroundings((uses_a_global,))
    assert found["DATA"] is DATA
    assert found["RATE"] == RATE


def test_closures_partials_defaults_and_objects() -> None:
    local = DATA * 2

    def closure(w: Any, scale: float = 3.0) -> float:
        return float(np.sum(local @ w) * scale)

    assert set(surroundings((closure,))) == {"local", "scale"}
    assert "inputs" in surroundings((Model().loss,))
    assert "argument 0" in surroundings((functools.partial(np.dot, DATA),))


def test_a_copy_sees_other_data_and_the_original_its_own() -> None:
    w = np.array([1.0, 1.0])
    before = uses_a_global(w)
    assert with_data(uses_a_global, first_two)(w) == float((DATA[:2] @ w).sum() * RATE)
    assert uses_a_global(w) == before
    model = Model()
    assert with_data(model.loss, first_two)(w) == float(((DATA + 1)[:2] @ w).sum())
    assert model.inputs.shape == (3, 2)


def test_a_recursive_function_can_be_copied() -> None:
    def depth(w: Any, k: int = 2) -> float:
        return float(DATA.sum()) if k == 0 else depth(w, k - 1)

    assert with_data(depth, first_two)(None) == float(DATA[:2].sum())


def test_the_number_of_samples() -> None:
    assert sample_count({"x": np.ones((5, 3)), "y": np.ones(5)}, 0) == 5
    assert sample_count({"x": np.ones((5, 3)), "y": np.ones(4)}, 0) is None
    assert sample_count({}, 0) is None
