r"""Macros of a document: ``\newcommand`` and its kin, put in place of their names as TeX does.

Only the text of a macro is substituted, token by token; nothing is executed, and how much may come
of it is limited. An argument's tokens keep their own places in the document, those of the macro's
text have the place of the call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gradcheck.document import Span
from gradcheck.reading import limits
from gradcheck.reading.lexer import Token, tokenize

DEFINITIONS = 500
"""Macros of a document; more are not taken up."""
NESTING = 16
"""Macros within macros."""
ARGUMENTS = 9

_DEFINITION = re.compile(
    r"\\(?:(?:re|provide)?newcommand|providecommand|DeclareMathOperator|DeclareRobustCommand"
    r"|(?:New|Renew|Provide|Declare)DocumentCommand|def|gdef|edef|let)(?![A-Za-z])\*?\s*"
    r"(?:\{\s*\\([A-Za-z]+)\s*\}|\\([A-Za-z]+))"
)
_MEANT = re.compile(r"\s*=?\s*(\\[A-Za-z]+)")
_COMMENTED = re.compile(r"(?<!\\)%")
_COUNT = re.compile(r"\s*\[\s*([0-9])\s*\]")
_PARAMETERS = re.compile(r"(?:\s*#[1-9])*")
_BRACES = re.compile(r"\\.|[{}]|%[^\n]*", re.DOTALL)
_LETTERS = re.compile(r"\s*\{([^{}]{0,80})\}")
_OPTIONAL = re.compile(r"\s*\[([^\[\]]{0,400})\]")
_PACKAGE_MACROS = {
    "pdv": r"\frac{\partial #1}{\partial #2}",
    "dv": r"\frac{d #1}{d #2}",
    "diffp": r"\frac{\partial #1}{\partial #2}",
    "qty": r"#1",
    "pqty": r"(#1)",
    "ensuremath": r"#1",
    "xspace": "",
}
"""Of LaTeX, and of physics and diffcoeff in the form in which all arguments are given."""


class TooMuch(ValueError):
    """Macros that expand to more than a formula may hold, or in circles."""


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro's text as tokens, ``#1`` as an ``other`` token before a number; ``default`` stands
    for the first argument where a call leaves it out."""

    arguments: int
    body: tuple[Token, ...]
    default: tuple[Token, ...] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Macros:
    """The macros of a document by name, and where their definitions stand."""

    table: Mapping[str, Macro]
    places: tuple[Span, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.table)


def macros_of(text: str) -> Macros:
    """All macros that a text defines; a later definition of a name replaces an earlier one."""
    table = {name: _macro(body, body.count("#") and _highest(body)) for name, body in _PACKAGE}
    places: list[Span] = []
    at = 0
    while len(places) < DEFINITIONS and (found := _DEFINITION.search(text, at)):
        at = found.end()
        line = text.rfind("\n", 0, found.start()) + 1
        if _COMMENTED.search(text, line, found.start()):
            continue
        made = _definition(text, found)
        if made is not None:
            table[found[1] or found[2]], at = made
            places.append(Span(found.start(), at))
    return Macros(table, tuple(places))


def _definition(text: str, found: re.Match[str]) -> tuple[Macro, int] | None:
    """The macro whose head was found, and where its definition ends."""
    at, count, default = found.end(), 0, None
    head = found.group()
    if head.startswith("\\let"):
        meant = _MEANT.match(text, at)
        return None if meant is None else (_macro(meant[1], 0), meant.end())
    if "DocumentCommand" in head:
        letters = _LETTERS.match(text, at)
        if letters is None or set(letters[1].split()) - {"m"}:
            return None
        at, count = letters.end(), len(letters[1].split())
    elif head.startswith(("\\def", "\\gdef", "\\edef")):
        parameters = _PARAMETERS.match(text, at)
        assert parameters is not None
        at, count = parameters.end(), parameters.group().count("#")
    elif (number := _COUNT.match(text, at)) is not None:
        at, count = number.end(), int(number[1])
        if (optional := _OPTIONAL.match(text, at)) is not None:
            at, default = optional.end(), optional[1]
    group = group_at(text, at)
    if group is None or count > ARGUMENTS:
        return None
    body = text[group.start + 1 : group.end - 1]
    if "DeclareMathOperator" in head:
        body = f"\\operatorname{{{body}}}"
    return _macro(body, count, default), group.end


def _macro(body: str, count: int, default: str | None = None) -> Macro:
    start = None if default is None else tuple(tokenize(default, 0, len(default)))
    return Macro(count, tuple(tokenize(body, 0, len(body))), start, body.strip())


def _highest(body: str) -> int:
    return max((int(digit) for digit in re.findall(r"#([1-9])", body)), default=0)


_PACKAGE = tuple(_PACKAGE_MACROS.items())


def group_at(text: str, at: int) -> Span | None:
    """The ``{…}`` that begins at or after white space from ``at``, braces included."""
    while at < len(text) and text[at].isspace():
        at += 1
    if not text.startswith("{", at):
        return None
    depth = 0
    for found in _BRACES.finditer(text, at, at + limits.CHARACTERS):
        depth += {"{": 1, "}": -1}.get(found.group(), 0)
        if depth == 0:
            return Span(at, found.end())
    return None


def expand(tokens: Sequence[Token], macros: Macros) -> list[Token]:
    """The tokens with every macro replaced by its text. Raises `TooMuch`."""
    places = macros.places
    kept = [t for t in tokens if not any(p.start <= t.start < p.end for p in places)]
    if not any(_is_call(token, macros) for token in kept):
        return kept
    return list(_upright(_Expansion(macros).of(kept, 0)))


def _is_call(token: Token, macros: Macros) -> bool:
    return token.kind == "command" and token.value in macros.table


class _Expansion:
    """The macros of one formula: how many calls there were, and what comes of them."""

    def __init__(self, macros: Macros) -> None:
        self.macros = macros
        self.calls = 0

    def of(self, given: Sequence[Token], depth: int) -> list[Token]:
        if depth > NESTING:
            raise TooMuch("macros are nested too deeply, or run in a circle")
        tokens, result = list(given), []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            at += 1
            if not _is_call(token, self.macros):
                result.append(token)
            else:
                macro = self.macros.table[token.value]
                arguments, at = _arguments(tokens, at, macro)
                if arguments is None:  # too few: the name stays, and will be refused
                    result.append(token)
                    continue
                self.calls += 1
                filled = _filled(macro, arguments, token.start, tokens[at - 1].end)
                result += self.of(filled, depth + 1)
            if max(len(result), self.calls) > limits.TOKENS:
                raise TooMuch(f"with its macros, more than {limits.TOKENS:,} symbols")
        return result


def _arguments(tokens: list[Token], at: int, macro: Macro) -> tuple[list[list[Token]] | None, int]:
    """The tokens of each argument of a call, and the index after them.

    Of a word without braces an argument is one letter, as in TeX: the rest is put back.
    """
    found: list[list[Token]] = []
    before = at
    if macro.default is not None:
        found.append(list(macro.default))
        if at < len(tokens) and (tokens[at].kind, tokens[at].value) == ("open", "["):
            close = _closing(tokens, at)
            if close >= len(tokens):
                return None, before
            found[0], at = list(tokens[at + 1 : close]), close + 1
    while len(found) < macro.arguments:
        if at >= len(tokens):
            return None, before
        token = tokens[at]
        if (token.kind, token.value) == ("open", "{"):
            close = _closing(tokens, at)
            if close >= len(tokens):
                return None, before
            found.append(list(tokens[at + 1 : close]))
            at = close + 1
        elif token.kind in ("close", "row", "column", "relation"):
            return None, before
        else:
            first, rest = _parted(token)
            found.append([first])
            at += 1
            if rest is not None:
                tokens.insert(at, rest)
    return found, at


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
    at = 0
    while at < len(body):
        token = body[at]
        at += 1
        following = body[at] if at < len(body) else None
        if token.value == "#" and following is not None and following.kind == "number":
            number, rest = int(following.value[0]), following.value[1:]
            if 1 <= number <= len(arguments):
                result += [_copy(t, t.start, t.end) for t in arguments[number - 1]]
                if rest:
                    result.append(Token("number", rest, start, end))
                at += 1
                continue
        result.append(_copy(token, start, end))
        if token.kind == "text" and "#" in token.value:
            value = _NUMBERED.sub(lambda m: _words(arguments, int(m[1])), token.value)
            result[-1] = Token("other" if "#" in value else "text", value, start, end)
        if len(result) > limits.TOKENS:
            raise TooMuch(f"with its macros, more than {limits.TOKENS:,} symbols")
    return result


_NUMBERED = re.compile(r"#([1-9])")


def _words(arguments: list[list[Token]], number: int) -> str:
    """An argument that stands in a text; what is not words cannot, and its number stays."""
    given = arguments[number - 1] if number <= len(arguments) else []
    plain = all(token.kind in ("word", "number", "text") for token in given)
    return " ".join(token.value for token in given) if given and plain else f"#{number}"


def _upright(tokens: Sequence[Token]) -> Iterator[Token]:
    r"""``\mathrm{#1}`` and ``\operatorname{#1}`` around the words of an argument: one name."""
    at = 0
    while at < len(tokens):
        token = tokens[at]
        inner = tokens[at + 1 : at + 4]
        font = token.kind == "command" and token.value in _FONTS
        if font and [t.kind for t in inner] == ["open", "word", "close"]:
            kind = "operator" if token.value == "operatorname" else "text"
            yield Token(kind, inner[1].value, inner[1].start, inner[1].end)
            at += 4
            continue
        yield token
        at += 1


_FONTS = ("mathrm", "operatorname", "mathit", "mathsf", "mathtt")


def _copy(token: Token, start: int, end: int) -> Token:
    return Token(token.kind, token.value, start, end)
