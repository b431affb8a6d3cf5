r"""Putting macros in place of their names, as TeX does, token by token.

How much may come of it is limited. An argument's tokens keep their own places in the document,
those of the macro's text have the place of the call. A call that cannot be expanded becomes a
``refused`` token that says why, and the side it stands in is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradcheck.language.document import Span
from gradcheck.read import limits
from gradcheck.read.cursor import Forward
from gradcheck.read.lexer import Token, tokenize
from gradcheck.read.macros import Argument, Macro, Macros

NESTING = 16
"""Macros within macros."""
_WORK = 20 * limits.TOKENS
"""Tokens that all macros of a formula together may give, those thrown away again included."""
_WASTE = 10 * _WORK
"""Tokens that may come to nothing in a document: after that no macro is tried."""
_NUMBERED = re.compile(r"#([1-9])")
_FONTS = ("mathrm", "operatorname", "mathit", "mathsf", "mathtt")
_QUESTIONS = re.compile(r"If(Boolean|NoValue|Value)(TF|T|F)")
_ABSENT = "absent"
_STAR = "star"


class _TooMuchError(ValueError):
    """Macros that expand to more than a formula may hold, or in circles."""


def tokens_expanded(
    text: str, span: Span, macros: Macros | None, quoted: bool = False
) -> list[Token]:
    """The tokens of a stretch of text, with the macros that hold there put in place."""
    if not macros:
        return tokenize(text, span.start, span.end, quoted)
    return expand(tokenize(text, span.start, span.end, quoted, macros.table), macros)


def expand(tokens: Sequence[Token], macros: Macros) -> list[Token]:
    """The tokens with every macro replaced by its text."""
    kept = [token for token in tokens if not macros.defines(token.start)]
    if not any(token.kind == "macro" for token in kept):
        return kept
    return list(_upright(_Expansion(macros).whole(kept)))


class _Expansion:
    """The macros of one formula: how much work there was, and which of them came to nothing."""

    def __init__(self, macros: Macros) -> None:
        self.macros = macros
        self.made = 0
        self.refused: dict[str, str] = {}

    def whole(self, tokens: list[Token]) -> list[Token]:
        """All calls expanded; one that cannot be is refused, and the others go on."""
        result: list[Token] = []
        for at in (places := Forward(tokens)):
            token = tokens[at]
            macro = self._called(token)
            if macro is None:
                result.append(token)
                continue
            expanded, after = self._outermost(tokens, at, macro, limits.TOKENS - len(result))
            result += expanded
            places.go_on(after)
        return result

    def _outermost(
        self, tokens: list[Token], at: int, macro: Macro, room: int
    ) -> tuple[list[Token], int]:
        """What a call of the formula itself becomes: its text, or why it is refused."""
        token = tokens[at]
        reason = self.refused.get(token.value)
        if self.macros.effort.wasted > _WASTE:
            reason = "the macros of this document come to too much"
        if reason is None:
            before = self.made
            try:
                expanded, after = self._call(tokens, at, macro, 0)
            except _TooMuchError as trouble:
                reason = str(trouble)
            else:
                if len(expanded) <= room:
                    return expanded, after
                reason = _LONG
            self.macros.effort.wasted += self.made - before
        self.refused[token.value] = reason
        return [Token("refused", reason, token.start, token.end)], at + 1

    def _called(self, token: Token) -> Macro | None:
        return self.macros.at(token.value, token.start) if token.kind == "macro" else None

    def _call(
        self, tokens: list[Token], at: int, macro: Macro, depth: int
    ) -> tuple[list[Token], int]:
        """What the call at ``at`` becomes, and the index after it."""
        token = tokens[at]
        if depth > NESTING:
            raise _TooMuchError(f"the macro \\{token.value} is nested too deeply, or in a circle")
        if macro.problem:
            return [Token("refused", macro.problem, token.start, token.end)], at + 1
        arguments, after = _arguments(tokens, at, macro.arguments)
        if arguments is None:
            reason = f"the macro \\{token.value} lacks an argument"
            return [Token("refused", reason, token.start, token.end)], at + 1
        filled = _filled(macro, arguments, token.start, tokens[after - 1].end)
        self.made += len(filled) + 1
        if self.made > _WORK:
            raise _TooMuchError(_LONG)
        return (filled if macro.literal else self._within(filled, depth + 1)), after

    def _within(self, tokens: list[Token], depth: int) -> list[Token]:
        """The text of a macro with the macros in it expanded too."""
        result: list[Token] = []
        for at in (places := Forward(tokens)):
            token = tokens[at]
            asked = _QUESTIONS.fullmatch(token.value) if token.kind == "command" else None
            macro = self._called(token)
            if asked is not None and macro is None:
                chosen, after = _chosen(asked, tokens, at)
                tokens[after:after] = chosen  # fewer than were passed over
                places.go_on(after)
            elif macro is not None:
                expanded, after = self._call(tokens, at, macro, depth)
                result += expanded
                places.go_on(after)
            else:
                result.append(token)
            if len(result) > limits.TOKENS:
                raise _TooMuchError(_LONG)
        return result


_LONG = f"with its macros, the formula has more than {limits.TOKENS:,} symbols"


def _chosen(asked: re.Match[str], tokens: list[Token], at: int) -> tuple[list[Token], int]:
    r"""The branch of ``\IfNoValueTF{#1}{…}{…}`` that holds, and the index after all of it."""
    groups: list[list[Token]] = []
    after = at + 1
    for _ in range(1 + len(asked[2])):
        group, following = _group(tokens, after)
        if group is None:
            return [Token("refused", "a macro's condition is not read", *_ends(tokens[at]))], at + 1
        groups.append(group)
        after = following
    first = groups[0][0] if len(groups[0]) == 1 else None
    if asked[1] == "Boolean":
        holds = first is not None and first.kind == _STAR and first.value == "*"
    else:
        missing = first is not None and first.kind == _ABSENT
        holds = missing == (asked[1] == "NoValue")
    branches = {"T" if "T" in asked[2] else "F": groups[1], asked[2][-1]: groups[-1]}
    return branches.get("T" if holds else "F", []), after


def _ends(token: Token) -> tuple[int, int]:
    return token.start, token.end


def _group(tokens: Sequence[Token], at: int, bracket: str = "{") -> tuple[list[Token] | None, int]:
    """What stands in the brackets that open at ``at``, and the index after them."""
    opens = at < len(tokens) and (tokens[at].kind, tokens[at].value) == ("open", bracket)
    close = _closing(tokens, at) if opens else len(tokens)
    return (None, at) if close >= len(tokens) else (list(tokens[at + 1 : close]), close + 1)


def _arguments(
    tokens: list[Token], at: int, wanted: Sequence[Argument]
) -> tuple[list[list[Token]] | None, int]:
    """The tokens of each argument of the call at ``at``, and the index after them; None if one
    is missing.

    Of a word without braces an argument is one letter, as in TeX: the rest is put back.
    """
    place = tokens[at].start, tokens[at].end
    at += 1
    found: list[list[Token]] = []
    for argument in wanted:
        given: list[Token] | None
        if argument.kind == "m":
            given, at = _given(tokens, at)
            if given is None:
                return None, at
        elif argument.kind == "s":
            starred = at < len(tokens) and tokens[at].value == "*" and tokens[at].kind == "multiply"
            given, at = [Token(_STAR, "*" if starred else "", *place)], at + starred
        else:
            opened = at < len(tokens) and tokens[at].kind == "open" and tokens[at].value == "["
            given, at = _group(tokens, at, "[" if argument.kind == "o" else "{")
            if given is None and opened and argument.kind == "o":
                return None, at
        if given is None:
            missing = (Token(_ABSENT, "", *place),)
            default = missing if argument.default is None else argument.default
            given = [_copy(token, *place) for token in default]
        found.append(given)
    return found, at


def _given(tokens: list[Token], at: int) -> tuple[list[Token] | None, int]:
    """The argument that stands at ``at``, in braces or one token of a formula."""
    if at >= len(tokens):
        return None, at
    token = tokens[at]
    if (token.kind, token.value) == ("open", "{"):
        return _group(tokens, at)
    if token.kind in ("close", "row", "column", "relation"):
        return None, at
    first, rest = _parted(token)
    if rest is not None:
        tokens.insert(at + 1, rest)
    return [first], at + 1


def _parted(token: Token) -> tuple[Token, Token | None]:
    """The first letter or digit of a token, and the rest of it."""
    if token.kind not in ("word", "number") or len(token.value) < 2:
        return token, None
    own = token.end - token.start == len(token.value)
    middle = (token.start + 1, token.start + 1) if own else (token.end, token.start)
    first = Token(token.kind, token.value[0], token.start, middle[0])
    return first, Token(token.kind, token.value[1:], middle[1], token.end)


def _closing(tokens: Sequence[Token], at: int) -> int:
    """The index of the bracket that closes the one at ``at``, or that after the last token."""
    depth = 0
    for index in range(at, len(tokens)):
        token = tokens[index]
        if token.value == tokens[at].value:
            depth += (token.kind == "open") - (token.kind == "close")
            if depth == 0:
                return index
    return len(tokens)


def _filled(macro: Macro, arguments: list[list[Token]], start: int, end: int) -> list[Token]:
    """A macro's text at the place of its call, with the arguments put in."""
    result: list[Token] = []
    body = macro.body
    for at in (places := Forward(body)):
        token = body[at]
        following = body[at + 1] if at + 1 < len(body) else None
        if token.value == "#" and following is not None and following.kind == "number":
            number, rest = int(following.value[0]), following.value[1:]
            if 1 <= number <= len(arguments):
                result += [_copy(t, t.start, t.end) for t in arguments[number - 1]]
                if rest:
                    result.append(Token("number", rest, start, end))
                places.go_on(at + 2)
                continue
        result.append(_copy(token, start, end))
        if token.kind == "text" and "#" in token.value:
            value = _NUMBERED.sub(lambda m: _words(arguments, int(m[1])), token.value)
            result[-1] = Token("other" if "#" in value else "text", value, start, end)
        if len(result) > limits.TOKENS:
            raise _TooMuchError(_LONG)
    return result


def _words(arguments: list[list[Token]], number: int) -> str:
    """An argument that stands in a text; what is not words cannot, and its number stays."""
    given = arguments[number - 1] if number <= len(arguments) else []
    plain = all(token.kind in ("word", "number", "text") for token in given)
    return " ".join(token.value for token in given) if given and plain else f"#{number}"


def _upright(tokens: Sequence[Token]) -> Iterator[Token]:
    r"""``\mathrm{#1}`` and ``\operatorname{#1}`` around the words of an argument: one name."""
    for at in (places := Forward(tokens)):
        token = tokens[at]
        inner = tokens[at + 1 : at + 4]
        font = token.kind == "command" and token.value in _FONTS
        if font and [t.kind for t in inner] == ["open", "word", "close"]:
            kind = "operator" if token.value == "operatorname" else "text"
            yield Token(kind, inner[1].value, inner[1].start, inner[1].end)
            places.go_on(at + 4)
            continue
        yield token


def _copy(token: Token, start: int, end: int) -> Token:
    return Token(token.kind, token.value, start, end)
