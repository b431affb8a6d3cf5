"""Small edits of a side, each in the tree and in the author's own text.

An edit of one place keeps the shape of the tree above it, so that two edits of different places can
be tried together. A dropped factor becomes 1 and a dropped term 0 in the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property

from gradcheck.explain.mending.context import ONE, MendContext, squared
from gradcheck.explain.mending.tree import (
    Path,
    at_path,
    exponent_end,
    exponent_start,
    places,
    text_spans,
)
from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    FunctionName,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Power,
    Sum,
    names_in,
    to_key,
)
from gradcheck.language.functions import BY_OUTPUT
from gradcheck.language.notation import to_text
from gradcheck.language.verdict import Constant

ZERO = Number(Fraction(0))
TWO = Number(Fraction(2))
Changes = tuple[tuple[Span, str], ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: a new node at a place of the tree, and what that changes in the text.

    ``weight`` orders edits by how near they stay to what was written, the nearest first.
    """

    path: Path
    node: Expression
    changes: Changes
    rule: str
    words: str
    weight: int


class Edits:
    """All single edits of one written side."""

    def __init__(self, context: MendContext, written: Expression, definition: str = "") -> None:
        self.context = context
        self.root = written
        self.definition = definition  # the key whose body this is, if it is a definition's
        self.text = context.document.text
        self.spans = text_spans(context.document, written)
        self.nodes = list(places(written))
        hidden = context.reach(definition) if definition else frozenset()
        later = context.above(definition) if definition else frozenset()
        own = [definition, *(node.key for _, node in self.nodes if isinstance(node, Name))]
        self.near = near(context.keys, own)
        self.keys = tuple(k for k in self.near if k not in later or k in hidden - {definition})
        self.spelled = self._spelled_here()

    def all(self) -> list[Edit]:
        """Every edit, in a fixed order, without those that change nothing."""
        found: list[Edit] = []
        for path, node in self.nodes:
            found += self._of(path, node)
        found += self._whole()
        return found

    # -- text ---------------------------------------------------------------------------------

    def _spelled_here(self) -> dict[str, str]:
        """Names as this side itself writes them."""
        found: dict[str, str] = {}
        for path, node in self.nodes:
            if isinstance(node, Name):
                found.setdefault(node.key, self.source(self.spans[path]))
        return found

    def source(self, span: Span) -> str:
        return self.text[span.start : span.end]

    def spell(self, key: str) -> str:
        own = self.spelled.get(key)
        if own is None and self._indexed:
            own = self.context.indexed.get(key)
        return own if own is not None else self.context.spell(key)

    @cached_property
    def _indexed(self) -> bool:
        """Whether this side writes the index of the samples."""
        return any(
            isinstance(node, Name)
            and self.source(self.spans[path]) in self.context.indexed.values()
            for path, node in self.nodes
        )

    @property
    def times(self) -> str:
        """How this author writes a product."""
        own = self.source(self.root.span)
        for sign in (r"\cdot", r"\times", r"\,", "·", "*"):
            if sign in own:
                return r" \cdot " if sign in (r"\times", r"\,") else f" {sign} "
        return " "

    # -- edits of one place -------------------------------------------------------------------

    def _of(self, path: Path, node: Expression) -> Iterator[Edit]:
        above = at_path(self.root, path[:-1]) if path else None
        exponent = isinstance(above, Power) and path[-1] == 1
        if isinstance(node, Name):
            yield from self._names(path, node, above)
        if isinstance(node, Number):
            yield from self._numbers(path, node, exponent)
        if isinstance(node, Add):
            yield from self._terms(path, node)
        if isinstance(node, Multiply):
            yield from self._factors(path, node)
        if isinstance(node, Power):
            yield from self._exponent(path, node)
        if isinstance(node, Divide):
            yield from self._quotient(path, node)
        if isinstance(node, Apply):
            yield from self._function(path, node)
        if isinstance(node, FunctionName):
            yield from self._function_name(path, node)
        if isinstance(node, (Name, Add, Apply)) and not exponent and not isinstance(above, Partial):
            yield from self._squared(path, node, above)

    def _names(self, path: Path, node: Name, above: Expression | None) -> Iterator[Edit]:
        keys = (*near(self.keys, [node.key]), *self.context.counts)
        if isinstance(above, Partial) and path[-1] == 0:
            keys = (*keys, self.context.model.loss)
        if isinstance(above, Power) and not isinstance(above.exponent, Number):
            keys = (*keys, "e")
        for key in keys:
            if key == node.key:
                continue
            new = self.context.named(key)
            if isinstance(above, Partial) and new in (above.of, above.by):
                continue  # ∂z/∂z = 1 is nothing that anybody means
            yield Edit(
                path,
                new,
                ((self.spans[path], self.spell(key)),),
                self._symbol_rule(node.key, key),
                f"{to_text(new)} for {to_text(node)}",
                self._distance(node, new)
                if not isinstance(above, Partial)
                else 0
                if self._telescopes(path, new)
                else 2,
            )
        if node.key in self.context.activations or node.key in self.context.model.labels:
            text = self.source(self.spans[path])
            new_node = Add((ONE, Negate(node)))
            change = ((self.spans[path], f"(1 - {text})"),)
            words = f"1 - {to_text(node)} for {to_text(node)}"
            yield Edit(path, new_node, change, "wrong-factor", words, 4)

    def _telescopes(self, path: Path, new: Name) -> bool:
        """Whether a name in a partial fits the partial beside it: ``∂L/∂a ∂a/∂z ∂z/∂w``."""
        product = at_path(self.root, path[:-2]) if len(path) > 1 else None
        if not isinstance(product, Multiply):
            return True
        below = path[-1] == 1
        at = path[-2] + (1 if below else -1)
        other = product.factors[at] if 0 <= at < len(product.factors) else None
        if not isinstance(other, Partial):
            return True
        return (other.of if below else other.by) == new

    def _distance(self, old: Name, new: Name) -> int:
        """How far a name is from another: the same letter, the same kind of quantity, neither."""
        if old.base.lower() == new.base.lower() and old.accent == new.accent:
            return 1
        samples = self.context.model.per_sample
        return 3 if (old.key in samples) == (new.key in samples) else 4

    def _symbol_rule(self, old: str, new: str) -> str:
        roles = {p.key: p.role for p in self.context.model.parameters}
        if {roles.get(old), roles.get(new)} == {"b_1", "b_2"}:
            return "other-bias"
        return "wrong-symbol"

    def _numbers(self, path: Path, node: Number, exponent: bool) -> Iterator[Edit]:
        for value in (1, 2, 3, 4):
            if value == node.value or (exponent and value == 1):
                continue
            text = str(value)
            own = self.source(node.span)
            if exponent and own in "⁰¹²³⁴":
                text = "⁰¹²³⁴"[value]
            rule = "exponent" if exponent else "constant-factor"
            what = "the exponent " if exponent else ""
            words = f"{what}{value} for {to_text(node)}"
            yield Edit(path, Number(Fraction(value)), ((node.span, text),), rule, words, 2)

    def _terms(self, path: Path, node: Add) -> Iterator[Edit]:
        terms = node.terms
        for at, term in enumerate(terms):
            inner = term.operand if isinstance(term, Negate) else Negate(term, span=term.span)
            words = f"the sign of {to_text(term.operand if isinstance(term, Negate) else term)}"
            change = self._sign_change(node, at)
            if change is not None:
                yield Edit((*path, at), inner, (change,), "wrong-sign", words, 2)
            gone = self._cut(terms, at)
            words = f"remove the term {to_text(term)}"
            yield Edit((*path, at), ZERO, ((gone, ""),), "wrong-term", words, 3)
            if not isinstance(self._core(term), Multiply):
                yield from self._times_name((*path, at), term)
        if len(terms) == 2 and isinstance(terms[0], Negate) != isinstance(terms[1], Negate):
            yield self._swapped(path, node)

    def _sign_change(self, node: Add, at: int) -> tuple[Span, str] | None:
        term = node.terms[at]
        start = term.span.start
        if isinstance(term, Negate):
            return Span(start, start + 1), "" if at == 0 else "+"
        if at == 0:
            return Span(start, start), "-"
        plus = self.text.rfind("+", node.terms[at - 1].span.start, start)
        return None if plus < 0 else (Span(plus, plus + 1), "-")

    def _swapped(self, path: Path, node: Add) -> Edit:
        first, second = node.terms
        negated = self._unsigned(first if isinstance(first, Negate) else second)
        plain = second if isinstance(first, Negate) else first
        span = Span(first.span.start, second.span.end)
        old, new = self.source(plain.span), negated
        text = f"{new} - {old}"
        swapped = Add((Negate(first), Negate(second)), span=node.span)
        words = f"the sign: {_short(text)}"
        # nobody turns 1 - a round: a sign before it is what was lost
        size = 3 if isinstance(plain, Number) else 1
        return Edit(path, swapped, ((span, text),), "wrong-sign", words, size)

    def _unsigned(self, term: Expression) -> str:
        assert isinstance(term, Negate)
        return self.source(term.operand.span)

    def _cut(self, items: tuple[Expression, ...], at: int) -> Span:
        """The text of one of several terms or factors with what joins it to the others."""
        if at == 0:
            return Span(items[0].span.start, items[1].span.start)
        return Span(items[at - 1].span.end, items[at].span.end)

    def _core(self, node: Expression) -> Expression:
        return node.operand if isinstance(node, Negate) else node

    def _factors(self, path: Path, node: Multiply) -> Iterator[Edit]:
        for at, factor in enumerate(node.factors):
            if isinstance(factor, Sum):
                continue
            gone = self._cut(node.factors, at)
            rule = "constant-factor" if self._is_constant(factor) else "extra-factor"
            words = f"remove the factor {to_text(factor)}"
            yield Edit((*path, at), ONE, ((gone, ""),), rule, words, 1)
        if path:
            last = len(node.factors) - 1
            yield from self._times_name((*path, last), node.factors[last])

    def _is_constant(self, node: Expression) -> bool:
        names = {inner.key for _, inner in places(node) if isinstance(inner, Name)}
        return names <= set(self.context.counts)

    def _times_name(self, path: Path, node: Expression) -> Iterator[Edit]:
        """A name as a factor more, after what stands here."""
        if isinstance(node, (Number, Sum)) and node == ZERO:
            return
        inner = self._core(node)
        text = self.source(node.span)
        for key in near(self.keys, sorted(names_in(node)) or self.keys):
            name = self.context.named(key)
            new: Expression = Multiply((node, name))
            if isinstance(node, Number) and node.value == 1:
                changes: Changes = ((node.span, self.spell(key)),)
            elif isinstance(inner, Sum):
                continue
            else:
                del_text = self.times + self.spell(key)
                changes = ((Span(node.span.end, node.span.end), del_text),)
            words = f"the factor {to_text(name)} is missing after {_short(text)}"
            yield Edit(path, new, changes, "missing-factor", words, 4)

    def _exponent(self, path: Path, node: Power) -> Iterator[Edit]:
        if not isinstance(node.exponent, Number):
            return
        document = self.context.document
        gone = Span(exponent_start(document, node), exponent_end(document, node))
        words = f"remove the exponent of {to_text(node.base)}"
        yield Edit((*path, 1), ONE, ((gone, ""),), "exponent", words, 2)

    def _squared(self, path: Path, node: Expression, above: Expression | None) -> Iterator[Edit]:
        if isinstance(above, Power) or (isinstance(node, Add) and not self._bracketed(node)):
            return
        span = self.spans[path]
        text = self.source(span)
        new = text + "^2" if not isinstance(node, Name) else squared(text)
        words = f"the square of {to_text(node)}"
        yield Edit(path, Power(node, TWO), ((span, new),), "exponent", words, 2)

    def _bracketed(self, node: Expression) -> bool:
        own = self.source(node.span)
        return bool(re.match(r"(\\left\s*)?[(\[]|\\bigl?\b|\\boxed", own))

    def _quotient(self, path: Path, node: Divide) -> Iterator[Edit]:
        top = self.source(node.numerator.span)
        if isinstance(node.numerator, Add) and not self._bracketed(node.numerator):
            top = f"({top})"
        words = f"remove the division by {to_text(node.denominator)}"
        rule = "constant-factor" if self._is_constant(node.denominator) else "extra-factor"
        yield Edit((*path, 1), ONE, ((node.span, top),), rule, words, 2)
        if rule == "extra-factor" and isinstance(node.denominator, Name):
            below = self.source(node.denominator.span)
            words = f"{to_text(node.denominator)} multiplies, it does not divide"
            new = Multiply((node.numerator, node.denominator))
            change = ((node.span, f"{top}{self.times}{below}"),)
            yield Edit(path, new, change, "wrong-factor", words, 2)

    # -- functions ----------------------------------------------------------------------------

    def _head(self, node: Apply | FunctionName) -> tuple[Span, str]:
        """The place of a function's name without primes and exponents, and its text."""
        span = node.function.span
        text = self.source(span)
        bare = re.match(
            r"(\\(?:operatorname|text|mathrm|mathit)\s*\{\w+\}|\\[A-Za-z]+|[^'′^²³({\[]+)", text
        )
        kept = bare.group(0).rstrip() if bare else text
        return Span(span.start, span.start + len(kept)), kept

    def _function(self, path: Path, node: Apply) -> Iterator[Edit]:
        span, _ = self._head(node)
        after = Span(span.end, span.end)
        prime = re.compile(r"\s*('|′|\^\{?\\prime\}?)").match(self.text, span.end)
        if node.order == 0:
            new = Apply(node.function, node.arguments, 1, span=node.span)
            yield Edit(path, new, ((after, "'"),), "prime", f"{to_text(new)}: a prime is lost", 2)
        elif prime is not None:
            new = Apply(node.function, node.arguments, node.order - 1, span=node.span)
            gone = Span(span.end, prime.end())
            yield Edit(path, new, ((gone, ""),), "prime", f"{to_text(new)}: without the prime", 2)
        yield from self._raised(path, node, after)
        for head, spelled in self._heads():
            if head == node.function or (self.definition and node.order):
                continue
            new = Apply(head, node.arguments, node.order, span=node.span)
            words = f"{to_text(head)} for {to_text(node.function)}"
            yield Edit(path, new, ((span, spelled),), "wrong-function", words, 3)

    def _raised(self, path: Path, node: Apply, after: Span) -> Iterator[Edit]:
        """``\\tanh s^2`` for ``\\tanh^2 s``."""
        inner = node.arguments[0] if len(node.arguments) == 1 else None
        if not isinstance(inner, Power) or not isinstance(inner.exponent, Number) or node.order:
            return
        document = self.context.document
        gone = Span(exponent_start(document, inner), exponent_end(document, inner))
        new = Power(Apply(node.function, (inner.base,)), inner.exponent, span=node.span)
        head = to_text(node.function)
        words = f"the exponent belongs to {head}, not to its argument"
        changes = ((after, f"^{to_text(inner.exponent)}"), (gone, ""))
        yield Edit(path, new, changes, "exponent", words, 1)

    def _function_name(self, path: Path, node: FunctionName) -> Iterator[Edit]:
        span, _ = self._head(node)
        for head, spelled in self._heads():
            if head != node.function:
                new = FunctionName(head, node.order, span=node.span)
                words = f"{to_text(head)} for {to_text(node.function)}"
                yield Edit(path, new, ((span, spelled),), "wrong-function", words, 3)

    def _heads(self) -> list[tuple[Name, str]]:
        """The functions of this document's activations, as it writes them."""
        found: dict[str, tuple[Name, str]] = {}
        for written in self.context.written_activations.values():
            _, text = self._head(written)
            found.setdefault(written.function.key, (written.function, text))
        if self.definition:
            known = {body.function.key for body in self.context.activations.values()}
            for row in BY_OUTPUT:
                if row.name not in known:
                    base = row.latex.removeprefix("\\")
                    found.setdefault(base, (Name(base), row.latex))
        return list(found.values())

    # -- edits of the whole -------------------------------------------------------------------

    def _whole(self) -> Iterator[Edit]:
        yield from self._whole_sign()
        if self.definition:
            yield from self._more_terms()
        yield from self._more_factors()
        yield from self._other_slopes()
        yield from self._compositions()

    def _whole_sign(self) -> Iterator[Edit]:
        root = self.root
        start = root.span.start
        if isinstance(root, Negate):
            change = Span(start, start + 1), ""
            yield Edit((), root.operand, (change,), "wrong-sign", "the sign", 0)
        elif isinstance(root, Add) and not self._bracketed(root):
            changes = ((Span(start, start), "-("), (Span(root.span.end, root.span.end), ")"))
            yield Edit((), Negate(root), changes, "wrong-sign", "the sign", 2)
        else:
            yield Edit((), Negate(root), ((Span(start, start), "-"),), "wrong-sign", "the sign", 1)

    def _more_terms(self) -> Iterator[Edit]:
        end = Span(self.root.span.end, self.root.span.end)
        for key in self.keys:
            name = self.context.named(key)
            words = f"the term {to_text(name)} is missing"
            change = ((end, f" + {self.spell(key)}"),)
            yield Edit((), Add((self.root, name)), change, "missing-term", words, 3)

    def tail(self) -> Expression:
        """The product at whose end a factor more would be written."""
        node = self.root
        while True:
            if isinstance(node, Negate):
                node = node.operand
            elif isinstance(node, Sum):
                node = node.body
            elif isinstance(node, Multiply) and isinstance(node.factors[-1], Sum):
                node = node.factors[-1]
            else:
                return node

    def _appended(self, text: str) -> Changes:
        tail = self.tail()
        end = Span(tail.span.end, tail.span.end)
        if isinstance(tail, Add) and not self._bracketed(tail):
            start = Span(tail.span.start, tail.span.start)
            return (start, "("), (end, f"){self.times}{text}")
        if isinstance(tail, Number) and tail.value == 1:
            return ((tail.span, text),)
        last = tail.factors[-1] if isinstance(tail, Multiply) else tail
        times = r" \cdot " if isinstance(last, Divide) and self.times == " " else self.times
        return ((end, times + text),)

    def _more_factors(self) -> Iterator[Edit]:
        for key in self.keys:
            name = self.context.named(key)
            words = f"the factor {to_text(name)} is missing"
            new = Multiply((self.root, name))
            yield Edit((), new, self._appended(self.spell(key)), "missing-factor", words, 2)
        for key in self.context.activations:
            if key not in self.near:
                continue
            name, spelled = self.context.named(key), self.spell(key)
            factor = Add((ONE, Negate(name)))
            words = f"the factor 1 - {to_text(name)} is missing"
            change = self._appended(f"(1 - {spelled})")
            yield Edit((), Multiply((self.root, factor)), change, "missing-factor", words, 3)
        for key, slope, text in self.context.slopes(self.spell):
            if key not in self.near:
                continue
            words = f"the derivative of {to_text(self.context.named(key))} is missing"
            change = self._appended(text)
            rule = "missing-activation-derivative"
            yield Edit((), Multiply((self.root, slope)), change, rule, words, 3)

    def constant(self, constant: Constant) -> Edit:
        """The missing constant factor, put in front."""
        spelled = {constant.count: self.context.spell(self.context.model.sample_count or "N")}
        text, node = _constant_tex(constant, spelled[constant.count], self.context)
        start = Span(self.root.span.start, self.root.span.start)
        changes: Changes = ((start, f"{text} "),)
        inner = self._core(self.root)
        if isinstance(self.root, Negate):
            start = Span(inner.span.start, inner.span.start)
            changes = ((start, f"{text} "),)
        elif isinstance(inner, Add) and not self._bracketed(inner):
            changes = ((start, f"{text} ("), (Span(inner.span.end, inner.span.end), ")"))
        words = f"the factor {constant} is missing"
        return Edit((), Multiply((node, self.root)), changes, "constant-factor", words, 3)

    def _other_slopes(self) -> Iterator[Edit]:
        """The derivative of sigmoid for that of tanh, and the other way round."""
        one = to_key(ONE)
        for path, node in self.nodes:
            if not isinstance(node, Multiply):
                continue
            for at, (first, second) in enumerate(zip(node.factors, node.factors[1:], strict=False)):
                for name, rest in ((first, second), (second, first)):
                    if not isinstance(name, Name) or name.key not in self.context.activations:
                        continue
                    if to_key(rest) != f"(+ {one} (- {name.key}))":
                        continue
                    text = self.source(name.span)
                    square = Add((ONE, Negate(Power(name, TWO))))
                    new = (*node.factors[:at], square, *node.factors[at + 2 :])
                    span = Span(first.span.start, second.span.end)
                    changes = ((span, f"(1 - {squared(text)})"),)
                    words = f"1 - {to_text(name)}^2, the derivative of tanh, for that of sigmoid"
                    yield Edit(
                        path,
                        Multiply(new, span=node.span),
                        changes,
                        "other-activation-derivative",
                        words,
                        2,
                    )
        for path, node in self.nodes:
            if isinstance(node, Add):
                yield from self._logistic_for_square(path, node)

    def _logistic_for_square(self, path: Path, node: Add) -> Iterator[Edit]:
        for key in self.context.activations:
            if to_key(node) != f"(+ 1 (- (^ {key} 2)))" or not self._bracketed(node):
                continue
            name, spelled = self.context.named(key), self.spell(key)
            new = Multiply((name, Add((ONE, Negate(name)))))
            shown = to_text(name)
            words = f"{shown}·(1 - {shown}), the derivative of sigmoid, for that of tanh"
            change = ((node.span, f"{spelled} (1 - {spelled})"),)
            yield Edit(path, new, change, "other-activation-derivative", words, 2)

    def _compositions(self) -> Iterator[Edit]:
        """``σ' · z_1`` for ``σ'(z_1)``: a product where a function is applied."""
        for path, node in self.nodes:
            if not isinstance(node, Multiply):
                continue
            for at, (head, argument) in enumerate(
                zip(node.factors, node.factors[1:], strict=False)
            ):
                if not isinstance(head, FunctionName):
                    continue
                applied = Apply(head.function, (argument,), head.order)
                new = Multiply((*node.factors[:at], applied, ONE, *node.factors[at + 2 :]))
                inner = self.source(argument.span)
                closed = inner if self._bracketed(argument) else f"({inner})"
                changes = ((Span(head.span.end, argument.span.end), closed),)
                words = f"{to_text(applied)}: the function is applied, not multiplied"
                known = [a.arguments[0] for a in self.context.written_activations.values()]
                weight = 0 if argument in known else 2
                yield Edit(path, new, changes, "product-for-composition", words, weight)


MANY = 40
"""Names of a document of which all are tried in every place."""


def near(keys: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """The names that may have been meant beside these; of many, those of the same or next layers.

    Who errs among the names of 64 layers takes a neighbour's; to try all of them everywhere would
    take longer than anybody waits.
    """
    if len(keys) <= MANY:
        return tuple(keys)
    here = {number for key in own for number in _numbers_of(key)}
    close = here | {number + 1 for number in here} | {number - 1 for number in here}
    return tuple(k for k in keys if k in own or not _numbers_of(k) or _numbers_of(k) & close)


@cache
def _numbers_of(key: str) -> frozenset[int]:
    return frozenset(map(int, re.findall(r"[0-9]+", key)))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) < 40 else text[:37] + "…"


def _constant_tex(constant: Constant, count: str, context: MendContext) -> tuple[str, Expression]:
    """A constant as the document would write it, and as a tree."""
    top, bottom = constant.rational.numerator, constant.rational.denominator
    power = abs(constant.power)
    shown = count if power == 1 else f"{count}^{power}"
    above = "" if top == 1 else str(top)
    below = "" if bottom == 1 else str(bottom)
    if constant.power > 0:
        above += shown
    elif constant.power < 0:
        below = f"{below} {shown}".strip()
    tex = rf"\frac{{{above or 1}}}{{{below}}}" if below else above or "1"
    node: Expression = Number(constant.rational)
    key = context.model.sample_count
    if constant.power and key is not None:
        raised = Power(context.named(key), Number(Fraction(power)))
        node = Divide(node, raised) if constant.power < 0 else Multiply((node, raised))
    return tex, node


def applied(text: str, side: Span, changes: Changes) -> str | None:
    """A side's text with some changes made; None where two of them touch the same place."""
    ordered = sorted(changes, key=lambda change: (change[0].start, change[0].end))
    found: list[str] = []
    at = side.start
    for span, new in ordered:
        if span.start < at or span.end > side.end:
            return None
        found += [text[at : span.start], _spaced(text, span, new)]
        at = span.end
    found.append(text[at : side.end])
    return "".join(found)


def _spaced(text: str, span: Span, new: str) -> str:
    """A letter after a command needs a space: ``\\cdot`` and ``x`` must not become ``\\cdotx``."""
    before = re.search(r"\\[A-Za-z]+$", text[max(0, span.start - 20) : span.start])
    after = text[span.end : span.end + 1]
    if before and new[:1].isalpha():
        new = " " + new
    if before and not new and after.isalpha():
        new = " "
    if re.search(r"\\[A-Za-z]+$", new) and after.isalpha():
        new += " "
    return new
