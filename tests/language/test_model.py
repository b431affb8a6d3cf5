"""The model: ancestors, what has one value a sample, the one-sample loss."""

from __future__ import annotations

from fractions import Fraction

from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Sum,
)
from gradcheck.language.functions import BASIC
from gradcheck.language.model import Model, Parameter

W, B, X, Y, N = (Name(name) for name in "wbxyN")
TWO = Number(Fraction(2))


def model(loss: Expression, **more: Expression) -> Model:
    definitions: dict[str, Expression] = {
        "p": Add((Multiply((W, X)), B)),
        "d": Add((Name("p"), Negate(Y))),
        **more,
        "L": loss,
        "unused": Multiply((Name("L"), TWO)),
    }
    parameters = (Parameter("w_1", "w", "w"), Parameter("b_1", "b", "b"))
    return Model(definitions, "L", "p", parameters, ("x",), ("y",), "N")


SQUARE = Power(Name("d"), TWO)


def test_ancestors_come_in_order_the_name_itself_last() -> None:
    assert model(SQUARE).ancestors("L") == ("p", "d", "L")
    assert model(SQUARE).ancestors("p") == ("p",)
    assert model(SQUARE).ancestors("x") == ()


def test_what_has_one_value_a_sample() -> None:
    single = model(SQUARE)
    assert single.per_sample >= {"x", "y", "p", "d", "L"}
    assert "w" not in single.per_sample
    total = model(Sum(SQUARE))
    assert "L" not in total.per_sample
    assert total.per_sample >= {"p", "d"}
    scaled = model(Multiply((TWO, Sum(SQUARE))))
    assert "L" not in scaled.per_sample, "a constant before the sum"
    mixed = model(Add((Sum(SQUARE), Name("p"))))
    assert "L" in mixed.per_sample, "one term outside the sum is a sample's"


def test_whether_the_loss_sums() -> None:
    assert model(Sum(SQUARE)).loss_has_sum
    assert not model(SQUARE).loss_has_sum
    assert model(Multiply((TWO, Name("t"))), t=Sum(SQUARE)).loss_has_sum, "through a helper"
    assert not model(SQUARE, t=Sum(SQUARE)).loss_has_sum, "a helper the loss does not use"


def test_the_one_sample_loss_keeps_its_constant() -> None:
    one = model(Multiply((TWO, Sum(SQUARE)))).one_sample()
    assert one.definitions["L"] == Multiply((TWO, SQUARE))
    assert not one.loss_has_sum
    assert one.parameters == model(SQUARE).parameters
    assert one.one_sample() == one


def test_abstract_functions() -> None:
    with_g = model(SQUARE, a=Apply(Name("g"), (Name("p"),)), s=Apply(Name("sigmoid"), (X,)))
    assert with_g.abstract_functions == {"g"}
    assert model(SQUARE).abstract_functions == frozenset()
    assert {"sigmoid", "tanh", "log", "exp"} <= BASIC
