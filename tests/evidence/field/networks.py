"""Networks of any depth as typed trees, with the gradients that are right for them."""

from __future__ import annotations

from fractions import Fraction

from gradcheck.language.typed import (
    Call,
    Constant,
    Definition,
    Entry,
    Extent,
    Free,
    Letter,
    Over,
    Plus,
    Raised,
    Slope,
    Term,
    Times,
    Total,
    World,
)

ONE, TWO, MINUS = (Constant(Fraction(n)) for n in (1, 2, -1))
I = Letter("i", "sample")
MEAN = Over(ONE, Extent("sample"))


def unit(layer: int) -> Letter:
    return Letter(f"u{layer}", f"unit{layer}")


def less(left: Term, right: Term) -> Term:
    return Plus((left, Times((MINUS, right))))


def network(depth: int, activation: str, loss: str) -> World:
    """Layers W a + b; ``loss`` is mse, logloss (sigmoid output) or softmax, each a mean."""
    free = {"x": Free("x", ("sample", "unit0"))}
    free["y"] = Free("y", ("sample", f"unit{depth}"), one_hot=1 if loss == "softmax" else None)
    made = {}
    for k in range(1, depth + 1):
        free[f"W{k}"] = Free(f"W{k}", (f"unit{k}", f"unit{k - 1}"))
        free[f"b{k}"] = Free(f"b{k}", (f"unit{k}",))
        product = Times((Entry(f"W{k}", (unit(k), unit(k - 1))), value(k - 1)))
        z = Plus((Total(unit(k - 1), product), Entry(f"b{k}", (unit(k),))))
        made[f"z{k}"] = z
        made[f"a{k}"] = Call(activation, (before(k),)) if k < depth else output(depth, loss)
    lines = {name: Definition(name, (I, unit(int(name[1:]))), body) for name, body in made.items()}
    lines["L"] = Definition(
        "L", (), Times((MEAN, Total(I, Total(unit(depth), entry_loss(depth, loss)))))
    )
    for k in range(depth, 0, -1):
        lines[f"d{k}"] = Definition(f"d{k}", (I, unit(k)), error(k, depth, activation))
    return World(lines, free)


def value(layer: int) -> Entry:
    return Entry(f"a{layer}" if layer else "x", (I, unit(layer)))


def before(layer: int) -> Entry:
    return Entry(f"z{layer}", (I, unit(layer)))


def output(depth: int, loss: str) -> Term:
    if loss == "softmax":
        other = Letter("r", f"unit{depth}")
        powers = Total(other, Call("exp", (Entry(f"z{depth}", (I, other)),)))
        return Over(Call("exp", (before(depth),)), powers)
    return Call("sigmoid", (before(depth),)) if loss == "logloss" else before(depth)


def entry_loss(depth: int, loss: str) -> Term:
    a, y = value(depth), Entry("y", (I, unit(depth)))
    if loss == "mse":
        return Over(Raised(less(a, y), TWO), TWO)
    if loss == "softmax":
        return Times((MINUS, y, Call("log", (a,))))
    other = Times((less(ONE, y), Call("log", (less(ONE, a),))))
    return Times((MINUS, Plus((Times((y, Call("log", (a,)))), other))))


def slope(layer: int, activation: str) -> Term:
    a = value(layer)
    if activation == "sigmoid":
        return Times((a, less(ONE, a)))
    return less(ONE, Raised(a, TWO)) if activation == "tanh" else Call("relu", (before(layer),), 1)


def error(layer: int, depth: int, activation: str) -> Term:
    """The error signal of a layer, without the mean."""
    if layer == depth:
        return less(value(depth), Entry("y", (I, unit(depth))))
    return Times((back(layer), slope(layer, activation)))


def back(layer: int) -> Term:
    above = unit(layer + 1)
    weight = Entry(f"W{layer + 1}", (above, unit(layer)))
    return Total(above, Times((weight, Entry(f"d{layer + 1}", (I, above)))))


def claims(depth: int) -> list[tuple[Term, Term]]:
    """The gradient by each parameter, and what it is."""
    found: list[tuple[Term, Term]] = []
    for k in range(depth, 0, -1):
        signal = Entry(f"d{k}", (I, unit(k)))
        by = Entry(f"W{k}", (unit(k), unit(k - 1)))
        found.append(
            (Slope(Entry("L"), by), Times((MEAN, Total(I, Times((signal, value(k - 1)))))))
        )
        found.append(
            (Slope(Entry("L"), Entry(f"b{k}", (unit(k),))), Times((MEAN, Total(I, signal))))
        )
    return found
