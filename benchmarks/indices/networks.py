"""A network in layers: its definitions, its loss and its gradients, in several ways of writing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from benchmarks.indices.terms import (
    Add,
    Call,
    Entry,
    Index,
    Mul,
    Number,
    Partial,
    Quotient,
    Size,
    Slope,
    Square,
    Statement,
    Sum,
    Term,
    minus,
    number,
    substituted,
    times,
)

FORMS = ("closed", "deltas", "chain", "partials", "errors")
"""Closed forms; helpers δ; chains of partials; partials as error terms, in closed form or not."""


@dataclass(frozen=True)
class Network:
    """Layers 0 … n by the index of each (None: a single number), and how it is all written."""

    axes: tuple[Index | None, ...]
    activations: tuple[str, ...]  # of layers 1 … n; the last is the output's
    loss: str  # mse, logs (of every output), entropy (softmax), logsum (its logarithm)
    form: str = "closed"
    sample: Index | None = None
    other: Index | None = None  # a second letter for the axis of the outputs
    constant: Fraction = Fraction(1, 2)
    mean: bool = False
    penalty: bool = False
    bias: bool = True
    merged: bool = False  # no z: the activation is written around the sum
    primed: bool = False  # slopes as f'(z)
    label_first: bool = False  # -(t - o) for (o - t)
    opposite: bool = False  # δ by t - o, and gradients -δ h
    hoisted: bool = False  # Σ_k before all factors
    last_first: bool = True  # gradients from the output down
    left_out: bool = False  # the gradients are those of one sample, without the mean

    @property
    def depth(self) -> int:
        return len(self.axes) - 1

    # Entries

    def _at(self, layer: int) -> tuple[Index, ...]:
        axis = self.axes[layer]
        return (axis,) if axis else ()

    def _each(self, layer: int) -> tuple[Index, ...]:
        return ((self.sample,) if self.sample else ()) + self._at(layer)

    def weight(self, layer: int) -> Entry:
        return Entry(f"w{layer}", (*self._at(layer), *self._at(layer - 1)))

    def bias_of(self, layer: int) -> Entry:
        return Entry(f"b{layer}", self._at(layer))

    def value(self, layer: int) -> Entry:
        """The value of a layer; an activation that does nothing has z for its value."""
        return Entry(f"h{layer}" if layer else "x", self._each(layer))

    def input(self, layer: int) -> Entry:
        """What the activation of a layer is applied to."""
        if self._is_plain(layer):
            return self.value(layer)
        return Entry(f"z{layer}", self._each(layer))

    def _is_plain(self, layer: int) -> bool:
        return self.activations[layer - 1] == "identity"

    @property
    def label(self) -> Entry:
        return Entry("y", self._each(self.depth))

    loss_name = Entry("loss")

    def shapes(self) -> dict[str, tuple[str, ...]]:
        """The axes of every array, the defined ones as well."""
        entries = [self.label, self.value(0), self.loss_name, Entry("lambda")]
        for layer in range(1, self.depth + 1):
            entries += [self.weight(layer), self.bias_of(layer), self.value(layer)]
            entries += [Entry(f"{name}{layer}", self._each(layer)) for name in ("z", "d")]
        return {
            each.name: tuple(index.axis for index in each.indices if isinstance(index, Index))
            for each in entries
        }

    # Forward

    def forward(self) -> Iterator[Statement]:
        """The definitions and the loss."""
        for layer in range(1, self.depth + 1):
            yield from self._layer(layer)
        yield Statement("loss", self.loss_name, (self._loss(),))

    def _layer(self, layer: int) -> Iterator[Statement]:
        total: Term = times(self.weight(layer), self.value(layer - 1))
        for index in self._at(layer - 1):
            total = Sum(index, total)
        if self.bias:
            total = Add((total, self.bias_of(layer)))
        if self._is_plain(layer) or (self.merged and not self._is_softmax(layer)):
            body: Term = Call(self.activations[layer - 1], total)
            yield Statement("definition", self.value(layer), (body,))
            return
        yield Statement("definition", self.input(layer), (total,))
        if self._is_softmax(layer):
            if self.loss == "entropy":
                yield Statement("definition", self.value(layer), (self._softmax(),))
            return
        called = Call(self.activations[layer - 1], self.input(layer))
        yield Statement("definition", self.value(layer), (called,))

    def _is_softmax(self, layer: int) -> bool:
        return self.activations[layer - 1] == "softmax"

    def _softmax(self) -> Term:
        """The share of one output."""
        assert self.other
        one = Call("exp", self.input(self.depth))
        return Quotient(one, Sum(self.other, self._with_other(one)))

    def _with_other(self, term: Term) -> Term:
        own = self.axes[-1]
        assert own and self.other
        return substituted(term, {own.letter: self.other})

    def _loss(self) -> Term:
        prediction, label = self.value(self.depth), self.label
        if self.loss == "mse":
            terms = (label, minus(prediction)) if self.label_first else (prediction, minus(label))
            each: Term = Square(Add(terms))
        elif self.loss == "logs":
            hit = times(label, Call("log", prediction))
            rest = Add((number(1), minus(label)))
            miss = times(rest, Call("log", Add((number(1), minus(prediction)))))
            each = Add((hit, miss))
        elif self.loss == "entropy":
            each = times(label, Call("log", prediction))
        else:
            return self._log_sum()
        for index in self._at(self.depth):
            each = Sum(index, each)
        return self._collected(each)

    def _log_sum(self) -> Term:
        """-Σ y z + log Σ e^z, of one sample or the mean over all."""
        (own,) = self._at(self.depth)
        z = self.input(self.depth)
        spread = Call("log", Sum(own, Call("exp", z)))
        hit = Sum(own, times(self.label, z))
        return self._collected(Add((spread, minus(hit))))

    def _collected(self, each: Term) -> Term:
        """The sum or mean over the samples, with the constant and the penalty."""
        sign = -1 if self.loss in ("logs", "entropy") else 1
        if self.sample:
            each = Sum(self.sample, each)
        total = times(*self._scale(self.constant * sign), each)
        if not self.penalty:
            return total
        weight = self.weight(self.depth)
        squares: Term = Square(weight)
        for index in reversed(weight.indices):
            assert isinstance(index, Index)
            squares = Sum(index, squares)
        return Add((total, times(number(Fraction(1, 2)), Entry("lambda"), squares)), paths=True)

    def _scale(self, constant: Fraction) -> tuple[Term, ...]:
        if not self.mean or not self.sample:
            return (number(constant),)
        size = Size(self.sample.axis)
        if abs(constant.numerator) == 1:
            below = times(number(constant.denominator), size)
            share: Term = Quotient(number(1), below)
            return (number(-1), share) if constant < 0 else (share,)
        return (Quotient(number(constant), size),)

    # Backward

    def error(self) -> Term:
        """∂ℓ/∂(input of the output layer) of one sample, without the constant."""
        prediction, label = self.value(self.depth), self.label
        if self.loss == "logsum":
            one = Call("exp", self.input(self.depth))
            own = self.axes[-1]
            assert self.other and own
            prediction_term: Term = Quotient(one, Sum(self.other, self._with_other(one)))
        else:
            prediction_term = prediction
        if self.label_first:
            difference = minus(Add((label, minus(prediction_term))))
        else:
            difference = Add((prediction_term, minus(label)))
        return times(difference, *self._slopes(self.depth)) if self.loss == "mse" else difference

    def _slopes(self, layer: int) -> tuple[Term, ...]:
        function = self.activations[layer - 1]
        if function == "identity":
            return ()
        argument = self.input(layer) if self.primed and not self.merged else None
        return (Slope(function, self.value(layer), argument),)

    @property
    def gradient_constant(self) -> Fraction:
        return self.constant * (2 if self.loss == "mse" else 1)

    def carried(self, layer: int, above: Term) -> Term:
        """The error of a layer, from that of the layer above."""
        back: Term = times(above, self.weight(layer + 1))
        slopes = self._slopes(layer)
        for index in self._at(layer + 1):
            if self.hoisted:
                return _hoisted(index, times(back, *slopes))
            back = summed(index, back)
        return times(back, *slopes) if back.parts and not _has_sum(back) else times(*slopes, back)

    def closed(self, layer: int) -> Term:
        """The error of a layer, all written out."""
        error = self.error()
        for each in range(self.depth - 1, layer - 1, -1):
            error = self.carried(each, error)
        return error

    def _product(self, *factors: Term) -> Term:
        """A product, inside the sum that its first factor is where the author hoists."""
        error, *rest = factors
        if self.hoisted and isinstance(error, Sum):
            return Sum(error.index, self._product(error.body, *rest))
        if self.hoisted and isinstance(error, Mul) and error.factors[0] == number(-1):
            return minus(self._product(times(*error.factors[1:]), *rest))
        return times(*factors)

    def in_total(self, *factors: Term) -> Term:
        """A product summed over the samples, with the constant of the loss."""
        product = self._product(*factors)
        return (
            times(number(self.gradient_constant), product)
            if self.left_out
            else self.over_samples(times(number(self.gradient_constant), product))
        )

    def over_samples(self, product: Term) -> Term:
        """What one sample gives, summed over them or averaged."""
        if not self.sample:
            return product
        coefficient, rest = _split(product)
        return times(*self._scale(coefficient), summed(self.sample, rest))

    def partial(self, by: Entry) -> Partial:
        return Partial(self.loss_name, by)

    def gradients(self) -> Iterator[Statement]:
        """All helpers and claims."""
        layers = range(self.depth, 0, -1)
        groups = [list(self._backward(layer)) for layer in layers]
        if not self.last_first and self.form in ("closed", "chain"):
            groups.reverse()
        for group in groups:
            yield from group

    def _backward(self, layer: int) -> Iterator[Statement]:
        error, total = self.closed(layer), self.in_total
        if self.form == "deltas":
            yield Statement("helper", self._delta(layer), (self._delta_body(layer),))
            error = minus(self._delta(layer)) if self.opposite else self._delta(layer)
        elif self.form in ("partials", "errors"):
            yield from self._partials(layer)
            if self.form == "partials":
                error = self.partial(self.input(layer))
                total = self._gathered
        before = self.value(layer - 1)
        for parameter, factors in self._parameters(layer, before):
            side = self._penalised(parameter, total(error, *factors))
            sides: tuple[Term, ...] = (side,)
            if (
                self.form == "chain"
                and (parameter.indices or factors)
                and not (self.penalty and layer == self.depth)
            ):
                sides = (self._chain(layer, parameter), side)
            yield Statement("claim", self.partial(parameter), sides)

    def _parameters(self, layer: int, before: Entry) -> Iterator[tuple[Entry, tuple[Term, ...]]]:
        yield self.weight(layer), (before,)
        if self.bias:
            yield self.bias_of(layer), ()

    def _penalised(self, parameter: Entry, side: Term) -> Term:
        if self.penalty and parameter == self.weight(self.depth):
            return Add((side, times(Entry("lambda"), parameter)), paths=True)
        return side

    def _gathered(self, *factors: Term) -> Term:
        """A product with a partial of the loss, which has the constants already."""
        return summed(self.sample, times(*factors)) if self.sample else times(*factors)

    def _delta(self, layer: int) -> Entry:
        return Entry(f"d{layer}", self._each(layer))

    def _delta_body(self, layer: int) -> Term:
        if layer < self.depth:
            return self.carried(layer, self._delta(layer + 1))
        return minus(self.error()) if self.opposite else self.error()

    def _partials(self, layer: int) -> Iterator[Statement]:
        by = self.input(layer)
        scale = self._scale(self.gradient_constant)
        if layer == self.depth:
            yield Statement("claim", self.partial(by), (times(*scale, self.error()),))
            return
        above = self.partial(self.input(layer + 1))
        carried = self.carried(layer, above)
        sides = (
            (carried, times(*scale, self.closed(layer))) if self.form == "errors" else (carried,)
        )
        yield Statement("claim", self.partial(by), sides)

    def _chain(self, layer: int, parameter: Entry) -> Term:
        """The partials from the loss to a parameter, with the sums that belong to them."""
        way: list[Entry] = [self.input(self.depth)]
        for each in range(self.depth - 1, layer - 1, -1):
            way += [self.value(each)]
            if self.input(each) != self.value(each) and not self.merged:
                way += [self.input(each)]
        if self.merged:
            way = [self.value(self.depth), *way[1:]] if not self._is_softmax(self.depth) else way
        elif self.value(self.depth) != way[0] and not self._is_softmax(self.depth):
            way.insert(0, self.value(self.depth))
        links = [self.partial(way[0])]
        links += [Partial(of, by) for of, by in zip(way, [*way[1:], parameter], strict=True)]
        chain: Term = times(*links)
        own = {index for index in parameter.indices if isinstance(index, Index)}
        between = dict.fromkeys(index for each in way for index in each.indices)
        for index in reversed(list(between)):
            if isinstance(index, Index) and index not in own:
                chain = Sum(index, chain)
        return chain


def _hoisted(index: Index, product: Term) -> Term:
    """Σ before a whole product, a sum inside it drawn to the front."""
    if isinstance(product, Mul):
        for place, factor in enumerate(product.factors):
            if isinstance(factor, Sum) and factor.index != index:
                rest = product.factors[:place] + product.factors[place + 1 :]
                return summed(index, summed(factor.index, times(*rest, factor.body)))
    return summed(index, product)


def _split(term: Term) -> tuple[Fraction, Term]:
    """The number before a product, and the rest."""
    factors = term.factors if isinstance(term, Mul) else (term,)
    coefficient = Fraction(1)
    for each in factors:
        coefficient *= each.value if isinstance(each, Number) else 1
    return coefficient, times(*(each for each in factors if not isinstance(each, Number)))


def summed(index: Index, body: Term) -> Term:
    """A sum, with the sign before it."""
    if isinstance(body, Mul) and body.factors[0] == number(-1):
        return minus(Sum(index, times(*body.factors[1:])))
    return Sum(index, body)


def _has_sum(term: Term) -> bool:
    return isinstance(term, Sum) or any(isinstance(part, Sum) for part in term.parts)
