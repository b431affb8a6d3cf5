"""Trees and models written by hand for the tests of evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Power,
    Sum,
)
from gradcheck.language.model import Model, Parameter


@dataclass(frozen=True)
class T:
    """A tree with Python's operators, which build what a reader of the formula would build."""

    tree: Expression

    def __add__(self, other: T | int) -> T:
        terms = self.tree.terms if isinstance(self.tree, Add) else (self.tree,)
        return T(Add((*terms, tree(other))))

    def __radd__(self, other: int) -> T:
        return T(Add((tree(other), self.tree)))

    def __sub__(self, other: T | int) -> T:
        terms = self.tree.terms if isinstance(self.tree, Add) else (self.tree,)
        return T(Add((*terms, Negate(tree(other)))))

    def __rsub__(self, other: int) -> T:
        return T(Add((tree(other), Negate(self.tree))))

    def __mul__(self, other: T | int) -> T:
        factors = self.tree.factors if isinstance(self.tree, Multiply) else (self.tree,)
        return T(Multiply((*factors, tree(other))))

    def __rmul__(self, other: int) -> T:
        return T(Multiply((tree(other), self.tree)))

    def __truediv__(self, other: T | int) -> T:
        return T(Divide(self.tree, tree(other)))

    def __rtruediv__(self, other: int) -> T:
        return T(Divide(tree(other), self.tree))

    def __pow__(self, other: T | int) -> T:
        return T(Power(self.tree, tree(other)))

    def __neg__(self) -> T:
        return T(Negate(self.tree))


def tree(value: T | int | Fraction) -> Expression:
    if isinstance(value, T):
        return value.tree
    return Number(Fraction(value)) if value >= 0 else Negate(Number(Fraction(-value)))


def name(key: str) -> T:
    return T(Name(base=key))


def call(function: str, argument: T, order: int = 0) -> T:
    return T(Apply(Name(base=function), (argument.tree,), order))


def sigma(argument: T, order: int = 0) -> T:
    return call("sigmoid", argument, order)


def log(argument: T) -> T:
    return call("log", argument)


def exp(argument: T) -> T:
    return call("exp", argument)


def total(body: T) -> T:
    return T(Sum(body.tree))


def d(of: T, by: T) -> T:
    return T(Partial(of.tree, by.tree))


w1, b1, w2, b2 = name("w1"), name("b1"), name("w2"), name("b2")
x, y, N = name("x"), name("y"), name("N")
z1, a1, z2, a2, yhat, L = (name(key) for key in ("z1", "a1", "z2", "a2", "yhat", "L"))
delta1, delta2 = name("delta1"), name("delta2")

PARAMETERS = tuple(
    Parameter(role, role.replace("_", ""), role) for role in ("w_1", "b_1", "w_2", "b_2")
)


def model(definitions: dict[str, T], prediction: str | None = "yhat", **more: object) -> Model:
    """A model with the usual names; ``definitions`` in order, the loss is ``L``."""
    return Model(
        definitions={key: value.tree for key, value in definitions.items()},
        loss="L",
        prediction=prediction,
        parameters=PARAMETERS,
        inputs=("x",),
        labels=("y",),
        sample_count="N",
        **more,  # type: ignore[arg-type]
    )


def network(
    loss: T,
    hidden: str = "sigmoid",
    output: str = "identity",
    helpers: dict[str, T] | None = None,
    **more: object,
) -> Model:
    """``z1, a1, z2, a2, yhat, L`` as textbooks write them, then helpers."""
    definitions = {
        "z1": w1 * x + b1,
        "a1": z1 if hidden == "identity" else call(hidden, z1),
        "z2": w2 * a1 + b2,
        "a2": z2 if output == "identity" else call(output, z2),
        "yhat": a2,
        "L": loss,
    }
    return model({**definitions, **(helpers or {})}, **more)


def squares(hidden: str = "sigmoid", helpers: dict[str, T] | None = None) -> Model:
    """Mean squared error of an identity output: ``1/N sum (yhat - y)^2``."""
    return network((1 / N) * total((yhat - y) ** 2), hidden, helpers=helpers)


def logarithms(hidden: str = "sigmoid", helpers: dict[str, T] | None = None) -> Model:
    """Log loss of a sigmoid output, for one sample."""
    loss = -((1 - y) * log(1 - a2) + y * log(a2))
    return network(loss, hidden, "sigmoid", helpers)
