r"""Macros of a document: ``\newcommand`` and its kin, put in place of their names as TeX does.

Only the text of a macro is substituted, token by token; nothing is executed, and how much may come
of it is limited. An argument's tokens keep their own places in the document, those of the macro's
text have the place of the call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
    r"|(?:New|Renew|Provide|Declare)DocumentCommand|def|gdef)(?![A-Za-z])\*?\s*"
    r"(?:\{\s*\\([A-Za-z]+)\s*\}|\\([A-Za-z]+))"
)
_COUNT = re.compile(r"\s*\[\s*([0-9])\s*\]")
_PARAMETERS = re.compile(r"(?:\s*#[1-9])*")
_LETTERS = re.compile(r"\s*\{([^{}]{0,80})\}")
_OPTIONAL = re.compile(r"\s*\[([^\[\]]{0,400})\]")
_PACKAGE_MACROS = {
    "pdv": r"\frac{\partial #1}{\partial #2}",
    "dv": r"\frac{d #1}{d #2}",
    "diffp": r"\frac{\partial #1}{\partial #2}",
    "qty": r"#1",
    "pqty": r"(#1)",
}
"""Of the packages physics and diffcoeff, in the form in which all arguments are given."""


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
        if text.rfind("%", text.rfind("\n", 0, found.start()) + 1, found.start()) >= 0:
            continue  # commented out
        made = _definition(text, found)
        if made is not None:
            table[found[1] or found[2]], at = made
            places.append(Span(found.start(), at))
    return Macros(table, tuple(places))


def _definition(text: str, found: re.Match[str]) -> tuple[Macro, int] | None:
    """The macro whose head was found, and where its definition ends."""
    at, count, default = found.end(), 0, None
    head = found.group()
    if "DocumentCommand" in head:
        letters = _LETTERS.match(text, at)
        if letters is None or set(letters[1].split()) - {"m"}:
            return None
        at, count = letters.end(), len(letters[1].split())
    elif head.startswith(("\\def", "\\gdef")):
        parameters = _PARAMETERS.match(text, at)
        assert parameters is not None
        at, count = parameters.end(), parameters.group().count("#")
    elif (number := _COUNT.match(text, at)) is not None:
        at, count = number.end(), int(number[1])
        if (optional := _OPTIONAL.match(text, at)) is not None:
            at, default = optional.end(), optional[1]
    group = _group(text, at)
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


def _group(text: str, at: int) -> Span | None:
    """The ``{…}`` that begins at or after white space from ``at``, braces included."""
    while at < len(text) and text[at].isspace():
        at += 1
    if not text.startswith("{", at):
        return None
    depth = 0
    for place in range(at, min(len(text), at + limits.CHARACTERS)):
        character = text[place]
        if character == "\\":
            continue
        if character in "{}" and text[place - 1] != "\\":
            depth += 1 if character == "{" else -1
            if depth == 0:
                return Span(at, place + 1)
    return None


def expand(tokens: Sequence[Token], macros: Macros) -> list[Token]:
    """The tokens with every macro replaced by its text. Raises `TooMuch`."""
    places = macros.places
    kept = [t for t in tokens if not any(p.start <= t.start < p.end for p in places)]
    if not any(_is_call(token, macros) for token in kept):
        return kept
    return _expanded(kept, macros, 0)


def _is_call(token: Token, macros: Macros) -> bool:
    return token.kind == "command" and token.value in macros.table


def _expanded(tokens: Sequence[Token], macros: Macros, depth: int) -> list[Token]:
    if depth > NESTING:
        raise TooMuch("macros are nested too deeply, or run in a circle")
    result: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if not _is_call(token, macros):
            result.append(token)
        else:
            macro = macros.table[token.value]
            arguments, at = _arguments(tokens, at, macro)
            if arguments is None:  # too few: the name stays, and will be refused
                result.append(token)
                continue
            end = tokens[at - 1].end
            result += _expanded(_filled(macro, arguments, token.start, end), macros, depth + 1)
        if len(result) > limits.TOKENS:
            raise TooMuch(f"with its macros, more than {limits.TOKENS:,} symbols")
    return result


def _arguments(
    tokens: Sequence[Token], at: int, macro: Macro
) -> tuple[list[list[Token]] | None, int]:
    """The tokens of each argument of a call, and the index after them."""
    found: list[list[Token]] = []
    before = at
    if macro.default is not None:
        found.append(list(macro.default))
        if at < len(tokens) and (tokens[at].kind, tokens[at].value) == ("open", "["):
            close = _closing(tokens, at)
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
            found.append([token])
            at += 1
    return found, at


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
        if len(result) > limits.TOKENS:
            raise TooMuch(f"with its macros, more than {limits.TOKENS:,} symbols")
    return result


def _copy(token: Token, start: int, end: int) -> Token:
    return Token(token.kind, token.value, start, end)
