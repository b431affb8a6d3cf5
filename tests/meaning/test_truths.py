"""The truths of the documents, by complex steps: right claims are derivatives, wrong ones are not."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tests.meaning.outcome import CASES
from tests.meaning.truths import Family, Values
from tests.meaning.truths_with_axes import FAMILIES

STEP = 1e-30


def drawn(family: Family, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = {name: rng.uniform(0.2, 0.9, size) for name, size in family.sizes.items()}
    if family.labels == "one-hot":
        values["y"] = np.eye(len(values["y"]))[rng.integers(len(values["y"]))]
    elif family.labels:
        values["y"] = np.array({"signs": (-1.0, 1.0), "bits": (0.0, 1.0)}[family.labels][seed % 2])
    return {name: np.asarray(value, dtype=complex) for name, value in values.items()}


def derivative(family: Family, values: dict[str, np.ndarray], name: str) -> np.ndarray:
    """The derivative of the loss by every entry of one array."""
    result = np.empty(values[name].shape)
    for place in np.ndindex(values[name].shape):
        moved = values[name].copy()
        moved[place] += STEP * 1j
        result[place] = family.loss(_space(values | {name: moved})).imag / STEP
    return result


def _space(values: dict[str, np.ndarray]) -> Values:
    return SimpleNamespace(**values)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_right_claims_are_derivatives(family: Family) -> None:
    for seed in (0, 1):
        values = drawn(family, seed)
        for name, claim in family.right.items():
            truth = derivative(family, values, name)
            np.testing.assert_allclose(np.real(claim(_space(values))), truth, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "family", [each for each in FAMILIES if each.wrong], ids=lambda family: family.name
)
def test_wrong_claims_are_none_nor_off_by_a_constant(family: Family) -> None:
    for name, claim in family.wrong.items():
        ratios = set()
        for seed in (0, 1, 2, 3):
            values = drawn(family, seed)
            truth = derivative(family, values, name)
            claimed = np.broadcast_to(np.real(claim(_space(values))), truth.shape)
            ratios |= {
                round(float(c / t), 6) for c, t in zip(claimed.flat, truth.flat, strict=True)
            }
        assert ratios != {1.0}
        assert len(ratios) > 1 or min(ratios) < 0 or family.name.startswith("constant-square")


def test_every_family_has_its_documents() -> None:
    names = {case["file"] for case in CASES}
    for family in FAMILIES:
        assert any(name.startswith(family.name) for name in names), family.name
