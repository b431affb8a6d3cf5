"""Values at real points, and slopes by finite differences there."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.evidence.field import at_point, by_differences
from gradcheck.language.typed import Slope
from tests.evidence.typed_notation import claim, term, world

SIZES = {"sample": 4, "unit": 4, "feature": 3, "class": 3}
WORLD = world(
    "x[i,k] W[j,k] V[c,j] y[i,c]",
    "z[i,j] = total(k, W[j,k]*x[i,k])",
    "h[i,j] = tanh(z[i,j])",
    "o[i,c] = total(j, V[c,j]*h[i,j])",
    "p[i,c] = exp(o[i,c])/total(r, exp(o[i,r]))",
    "L = -total(i, total(c, y[i,c]*log(p[i,c])))/N(i)",
)


@pytest.mark.parametrize(
    "text",
    [
        "d(L, W[j,k])",
        "d(L, z[i,j])",
        "d(h[i,j], x[n,k])",
        "d(h[i,j], x[i,k])",
        "d(h[i,j], W[j,k])",
        "d(p[i,c], o[i,r])",
        "d(L, W[1,k])",
        "d(d(L, V[c,j]), W[j,k])",
        "d(L, W[j,k], h)",
    ],
)
def test_derivatives_agree_with_finite_differences(text: str) -> None:
    slope = term(text, {name: free.axes for name, free in WORLD.free.items()})
    assert isinstance(slope, Slope)
    values, letters = at_point(slope, WORLD, SIZES, seed=3)
    differences, others = by_differences(slope, WORLD, SIZES, seed=3)
    assert set(letters) <= set(others)
    full = np.broadcast_to(
        values.reshape([values.shape[letters.index(a)] if a in letters else 1 for a in others])
        if tuple(a for a in others if a in letters) == letters
        else np.transpose(values, [letters.index(a) for a in others if a in letters]).reshape(
            [values.shape[letters.index(a)] if a in letters else 1 for a in others]
        ),
        differences.shape,
    )
    assert np.allclose(full, differences, rtol=1e-7, atol=1e-9)


def test_the_same_point_for_every_term() -> None:
    one, _ = at_point(term("x[i,k]*2"), WORLD, SIZES)
    other, _ = at_point(term("x[i,k]"), WORLD, SIZES)
    assert np.array_equal(one, 2 * other)
    assert not np.array_equal(other, at_point(term("x[i,k]"), WORLD, SIZES, seed=1)[0])


def test_facts_hold_at_real_points() -> None:
    facts = world("y[i,c] A[j,p]", facts=("total(c, y[i,c]) == 1", "A[j,p] == A[p,j]"))
    values, _ = at_point(term("total(c, y[i,c])"), facts, SIZES)
    assert np.allclose(values, 1)
    left, right = claim(facts, "A[j,p] == A[p,j]")
    one, letters = at_point(left, facts, SIZES)
    other, turned = at_point(right, facts, SIZES)
    assert (letters, turned) == (("j", "p"), ("p", "j"))
    assert np.array_equal(one, other.T)


def test_what_has_no_value_is_nan() -> None:
    values, _ = at_point(term("1/(x[i,k]-x[n,k])"), WORLD, SIZES)
    assert np.isnan(values).sum() == SIZES["sample"] * SIZES["feature"]
