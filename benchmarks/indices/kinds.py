"""The kinds of derivation: what is computed, by which loss, and how it comes about."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from benchmarks.indices.networks import FORMS, Network
from benchmarks.indices.terms import (
    Add,
    Call,
    Cases,
    Entry,
    Index,
    Kronecker,
    Partial,
    Quotient,
    Statement,
    Sum,
    Term,
    minus,
    number,
    substituted,
    times,
)

Letters = dict[str, Index]


@dataclass(frozen=True)
class Outline:
    """A derivation before it is written: statements, axes, and what is said of the labels."""

    statements: tuple[Statement, ...]
    shapes: dict[str, tuple[str, ...]]
    indices: tuple[Index, ...]
    network: Network | None = None
    sums_to_one: bool = False
    numerals: bool = False
    left_out: bool = False  # the gradients leave the mean over the samples out
    sizes: dict[str, int] = field(default_factory=dict)  # where numerals fix them


def letters(rng: random.Random) -> Letters:
    """A letter for every axis, all different."""
    features, hidden, second, outputs = tuple(
        rng.choice(["ijkl", "ijlk", "kjil", "mjlk", "jikl", "kijl", "lkji", "mijk", "dhgk", "ihjk"])
    )
    free = [letter for letter in "nsirmlq" if letter not in {features, hidden, second, outputs}]
    sample = free[0] if rng.random() < 0.6 else rng.choice(free)
    free = [letter for letter in "lmqrspj" if letter not in {features, hidden, outputs, sample}]
    other, third = rng.sample(free, 2)
    return {
        "feature": Index(features, "feature"),
        "hidden": Index(hidden, "hidden"),
        "second": Index(second, "second"),
        "output": Index(outputs, "output"),
        "sample": Index(sample, "sample"),
        "other": Index(other, "output"),
        "third": Index(third, "output"),
    }


def _manner(rng: random.Random, *, batch: bool = False) -> dict[str, Any]:
    """What an author does alike in all kinds."""
    form = rng.choice(FORMS)
    return {
        "form": form,
        "merged": form in ("closed", "deltas", "chain") and rng.random() < 0.25,
        "primed": rng.random() < 0.2,
        "label_first": rng.random() < 0.35,
        "opposite": rng.random() < 0.3,
        "hoisted": rng.random() < 0.4,
        "bias": rng.random() < 0.8,
        "last_first": rng.random() < 0.85,
        "mean": batch and rng.random() < 0.8,
        "left_out": batch and form == "closed" and rng.random() < 0.3,
    }


def _sigmoid_or_tanh(rng: random.Random) -> str:
    return rng.choice(["sigmoid", "sigmoid", "tanh"])


def _constant(rng: random.Random) -> Fraction:
    return rng.choice([Fraction(1, 2), Fraction(1, 2), Fraction(1)])


def _outline(network: Network, at: Letters, used: tuple[str, ...]) -> Outline:
    indices = [at[name] for name in used]
    softmax = network.loss in ("entropy", "logsum")
    indices += [at["sample"]] if network.sample else []
    indices += [at["other"]] if softmax else []
    return Outline(
        (*network.forward(), *network.gradients()),
        network.shapes(),
        tuple(indices),
        network,
        sums_to_one=softmax,
        left_out=network.left_out,
    )


def one_output(rng: random.Random, at: Letters) -> Outline:
    """One hidden layer and one output."""
    output, loss = rng.choice([("identity", "mse"), ("sigmoid", "mse"), ("sigmoid", "logs")])
    network = Network(
        (at["feature"], at["hidden"], None),
        (_sigmoid_or_tanh(rng), output),
        loss,
        constant=Fraction(1) if loss == "logs" else _constant(rng),
        **_manner(rng),
    )
    return _outline(network, at, ("feature", "hidden"))


def _several(rng: random.Random, at: Letters, output: str, loss: str) -> Outline:
    network = Network(
        (at["feature"], at["hidden"], at["output"]),
        (_sigmoid_or_tanh(rng), output),
        loss,
        other=at["other"],
        constant=_constant(rng) if loss == "mse" else Fraction(1),
        **_manner(rng),
    )
    return _outline(network, at, ("feature", "hidden", "output"))


def _shallow(rng: random.Random, at: Letters, output: str, loss: str) -> Outline:
    network = Network(
        (at["feature"], at["output"]),
        (output,),
        loss,
        other=at["other"],
        constant=_constant(rng) if loss == "mse" else Fraction(1),
        **_manner(rng),
    )
    return _outline(network, at, ("feature", "output"))


def outputs_mse(rng: random.Random, at: Letters) -> Outline:
    """Several linear outputs under a squared error."""
    return _several(rng, at, "identity", "mse")


def outputs_sigmoid(rng: random.Random, at: Letters) -> Outline:
    """Several outputs with an activation under a squared error."""
    return _several(rng, at, _sigmoid_or_tanh(rng), "mse")


def softmax(rng: random.Random, at: Letters) -> Outline:
    """Softmax and cross-entropy in components."""
    draw = _several if rng.random() < 0.6 else _shallow
    return draw(rng, at, "softmax", "entropy")


def multilabel(rng: random.Random, at: Letters) -> Outline:
    """The log loss of every output, summed."""
    draw = _several if rng.random() < 0.6 else _shallow
    return draw(rng, at, "sigmoid", "logs")


def log_sum(rng: random.Random, at: Letters) -> Outline:
    """Cross-entropy by the logarithm of a sum of exponentials."""
    draw = _several if rng.random() < 0.5 else _shallow
    return draw(rng, at, "softmax", "logsum")


def two_hidden(rng: random.Random, at: Letters) -> Outline:
    """Two hidden layers, one output or several."""
    several = rng.random() < 0.6
    output, loss = rng.choice([("identity", "mse"), ("sigmoid", "mse"), ("sigmoid", "logs")])
    network = Network(
        (at["feature"], at["hidden"], at["second"], at["output"] if several else None),
        (_sigmoid_or_tanh(rng), _sigmoid_or_tanh(rng), output),
        loss,
        constant=Fraction(1) if loss == "logs" else _constant(rng),
        **_manner(rng),
    )
    used = ("feature", "hidden", "second") + (("output",) if several else ())
    return _outline(network, at, used)


def ridge(rng: random.Random, at: Letters) -> Outline:
    """A linear or logistic model of all samples with an L2 penalty."""
    output, loss = rng.choice([("identity", "mse"), ("identity", "mse"), ("sigmoid", "logs")])
    manner = _manner(rng, batch=True) | {"form": rng.choice(["closed", "closed", "deltas"])}
    manner["left_out"] = False
    network = Network(
        (at["feature"], None),
        (output,),
        loss,
        sample=at["sample"],
        constant=Fraction(1) if loss == "logs" else _constant(rng),
        penalty=rng.random() < 0.8,
        **manner,
    )
    return _outline(network, at, ("feature",))


def batch(rng: random.Random, at: Letters) -> Outline:
    """Samples, hidden units and one output or several."""
    several = rng.random() < 0.5
    output, loss = rng.choice([("identity", "mse"), ("sigmoid", "mse"), ("sigmoid", "logs")])
    network = Network(
        (at["feature"], at["hidden"], at["output"] if several else None),
        (_sigmoid_or_tanh(rng), output),
        loss,
        sample=at["sample"],
        constant=Fraction(1) if loss == "logs" else _constant(rng),
        **_manner(rng, batch=True),
    )
    return _outline(
        network, at, ("feature", "hidden", "output") if several else ("feature", "hidden")
    )


def softmax_batch(rng: random.Random, at: Letters) -> Outline:
    """Softmax and cross-entropy, averaged over samples."""
    network = Network(
        (at["feature"], at["output"]),
        ("softmax",),
        "entropy",
        sample=at["sample"],
        other=at["other"],
        constant=Fraction(1),
        **_manner(rng, batch=True),
    )
    return _outline(network, at, ("feature", "output"))


def jacobian(rng: random.Random, at: Letters) -> Outline:
    """The pieces of the softmax's Jacobian, and what they make of the loss."""
    own, other, third = at["output"], at["other"], at["third"]
    z, p, y = Entry("z1", (own,)), Entry("h1", (own,)), Entry("y", (own,))
    loss = Entry("loss")
    q, by = Entry("h1", (other,)), Entry("z1", (other,))
    exponential = Call("exp", z)
    spread = Sum(third, substituted(exponential, {own.letter: third}))
    statements = [Statement("definition", p, (Quotient(exponential, spread),))]
    entry: Term = times(p, Add((Kronecker(own, other), minus(q))))
    if rng.random() < 0.35:
        same = times(p, Add((number(1), minus(p))))
        entry = Cases(own, other, same, minus(times(p, q)))
    statements.append(Statement("claim", Partial(p, by), (entry,)))
    if rng.random() < 0.75:
        total = minus(Sum(own, times(y, Call("log", p))))
        statements.insert(1, Statement("loss", loss, (total,)))
        if rng.random() < 0.6:
            side = minus(Quotient(y, p))
            statements.append(Statement("claim", Partial(loss, p), (side,)))
        statements.append(
            Statement("claim", Partial(loss, by), tuple(_collapsing(rng, own, other)))
        )
    shapes = {"z1": ("output",), "h1": ("output",), "y": ("output",), "loss": ()}
    return Outline(tuple(statements), shapes, (own, other, third), sums_to_one=True)


def _collapsing(rng: random.Random, own: Index, other: Index) -> Iterator[Term]:
    """Σ over the Jacobian, until p - y is left."""
    p, y, loss = Entry("h1", (own,)), Entry("y", (own,)), Entry("loss")
    q, by = Entry("h1", (other,)), Entry("z1", (other,))
    bracket = Add((Kronecker(own, other), minus(q)))
    yield Sum(own, times(Partial(loss, p), Partial(p, by)))
    if rng.random() < 0.6:
        yield minus(Sum(own, times(Quotient(y, p), p, bracket)))
    if rng.random() < 0.6:
        yield minus(Sum(own, times(y, bracket)))
    if rng.random() < 0.4:
        yield Add((minus(Entry("y", (other,))), times(q, Sum(own, y))))
    yield Add((q, minus(Entry("y", (other,)))))


def written_out(rng: random.Random, at: Letters) -> Outline:
    """Two inputs, two hidden units, two outputs; every neuron by its number, E = E_1 + E_2."""
    manner = _manner(rng) | {"hoisted": False, "last_first": True}
    manner["form"] = rng.choice(["closed", "closed", "deltas", "chain"])
    network = Network(
        (at["feature"], at["hidden"], at["output"]),
        ("sigmoid", rng.choice(["sigmoid", "identity"])),
        "mse",
        **manner,
    )
    spelled: list[Statement] = []
    for statement in (*network.forward(), *network.gradients()):
        spelled += _errors(network) if statement.kind == "loss" else _spelled(statement)
    few = [each for each in spelled if each.kind != "claim" or rng.random() < 0.6]
    shapes = network.shapes() | {"part": ("output",)}
    sizes = dict.fromkeys(("feature", "hidden", "output"), 2)
    return Outline(tuple(few), shapes, (), network, numerals=True, sizes=sizes)


def _errors(network: Network) -> Iterator[Statement]:
    """E_1, E_2 and their sum."""
    (loss,) = [each for each in network.forward() if each.kind == "loss"]
    (side,) = loss.sides
    index = network.axes[-1]
    assert index
    each = times(*(part.body if isinstance(part, Sum) else part for part in side.parts))
    if isinstance(side, Sum):
        each = side.body
    for at in (1, 2):
        yield Statement(
            "definition", Entry("part", (at,)), (substituted(each, {index.letter: at}),)
        )
    yield Statement("loss", loss.head, (Add((Entry("part", (1,)), Entry("part", (2,)))),))


def _spelled(statement: Statement) -> Iterator[Statement]:
    """A statement once for every value of its letters, the sums written out."""
    head = statement.head
    entries = [head] if isinstance(head, Entry) else [head.of, head.by]
    free = [index for entry in entries for index in entry.indices if isinstance(index, Index)]
    places: list[dict[str, Index | int]] = [{}]
    for index in free:
        places = [{**place, index.letter: at} for place in places for at in (1, 2)]
    for place in places:
        named = substituted(head, place)
        assert isinstance(named, Entry | Partial)
        sides = tuple(_expanded(substituted(side, place)) for side in statement.sides)
        yield Statement(statement.kind, named, sides)


def _expanded(term: Term) -> Term:
    if isinstance(term, Sum):
        each = [_expanded(substituted(term.body, {term.index.letter: at})) for at in (1, 2)]
        return Add(tuple(each), paths=True)
    parts = tuple(_expanded(part) for part in term.parts)
    if isinstance(term, Add):
        flat = [one for part in parts for one in (part.terms if isinstance(part, Add) else (part,))]
        return Add(tuple(flat), paths=term.paths)
    return term.with_parts(parts)


KINDS: dict[str, Callable[[random.Random, Letters], Outline]] = {
    "one output": one_output,
    "outputs, squares": outputs_mse,
    "outputs, sigmoid": outputs_sigmoid,
    "softmax": softmax,
    "two hidden": two_hidden,
    "linear, penalty": ridge,
    "multi-label": multilabel,
    "written out": written_out,
    "batch": batch,
    "softmax, batch": softmax_batch,
    "jacobian": jacobian,
    "log-sum-exp": log_sum,
}
