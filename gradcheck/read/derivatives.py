"""Reading derivatives in every spelling: ``\\frac{∂A}{∂v}``, ``∂A/∂v``, ``dL/dw``, ``∇_w L``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Number,
    Partial,
    Power,
    Transpose,
)
from gradcheck.read.brackets import closing
from gradcheck.read.cursor import Forward
from gradcheck.read.heads import Head
from gradcheck.read.known_names import Known, has_comma, names_only
from gradcheck.read.lexer import Token
from gradcheck.read.unreadable import AT_A_POINT, ONE_SIDED, WHERE_IT_IS, Refusal

_LEFT_OVER = "a ∂ stands below a fraction that has none above"


class Derivatives:
    """The part of the parser that reads fractions and derivatives."""

    tokens: list[Token]
    known: Known
    at: int
    stop: int

    if TYPE_CHECKING:  # what the parser provides

        def peek(self, ahead: int = 0) -> Token | None: ...
        def take(self) -> Token: ...
        def since(self, start: int) -> Span: ...
        def here(self) -> Span: ...
        def closing(self, token: Token) -> Token: ...
        def part(self, start: int, stop: int) -> Expression: ...
        def argument(self) -> tuple[int, int]: ...
        def past(self, begin: int, end: int) -> int: ...
        def factor(self) -> Expression: ...
        def group(self) -> Expression: ...
        def note(self, text: str) -> None: ...
        def term(self) -> Expression: ...
        def deeper(self) -> None: ...
        def head(self) -> Head: ...
        def postfix(self, expression: Expression, start: int) -> Expression: ...
        def starts_factor(self, token: Token | None) -> bool: ...
        def unexpected(self, token: Token) -> Refusal: ...

        depth: int

    # fractions

    def fraction(self) -> Expression:
        """``\\frac{A}{B}``: a derivative if both begin with ∂ or d, else a quotient."""
        start = self.at
        self.take()
        above = self.argument()
        self.at = self.past(*above)
        below = self.argument()
        after = self.past(*below)
        if self._differential(*above) and self._differential(*below) and self._agree(above, below):
            return self._derivative(start, above, below, after)
        if below[0] < below[1] and self.tokens[below[0]].value == "partial":
            raise Refusal(self.tokens[below[0]].span, _LEFT_OVER)
        numerator = self.part(*above)
        denominator = self.part(*below)
        self.at = after
        return Divide(numerator, denominator, span=self.since(start))

    def _agree(self, above: tuple[int, int], below: tuple[int, int]) -> bool:
        """δ above and below stands for ∂; a single one is an error term."""
        first, second = self.tokens[above[0]], self.tokens[below[0]]
        if first.value == "delta" and second.value == "delta":
            self.note("δ over δ is read as a derivative")
            return True
        return first.value != "delta" and second.value != "delta"

    def is_operator(self, begin: int, end: int) -> bool:
        """Whether the tokens are a lone ``\\frac{\\partial}{\\partial w}``."""
        token = self.tokens[begin]
        if token.value != "frac" or begin + 1 >= end:
            return False
        above = closing(self.tokens, begin + 1)
        if above is None or above + 1 >= end:
            return False
        content = (begin + 2, above)
        if closing(self.tokens, above + 1) != end - 1 or not self._differential(*content):
            return False
        return self._after_d(*content)[1] >= content[1]

    def _differential(self, begin: int, end: int) -> bool:
        """Whether the tokens begin with ∂, or with a d that a name follows or nothing."""
        if begin >= end:
            return False
        token = self.tokens[begin]
        if token.kind == "command" and token.value == "partial":
            return True
        if token.kind == "command" and token.value == "delta":
            follows = self.tokens[begin + 1] if begin + 1 < end else None
            return follows is not None and follows.kind in ("word", "command", "name", "text")
        if token.kind == "text" and token.value == "d":
            return True
        if token.kind != "word" or token.value[0] != "d":
            return False
        if len(token.value) > 1:
            return True
        follows = self.tokens[begin + 1] if begin + 1 < end else None
        return (
            follows is None
            or follows.kind in ("word", "command", "name", "text", "open")
            or (
                follows.kind == "sup"
                and begin + 2 < end
                and self.tokens[begin + 2].kind == "number"
            )
        )

    def _after_d(self, begin: int, end: int) -> tuple[int, int]:
        """Order of the derivative and where its operand begins, after the ∂ or d."""
        token = self.tokens[begin]
        if token.kind == "word" and len(token.value) > 1:
            rest = Token("word", token.value[1:], token.start + 1, token.end)
            rest.at = begin
            self.tokens[begin] = rest
            return 1, begin
        begin += 1
        if begin < end and self.tokens[begin].kind == "sup":
            return self._order(begin + 1, end)
        return 1, begin

    def _order(self, begin: int, end: int) -> tuple[int, int]:
        token = self.tokens[begin] if begin < end else None
        after = begin + 1
        close = closing(self.tokens, begin) if token is not None and token.value == "{" else None
        if close is not None:
            after = close + 1
            token = self.tokens[begin + 1] if close == begin + 2 else None
        if token is None or token.kind != "number" or token.value not in ("1", "2", "3", "4"):
            raise Refusal(self.tokens[begin - 1].span, "the order of a derivative is not read")
        return int(token.value), after

    def _derivative(
        self, start: int, above: tuple[int, int], below: tuple[int, int], after: int
    ) -> Expression:
        order, of_start = self._after_d(*above)
        by, by_order = self._variable(*below)
        if by_order != order:
            raise Refusal(self.tokens[below[0]].span, "orders of a derivative that do not agree")
        if of_start >= above[1]:
            self.at = after
            return self._operand(start, by, order)
        of = self.part(of_start, above[1])
        self.at = after
        return Partial(of, by, order, span=self.since(start))

    def _variable(self, begin: int, end: int) -> tuple[Expression, int]:
        """What is differentiated by, and how often: ``∂w`` or ``∂w^2``."""
        order, start = self._after_d(begin, end)
        if order != 1 or start >= end:
            raise Refusal(self.tokens[begin].span, "nothing to differentiate by")
        by = self.part(start, end)
        if isinstance(by, Power) and isinstance(by.exponent, Number):
            return by.base, int(by.exponent.value)
        match by:
            case Multiply(factors=(Name() as name, Name(base="t" | "k") as moment)):
                if self.tokens[end - 1].value == "(":  # ∂w(t), the weight at that step
                    return replace(name, superscript=f"({moment.base})", span=by.span), 1
        if not isinstance(by, (Name, Apply, Transpose)):
            raise Refusal(by.span, "not something to differentiate by")
        return by, 1

    def _operand(self, start: int, by: Expression, order: int) -> Expression:
        """What an operator takes: the bracket that follows, else the rest of the product."""
        token = self.peek()
        if not self.starts_factor(token):
            raise Refusal(self.since(start), "a derivative of nothing")
        assert token is not None
        self.deeper()
        bracketed = token.kind == "open" or token.value in ("boxed", "fbox")
        of = self.factor() if bracketed else self.term()
        self.depth -= 1
        return Partial(of, by, order, span=self.since(start))

    def evaluated(self, token: Token, mate: Token) -> Expression:
        """``\\left. \\frac{d\\sigma}{dz} \\right|_{z_1}``: the derivative at a place, σ'(z_1).

        A bar with names below it, ``|_{x, y}``, says where everything is meant anyway.
        """
        start = token.at
        expression = self.part(token.at + 1, mate.at)
        if not isinstance(expression, Partial):
            raise Refusal(token.span, ONE_SIDED)
        self.at = mate.at + 1
        follows = self.peek()
        if follows is None or follows.kind != "sub":
            return replace(expression, span=self.since(start))
        self.at += 1
        begin, end = self.argument()
        after = self.past(begin, end)
        inner = self.tokens[begin:end]
        equals = next((t.at for t in inner if t.kind == "relation"), None)
        function = self._differentiated(expression)
        if function is not None and not has_comma(inner):
            argument = self.part(begin if equals is None else equals + 1, end)
            expression = Apply(function, (argument,), 1)
        elif equals is not None or not names_only(inner):
            raise Refusal(self.tokens[begin].span, AT_A_POINT)
        else:
            self.note(WHERE_IT_IS)
        self.at = after
        return replace(expression, span=self.since(start))

    def _differentiated(self, expression: Expression) -> Name | None:
        """The function f of ``df/dz`` or ``df(z)/dz``."""
        match expression:
            case Partial(of=Name() as function, by=Name(), order=1):
                return function if self.known.is_function_name(function) else None
            case Partial(of=Apply(function=function, arguments=(inner,), order=0), order=1):
                return function if inner == expression.by else None
        return None

    # with a slash

    def partial(self) -> Expression:
        """``∂A/∂v`` and ``∂_v A``, from the ∂ on."""
        start = self.at
        sign = self.take()
        follows = self.peek()
        if follows is not None and follows.kind == "sub":
            self.at += 1
            return self._by_subscript(start)
        order = 1
        if follows is not None and follows.kind == "sup":
            order, self.at = self._order(self.at + 1, self.stop)
            follows = self.peek()
        of = None
        if follows is not None and follows.kind != "divide":
            if not self.starts_factor(follows):
                raise Refusal(sign.span, "a ∂ on its own")
            of = self.factor()
        return self._below_slash(start, sign, of, order)

    def _below_slash(
        self, start: int, sign: Token, of: Expression | None, order: int
    ) -> Expression:
        slash, below = self.peek(), self.peek(1)
        if slash is None or slash.kind != "divide" or below is None:
            raise Refusal(sign.span, "a ∂ on its own")
        bracketed = closing(self.tokens, below.at) is not None
        begin = below.at + 1 if bracketed else below.at
        if not self._differential(begin, self.stop):
            raise Refusal(sign.span, "a ∂ on its own")
        self.at += 1
        by, by_order = self._slash_variable(below, bracketed)
        if by_order != order:
            raise Refusal(below.span, "orders of a derivative that do not agree")
        if of is None:
            return self._operand(start, by, order)
        span = sign.span.cover(self.since(start))  # the token of ``dL`` has lost its d
        return Partial(of, by, order, span=span)

    def _slash_variable(self, below: Token, bracketed: bool) -> tuple[Expression, int]:
        if bracketed:
            end = self.closing(below).at
            found = self._variable(below.at + 1, end)
            self.at = end + 1
            return found
        _, self.at = self._after_d(below.at, self.stop)
        token = self.peek()
        if token is not None and token.value in ("(", "{") and closing(self.tokens, self.at):
            by = self.group()  # d(L)/d(w)
            if not isinstance(by, Name):
                raise Refusal(by.span, "not something to differentiate by")
            return by, 1
        if token is None or token.kind not in ("word", "name", "command", "text"):
            raise Refusal(below.span, "nothing to differentiate by")
        start = self.at
        head = self.head()
        if head.exponent is None:
            return head.name, 1
        after = self.at
        power = self.part(*head.exponent)
        self.at = after
        if not isinstance(power, Number) or power.value.denominator != 1:
            raise Refusal(self.since(start), "not something to differentiate by")
        return head.name, int(power.value)

    def slash_derivative(self) -> Expression | None:
        """``dL/dw`` and ``d/dw``, from the run of letters on; None if it is something else."""
        start = self.at
        slash = self._slash_after(start)
        if self._bracketed_derivative(start):
            token = self.take()
            return self._below_slash(start, token, self.group(), 1)
        if slash is None or not self._differential_below(slash + 1):
            return None
        below = self.tokens[slash + 1]
        apart = below.kind == "word" and len(below.value) == 1 and not self._tight(slash + 1)
        if apart and slash == start + 1:  # d / d w may be a quotient, d L / d w is none
            return None
        token = self.tokens[start]
        _, at = self._after_d(start, self.stop)
        self.at = at
        of = None
        if at < slash:
            head_start = self.at
            head = self.head()
            of = head.name
            if self.at != slash or head.exponent is not None or head.order:
                raise Refusal(self.since(head_start), "not something to differentiate")
        return self._below_slash(start, token, of, 1)

    def _differential_below(self, at: int) -> bool:
        """Whether ``dw`` or ``(dw)`` stands at a place."""
        token = self.tokens[at] if at < self.stop else None
        close = closing(self.tokens, at) if token is not None and token.value == "(" else None
        if close is not None:
            return self._differential(at + 1, close)
        return self._differential(at, self.stop)

    def bracketed_fraction(self) -> Expression | None:
        """``(∂L)/(∂w)``, as Unicode's linear format has it; None if it is something else."""
        start = self.at
        above = closing(self.tokens, start)
        if self.tokens[start].value != "(" or above is None or above + 2 >= self.stop:
            return None
        slash, below = self.tokens[above + 1 : above + 3]
        end = closing(self.tokens, above + 2)
        if slash.kind != "divide" or below.value != "(" or end is None or end >= self.stop:
            return None
        contents = (start + 1, above), (above + 3, end)
        if not all(self._differential(*content) for content in contents):
            return None
        return self._derivative(start, *contents, end + 1)

    def _bracketed_derivative(self, start: int) -> bool:
        """Whether ``d(…)/d(…)`` begins at ``start``."""
        opener = self.tokens[start + 1] if start + 1 < self.stop else None
        if self.tokens[start].value != "d" or opener is None or opener.value != "(":
            return False
        end = closing(self.tokens, start + 1)
        after = self.stop if end is None else end + 1
        if after + 2 >= self.stop or self.tokens[after].kind != "divide":
            return False
        below = self.tokens[after + 1]
        return below.kind == "word" and below.value[0] == "d"

    def _tight(self, at: int) -> bool:
        follows = self.tokens[at + 1] if at + 1 < self.stop else None
        return follows is not None and follows.start == self.tokens[at].end

    def _slash_after(self, start: int) -> int | None:
        """Where the slash stands, if only one name comes before it."""
        alone = len(self.tokens[start].value) == 1 and start + 1 < self.stop  # d \hat{y} / d w
        named = alone and self.tokens[start + 1].kind in ("command", "name", "word")
        begin, end = start + 1 + named, min(self.stop, start + 12)
        for at in (places := Forward(self.tokens, begin, end)):
            token = self.tokens[at]
            if token.kind == "divide":
                return at
            if token.value == "{" and (close := closing(self.tokens, at)) is not None:
                places.go_on(close + 1)
                continue
            hangs = token.kind == "word" and self.tokens[at - 1].kind in ("sub", "sup")
            if not hangs and token.kind not in ("sub", "sup", "number"):
                return None
        return None

    # nabla

    def nabla(self) -> Expression:
        """``∇_w L``."""
        start = self.at
        sign = self.take()
        follows = self.peek()
        if follows is None or follows.kind != "sub":
            raise Refusal(sign.span, "a ∇ that does not say by what")
        self.at += 1
        return self._by_subscript(start)

    def _by_subscript(self, start: int) -> Expression:
        begin, end = self.argument()
        after = self.past(begin, end)
        by = self.part(begin, end)
        if not isinstance(by, Name):
            raise Refusal(by.span, "not something to differentiate by")
        base, comma, subscript = by.base.partition(",")
        by = replace(by, base=base, subscript=subscript) if comma else by  # ∇_{b_1} in plain text
        self.at = after
        if not self.starts_factor(self.peek()):
            raise Refusal(self.since(start), "a derivative of nothing")
        self.deeper()
        of = self.factor()
        self.depth -= 1
        return Partial(of, by, 1, span=self.since(start))
