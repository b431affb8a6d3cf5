"""Right derivations of two-layer networks, drawn at random in the ways people write them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from fractions import Fraction

from benchmarks.mutants.latex import Notation, braced
from benchmarks.mutants.terms import (
    Call,
    Derivation,
    Minus,
    Over,
    Partial,
    Plus,
    Power,
    Statement,
    Term,
    Times,
    Total,
    Var,
    num,
    times,
)

X, Y, N, RATE, LOSS, P = (Var(key) for key in ("x", "y", "N", "rate", "L", "p"))
W1, B1, W2, B2 = (Var(key) for key in ("w1", "b1", "w2", "b2"))
Z1, A1, Z2, D1, D2 = (Var(key) for key in ("z1", "a1", "z2", "d1", "d2"))


@dataclass(frozen=True, slots=True)
class Plan:
    """The choices behind one derivation."""

    loss: str  # mse | logloss
    hidden: str
    scale: Fraction  # of the loss, without its N
    mean: bool  # a 1/N in the loss
    summed: bool  # the loss sums over the samples
    total: bool  # and so do the claims
    leave_out: bool  # the claims leave the loss's constant out, all alike
    flipped: bool  # y - ŷ in the loss
    flipped_claims: bool  # -(y - ŷ) in the claims
    shows_z1: bool
    shows_z2: bool
    style: str  # direct | chain | partials | deltas | steps
    slope: str  # prime | function | value: how the hidden derivative is written
    updates: str  # none | general | substituted | chain
    power_of_two: bool = True


def draw_plan(rng: random.Random) -> Plan:
    loss = rng.choice(["mse", "mse", "logloss"])
    summed = rng.random() < 0.55
    mean = summed and rng.random() < 0.75
    halves = [Fraction(1, 2), Fraction(1)]
    scale = rng.choice(halves) if loss == "mse" else Fraction(1)
    constant_one = not mean and (loss == "logloss" or scale == Fraction(1, 2))
    hidden = rng.choice(["sigmoid", "sigmoid", "sigmoid", "tanh", "tanh", "identity"])
    slope = rng.choice(["prime", "function", "value", "value"])
    return Plan(
        loss=loss,
        hidden=hidden,
        scale=scale,
        mean=mean,
        summed=summed,
        total=summed and rng.random() < 0.6,
        leave_out=not constant_one and rng.random() < 0.3,
        flipped=rng.random() < 0.5,
        flipped_claims=rng.random() < 0.3,
        shows_z1=slope != "value" or rng.random() < 0.7,
        shows_z2=loss == "logloss" or rng.random() < 0.6,
        style=rng.choice(["direct", "chain", "partials", "deltas", "steps"]),
        slope=slope,
        updates=rng.choice(["none", "none", "general", "substituted", "chain"]),
    )


def draw_notation(rng: random.Random, plan: Plan) -> Notation:
    """Names and habits. Every name differs from every other."""
    weights = rng.choice(
        [
            ("w_1", "b_1", "w_2", "b_2", "z_1", "a_1", "z_2"),
            ("w_1", "b_1", "w_2", "b_2", "z_1", "h", "z_2"),
            ("W_1", "b_1", "W_2", "b_2", "z_1", "a_1", "z_2"),
            ("W1", "b1", "W2", "b2", "z1", "a1", "z2"),
            ("w^{(1)}", "b^{(1)}", "w^{(2)}", "b^{(2)}", "z^{(1)}", "a^{(1)}", "z^{(2)}"),
            ("W^{[1]}", "b^{[1]}", "W^{[2]}", "b^{[2]}", "Z^{[1]}", "A^{[1]}", "Z^{[2]}"),
            ("v", "c", "w", "b", "s", "h", "u"),
            (r"\theta_1", r"\beta_1", r"\theta_2", r"\beta_2", "z_1", "a_1", "z_2"),
            ("w_h", "b_h", "w_o", "b_o", "z_h", "a_h", "z_o"),
            ("W_1", "B_1", "W_2", "B_2", "Z_1", "A_1", "Z_2"),
            ("w_1", "b_1", "w_2", "b_2", "s_1", "h_1", "s_2"),
            (r"\mathbf{w}_1", "b_1", r"\mathbf{w}_2", "b_2", "z_1", r"\mathbf{h}", "z_2"),
            (
                r"w_{\text{hid}}",
                r"b_{\text{hid}}",
                r"w_{\text{out}}",
                r"b_{\text{out}}",
                "q",
                "h",
                "r",
            ),
        ]
    )
    prediction = rng.choice(
        [
            r"\hat{y}",
            r"\hat{y}",
            r"\hat y",
            "p",
            r"y_{\text{pred}}",
            "a_2" if "a_1" in weights else "o",
        ]
    )
    label = "t" if rng.random() < 0.2 and r"\hat" not in prediction else "y"
    if prediction == r"y_{\text{pred}}":
        label = r"y_{\text{true}}"
    names = dict(zip(("w1", "b1", "w2", "b2", "z1", "a1", "z2"), weights, strict=True))
    names |= {
        "x": rng.choice(["x", "x", "X"]),
        "y": label,
        "p": prediction,
        "L": rng.choice(["L", "L", "J", "E", "C", r"\mathcal{L}", r"\ell"]),
        "N": rng.choice(["N", "m", "n"]),
        "rate": rng.choice([r"\alpha", r"\eta", r"\gamma", r"\text{lr}"]),
        "d1": r"\delta_1",
        "d2": r"\delta_2",
    }
    n = names["N"]
    return Notation(
        names=names,
        dot=rng.choice([" ", " ", r" \cdot ", r" \, ", r" \times ", "*"]),
        partial=rng.choice(["frac", "frac", "frac", "dfrac", "roman", "plain", "slash"]),
        sum=rng.choice([rf"\sum_{{i=1}}^{n}", rf"\sum_{{i=1}}^{{{n}}}", r"\sum_i", r"\sum"]),
        index=_indexed(rng, names),
        logarithm=rng.choice([r"\log", r"\log", r"\ln"]),
        left=(brackets := rng.choice([("(", ")"), ("(", ")"), (r"\left(", r"\right)")]))[0],
        right=brackets[1],
    )


def _indexed(rng: random.Random, names: dict[str, str]) -> tuple[str, ...]:
    """The per-sample names without a subscript of their own, in half of the documents."""
    if rng.random() < 0.5:
        return ()
    return tuple(key for key in ("p", "y", "x") if "_" not in names[key])


class Author:
    """Writes the statements of one plan."""

    def __init__(self, plan: Plan, rng: random.Random) -> None:
        self.plan = plan
        self.rng = rng
        self.output = "sigmoid" if plan.loss == "logloss" else "identity"
        constant = plan.scale * (2 if plan.loss == "mse" else 1)
        self.constant = Fraction(1) if plan.leave_out else constant
        self.over_n = plan.mean and not plan.leave_out

    # pieces

    def first(self) -> Term:
        return Plus((times(W1, X), B1))

    def second(self) -> Term:
        return Plus((times(W2, A1), B2))

    def hidden_argument(self) -> Term:
        return Z1 if self.plan.shows_z1 else self.first()

    def coefficient(self) -> Term | None:
        """The constant of the gradients, None for 1."""
        if self.over_n:
            return Over(num(self.constant.numerator), times_n(self.constant.denominator))
        return None if self.constant == 1 else braced(self.constant)

    def error(self, constant: bool = True) -> tuple[Term, ...]:
        """The factors of ∂L/∂z_2: the constant and the difference."""
        front = self.coefficient() if constant else None
        parts = () if front is None else (front,)
        return (*parts, Plus((P, Minus(Y))))

    def negated(self, *factors: Term) -> Term:
        """A product that begins with the error, perhaps written as -(y - ŷ)."""
        if not self.plan.flipped_claims:
            return times(*factors)
        turned = [
            Plus((Y, Minus(P))) if factor == Plus((P, Minus(Y))) else factor for factor in factors
        ]
        return Minus(times(*turned))

    def summed(self, *factors: Term) -> Term:
        """The claim for a parameter: the sum over the samples, its constant before it."""
        if not self.plan.total:
            return self.negated(*factors)
        front = self.coefficient()
        if factors and factors[0] == front:
            turned = self.negated(*factors[1:])
            if isinstance(turned, Minus):
                return Minus(times(front, Total(turned.body)))
            return times(front, Total(turned))
        turned = self.negated(*factors)
        if isinstance(turned, Minus):
            return Minus(Total(turned.body))
        return Total(turned)

    def slopes(self) -> list[Term]:
        """Ways to write the hidden derivative, the plan's own first."""
        hidden, argument = self.plan.hidden, self.hidden_argument()
        if hidden == "identity":
            return []
        call = Call(hidden, argument)
        if hidden == "sigmoid":
            function = times(call, Plus((num(1), Minus(call))))
            value = times(A1, Plus((num(1), Minus(A1))))
        else:
            function = Plus((num(1), Minus(Power(call, 2))))
            value = Plus((num(1), Minus(Power(A1, 2))))
        ways = {"prime": Call(hidden, argument, primed=True), "function": function, "value": value}
        first = ways.pop(self.plan.slope)
        return [first, *ways.values()]

    def slope(self) -> tuple[Term, ...]:
        return tuple(self.slopes()[:1])

    # sections

    def forward(self) -> list[Statement]:
        plan, found = self.plan, []
        if plan.shows_z1:
            found.append(define(Z1, self.first()))
        hidden = self.hidden_argument()
        found.append(define(A1, hidden if plan.hidden == "identity" else Call(plan.hidden, hidden)))
        if plan.shows_z2:
            found.append(define(Z2, self.second()))
        out: Term = Z2 if plan.shows_z2 else self.second()
        found.append(define(P, Call("sigmoid", out) if self.output == "sigmoid" else out))
        if self.rng.random() < 0.3:
            found = [found[0], *(replace(item, layout="joined") for item in found[1:])]
        return found

    def loss(self) -> Statement:
        plan = self.plan
        if plan.loss == "mse":
            difference = Plus((Y, Minus(P))) if plan.flipped else Plus((P, Minus(Y)))
            body: Term = Power(difference, 2)
            sign = False
        else:
            one = num(1)
            body = Plus(
                (
                    times(Y, Call("log", P)),
                    times(Plus((one, Minus(Y))), Call("log", Plus((one, Minus(P))))),
                )
            )
            sign = True
        if plan.summed:
            body = Total(body)
        front = None
        if plan.mean:
            front = Over(num(plan.scale.numerator), times_n(plan.scale.denominator))
        elif plan.scale != 1:
            front = braced(plan.scale)
        term = times(front, body)
        return define(LOSS, Minus(term) if sign else term, "The loss:")

    def output_partials(self) -> list[Term]:
        """The factors from the loss to z_2 (or to the prediction, where z_2 is not named)."""
        parts: list[Term] = [Partial(LOSS, P)]
        if self.plan.shows_z2:
            parts.append(Partial(P, Z2))
        return parts

    def top(self) -> Var:
        return Z2 if self.plan.shows_z2 else P

    def hidden_partials(self) -> list[Term]:
        parts: list[Term] = [*self.output_partials(), Partial(self.top(), A1)]
        if self.plan.shows_z1:
            parts.append(Partial(A1, Z1))
        return parts

    def closed(self, role: str) -> tuple[Term, ...]:
        error = self.error()
        return {
            "w2": (*error, A1),
            "b2": error,
            "w1": (*error, W2, *self.slope(), X),
            "b1": (*error, W2, *self.slope()),
        }[role]

    def chain(self, role: str) -> Term:
        below = Z1 if self.plan.shows_z1 else A1
        parts = {
            "w2": [*self.output_partials(), Partial(self.top(), W2)],
            "b2": [*self.output_partials(), Partial(self.top(), B2)],
            "w1": [*self.hidden_partials(), Partial(below, W1)],
            "b1": [*self.hidden_partials(), Partial(below, B1)],
        }[role]
        return Total(times(*parts), written=False)

    def claims(self, chained: bool) -> list[Statement]:
        found = []
        roles = ["w2", "b2", "w1", "b1"]
        if self.rng.random() < 0.25:
            roles = ["w1", "b1", "w2", "b2"]
        for role in roles:
            sides = [Partial(LOSS, Var(role))]
            if chained:
                sides.append(self.chain(role))
            sides.append(self.summed(*self.closed(role)))
            extra = self.slopes()[1:]
            if extra and role in ("w1", "b1") and self.rng.random() < 0.25:
                other = self.rng.choice(extra)
                swapped = [
                    other if factor == self.slope()[0] else factor for factor in self.closed(role)
                ]
                sides.append(self.summed(*swapped))
            layout = "aligned" if len(sides) > 2 and self.rng.random() < 0.7 else "display"
            found.append(Statement("claim", tuple(sides), layout=layout))
        return found

    def intermediate(self) -> list[Statement]:
        """The partials along the way, one statement each."""
        plan, found = self.plan, []
        error = self.negated(*self.error())
        if plan.loss == "mse":
            found.append(claim(Partial(LOSS, P), error))
            if plan.shows_z2:
                found.append(claim(Partial(P, Z2), num(1)))
        else:
            complement = Plus((num(1), Minus(P)))
            front = self.coefficient()
            quotient = Over(Plus((P, Minus(Y))), times(P, complement))
            split = Plus((Over(Y, P), Minus(Over(Plus((num(1), Minus(Y))), complement))))
            sides = [Partial(LOSS, P), Minus(times(front, split)), times(front, quotient)]
            found.append(claim(*(sides if self.rng.random() < 0.6 else (sides[0], sides[2]))))
            found.append(claim(Partial(P, Z2), times(P, complement)))
        if plan.shows_z2:
            product = times(*self.output_partials())
            found.append(claim(Partial(LOSS, Z2), product, error))
        top = self.top()
        found.append(claim(Partial(top, W2), A1))
        found.append(claim(Partial(top, B2), num(1)))
        found.append(claim(Partial(top, A1), W2))
        if plan.shows_z1:
            ways = self.slopes() or [num(1)]
            found.append(claim(Partial(A1, Z1), *ways[: self.rng.randint(1, len(ways))]))
            found.append(claim(Partial(Z1, W1), X))
            found.append(claim(Partial(Z1, B1), num(1)))
        return found

    def derived_steps(self) -> list[Statement]:
        """Partials worked out by the operator: ∂/∂ŷ [ … ] = …, ∂(w_2 a_1 + b_2)/∂w_2 = a_1."""
        plan = self.plan
        found = []
        if plan.loss == "mse":
            difference = Plus((Y, Minus(P))) if plan.flipped else Plus((P, Minus(Y)))
            front: Term | None = None
            if plan.mean:
                front = Over(num(plan.scale.numerator), times_n(plan.scale.denominator))
            elif plan.scale != 1:
                front = braced(plan.scale)
            inside = times(front, Power(difference, 2))
            found.append(
                claim(
                    Partial(LOSS, P),
                    Partial(inside, P, operator=True),
                    self.negated(*self.error()),
                )
            )
        top = self.top()
        for by, value in ((W2, A1), (B2, num(1)), (A1, W2)):
            found.append(claim(Partial(top, by), Partial(self.second(), by), value))
        if plan.shows_z1:
            for by, value in ((W1, X), (B1, num(1))):
                found.append(claim(Partial(Z1, by), Partial(self.first(), by), value))
            if plan.hidden != "identity":
                inner = Partial(Call(plan.hidden, Z1), Z1)
                found.append(claim(Partial(A1, Z1), inner, self.slope()[0]))
        return found

    def identity(self) -> list[Statement]:
        """σ'(z_1) = σ(z_1)(1 - σ(z_1)) = a_1(1 - a_1), where the prime is used."""
        ways = self.slopes()
        if len(ways) < 3 or self.plan.slope != "prime" or self.rng.random() < 0.3:
            return []
        return [claim(*ways[: self.rng.randint(2, 3)], prose="where")]

    def deltas(self) -> list[Statement]:
        linked = not self.plan.leave_out and self.rng.random() < 0.4
        second: list[Term] = [D2, self.negated(*self.error())]
        first: list[Term] = [D1, times(D2, W2, *self.slope())]
        if linked and self.plan.shows_z2:
            second.insert(1, Partial(LOSS, Z2))
        if linked and self.plan.shows_z1:
            first.insert(1, Partial(LOSS, Z1))
        found = [
            Statement("definition", tuple(second), prose="The error terms:"),
            Statement("definition", tuple(first)),
        ]
        total = self.plan.total
        for role, factors in (("w2", (D2, A1)), ("b2", (D2,)), ("w1", (D1, X)), ("b1", (D1,))):
            body = times(*factors)
            found.append(claim(Partial(LOSS, Var(role)), Total(body) if total else body))
        return found

    def updates(self) -> list[Statement]:
        plan = self.plan
        if plan.updates == "none":
            return []
        relation = self.rng.choice(["=", ":=", r"\leftarrow"])
        found = []
        for role in ("w1", "b1", "w2", "b2"):
            target = Var(role)
            general = Plus((target, Minus(times(RATE, Partial(LOSS, target)))))
            down = times(RATE, *self.closed(role))
            if plan.total:
                front, *rest = self.closed(role)
                if front != self.coefficient():
                    front, rest = None, list(self.closed(role))
                down = times(RATE, front, Total(times(*rest)))
            substituted = Plus((target, Minus(down)))
            sides = {
                "general": (target, general),
                "substituted": (target, substituted),
                "chain": (target, general, substituted),
            }[plan.updates]
            layout = "aligned" if len(sides) > 2 else "display"
            prose = "" if found else "The update rules:"
            found.append(Statement("update", sides, relation, prose, layout))
        return found

    def derivation(self) -> Derivation:
        statements = [*self.forward(), self.loss()]
        if self.plan.style == "partials":
            statements += self.intermediate()
        if self.plan.style == "steps":
            statements += self.derived_steps()
        if self.plan.style == "deltas":
            statements += self.deltas()
        else:
            chained = self.plan.style != "direct" and self.rng.random() < 0.85
            statements += [*self.claims(chained), *self.identity()]
        statements += self.updates()
        return Derivation(tuple(statements), self.plan.total, self.plan.hidden, self.output)


def times_n(factor: int) -> Term:
    return N if factor == 1 else Times((num(factor), N))


def define(name: Var, term: Term, prose: str = "") -> Statement:
    return Statement("definition", (name, term), prose=prose)


def claim(*sides: Term, prose: str = "") -> Statement:
    return Statement("claim", tuple(sides), prose=prose)


def draw(seed: int) -> tuple[Derivation, Notation]:
    """A right derivation and the notation it is written in."""
    rng = random.Random(seed)
    plan = draw_plan(rng)
    notation = draw_notation(rng, plan)
    return Author(plan, rng).derivation(), notation
