"""Which loss a document's loss is, by the signs in its own definition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gradcheck.language import losses
from gradcheck.language.expression import (
    INDICATOR,
    Apply,
    Divide,
    Expression,
    Name,
    Number,
    Power,
    contains,
    names_in,
    walk,
)
from gradcheck.language.names import LABEL
from gradcheck.understand.bindings import is_logarithmic
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.roles import reachable


def loss_kind(loss: str, bodies: Mapping[str, Expression]) -> str:
    """The loss by the form of its own definitions, ``loss`` if it is none of the table's."""
    below = [key for key in reachable(loss, bodies) if key in bodies]
    for key in below:
        if is_logarithmic(bodies[key]):
            return "logloss"
        if key == loss or is_loss_name(Name(_base(key))):
            kind = losses.kind_of(frozenset(_signs(bodies[key])))
            if kind is not None:
                return kind
    return "mse" if any(contains(bodies[key], Power) for key in below) else "loss"


def _signs(body: Expression) -> Iterator[str]:
    for node in walk(body):
        match node:
            case Power(base=base, exponent=exponent):
                yield "root of square" if _is_root(exponent) and contains(base, Power) else "square"
            case Apply(function=Name(base="sqrt"), arguments=(inner,)) if contains(inner, Power):
                yield "root of square"
            case Apply(function=Name(base="abs" | "norm"), order=0):
                yield "abs"
            case Apply(function=Name(base=base), order=order, arguments=arguments):
                if base == INDICATOR or (base == "relu" and order == 1):
                    heads = {n.function.base for a in arguments for n in _applied(a)}
                    yield "case of abs" if heads & {"abs", "norm"} else "case"
                elif base in ("relu", "max") and any(_has_label(a) for a in arguments):
                    yield "margin"


def _applied(node: Expression) -> list[Apply]:
    return [inner for inner in walk(node) if isinstance(inner, Apply)]


def _is_root(exponent: Expression) -> bool:
    half = isinstance(exponent, Number) and exponent.value.denominator > 1
    return half or isinstance(exponent, Divide)


def _has_label(node: Expression) -> bool:
    return any(_base(key) in LABEL.names() for key in names_in(node))


def _base(key: str) -> str:
    return re.split(r"[_^\[(]", key)[0]
