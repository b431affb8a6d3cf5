"""Witnesses: right equalities agree, wrong ones differ at a point, the rest has a reason."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.evidence.arrays.arrays import NotEvaluated, evaluate_gradient
from gradcheck.evidence.arrays.lifting import degenerate, infer
from gradcheck.evidence.arrays.point import draw_point
from gradcheck.evidence.arrays.precise import Comparison, Outcome, PreciseEvaluator, compare
from gradcheck.language.model import Model
from gradcheck.language.verdict import Constant
from tests.evidence.arrays.trees import (
    L,
    N,
    T,
    a1,
    a2,
    b1,
    b2,
    call,
    d,
    delta2,
    exp,
    log,
    logarithms,
    model,
    name,
    network,
    sigma,
    squares,
    total,
    tree,
    w1,
    w2,
    x,
    y,
    yhat,
    z1,
    z2,
)

ONE = T(tree(1))


def outcome(subject: Model, left: T, right: T, factor: Constant = Constant()) -> Comparison:  # noqa: B008
    return compare(subject, left.tree, right.tree, factor)


RIGHT = [
    (d(L, w2), 2 / N * total((yhat - y) * a1)),
    (d(L, b2), -(2 / N) * total(y - yhat)),
    (d(L, w1), 2 / N * total((yhat - y) * w2 * sigma(z1, 1) * x)),
    (d(L, b1), 2 / N * total((a2 - y) * w2 * a1 * (1 - a1))),
    (d(L, z2), 2 / N * (yhat - y)),  # by a per-sample node: no sum
    (d(L, yhat), 2 * (z2 - y) / N),  # another name for the same node, both ways
    (d(L, z2), d(L, a2)),
    (d(L, a1), 2 / N * (yhat - y) * w2),
    (d(L, x), 2 / N * (yhat - y) * w2 * sigma(z1, 1) * w1),
    (d(a1, z1), a1 * (1 - a1)),
    (d(z2, w2), a1),
    (d(yhat, w1), w2 * sigma(z1, 1) * x),
    (d((y - yhat) ** 2, yhat), -2 * (y - yhat)),
    (d(1 / N * total((y - a2) ** 2), b2), d(L, b2)),
    (d(L, z2) * d(z2, w2), 2 / N * (yhat - y) * a1),
    (sigma(z1, 1), sigma(z1) * (1 - sigma(z1))),
    (sigma(z1), 1 / (1 + exp(-z1))),
    (call("tanh", z1), 2 * sigma(2 * z1) - 1),
    (call("tanh", z1, 1), 1 - call("tanh", z1) ** 2),
    (total(ONE), N),
    (total(2 * x), 2 * total(x)),
    (d(total(x * w1), w1), total(x)),
    (d(y, w2), T(tree(0))),
    (d(w2 ** T(tree(3)), w2), 3 * w2**2),
    (w1 * (y - yhat) - w1 * y, -(w1 * yhat)),
    ((y + 1) ** 2 - y**2 - 2 * y - 1, T(tree(0))),  # nothing but rounding is left
]

WRONG = [
    (d(L, w2), total((yhat - y) * a1)),
    (d(L, w2), 2 / N * (yhat - y) * a1),  # a sum is not one sample's value
    (d(L, b1), 2 / N * total((a2 - y) * w2 * a1 * (1 - a1) * x)),
    (d(L, w1), -(2 / N) * total((yhat - y) * w2 * sigma(z1, 1) * x)),
    (d(L, z2), 2 / N * total(yhat - y)),
    (d(L, w2), 2 * total((yhat - y) * a1) / 3),  # N is not 3
    (d(a1, z1), a1 * (1 + a1)),
    (d(L, z1), 2 / N * (yhat - y) * w2),
    (a1, a2),
    (call("tanh", z1, 1), 1 - y**2),
    (name("k") * a1, a1),
    (T(tree(1)) / 10**15, T(tree(0))),
    (x**30, T(tree(0))),
]


@pytest.mark.parametrize(("left", "right"), RIGHT)
def test_right_equalities_agree(left: T, right: T) -> None:
    found = outcome(squares(), left, right)
    assert found == Comparison(Outcome.AGREE, vanishes=found.vanishes)


def test_sides_that_are_0_at_every_point_are_told_apart_from_others() -> None:
    nothing = T(tree(0))
    assert outcome(squares(), x * nothing, nothing * w1).vanishes
    assert not outcome(squares(), x, x).vanishes


@pytest.mark.parametrize(("left", "right"), WRONG)
def test_wrong_equalities_have_a_witness(left: T, right: T) -> None:
    found = outcome(squares(), left, right)
    assert found.outcome is Outcome.DIFFER
    assert found.witness is not None
    assert found.witness.left != found.witness.right


def test_the_factor_completes_the_right_side() -> None:
    subject = squares()
    claim = total((yhat - y) * a1)
    completed = outcome(subject, d(L, w2), claim, Constant(Fraction(2), -1))
    assert completed.outcome is Outcome.AGREE
    assert outcome(subject, d(L, w2), claim, Constant(Fraction(2))).outcome is Outcome.DIFFER


def test_one_sample_forms() -> None:
    subject = squares().one_sample()
    assert outcome(subject, d(L, w2), 2 / N * (yhat - y) * a1).outcome is Outcome.AGREE
    assert outcome(subject, d(L, b2), 2 / N * (yhat - y)).outcome is Outcome.AGREE


def test_log_loss() -> None:
    subject = logarithms("tanh", helpers={"delta2": a2 - y})
    for left, right in [
        (d(L, w2), (a2 - y) * a1),
        (d(L, a2), (a2 - y) / (a2 * (1 - a2))),
        (d(L, a2) * d(a2, z2), delta2),
        (d(L, w1), (a2 - y) / (a2 * (1 - a2)) * a2 * (1 - a2) * w2 * (1 - a1**2) * x),
        (L, -log(1 - a2) - y * log(a2 / (1 - a2))),
    ]:
        assert outcome(subject, left, right).outcome is Outcome.AGREE
    assert outcome(subject, d(L, b2), y - a2).outcome is Outcome.DIFFER


def test_an_abstract_activation_is_no_known_one() -> None:
    def g(argument: T, order: int = 0) -> T:
        return call("g", argument, order)

    subject = squares("g")
    for left, right in [
        (d(a1, z1), g(z1, 1)),
        (d(g(z1, 1), z1), g(z1, 2)),
        (d(L, w1), 2 / N * total((yhat - y) * w2 * g(z1, 1) * x)),
    ]:
        assert outcome(subject, left, right).outcome is Outcome.AGREE
    for left, right in [
        (g(z1, 1), a1 * (1 - a1)),
        (g(z1, 1), 1 - a1**2),
        (g(z1), call("h", z1)),
        (g(z1, 1), ONE),
    ]:
        assert outcome(subject, left, right).outcome is Outcome.DIFFER
    output = network(-(y * log(a2) + (1 - y) * log(1 - a2)), "g", "g")
    claim = (a2 - y) / (a2 * (1 - a2)) * g(z2, 1) * a1
    assert outcome(output, d(L, w2), claim).outcome is Outcome.AGREE
    assert outcome(output, d(L, w2), (a2 - y) * a1).outcome is Outcome.DIFFER


def test_a_cut_name_is_a_node_of_its_own() -> None:
    subject = squares(helpers={"u": y - yhat})
    assert outcome(subject, d(name("u") ** 2, name("u")), 2 * name("u")).outcome is Outcome.AGREE
    assert outcome(subject, d(name("u"), yhat), T(tree(-1))).outcome is Outcome.AGREE
    assert outcome(subject, d(name("u"), y), ONE).outcome is Outcome.AGREE


@pytest.mark.parametrize(
    "function", ["softplus", "sin", "cos", "arctan", "exp", "relu", "abs", "tanh"]
)
@pytest.mark.parametrize("order", [0, 1])
def test_derivatives_of_functions_follow_from_each_other(function: str, order: int) -> None:
    subject = squares()
    left = d(call(function, z1, order), z1)
    assert outcome(subject, left, call(function, z1, order + 1)).outcome is Outcome.AGREE


def test_domains_are_respected() -> None:
    subject = squares()
    positive = x**2 + 1
    assert outcome(subject, d(log(positive), x), 2 * x / positive).outcome is Outcome.AGREE
    root = call("sqrt", positive)
    assert outcome(subject, d(root, x), x / root).outcome is Outcome.AGREE
    never = log(-positive)
    found = outcome(subject, never, never)
    assert found.outcome is Outcome.UNKNOWN and "log" in found.reason


def test_a_log_loss_exists_near_one_half_whatever_the_output() -> None:
    loss = -(y * log(yhat) + (1 - y) * log(1 - yhat))
    for output in ("identity", "tanh", "sin"):
        subject = network(loss, "tanh", output)
        slope = ONE if output == "identity" else call(output, z2, 1)
        claim = (yhat - y) / (yhat * (1 - yhat)) * slope * a1
        assert outcome(subject, d(L, w2), claim).outcome is Outcome.AGREE
        assert outcome(subject, d(L, w2), (yhat - y) * a1).outcome is Outcome.DIFFER


def test_cancelled_digits_are_no_difference() -> None:
    expanded = 16 * x**60 * (x + 10**6) ** 2 - 16 * x**62 - 32 * 10**6 * x**61
    assert outcome(squares(), expanded, 16 * 10**12 * x**60).outcome is Outcome.AGREE
    far = T(tree(10**38))
    assert outcome(squares(), (x + far) - far, x).outcome is Outcome.AGREE
    assert outcome(squares(), (x + far) - far, x + T(tree(Fraction(1, 10**6)))).outcome is (
        Outcome.DIFFER
    )


@pytest.mark.parametrize(
    ("side", "reason"),
    [
        (d(d(L, w2), w2), "derivative"),
        (d(L, w2 * a1), "name"),
        (x**1000, "exponent"),
        (T(tree(9)) ** (T(tree(9)) ** (T(tree(9)) ** 9)), "exponent"),
        (exp(exp(exp(exp(exp(x * x + 9))))), "large"),
        (1 / (y - y), "zero"),
        (d(total(yhat) * yhat, z2), "samples"),
    ],
)
def test_what_cannot_be_known_says_why(side: T, reason: str) -> None:
    found = outcome(squares(), side, ONE)
    assert found.outcome is Outcome.UNKNOWN
    assert reason in found.reason


def test_a_very_deep_tree_is_unknown_and_no_crash() -> None:
    deep = x
    for _ in range(5000):
        deep = -deep
    assert outcome(squares(), deep, x).outcome is Outcome.UNKNOWN


def test_an_exponent_is_no_whole_number() -> None:
    """``(a - y)^b`` with b = 2 is a square everywhere, with 7/3 it has no value at half the points:
    the only points left would say that the derivative of a square is right."""
    power = model({"yhat": sigma(z1), "z1": w1 * x + b1, "L": (yhat - y) ** b1})
    right, square = b1 * (yhat - y) ** (b1 - 1), 2 * (yhat - y)
    for seed in range(40):
        assert compare(power, d(L, yhat).tree, square.tree, seed=seed).outcome != Outcome.AGREE
    found = {compare(power, d(L, yhat).tree, right.tree, seed=seed).outcome for seed in range(40)}
    assert Outcome.AGREE in found and Outcome.DIFFER not in found


def test_the_witness_is_a_point_of_small_fractions() -> None:
    found = outcome(squares(), d(L, b1), 2 / N * total((a2 - y) * w2 * a1 * (1 - a1) * x))
    witness = found.witness
    assert witness is not None and witness.sample is None
    assert list(witness.values) == ["w1", "b1", "w2", "b2", "x", "y", "N"]
    assert witness.values["N"] == witness.samples == 3
    for value in witness.values.values():
        for entry in value if isinstance(value, tuple) else (value,):
            assert isinstance(entry, Fraction) and entry.denominator < 12
    per_sample = outcome(squares(), x, y).witness
    assert per_sample is not None and per_sample.sample is not None
    inputs, labels = per_sample.values["x"], per_sample.values["y"]
    assert isinstance(inputs, tuple) and isinstance(labels, tuple)
    assert per_sample.left == float(inputs[per_sample.sample])
    assert per_sample.right == float(labels[per_sample.sample])
    assert list(per_sample.values) == ["x", "y"]


@given(seed=st.integers(0, 10**6))
def test_any_seed_gives_the_same_outcome(seed: int) -> None:
    evaluator = PreciseEvaluator(squares("tanh"), seed)
    right = 2 / N * total((yhat - y) * w2 * (1 - a1**2) * x)
    wrong = 2 / N * total((yhat - y) * w2 * (1 - y**2) * x)
    assert evaluator.compare(d(L, w1).tree, right.tree).outcome is Outcome.AGREE
    assert evaluator.compare(d(L, w1).tree, wrong.tree).outcome is Outcome.DIFFER


def test_the_same_witness_every_time() -> None:
    pair = d(L, b2).tree, (2 * total(yhat - y)).tree
    assert compare(squares(), *pair) == compare(squares(), *pair)
    assert compare(squares(), *pair, seed=3) != compare(squares(), *pair, seed=4)


def test_a_network_written_in_one_line() -> None:
    inline = model({"L": (w2 * sigma(w1 * x + b1) + b2 - y) ** 2 / 2}, prediction=None)
    s = sigma(w1 * x + b1)
    claim = (w2 * s + b2 - y) * w2 * s * (1 - s) * x
    assert outcome(inline, d(L, w1), claim).outcome is Outcome.AGREE


LEAVES = st.sampled_from([w1, b1, w2, b2, x, y, N, z1, a1, z2, a2, yhat, L, name("k")])
NUMBERS = st.fractions(-3, 99).map(lambda value: T(tree(value)))


def _grow(inner: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    pairs = st.tuples(inner, inner)
    functions = st.sampled_from(["sigmoid", "tanh", "exp", "log", "sqrt", "relu", "abs", "g"])
    return st.one_of(
        pairs.map(lambda p: p[0] + p[1]),
        pairs.map(lambda p: p[0] - p[1]),
        pairs.map(lambda p: p[0] * p[1]),
        pairs.map(lambda p: p[0] / p[1]),
        pairs.map(lambda p: p[0] ** p[1]),
        inner.map(total),
        inner.map(lambda t: -t),
        st.tuples(functions, inner, st.integers(0, 3)).map(lambda p: call(*p)),
        st.tuples(inner, LEAVES).map(lambda p: d(*p)),
    )


ANY_TREE = st.recursive(LEAVES | NUMBERS, _grow, max_leaves=9)


@given(side=ANY_TREE)
def test_nothing_that_can_be_written_is_a_crash(side: T) -> None:
    subject = logarithms("g")
    found = PreciseEvaluator(subject).compare(side.tree, side.tree)
    assert found.outcome in (Outcome.AGREE, Outcome.UNKNOWN)
    for lifting in (infer(subject), degenerate(subject)):
        point = draw_point(subject, lifting)
        for key in ("w1", "b2"):
            try:
                array = evaluate_gradient(subject, lifting, side.tree, point, key)
            except NotEvaluated as refusal:
                assert str(refusal)
            else:
                assert array.shape == point.values[key].shape
