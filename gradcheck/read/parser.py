"""From the tokens of one side to its expression, by recursive descent with operator precedence.

Every token is consumed by exactly one rule; what no rule takes makes the side unread, with its
place and a reason. Depth is counted, so no input can exhaust Python's stack.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Cancel,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Sum,
    Transpose,
    Underbrace,
    walk,
)
from gradcheck.language.statement import Side, Unread
from gradcheck.read import limits
from gradcheck.read.brackets import closing
from gradcheck.read.cases import Cases
from gradcheck.read.cursor import ahead
from gradcheck.read.derivatives import Derivatives
from gradcheck.read.ellipsis import gathered, stands_between
from gradcheck.read.heads import Heads
from gradcheck.read.juxtaposed import taken_apart
from gradcheck.read.known_names import ACCENTS, FONTS, Known, has_comma, is_transpose
from gradcheck.read.lexer import GREEK_NAMES, Token
from gradcheck.read.unreadable import BY_CASES, INDICATOR, LOST_OPERAND, ONE_SIDED, Refusal
from gradcheck.read.words import FUNCTIONS

_STARTS = frozenset("number word name command text operator open begin bar".split())
_CANCELS = ("cancel", "bcancel", "xcancel", "sout", "not")
_SUM = "sum"


def parse_side(tokens: list[Token], place: Span, known: Known, notes: list[str]) -> Side:
    """Read one side; notes on how something ambiguous was read are added to ``notes``."""
    if not tokens:
        reason = "nothing stands on this side of the relation"
        return Side(place, unread=Unread(place, reason))
    span = tokens[0].span.cover(tokens[-1].span)
    added: list[str] = []
    try:
        expression = Parser(tokens, known, added).whole()
    except Refusal as refusal:
        return Side(span, unread=Unread(refusal.span, refusal.reason, refusal.hint))
    if isinstance(expression, Cancel):
        # Struck out it may stand for 1 as a factor or 0 as a term; a whole side is neither.
        return Side(span, unread=Unread(span, "the whole side is struck out"))
    notes += [note for note in added if note not in notes]
    return Side(span, expression)


class Parser(Heads, Derivatives, Cases):
    """Reads one side. `Heads` reads names and calls, `Derivatives` partials in all spellings,
    `Cases` what holds on one side of a bound."""

    def __init__(self, tokens: list[Token], known: Known, notes: list[str]) -> None:
        self.tokens = taken_apart(tokens, known.letters, known.words, notes)
        for at, token in enumerate(self.tokens):
            token.at = at
        self.known = known
        self.notes = notes
        self.at = 0
        self.stop = len(self.tokens)
        self.depth = 0
        self.nesting = 0
        self.bars: tuple[str, ...] = ()  # the | that are open

    def whole(self) -> Expression:
        """The expression of all the tokens; raises `Refusal` where they are not understood."""
        expression = self.sum()
        if self.at < self.stop:
            raise self.unexpected(self.tokens[self.at])
        return expression

    # looking and moving

    def peek(self, ahead: int = 0) -> Token | None:
        at = self.at + ahead
        return self.tokens[at] if at < self.stop else None

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def since(self, start: int) -> Span:
        """The span from the token at ``start`` to the last one taken."""
        return self.tokens[start].span.cover(self.tokens[max(self.at - 1, start)].span)

    def here(self) -> Span:
        """The place of trouble when something is missing."""
        at = min(self.at, len(self.tokens) - 1)
        return self.tokens[at].span

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > limits.DEPTH:
            raise Refusal(self.here(), f"nested more than {limits.DEPTH} levels deep")

    def nested(self) -> None:
        """Count one factor inside another, such as log log x."""
        self.nesting += 1
        if self.nesting > limits.DEPTH + 16:  # brackets of the full depth pass
            raise Refusal(self.here(), f"nested more than {limits.DEPTH} levels deep")

    def part(self, start: int, stop: int) -> Expression:
        """The expression of exactly the tokens ``start:stop``; goes on after them."""
        if start >= stop:
            raise Refusal(self.tokens[min(start, len(self.tokens) - 1)].span, "nothing in here")
        outer_stop = self.stop
        self.at, self.stop = start, stop
        expression = self.sum()
        if self.at < stop:
            raise self.unexpected(self.tokens[self.at])
        self.stop = outer_stop
        return expression

    def starts_factor(self, token: Token | None) -> bool:
        if token is None or token.kind not in _STARTS:
            return False
        return token.kind != "bar" or not self._closes_bar(token)

    def _closes_bar(self, token: Token) -> bool:
        return bool(self.bars) and self.bars[-1] == token.value

    # sums, terms, factors

    def sum(self) -> Expression:
        """Terms with + and - between them."""
        self.deeper()
        start = self.at
        terms = [self._signed_term()]
        dotted: Expression | None = None
        for token in ahead(self):
            if token.kind != "add":
                break
            if token.value == "±":
                raise self.unexpected(token)
            if stands_between(self.tokens, self.at, self.stop):
                dotted = self._ellipsis(terms)
                continue
            if terms[-1] is not dotted and isinstance(_last_factor(terms[-1]), Sum):
                self.note("a sum sign reaches up to the next + or -")
            terms.append(self._signed_term())
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Add(tuple(terms), span=self.since(start))

    def _ellipsis(self, terms: list[Expression]) -> Expression:
        """``+ \\dots + w_n x_n``: the terms of its kind, this one the last, as one sum."""
        dots = self.tokens[self.at + 1]
        self.at += 2
        last = self._signed_term()
        found = gathered(terms, last, self.known.letters | self.known.indices, dots.span)
        if found is None:
            raise self.unexpected(dots)
        taken, whole = found
        span = terms[-taken].span.cover(last.span)
        terms[-taken:] = [replace(whole, span=span)]
        self.note("a sum with an ellipsis is read as the sum over an index")
        return terms[-1]

    def _signed_term(self) -> Expression:
        return self._signed(self.term)

    def _signed(self, read: Callable[[], Expression]) -> Expression:
        """What ``read`` reads, with any signs before it; ``+`` leaves no trace."""
        signs: list[int] = []
        for token in ahead(self):
            if token.kind != "add":
                break
            if token.value == "-":
                signs.append(self.at)
            self.at += 1
            if len(signs) > 8:
                raise Refusal(token.span, "too many signs in a row")
        expression = read()
        for start in reversed(signs):
            expression = Negate(expression, span=self.since(start))
        return expression

    def term(self) -> Expression:
        """Factors with multiplication, division or nothing between them."""
        start = self.at
        done: list[Expression] = []
        run_start = self.at
        run = [self.factor()]
        depth = self.depth
        for token in ahead(self):
            if token.kind == "multiply":
                self.at += 1
                self._operand_after(token)
                done += run
                run_start = self.at
                run = [self._signed(self.factor)]
            elif token.kind == "divide":
                self.deeper()  # a/b/c/d is as deep as it is long
                self.at += 1
                run = [self._quotient(run, run_start, token)]
            elif self.starts_factor(token):
                run.append(self.factor())
            else:
                break
        self.depth = depth
        return self._product(done + run, start)

    def _operand_after(self, operator: Token) -> None:
        token = self.peek()
        if token is not None and (token.kind == "add" or self.starts_factor(token)):
            return
        if token is not None and token.kind == "other":
            raise self.unexpected(token)
        hint = LOST_OPERAND if operator.value in "×·" else ""
        raise Refusal(operator.span, f"nothing follows the {operator.value}", hint)

    def _product(self, factors: list[Expression], start: int) -> Expression:
        if len(factors) == 1:
            return factors[0]
        return Multiply(tuple(factors), span=self.since(start))

    def _quotient(self, run: list[Expression], start: int, slash: Token) -> Expression:
        """``a/b c`` is a/(b c); but a number over one thing, set apart, is a coefficient."""
        numerator = self._product(run, start)
        numerator_span = run[0].span.cover(run[-1].span)
        self._operand_after(slash)
        below_start = self.at
        below = [self._signed(self.factor)]
        for token in ahead(self):
            if not self.starts_factor(token):
                break
            if self._is_coefficient(run, below, token):
                self.note("a/b c with a number on top is read (a/b) c")
                break
            below.append(self.factor())
            self.note("a/b c is read a/(b c)")
        denominator = self._product(below, below_start)
        if len(run) > 1 and isinstance(numerator, Multiply):
            numerator = Multiply(numerator.factors, span=numerator_span)
        return Divide(numerator, denominator, span=self.since(start))

    def _is_coefficient(self, run: list[Expression], below: list[Expression], token: Token) -> bool:
        if token.kind == "command" and token.value == _SUM:
            return True
        if len(run) > 1 or not isinstance(run[0], Number) or len(below) > 1:
            return False
        apart = token.start > self.tokens[self.at - 1].end
        return apart and (isinstance(below[0], Number) or token.kind in ("open", "command"))

    def factor(self) -> Expression:
        """One factor with its exponents."""
        self.nested()
        expression = self._factor()
        self.nesting -= 1
        return expression

    def _factor(self) -> Expression:
        token = self.peek()
        if token is None:
            raise Refusal(self.here(), "something is missing at the end")
        start = self.at
        kind = token.kind
        if (indicator := self.indicator()) is not None:
            return self.postfix(indicator, start)
        if kind == "begin" and token.value.rstrip("*") in ("cases", "dcases", "rcases"):
            expression: Expression = self._in_cases(token)
        elif kind == "number":
            expression = self._number()
        elif kind in ("word", "name", "text", "operator"):
            return self.postfix(self.named(), start)
        elif kind == "open":
            expression = self.bracketed_fraction() or self.group()
        elif kind == "bar":
            expression = self._bars()
        elif kind == "command":
            expression = self._command(token)
        else:
            raise self.unexpected(token)
        return self.postfix(expression, start)

    def postfix(self, expression: Expression, start: int) -> Expression:
        """Exponents, primes and subscripts after something that is not a plain name."""
        powered = False
        for token in ahead(self):
            if token.kind not in ("sup", "prime", "sub"):
                break
            if token.kind == "prime":
                raise Refusal(token.span, "a prime after something that is not a name")
            if token.kind == "sub":
                one = isinstance(expression, Number) and expression.value == 1
                reason = "a subscript after something that is not a name"
                raise Refusal(token.span, INDICATOR if one else reason)
            if powered:
                raise Refusal(token.span, "two exponents in a row")
            self.at += 1
            expression = self.raised(expression, start)
            powered = True
        return expression

    def raised(self, base: Expression, start: int) -> Expression:
        """``base`` with the superscript that comes next, which is not an index."""
        begin, end = self.argument()
        after = self.past(begin, end)
        if is_transpose(self.tokens[begin:end]):
            self.at = after
            return Transpose(base, span=self.since(start))
        exponent = self.part(begin, end)
        self.at = after
        self.check_power(exponent)
        return Power(base, exponent, span=self.since(start))

    # arguments of commands

    def argument(self) -> tuple[int, int]:
        """Where the next argument begins and ends: a brace group's content, or one token.

        A number or word gives one digit or letter, as in TeX, and leaves the rest in its place.
        """
        token = self.peek()
        if token is None:
            raise Refusal(self.here(), "an argument is missing")
        if token.kind == "open" and token.value == "{":
            mate = self.closing(token)
            return self.at + 1, mate.at
        if token.kind == "number" and len(token.value) > 1 and self._takes_digit():
            reason = f"only the first character of {token.value} would be meant"
            raise Refusal(token.span, reason, "put it in braces")
        if token.kind in ("add", "multiply"):
            pass
        elif token.kind == "open" or (not self.starts_factor(token) and token.kind != "prime"):
            raise self.unexpected(token)
        return self.at, self.at + 1

    def _takes_digit(self) -> bool:
        before = self.tokens[self.at - 1] if self.at else None
        return before is None or before.kind != "sub"

    def closing(self, token: Token) -> Token:
        """The bracket that closes ``token``, within what is being read."""
        place = closing(self.tokens, token.at)
        if place is None or place >= self.stop:
            raise Refusal(token.span, f"the bracket {token.value} is never closed")
        return self.tokens[place]

    def group(self) -> Expression:
        """A bracketed expression; the brackets leave no trace but the node stays one."""
        token = self.take()
        mate = self.closing(token)
        inner = self.tokens[token.at + 1 : mate.at]
        rows = inner[0] if inner and inner[0].kind == "begin" and mate.value == "." else None
        if token.value == "\\{" and rows is not None and rows.mate is inner[-1]:
            self.at = rows.at
            return self._in_cases(rows, mate.at + 1)
        if token.value == "<" or (token.value == "\\{" and has_comma(inner)):
            raise Refusal(token.span, "sets and pairs in such brackets are not read")
        if token.value in ("|", "‖"):
            value = self.part(token.at + 1, mate.at)
            self.at = mate.at + 1
            return self._absolute(token, value, token.at)
        if token.value == "." and mate.value == "|":
            return self.evaluated(token, mate)
        if token.value == "." or mate.value == "." or mate.value != token.value:
            raise Refusal(token.span, ONE_SIDED)
        expression = self.part(token.at + 1, mate.at)
        self.at = mate.at + 1
        return _respan(expression, token.span.cover(mate.span))

    def _in_cases(self, token: Token, after: int = 0) -> Expression:
        end = closing(self.tokens, token.at)
        if end is None or end >= self.stop:
            raise self.unexpected(token)
        return self.cases(token.at + 1, end, after or end + 1)

    def _bars(self) -> Expression:
        start = self.at
        token = self.take()
        outer = self.bars
        self.bars = (*outer, token.value)
        inner = self.sum()
        self.bars = outer
        closing = self.peek()
        if closing is None or closing.kind != "bar" or closing.value != token.value:
            raise Refusal(token.span, f"the {token.value} is never closed")
        self.at += 1
        return self._absolute(token, inner, start)

    def _absolute(self, token: Token, inner: Expression, start: int) -> Expression:
        name = "abs" if token.value == "|" else "norm"
        subscript = ""
        if name == "norm" and (follows := self.peek()) is not None and follows.kind == "sub":
            self.at += 1
            subscript = self.script()
        head = Name(name, subscript, span=token.span)
        return Apply(head, (inner,), span=self.since(start))

    def _number(self) -> Expression:
        token = self.take()
        if sum(character.isdigit() for character in token.value) > limits.DIGITS:
            raise Refusal(token.span, f"a number of more than {limits.DIGITS} digits")
        mantissa, _, exponent = token.value.lower().partition("e")
        if exponent:
            if abs(int(exponent)) > limits.DIGITS:
                raise Refusal(token.span, f"a number of more than {limits.DIGITS} digits")
            self.note(f"{token.value} is read as a number")
            return Number(Fraction(mantissa) * Fraction(10) ** int(exponent), span=token.span)
        return Number(Fraction(mantissa), span=token.span)

    # commands

    def _command(self, token: Token) -> Expression:
        value = token.value
        if value == "frac":
            return self.fraction()
        if value == "partial":
            return self.partial()
        if value == "nabla":
            return self.nabla()
        if value == _SUM:
            return self._sum_sign()
        if value == "sqrt":
            return self._root()
        if value in FUNCTIONS or value in GREEK_NAMES or value in ACCENTS:
            return self.named()
        if value in FONTS:
            return self.named() if self.font_holds_name() else self._transparent(value)
        if value in ("boxed", "fbox", "bbox", "mathstrut", "mathclose", "mathopen"):
            return self._transparent(value)
        if value in _CANCELS:
            return self._cancel()
        if value in ("underbrace", "overbrace"):
            return self._brace()
        if value == "textcolor":
            return self._transparent(value)
        raise self.unexpected(token)

    def _transparent(self, value: str) -> Expression:
        """A box, a font or a colour round something: it is what is inside."""
        start = self.at
        self.take()
        if value == "textcolor":
            begin, end = self.argument()
            self.at = end + 1
        begin, end = self.argument()
        expression = self.part(begin, end)
        self.at = self.past(begin, end)
        return _respan(expression, self.since(start))

    def past(self, begin: int, end: int) -> int:
        """Past an argument: over its closing brace, if it stood in braces."""
        opened = begin > 0 and self.tokens[begin - 1].value == "{"
        closed = end < len(self.tokens) and self.tokens[end].mate is self.tokens[begin - 1]
        return end + 1 if opened and closed else end

    def _root(self) -> Expression:
        start = self.at
        token = self.take()
        follows = self.peek()
        if follows is not None and follows.value == "[":
            raise Refusal(token.span, "only square roots are read")
        if follows is not None and follows.kind == "open" and follows.value == "(":
            inner = self.group()  # √(x)
        else:
            begin, end = self.argument()
            inner = self.part(begin, end)
            self.at = self.past(begin, end)
        return Apply(Name("sqrt", span=token.span), (inner,), span=self.since(start))

    def _cancel(self) -> Expression:
        start = self.at
        token = self.take()
        begin, end = self.argument()
        inner = self.tokens[begin:end]
        struck = "a struck operator: what is left cannot be told"
        if (
            not inner
            or inner[0].kind in ("add", "multiply", "divide")
            or (inner[-1].kind in ("add", "multiply", "divide"))
        ):
            raise Refusal(token.span.cover(self.tokens[end - 1].span), struck)
        if self.is_operator(begin, end):
            raise Refusal(token.span.cover(self.tokens[end - 1].span), struck)
        expression = self.part(begin, end)
        self.at = self.past(begin, end)
        return Cancel(expression, span=self.since(start))

    def _brace(self) -> Expression:
        """``\\underbrace{X}_{Y}``: X, and Y if it can be read."""
        start = self.at
        self.take()
        begin, end = self.argument()
        expression = self.part(begin, end)
        self.at = self.past(begin, end)
        label: Expression | None = None
        if (token := self.peek()) is not None and token.kind in ("sub", "sup"):
            self.at += 1
            begin, end = self.argument()
            after = self.past(begin, end)
            label = self._label(begin, end)
            self.at = after
        return Underbrace(expression, label, span=self.since(start))

    def _label(self, begin: int, end: int) -> Expression | None:
        inner = self.tokens[begin:end]
        if inner and inner[0].kind == "relation" and inner[0].value == "=":
            begin += 1  # _{=a_1}
        stop, depth, nesting, notes = self.stop, self.depth, self.nesting, list(self.notes)
        try:
            return self.part(begin, end)
        except Refusal:
            self.stop, self.depth, self.nesting, self.notes[:] = stop, depth, nesting, notes
            words = " ".join(token.value for token in inner)
            self.note(f"the label of a brace is not a formula: {words[:60]}")
            return None

    # sums

    def _sum_sign(self) -> Expression:
        start = self.at
        self.take()
        index: Name | None = None
        lower: Expression | None = None
        upper: Expression | None = None
        for token in ahead(self):
            if token.kind not in ("sub", "sup"):
                break
            self.at += 1
            begin, end = self.argument()
            after = self.past(begin, end)
            if token.kind == "sup" and upper is None:
                upper = self.part(begin, end)
            elif token.kind == "sub" and index is None and lower is None:
                index, lower = self._lower(begin, end)
            else:
                raise Refusal(token.span, "two bounds of one kind at a sum sign")
            self.at = after
        if (sign := self.peek()) is not None and sign.kind in ("multiply", "divide"):
            raise Refusal(sign.span, "a sum sign without what it sums")
        self.deeper()
        body = self._signed(self.term)
        self.depth -= 1
        return Sum(body, index, lower, upper, span=self.since(start))

    def _lower(self, begin: int, end: int) -> tuple[Name | None, Expression | None]:
        """``i=1``, ``i`` or ``1`` below a sum sign."""
        inner = self.tokens[begin:end]
        for at, token in enumerate(inner):
            if token.kind == "relation":
                if token.value != "=":
                    raise Refusal(token.span, "only i = … is read below a sum sign")
                name = self.part(begin, begin + at)
                if not isinstance(name, Name):
                    raise Refusal(name.span, "not an index of a sum")
                return name, self.part(begin + at + 1, end)
        expression = self.part(begin, end)
        if isinstance(expression, Name):
            return expression, None
        if isinstance(expression, Number):
            return None, expression
        raise Refusal(expression.span, "not an index of a sum")

    def check_power(self, exponent: Expression) -> None:
        """Refuse powers that nobody could evaluate."""
        _check_power(exponent)

    # trouble

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def unexpected(self, token: Token) -> Refusal:
        """The refusal of a token that no rule takes, in words that name it."""
        return Refusal(token.span, _complaint(token))


def _last_factor(expression: Expression) -> Expression:
    if isinstance(expression, Negate):
        return _last_factor(expression.operand)
    return expression.factors[-1] if isinstance(expression, Multiply) else expression


def _check_power(exponent: Expression) -> None:
    nodes = list(walk(exponent))
    if any(isinstance(node, Power) for node in nodes) and all(
        isinstance(node, (Number, Power, Negate)) for node in nodes
    ):
        raise Refusal(exponent.span, "a tower of powers of numbers is not read")
    plain = exponent.operand if isinstance(exponent, Negate) else exponent
    if isinstance(plain, Number) and plain.value > limits.EXPONENT:
        raise Refusal(exponent.span, f"an exponent over {limits.EXPONENT} is not read")


def _respan(expression: Expression, span: Span) -> Expression:
    return replace(expression, span=span)


_COMPLAINTS = {
    "relation": "a relation inside brackets",
    "comma": "a comma where none is expected",
    "separator": "an arrow or wide space inside brackets",
    "row": "a line break inside brackets",
    "column": "an alignment mark inside brackets",
    "sup": "an exponent without a base",
    "sub": "a subscript without a base",
    "prime": "a prime without a function",
    "multiply": "nothing stands before the {}",
    "divide": "nothing stands before the /",
    "mark": "a {} inside the formula",
    "close": "the closing bracket has no opening one",
    "end": "an environment ends that never began",
    "comment": "a comment inside the formula",
    "text": "a remark in words inside the formula",
    "refused": "{}",
    "absent": "a macro's argument that is left out",
    "star": "a macro's star that is not asked for",
}


def _complaint(token: Token) -> str:
    if token.kind == "begin":
        name = token.value.rstrip("*")
        if name.endswith(("matrix", "array")):
            return f"matrices are not read ({token.value})"
        if "cases" in name:
            return BY_CASES
        return f"the environment {token.value} is not read"
    if token.kind == "relation" and token.value in ("<", ">", "<=", ">="):
        return INDICATOR
    if token.kind == "command":
        if token.value == "dots":
            return "an ellipsis is not read"
        if token.value == "over":
            return "put braces round the fraction: {a \\over b}"
        return f"the command \\{token.value} is not known"
    complaint = _COMPLAINTS.get(token.kind, "{} is not known here")
    return complaint.format(token.value)
