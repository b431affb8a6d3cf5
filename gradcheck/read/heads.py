"""Reading names with all that hangs on them, and what they are applied to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Apply,
    Expression,
    FunctionName,
    Multiply,
    Name,
    Number,
    Power,
    Transpose,
)
from gradcheck.language.names import LOSSES
from gradcheck.read.brackets import closing
from gradcheck.read.cursor import Forward, ahead, taken_off
from gradcheck.read.juxtaposed import SPELLED
from gradcheck.read.known_names import (
    ACCENTS,
    FONTS,
    Known,
    begins_with_index,
    index_of,
    is_transpose,
    layer_of,
    script_text,
    split_run,
    time_subscript,
)
from gradcheck.read.lexer import GREEK_NAMES, Token
from gradcheck.read.unreadable import INDICATOR, Refusal
from gradcheck.read.words import (
    FUNCTION_WORDS,
    FUNCTIONS,
    MULTIPLIERS,
    QUALIFIERS,
    WORDS,
    is_prose,
)


class Head(NamedTuple):
    """A name as read, with the primes and the exponent that hang on it."""

    name: Name
    order: int
    exponent: tuple[int, int] | None  # tokens of a power, begin and end
    transposed: bool
    builtin: bool  # a function that needs no brackets


class Nucleus(NamedTuple):
    base: str
    accent: str = ""
    subscript: str = ""
    superscript: str = ""
    builtin: bool = False


class Heads:
    """The part of the parser that reads names and calls."""

    tokens: list[Token]
    known: Known
    at: int
    stop: int
    nesting: int

    if TYPE_CHECKING:  # what the parser provides

        def nested(self) -> None: ...
        def peek(self, ahead: int = 0) -> Token | None: ...
        def take(self) -> Token: ...
        def since(self, start: int) -> Span: ...
        def here(self) -> Span: ...
        def part(self, start: int, stop: int) -> Expression: ...
        def argument(self) -> tuple[int, int]: ...
        def past(self, begin: int, end: int) -> int: ...
        def closing(self, token: Token) -> Token: ...
        def factor(self) -> Expression: ...
        def group(self) -> Expression: ...
        def starts_factor(self, token: Token | None) -> bool: ...
        def raised(self, base: Expression, start: int) -> Expression: ...
        def note(self, text: str) -> None: ...
        def unexpected(self, token: Token) -> Refusal: ...
        def slash_derivative(self) -> Expression | None: ...
        def _by_subscript(self, start: int) -> Expression: ...

    def named(self) -> Expression:
        """A name, a call, a function's name, or the product that a run of letters stands for."""
        start = self.at
        token = self.tokens[start]
        differential = token.value[:1] == "d" and (token.kind == "word" or token.value == "d")
        if differential and (derivative := self.slash_derivative()) is not None:
            return derivative
        below = self._operator_d()
        if below is not None:
            self.at = below
            return self._by_subscript(start)
        if token.kind == "word":
            letters = split_run(token.value, self.known)
            if len(letters) > 1:
                return self._letters(token, letters)
        head = self._differential_head() if self._is_differential(token) else self.head()
        return self._applied(head, start)

    def _operator_d(self) -> int | None:
        r"""Past the ``_`` where a side is ``D_w L``, ``\mathbf{D}_w L`` or ``D_w[L]``.

        That is Euler's sign for a derivative, where D is no name.
        """
        first = self.tokens[: min(5, self.stop)] if not self.at else []
        at = next((k for k, token in enumerate(first) if token.kind == "sub"), 0)
        bare = [t.value.strip() for t in first[:at] if not _is_dress(t)]
        if bare != ["D"] or "D" in self.known.words or at + 1 >= self.stop:
            return None
        tokens = self.tokens[: self.stop]
        group = tokens[at + 1].mate if tokens[at + 1].value == "{" else tokens[at + 1]
        of = [t for t in tokens[group.at + 1 :] if not _is_dress(t)] if group is not None else []
        loss = of[0].value.strip() in LOSSES if of else False
        applied = loss and tokens[-1].value == "(" and tokens[-1].mate is not None
        return at + 1 if loss and (len(of) == 1 or applied) else None

    def _is_differential(self, token: Token) -> bool:
        """Whether a d begins ``d\\hat{y}``, in a document that has such names."""
        follows = self.peek(1)
        if token.value != "d" or not self.known.differentials or follows is None:
            return False
        named = follows.value in ACCENTS or follows.value in GREEK_NAMES
        return follows.kind == "name" or (follows.kind == "command" and named)

    def _differential_head(self) -> Head:
        start = self.at
        self.at += 1
        head = self.head()
        name = replace(head.name, base=f"d{head.name.base}", span=self.since(start))
        return head._replace(name=name)

    def _letters(self, token: Token, letters: list[str]) -> Expression:
        """``wx_1``: each letter a factor; what follows hangs on the last."""
        factors: list[Expression] = [
            Name(letter, span=Span(token.start + k, token.start + k + 1))
            for k, letter in enumerate(letters[:-1])
        ]
        start = self.at
        last = Token("word", letters[-1], token.end - 1, token.end)
        last.at = start
        self.tokens[start] = last
        factors.append(self._applied(self.head(), start))
        self.note(f"{token.value} is read as a product of its letters")
        return Multiply(tuple(factors), span=Span(token.start, factors[-1].span.end))

    # heads

    def head(self) -> Head:
        """The nucleus of a name with its subscripts, indices, primes and exponent."""
        start = self.at
        nucleus = self._nucleus()
        subscript, superscript = nucleus.subscript, nucleus.superscript
        order, exponent, transposed = 0, None, False
        if nucleus.accent == "dot" and self.known.is_function_name(Name(nucleus.base, subscript)):
            nucleus, order = nucleus._replace(accent=""), 1  # σ̇ is σ'
        follows = self.peek()
        last = self.tokens[self.at - 1]
        if (
            follows is not None
            and follows.kind == "number"
            and follows.value.isdigit()
            and not subscript
            and follows.start == last.end
            and last.kind != "close"
        ):
            subscript = self.take().value  # W1
        for token in ahead(self):
            if token.kind == "prime":
                order += len(self.take().value)
            elif token.kind == "sub":
                self.at += 1
                if subscript:
                    raise Refusal(token.span, "two subscripts on one name")
                subscript = self.script()
            elif token.kind == "sup":
                if exponent is not None or transposed:
                    raise Refusal(token.span, "two exponents in a row")
                more, index, exponent, transposed = self._superscript(nucleus)
                order += more
                if index:
                    if superscript:
                        raise Refusal(token.span, "two indices above one name")
                    superscript = index
            else:
                break
        step = time_subscript(subscript)
        if step is not None and not superscript:
            subscript, superscript = "", step
        applied = nucleus.builtin or nucleus.base in FUNCTION_WORDS or nucleus.base == "sigma"
        qualifier = "" if applied else self._qualifier(order, exponent)
        name = Name(
            nucleus.base, subscript, superscript, nucleus.accent, qualifier, span=self.since(start)
        )
        return Head(name, order, exponent, transposed, nucleus.builtin)

    def _nucleus(self) -> Nucleus:
        token = self.take()
        value = token.value
        if token.kind == "word":
            return Nucleus(FUNCTIONS.get(value, value), builtin=value in SPELLED)
        if token.kind == "name":
            base, accent = value.split()
            return Nucleus(base, accent)
        if token.kind in ("text", "operator"):
            return self._text(token)
        if token.kind == "open" and value == "{":
            return self._braced(token)
        if token.kind == "command":
            if value in FUNCTIONS:
                return Nucleus(FUNCTIONS[value], builtin=True)
            if value == "Delta" and self._names_change():
                return self._inner("Delta")
            if value in GREEK_NAMES:
                return Nucleus(value)
            if value in ACCENTS:
                return self._inner(ACCENTS[value])
            if value in FONTS:
                return self._inner("")
        raise self.unexpected(token)

    def _names_change(self) -> bool:
        """Whether the Δ just taken is that of Δw, a change of w, and not a name itself."""
        follows = self.peek()
        if follows is None or follows.kind == "open":
            return False
        if follows.kind == "word":
            return len(follows.value) == 1 or follows.value in WORDS
        return follows.kind == "name" or (
            follows.kind == "command"
            and (follows.value in GREEK_NAMES or follows.value in ACCENTS or follows.value in FONTS)
        )

    def _text(self, token: Token) -> Nucleus:
        words = token.value.split()
        plain = token.value.strip()
        follows = self.peek()
        if is_prose(token.value, strict=False) or (len(words) > 1 and follows is not None):
            raise Refusal(token.span, "a remark in words inside the formula")
        if plain == "d":
            return self._differential_name(token)
        if plain in ("argmin", "argmax", "lim", "arg min", "arg max"):
            raise Refusal(token.span, f"{plain} is not read")
        base, _, subscript = plain.partition("_")
        if not base or not base.replace("-", "").replace(" ", "").isalnum():
            raise Refusal(token.span, f"not a name: {plain[:40]}")
        if plain in FUNCTIONS:
            return Nucleus(FUNCTIONS[plain], builtin=True)
        if token.kind == "operator" and not base.isalnum():
            raise Refusal(token.span, f"the function {plain[:40]} is not known")
        trimmed = base.rstrip("0123456789")
        if not subscript and trimmed and trimmed != base and len(trimmed) == 1:
            base, subscript = trimmed, base[len(trimmed) :]  # \mathrm{W1}
        return Nucleus(base, subscript=subscript)

    def _differential_name(self, d: Token) -> Nucleus:
        """``\\mathrm{d}w`` is the name dw."""
        follows = self.peek()
        if follows is None or follows.kind != "word":
            raise Refusal(d.span, "a differential on its own")
        self.at += 1
        return Nucleus(f"d{follows.value}")

    def _braced(self, token: Token) -> Nucleus:
        mate = self.closing(token)
        return self._whole_name(token.at + 1, mate.at, "")

    def _inner(self, accent: str) -> Nucleus:
        """What an accent or a font stands over."""
        token = self.tokens[self.at - 1]
        follows = self.peek()
        if follows is None:
            raise Refusal(token.span, f"nothing stands below \\{token.value}")
        if accent == "bb" and follows.kind in ("open", "word", "number"):
            self._check_blackboard(token)
        if follows.kind == "open":
            mate = self.closing(follows)
            if follows.value != "{":
                raise self.unexpected(follows)
            return self._whole_name(follows.at + 1, mate.at, accent)
        self.nested()
        inner = self._nucleus()
        self.nesting -= 1
        return inner._replace(accent=f"{accent} {inner.accent}".strip())

    def _check_blackboard(self, token: Token) -> None:
        letters = self.tokens[self.at : self.at + 2]
        if any(letter.value in ("E", "P", "V") for letter in letters):
            raise Refusal(token.span, "expectations and probabilities are not read")
        if any(letter.kind == "number" or letter.value == "I" for letter in letters):
            raise Refusal(token.span, INDICATOR)

    def _whole_name(self, begin: int, end: int, accent: str) -> Nucleus:
        """The name that fills the tokens ``begin:end``; after it, past the closing brace."""
        outer_stop, place = self.stop, self.tokens[begin - 1].span
        if begin >= end:
            raise Refusal(place, "an empty name")
        self.at, self.stop = begin, end
        run = self.tokens[begin]
        head = self.head()
        if self.at < end or head.order or head.exponent or head.transposed:
            raise Refusal(run.span, "an accent over more than a name is not read")
        self.at, self.stop = end + 1, outer_stop
        name = head.name
        accents = f"{accent} {name.accent}".strip()
        return Nucleus(name.base, accents, name.subscript, name.superscript, head.builtin)

    def font_holds_name(self) -> bool:
        """Whether a font command, which comes next, is applied to one name."""
        follows = self.peek(1)
        if follows is None or closing(self.tokens, follows.at) is None:
            return True
        saved = self.at, self.stop, self.nesting
        try:
            self._whole_name(follows.at + 1, self.closing(follows).at, "")
        except Refusal:
            return False
        finally:
            self.at, self.stop, self.nesting = saved
        return True

    def script(self) -> str:
        """The subscript that comes next, as a string."""
        begin, end = self.argument()
        after = self.past(begin, end)
        inner = self.tokens[begin:end]
        text = script_text(inner)
        if not text:
            place = inner[0].span if inner else self.here()
            raise Refusal(place, "a subscript that is not read")
        self.at = after
        return text

    def _superscript(self, nucleus: Nucleus) -> tuple[int, str, tuple[int, int] | None, bool]:
        """What the superscript that comes next is: primes, an index, a power or a transpose."""
        caret = self.take()
        follows = self.peek()
        if follows is not None and follows.kind == "open" and follows.value in ("(", "["):
            raise Refusal(caret.span, "an exponent in round brackets", "put it in braces")
        begin, end = self.argument()
        self.at = self.past(begin, end)
        inner = self.tokens[begin:end]
        ended = taken_off(inner, lambda token: token.kind == "prime")
        primes = sum(len(token.value) for token in ended)
        if primes and not inner:
            return primes, "", None, False
        if is_transpose(inner):
            return primes, "", None, True
        base = nucleus.base
        index = None if base == "e" else index_of(inner)
        if layer_of(inner) is not None and (base, nucleus.accent) in self.known.layered:
            index = layer_of(inner)
        if index is not None:
            return primes, index, None, False
        if len(inner) > 1 and is_transpose(inner[-1:]) and inner[-1].kind in ("word", "command"):
            index = index_of(inner[:-1])
            if index is not None:
                return primes, index, None, True
        if primes:
            raise Refusal(caret.span, "a prime beside an exponent")
        if len(inner) > 1 and base != "e" and begins_with_index(inner):
            index, power = self._index_and_power(begin, end)
            if index is None:
                raise Refusal(caret.span, "an index and an exponent in one")
            return 0, index, power, False
        if not inner:
            raise Refusal(caret.span, "an empty exponent")
        return 0, "", (begin, end), False

    def _index_and_power(self, begin: int, end: int) -> tuple[str | None, tuple[int, int]]:
        """``a^{[1]2}`` and ``a^{[1]^2}``: the index, and where the power stands."""
        for at in (places := Forward(self.tokens, begin, end)):
            if self.tokens[at].kind != "open" or self.tokens[at].value not in ("(", "["):
                break
            close = closing(self.tokens, at)
            places.go_on(end if close is None else close + 1)
        else:
            at = places.next
        index = index_of(self.tokens[begin:at])
        power = at + 1 if at < end and self.tokens[at].kind == "sup" else at
        if power + 2 < end and self.tokens[power].value == "{" and power > at:
            power, end = power + 1, end - 1
        number = power + 1 == end and self.tokens[power].kind == "number"
        return (index if number else None), (power, end)

    def _qualifier(self, order: int, exponent: tuple[int, int] | None) -> str:
        """``pred`` of ``y(pred)``, where a word in brackets belongs to the name."""
        opener = self.peek()
        if opener is None or opener.value != "(" or opener.mate is None or order or exponent:
            return ""
        word = self.peek(1)
        closing = self.peek(2)
        if word is None or closing is not opener.mate:
            return ""
        if word.kind not in ("word", "text") or word.value.strip() not in QUALIFIERS:
            return ""
        self.at += 3
        return word.value.strip()

    # what a head is applied to

    def _applied(self, head: Head, start: int) -> Expression:
        call = self._call(head, start)
        if call is None:
            return self._bare(head, start)
        if head.exponent is not None:
            power = self._exponent(head.exponent)
            if not isinstance(power, Number):
                raise Refusal(power.span, "an inverse or iterated function is not read")
            call = Power(call, power, span=call.span)
        return call

    def _exponent(self, place: tuple[int, int]) -> Expression:
        after = self.at
        exponent = self.part(*place)
        self.at = after
        return exponent

    def _call(self, head: Head, start: int) -> Expression | None:
        opener = self.peek()
        name = head.name
        if opener is None or name.qualifier or head.transposed:
            return None
        brackets = ("(", "[", "{", "\\{")
        if opener.kind == "open" and opener.value in brackets and opener.mate is not None:
            needs_round = not head.builtin and opener.value in ("[", "{")
            inner = self.tokens[opener.at + 1 : self.closing(opener).at]
            if head.builtin and opener.value == "{" and inner and inner[0].mate is inner[-1]:
                inner = inner[1:-1] if inner[0].value == "(" else inner
            if head.builtin or (not needs_round and self._applies(head, inner)):
                arguments = self._arguments(opener)
                return Apply(name, arguments, head.order, span=self.since(start))
            return None
        if head.builtin and self.starts_factor(opener):
            if opener.kind == "number":
                self.note(f"{name.base} takes the next factor only")
            argument = self.factor()
            return Apply(name, (argument,), head.order, span=self.since(start))
        return None

    def _applies(self, head: Head, inner: list[Token]) -> bool:
        first = self.tokens[self.at - 1]
        if self.known.is_function(head.name, head.order, inner):
            return True
        worded = len(head.name.base) > 1 and (first.kind in ("text", "operator"))
        if head.name.base in MULTIPLIERS:  # lr (ŷ - y) is a product
            return False
        return worded and head.name.key not in self.known.bare

    def _arguments(self, opener: Token) -> tuple[Expression, ...]:
        mate = self.closing(opener)
        arguments: list[Expression] = []
        begin, depth = opener.at + 1, 0
        for at in range(opener.at + 1, mate.at):
            token = self.tokens[at]
            if token.kind in ("open", "begin"):
                depth += 1
            elif token.kind in ("close", "end"):
                depth -= 1
            elif depth == 0 and (token.kind == "comma" or token.value == ";"):
                arguments.append(self.part(begin, at))
                begin = at + 1
        arguments.append(self.part(begin, mate.at))
        self.at = mate.at + 1
        return tuple(arguments)

    def _bare(self, head: Head, start: int) -> Expression:
        name, order = head.name, head.order
        function = head.builtin or name.base in FUNCTION_WORDS
        expression: Expression = name
        if order and (function or self.known.is_function_name(name)):
            expression = FunctionName(name, order, span=self.since(start))
        elif order:
            primes = name.superscript + "'" * order
            expression = Name(
                name.base, name.subscript, primes, name.accent, name.qualifier, span=name.span
            )
            self.note(f"the prime of {name.key} is read as part of its name")
        elif function:
            expression = FunctionName(name, 0, span=self.since(start))
        if head.exponent is not None:
            if function:
                raise Refusal(self.since(start), "a function without its argument")
            power = self._exponent(head.exponent)
            expression = Power(expression, power, span=self.since(start))
            self.check_power(power)
        if head.transposed:
            expression = Transpose(expression, span=self.since(start))
        return expression

    if TYPE_CHECKING:

        def check_power(self, exponent: Expression) -> None: ...


def _is_dress(token: Token) -> bool:
    """Whether a token only says how a letter is set: a font, a brace, a bracket about it."""
    set_so = token.value in FONTS or ACCENTS.get(token.value) == "cal"
    return set_so or token.kind in ("open", "close")
