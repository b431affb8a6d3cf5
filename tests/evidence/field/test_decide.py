"""Equalities that hold and some that do not, each the counterexample of a simpler rule."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gradcheck.evidence.field import Decision, decide
from gradcheck.language.typed import Free, World
from gradcheck.run.budget import OverBudget, budget
from tests.evidence.typed_notation import claim, world

NUMBERS = world("a[i] x[i] d[i] w m")
SOFTMAX_LINES = (
    "e[i,c] = exp(z[i,c])",
    "p[i,c] = e[i,c]/total(r, e[i,r])",
    "L = -total(i, total(c, y[i,c]*log(p[i,c])))/N(i)",
)
SOFTMAX = world("z[i,c] y[i,c]", *SOFTMAX_LINES)
ONE_HOT = world("z[i,c]", *SOFTMAX_LINES, given=(Free("y", ("sample", "class"), one_hot=1),))
SUMMING = world("z[i,c] y[i,c]", *SOFTMAX_LINES, facts=("total(c, y[i,c]) == 1",))
TWO_CLASSES = World(SOFTMAX.definitions, SOFTMAX.free, {"class": 2})
NORMED = world(
    "x[i] g",
    "m = total(i, x[i])/N(i)",
    "v = total(i, (x[i]-m)**2)/N(i)",
    "h[i] = (x[i]-m)/sqrt(v)",
    "l = total(i, g*h[i]**3)",
)
RELU = world(
    "x[i,k] y[i,p] W[j,k] V[p,j] b[j]",
    "z[i,j] = total(k, W[j,k]*x[i,k]) + b[j]",
    "h[i,j] = relu(z[i,j])",
    "o[i,p] = total(j, V[p,j]*h[i,j])",
    "L = total(i, total(p, (o[i,p]-y[i,p])**2))/(2*N(i))",
)
OPAQUE = world(
    "x[i,k] W[j,k]", "z[i,j] = total(k, W[j,k]*x[i,k])", given=(Free("L", (), opaque=("z",)),)
)
SYMMETRIC = world(
    "A[j,p] x[j]", "f = total(j, total(p, x[j]*A[j,p]*x[p]))", facts=("A[j,p] == A[p,j]",)
)
SHIFTED = world("z[c] b", "s[c] = exp(z[c] - largest(r, z[r]))", "p[c] = s[c]/total(r, s[r])")
ZERO_ONE = world("m", given=(Free("y", ("sample",), labels=(Fraction(0), Fraction(1))),))
SIGNS = world("m", given=(Free("y", ("sample",), labels=(Fraction(-1), Fraction(1))),))

EQUAL = [
    # softmax, with its axis
    (SOFTMAX, "d(p[i,c], z[i,r]) == p[i,c]*(when(c = r, 1, 0) - p[i,r])"),
    (SOFTMAX, "d(L, z[i,c]) == (p[i,c]*total(r, y[i,r]) - y[i,c])/N(i)"),
    (TWO_CLASSES, "d(p[i,c], z[i,r]) == when(c = r, 1, -1)*p[i,c]*(1-p[i,c])"),
    (SHIFTED, "exp(z[c]-b)/total(r, exp(z[r]-b)) == exp(z[c])/total(r, exp(z[r]))"),
    # normalised
    (NORMED, "total(i, x[i]-m) == 0"),
    (NORMED, "total(i, h[i]**2) == N(i)"),
    (
        NORMED,
        "d(l, x[i]) == (3*g*h[i]**2 - total(n, 3*g*h[n]**2)/N(i) - h[i]*total(n, 3*g*h[n]**3)/N(i))/sqrt(v)",
    ),
    # functions
    (NUMBERS, "sigmoid(w) == 1/(1+exp(-w))"),
    (NUMBERS, "1 - sigmoid(w) == sigmoid(-w)"),
    (NUMBERS, "sigmoid(0) == 1/2"),
    (NUMBERS, "sigmoid_1(w) == sigmoid(w)**2*exp(-w)"),
    (NUMBERS, "tanh(w) == (exp(w)-exp(-w))/(exp(w)+exp(-w))"),
    (NUMBERS, "tanh(w) == 2*sigmoid(2*w) - 1"),
    (NUMBERS, "exp(2*w+m) == exp(w)**2*exp(m)"),
    (NUMBERS, "exp(w/2)**2 == exp(w)"),
    (NUMBERS, "exp(log(w)) == w"),
    (NUMBERS, "log(exp(w)) == w"),
    (NUMBERS, "log(w*m) == log(w) + log(m)"),
    (NUMBERS, "log(1-sigmoid(w)) == log(sigmoid(w)) - w"),
    (NUMBERS, "softplus(w) == -log(sigmoid(-w))"),
    (NUMBERS, "d(softplus(w), w) == sigmoid(w)"),
    (NUMBERS, "log(6) == log(2) + log(3)"),
    (NUMBERS, "sin(w)**2 + cos(w)**2 == 1"),
    (NUMBERS, "d(cos(w), w) == -sin(w)"),
    (NUMBERS, "d(arctan(w), w) == 1/(1+w**2)"),
    (NUMBERS, "d(erf(w), w) == 2/sqrt(pi)*exp(-w**2)"),
    (NUMBERS, "d(Phi(w), w) == exp(-w**2/2)/sqrt(2*pi)"),
    (NUMBERS, "w**m*w == w**(m+1)"),
    (NUMBERS, "d(w**m, w) == m*w**(m-1)"),
    (NUMBERS, "d(m**w, w) == m**w*log(m)"),
    (NUMBERS, "d(g(w**2), w) == 2*w*g_1(w**2)"),
    # roots and kinks
    (NUMBERS, "sqrt(w**2) == w*sign(w)"),
    (NUMBERS, "sqrt(w)*sqrt(m) == sqrt(w*m)"),
    (NUMBERS, "d(sqrt(w), w) == 1/(2*sqrt(w))"),
    (NUMBERS, "relu(w) - relu(-w) == w"),
    (NUMBERS, "relu(w)**2 == w*relu(w)"),
    (NUMBERS, "relu(2*w) == 2*relu(w)"),
    (NUMBERS, "when(w > 0, w, m*w) == relu(w) - m*relu(-w)"),
    (
        RELU,
        "d(L, W[j,k]) == total(i, total(p, (o[i,p]-y[i,p])*V[p,j])*when(z[i,j] > 0, 1, 0)*x[i,k])/N(i)",
    ),
    # indices
    (NUMBERS, "total(i, a[i], i != n) == total(i, a[i]) - a[n]"),
    (NUMBERS, "total(i, 1/(a[i]-a[n]), i != n) == -total(i, 1/(a[n]-a[i]), i != n)"),
    (
        NUMBERS,
        "total(i, total(n, a[i]*x[n], n < i) + total(n, a[i]*x[n], n >= i)) == total(i, a[i])*total(i, x[i])",
    ),
    (NUMBERS, "total(i, total(n, 1, i != n)) == N(i)*(N(i)-1)"),
    (
        NUMBERS,
        "total(i, total(n, (a[i]-a[n])**2)) == 2*N(i)*total(i, a[i]**2) - 2*total(i, a[i])**2",
    ),
    (NUMBERS, "total(i, when(i = n, 0, 1/(a[i]-a[n]))) == total(i, 1/(a[i]-a[n]), i != n)"),
    (NUMBERS, "when(w > 0, log(w*m), 0) == when(w <= 0, 0, log(m*w))"),
    (RELU, "d(h[i,j], x[i,k]) == relu_1(z[i,j])*W[j,k]"),
    (RELU, "d(h[i,j], x[n,k]) == when(i = n, relu_1(z[i,j])*W[j,k], 0)"),
    (RELU, "d(L, W[1,2]) == total(i, d(L, z[i,1])*x[i,2])"),
    (RELU, "d(d(L, W[j,k]), V[p,j]) == d(d(L, V[p,j]), W[j,k])"),
    # partials: what is cut, and what is not known
    (RELU, "d(L, z[i,j]) == d(L, h[i,j])*relu_1(z[i,j])"),
    (RELU, "d(L, W[j,k], h) == 0"),
    (OPAQUE, "d(L, W[j,k]) == total(i, d(L, z[i,j])*x[i,k])"),
    (OPAQUE, "d(L, x[i,k]) == total(j, d(L, z[i,j])*W[j,k])"),
    (SYMMETRIC, "d(f, x[j]) == total(p, A[j,p]*x[p] + A[p,j]*x[p])"),
]

UNEQUAL = [
    (SOFTMAX, "d(p[i,c], z[i,r]) == when(c = r, 1, -1)*p[i,c]*(1-p[i,c])"),  # true of two classes
    (SOFTMAX, "d(L, z[i,c]) == (p[i,c] - y[i,c])/N(i)"),  # true of labels that sum to 1
    (NORMED, "total(i, h[i]**4) == N(i)**2/2"),  # true of up to three samples
    (NORMED, "d(l, x[i]) == (3*g*h[i]**2 - total(n, 3*g*h[n]**2)/N(i))/sqrt(v)"),
    (NUMBERS, "total(i, a[i])*(9-N(i))/20 == total(i, a[i])/N(i)"),  # true at N = 4 and 5
    (NUMBERS, "total(i, total(n, (a[i]+1-a[i])*(a[n]+1-a[n]))) == total(i, 9+a[i]-a[i]) - 20"),
    (NUMBERS, "total(i, total(n, 1, i != n)) == 8*total(i, exp(a[i])*exp(-a[i])) - 20"),
    (NUMBERS, "w == w + 2147483647*w"),
    (NUMBERS, "w == w + 2147260631*w"),
    (NUMBERS, "w == w + 2147260631*2146303871*2143697111*w"),
    (NUMBERS, "total(i, d[i]*x[i]) == x[i]*total(n, d[n])"),  # no quotient of arrays
    (NUMBERS, "sigmoid(w) == sigmoid(m)"),
    (NUMBERS, "sigmoid(a[i]) == sigmoid(a[n])"),
    (NUMBERS, "sqrt(w**2) == w"),
    (NUMBERS, "abs(w) == w"),
    (NUMBERS, "relu(w) == w"),
    (NUMBERS, "relu(w) - relu(w-6) == min(max(w, 0), 7)"),
    (NUMBERS, "g(w) == g_1(w)"),
    (NUMBERS, "arctan(w) + arctan(m) == arctan((w+m)/(1-w*m))"),  # in one part of the domain only
    (NUMBERS, "total(i, pos(i)*a[i]) == total(i, a[i])"),
    (RELU, "d(L, W[j,k]) == total(i, total(p, (o[i,p]-y[i,p])*V[p,j])*x[i,k])/N(i)"),
    (RELU, "d(h[i,j], x[n,k]) == relu_1(z[i,j])*W[j,k]"),
    (RELU, "d(L, W[1,2]) == total(i, d(L, z[i,2])*x[i,2])"),
    (OPAQUE, "d(L, W[j,k]) == d(L, z[i,j])*x[i,k]"),
]


@pytest.mark.parametrize(("where", "text"), EQUAL, ids=[text for _, text in EQUAL])
def test_equal_for_all_sizes(where: World, text: str) -> None:
    decision = decide(*claim(where, text), where)
    assert (decision.outcome, decision.reach) == ("equal", ""), decision


@pytest.mark.parametrize(("where", "text"), UNEQUAL, ids=[text for _, text in UNEQUAL])
def test_unequal_with_a_witness(where: World, text: str) -> None:
    decision = decide(*claim(where, text), where)
    assert decision.outcome == "unequal", decision
    assert decision.witness is not None
    assert decision.witness.left != decision.witness.right


@pytest.mark.parametrize(
    ("where", "text", "factor", "powers"),
    [
        (RELU, "d(L, V[p,j]) == 2*total(i, (o[i,p]-y[i,p])*h[i,j])/N(i)", Fraction(1, 2), {}),
        (RELU, "d(L, V[p,j]) == total(i, (o[i,p]-y[i,p])*h[i,j])", Fraction(1), {"sample": -1}),
        (
            RELU,
            "d(L, V[p,j]) == -3*total(i, (o[i,p]-y[i,p])*h[i,j])*N(i)",
            Fraction(-1, 3),
            {"sample": -2},
        ),
        (NUMBERS, "total(i, a[i]) == total(i, a[i])/m", Fraction(1), {"m": 1}),
        (NORMED, "total(i, h[i]**2) == 2", Fraction(1, 2), {"sample": 1}),
        (ONE_HOT, "d(L, z[i,c]) == y[i,c] - p[i,c]", Fraction(-1), {"sample": -1}),
    ],
)
def test_multiple(where: World, text: str, factor: Fraction, powers: dict[str, int]) -> None:
    decision = decide(*claim(where, text), where, counts=frozenset({"sample", "m"}))
    assert (decision.outcome, decision.factor, decision.powers) == ("multiple", factor, powers)
    refused = decide(*claim(where, text), where, constants=False)
    assert refused.outcome == "unequal"


@pytest.mark.parametrize(
    "text",
    [
        "total(i, a[i]) == w*total(i, a[i])",  # w is no count
        "total(i, a[i]) == total(i, a[i])/N(i)",  # nothing is, here
        "total(i, a[i]) == total(i, a[i])*(9-N(i))/5",
        "a[i] == 0",
        "a[i] == when(i = n, a[i], 2*a[i])",
    ],
)
def test_no_multiple(text: str) -> None:
    assert decide(*claim(NUMBERS, text), NUMBERS).outcome == "unequal"


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (ONE_HOT, "d(L, z[i,c]) == (p[i,c]-y[i,c])/N(i)"),
        (SUMMING, "d(L, z[i,c]) == (p[i,c]-y[i,c])/N(i)"),
        (SYMMETRIC, "d(f, x[j]) == 2*total(p, A[j,p]*x[p])"),
        (ZERO_ONE, "y[i]**2 == y[i]"),
        (ZERO_ONE, "when(y[i] = 1, m, 2) == m*y[i] + 2*(1-y[i])"),
        (ZERO_ONE, "when(y[i] > 0.5, m, 2) == m*y[i] + 2*(1-y[i])"),
        (SIGNS, "y[i]**2 == 1"),
    ],
)
def test_by_facts_of_the_page(where: World, text: str) -> None:
    decision = decide(*claim(where, text), where)
    assert (decision.outcome, decision.reach) == ("equal", "")
    assert "page" in decision.reason


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (SIGNS, "y[i]**2 == y[i]"),
        (SIGNS, "total(i, y[i]**2)**2 == total(i, 9*y[i]**2) - 20"),
        (SUMMING, "total(i, total(c, y[i,c]))**2 == total(i, total(c, 9*y[i,c])) - 20"),
        (ZERO_ONE, "y[i]**2 == 1"),
        (SUMMING, "total(c, y[i,c]) == 3*y[i,c]"),
    ],
)
def test_facts_make_nothing_else_true(where: World, text: str) -> None:
    assert decide(*claim(where, text), where).outcome == "unequal"


@pytest.mark.parametrize(
    ("where", "text", "reach"),
    [
        (NUMBERS, "d(prod(i, a[i]), a[n]) == prod(i, a[i])/a[n]", "at the shapes tried"),
        (NUMBERS, "largest(i, a[i]+w) == w + largest(i, a[i])", "at the shapes tried"),
        (SHIFTED, "p[c] == exp(z[c])/total(r, exp(z[r]))", "at the shapes tried"),
        (NUMBERS, "total(i, a[i])**13 == total(i, a[i])**12*total(n, a[n])", "at the shapes tried"),
        (NUMBERS, "relu(w) - relu(w-6) == min(max(w, 0), 6)", "on the branches tried"),
        (NUMBERS, "abs(w*m) == abs(w)*abs(m)", "on the branches tried"),
    ],
)
def test_reach(where: World, text: str, reach: str) -> None:
    decision = decide(*claim(where, text), where)
    assert (decision.outcome, decision.reach) == ("equal", reach)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("log(2) == 0.69314718055994530941723212145817656807550013436", "no witness"),
        ("1/(w-w) == 1", "no value"),
        ("w == unknown", "unknown name"),
        ("a[i] == a", "axes"),
        ("d(w, a) == 0", "axes"),
        ("sin(2*w) == 2*sin(w)*cos(w)", "no witness"),
        ("relu(w**2) == w**2", "no witness"),
    ],
)
def test_undecided_with_its_reason(text: str, kind: str) -> None:
    decision = decide(*claim(NUMBERS, text), NUMBERS)
    assert decision.outcome == "undecided"
    assert decision.reason.startswith(kind)


def test_a_circle_and_depth_are_refused() -> None:
    circle = world("", "u = v + 1", "v = u + 1")
    assert decide(*claim(circle, "u == v"), circle).outcome == "undecided"
    deep = world("w", "z0 = w", *(f"z{k} = z{k - 1} + 1" for k in range(1, 4000)))
    assert decide(*claim(deep, "z3999 == w + 3999"), deep) == Decision(
        "undecided", reason="depth: nested too deeply"
    )


def test_work_is_charged() -> None:
    with budget(0.001), pytest.raises(OverBudget):
        for _ in range(50):
            decide(*claim(RELU, "d(L, W[j,k]) == 1"), RELU, seed=_)


def test_definitions_are_looked_at_once() -> None:
    lines = [
        f"z{k}[i] = z{k - 1}[i]*z{k - 1}[i] + z{k - 1}[i]/(2+z{k - 1}[i])" for k in range(1, 24)
    ]
    where = world("a[i]", "z0[i] = a[i]", *lines)
    assert decide(*claim(where, "total(i, z23[i]) == total(n, z23[n])"), where).outcome == "equal"
