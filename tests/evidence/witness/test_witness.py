"""The second program by itself: loops over components with many digits."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from gradcheck.evidence.witness import Components, Outcome, Undefined, compare
from gradcheck.language.typed import Free
from tests.evidence.typed_notation import claim, term, world

SIZES = {"sample": 3, "unit": 2, "feature": 2, "class": 3}
NET = world(
    "x[i,k] W[j,k] V[c,j] y[i,c] w",
    "z[i,j] = total(k, W[j,k]*x[i,k])",
    "h[i,j] = tanh(z[i,j])",
    "o[i,c] = total(j, V[c,j]*h[i,j])",
    "p[i,c] = exp(o[i,c])/total(r, exp(o[i,r]))",
    "L = -total(i, total(c, y[i,c]*log(p[i,c])))",
)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("d(p[i,c], o[i,r]) == p[i,c]*(when(c = r, 1, 0) - p[i,r])", Outcome.AGREE),
        ("d(p[i,c], o[i,r]) == p[i,c]*(1 - p[i,r])", Outcome.DIFFER),
        ("d(L, W[j,k]) == total(i, d(L, z[i,j])*x[i,k])", Outcome.AGREE),
        ("d(L, W[j,k]) == total(i, d(L, h[i,j])*x[i,k])", Outcome.DIFFER),
        ("d(L, W[j,k], h) == 0", Outcome.AGREE),
        ("d(d(p[i,c], o[i,r]), o[i,s]) == d(d(p[i,c], o[i,s]), o[i,r])", Outcome.AGREE),
        ("d(relu(w), w) == when(w > 0, 1, 0)", Outcome.AGREE),
        ("d(relu(w), w) == 1", Outcome.DIFFER),
        ("g_1(w) == d(g(w), w)", Outcome.AGREE),
        ("largest(i, x[i,k]) == total(i, x[i,k])", Outcome.DIFFER),
        ("log(-w**2) == 1", Outcome.UNKNOWN),
    ],
)
def test_compare(text: str, outcome: Outcome) -> None:
    assert compare(*claim(NET, text), NET, sizes=SIZES).outcome is outcome


def test_one_entry_is_asked_about() -> None:
    left, right = claim(NET, "x[i,k] == when(i = k, 0, x[i,k])".replace("i = k", "k = q"))
    at = {"i": 1, "k": 1, "q": 2}
    assert compare(left, right, NET, sizes=SIZES, at=at).outcome is Outcome.AGREE
    found = compare(left, right, NET, sizes=SIZES, at={**at, "q": 1})
    assert (found.outcome, found.right) == (Outcome.DIFFER, 0.0)


def test_a_slope_has_many_digits() -> None:
    components = Components(NET, SIZES)
    slope = components.value(term("d(sin(w), w)"), {})
    cosine = components.value(term("cos(w)"), {})
    assert abs(slope - cosine) < 1e-50
    assert math.isclose(float(slope), math.cos(float(components.value(term("w"), {}))))


def test_facts_hold() -> None:
    hot = Free("y", ("sample", "class"), labels=(Fraction(0), Fraction(1)), one_hot=1)
    where = world(
        "u[i,c] A[j,p]", facts=("total(c, u[i,c]) == 1", "A[j,p] == A[p,j]"), given=(hot,)
    )
    for text in (
        "total(c, u[i,c]) == 1",
        "A[j,p] == A[p,j]",
        "total(c, y[i,c]) == 1",
        "y[i,c]**2 == y[i,c]",
    ):
        assert compare(*claim(where, text), where).outcome is Outcome.AGREE, text
    assert compare(*claim(where, "u[i,c]**2 == u[i,c]"), where).outcome is Outcome.DIFFER


def test_an_opaque_loss_is_some_function() -> None:
    where = world(
        "x[i,k] W[j,k]", "z[i,j] = total(k, W[j,k]*x[i,k])", given=(Free("L", (), opaque=("z",)),)
    )
    right = claim(where, "d(L, W[j,k]) == total(i, d(L, z[i,j])*x[i,k])")
    wrong = claim(where, "d(L, W[j,k]) == d(L, z[i,j])*x[i,k]")
    assert compare(*right, where, sizes=SIZES).outcome is Outcome.AGREE
    assert compare(*wrong, where, sizes=SIZES).outcome is Outcome.DIFFER


def test_what_has_no_value() -> None:
    with pytest.raises(Undefined):
        Components(NET, SIZES).value(term("1/(w-w)"), {})
    with pytest.raises(Undefined):
        Components(NET, SIZES).value(term("unknown"), {})
