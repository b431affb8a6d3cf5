r"""Macros of a document: what ``\newcommand`` and its kin define, and where.

Only the text of a macro is kept, as tokens; nothing is executed. `expansion` puts it in place of
the macro's name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from gradcheck.language.document import Span
from gradcheck.read import limits
from gradcheck.read.cursor import Forward, Scan, openings
from gradcheck.read.lexer import Token, tokenize
from gradcheck.read.packages import ALWAYS, NAMED, PACKAGES, USED

DEFINITIONS = 500
"""Macros of a document, those that turn out to be none included; more are not taken up."""
ARGUMENTS = 9

_DEFINITION = re.compile(
    r"\\(?P<by>(?:re|provide)?newcommandx?|providecommandx?|DeclareMathOperator"
    r"|DeclareRobustCommand|DeclarePairedDelimiter|(?:New|Renew|Provide|Declare)DocumentCommand"
    r"|[gex]?def|let)(?![A-Za-z])\*?\s*"
    r"(?:\{\s*\\(?P<braced>[A-Za-z]+)\s*\}|\\(?P<bare>[A-Za-z]+))"
)
_MEANT = re.compile(r"\s*=?\s*(?:\\(?P<command>[A-Za-z]+)|(?P<sign>[A-Za-z0-9]))")
_COMMENTED = re.compile(r"(?<!\\)%")
_COUNT = re.compile(r"\s*\[\s*([0-9]+)\s*\]")
_PARAMETERS = re.compile(r"[^{}\n]{0,200}")
_PLAIN_PARAMETERS = re.compile(r"(?:\s*#[1-9])*\s*")
_BRACES = re.compile(r"\\.|[{}]|%[^\n]*", re.DOTALL)
_SPACE = re.compile(r"(?:\s+|%[^\n]*\n)*+")
_LETTERS = re.compile(r"\s*\{((?:[^{}]|\{[^{}]*\}){0,200})\}")
_LETTER = re.compile(
    r"\s*(?:[+!]\s*)*(?:(?P<plain>[mosg])|(?P<default>O)\s*\{(?P<text>[^{}]*)\})\s*"
)
_OPTIONAL = re.compile(r"\s*\[([^\[\]]{0,400})\]")
_NAMED_DEFAULTS = re.compile(r"\s*(\d)\s*=\s*([^,\]]*?)\s*(?:,|$)")
_DELIMITER = r"(?:\{\s*([^{}]{1,12}?)\s*\}|(\\[A-Za-z]+|\\.|.))"
_DELIMITERS = re.compile(rf"\s*{_DELIMITER}\s*{_DELIMITER}")


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a macro: ``m`` always given, ``o`` in square brackets or left out, ``g`` in
    braces or left out, ``s`` a star or none; ``default`` stands for one that is left out."""

    kind: str
    default: tuple[Token, ...] | None = None


@dataclass(frozen=True, slots=True)
class Macro:
    """What a name stands for, as tokens, ``#1`` as an ``other`` token before a number.

    A ``literal`` one is what ``\\let`` makes: the name of a command as it was. ``problem`` says why
    a definition cannot be used.
    """

    arguments: tuple[Argument, ...]
    body: tuple[Token, ...]
    text: str = ""
    literal: bool = False
    problem: str = ""


@dataclass(slots=True)
class Effort:
    """The tokens that expansions made in vain, over all formulas of a document."""

    wasted: int = 0


@dataclass(frozen=True, slots=True)
class Macros:
    """The macros of a document by name, each with the offset from which on it holds, and where
    their definitions stand."""

    table: Mapping[str, tuple[tuple[int, Macro], ...]]
    places: tuple[Span, ...] = ()
    effort: Effort = field(default_factory=Effort, compare=False)

    def __bool__(self) -> bool:
        return bool(self.table)

    def at(self, name: str, offset: int) -> Macro | None:
        """What a name stands for at a place: as defined last before it, else first after it."""
        known = self.table.get(name)
        if known is None:
            return None
        return known[max(0, bisect_right(known, offset, key=lambda entry: entry[0]) - 1)][1]

    def defines(self, offset: int) -> bool:
        """Whether a place is inside a definition."""
        at = bisect_right(self.places, offset, key=lambda place: place.start) - 1
        return at >= 0 and offset < self.places[at].end

    def nowhere(self) -> Macros:
        """The same for a text that stands nowhere in the document: the last definition holds."""
        return Macros({name: known[-1:] for name, known in self.table.items()})


def macros_of(text: str, packages: bool = True, preamble: str = "") -> Macros:
    """All macros that a text defines, and those of the packages that it uses.

    Without ``packages``, what holds everywhere in LaTeX does so only beside macros of its own, or
    where a derivative is written by it.
    ``preamble`` holds definitions that stand elsewhere and before the text.
    """
    own = list(_definitions(text))
    used = [name for found in USED.findall(text) for name in _listed(found) if name in PACKAGES]
    if not (packages or own or used or preamble or NAMED.search(text)):
        return Macros({})
    given = (*_preset((*ALWAYS, *used)), *_definitions(preamble))
    names = frozenset(definition.name for definition in (*given, *own))
    table: dict[str, list[tuple[int, Macro]]] = {}
    for definition in given:
        table[definition.name] = [(-1, definition.made(names, table))]
    for definition in own:
        before = table.setdefault(definition.name, [])
        if not (definition.by.startswith(("provide", "Provide")) and before):
            before.append((definition.place.start, definition.made(names, table)))
    places = tuple(definition.place for definition in own)
    return Macros({name: tuple(known) for name, known in table.items()}, places)


@lru_cache(maxsize=16)
def _preset(packages: tuple[str, ...]) -> tuple[_Definition, ...]:
    return tuple(_definitions("".join(PACKAGES[name] for name in packages)))


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",")]


@dataclass(frozen=True, slots=True)
class _Definition:
    """A definition as it stands in the text."""

    by: str
    name: str
    place: Span
    body: str
    arguments: tuple[tuple[str, str | None], ...] = ()
    problem: str = ""

    def made(self, names: frozenset[str], before: Mapping[str, list[tuple[int, Macro]]]) -> Macro:
        """The macro, in a document that defines all these names and some of them before it."""
        if self.problem:
            return Macro((), (), "", problem=f"the macro \\{self.name} {self.problem}")
        if self.by == "let" and self.body.startswith("\\"):
            known = before.get(self.body[1:])
            if known:
                return known[-1][1]
            return Macro((), _tokens(self.body, frozenset()), self.body, literal=True)
        arguments = tuple(
            Argument(kind, None if default is None else _tokens(default, names))
            for kind, default in self.arguments
        )
        return Macro(arguments, _tokens(self.body, names), self.body.strip())


def _tokens(text: str, names: frozenset[str]) -> tuple[Token, ...]:
    return tuple(tokenize(text, 0, len(text), own=names))


def _definitions(text: str) -> Iterator[_Definition]:
    """The definitions of a text, in their order; those in comments are none."""
    scan, count = Scan(text), 0
    for found in openings(scan, _DEFINITION, len(text)):
        if count >= DEFINITIONS:
            return
        line = text.rfind("\n", 0, found.start()) + 1
        if _COMMENTED.search(text, line, found.start()):
            continue
        count += 1
        made = _definition(text, found)
        if made is not None:
            scan.at = made.place.end
            yield made


def _definition(text: str, found: re.Match[str]) -> _Definition | None:
    """The definition whose head was found; None if it is none."""
    by, name, at = found["by"], found["braced"] or found["bare"], found.end()
    if by == "let":
        return _let(text, found, name)
    if by == "DeclarePairedDelimiter":
        return _paired(text, found, name)
    arguments: tuple[tuple[str, str | None], ...] | None
    if "DocumentCommand" in by:
        letters = _LETTERS.match(text, at)
        if letters is None:
            return None
        at, arguments = letters.end(), _signature(letters[1])
    elif by.endswith("def"):
        parameters = _PARAMETERS.match(text, at)
        assert parameters is not None
        at = parameters.end()
        plain = _PLAIN_PARAMETERS.fullmatch(parameters.group())
        arguments = (("m", None),) * parameters.group().count("#") if plain else None
    else:
        at, arguments = _counted(text, at, by)
    group = group_at(text, at)
    if group is None:
        return None
    place = Span(found.start(), group.end)
    body = text[group.start + 1 : group.end - 1]
    if arguments is None or len(arguments) > ARGUMENTS:
        return _Definition(by, name, place, "", problem="takes its arguments in a way not read")
    if by == "DeclareMathOperator":
        body = f"\\operatorname{{{body}}}"
    return _Definition(by, name, place, body, arguments)


def _let(text: str, found: re.Match[str], name: str) -> _Definition | None:
    meant = _MEANT.match(text, found.end())
    if meant is None:
        return None
    body = f"\\{meant['command']}" if meant["command"] else meant["sign"]
    return _Definition("let", name, Span(found.start(), meant.end()), body)


def _paired(text: str, found: re.Match[str], name: str) -> _Definition | None:
    """``\\DeclarePairedDelimiter{\\p}{(}{)}``: ``\\p{x}`` and ``\\p*{x}`` are ``(x)``."""
    pair = _DELIMITERS.match(text, found.end())
    if pair is None:
        return None
    left, right = pair[1] or pair[2], pair[3] or pair[4]
    body = f"\\left{left} #3 \\right{right}"
    arguments = (("s", None), ("o", None), ("m", None))
    return _Definition("paired", name, Span(found.start(), pair.end()), body, arguments)


def _counted(text: str, at: int, by: str) -> tuple[int, tuple[tuple[str, str | None], ...]]:
    """The arguments of ``\\newcommand{\\a}[2][default]`` and of ``\\newcommandx``."""
    number = _COUNT.match(text, at)
    if number is None:
        return at, ()
    at, count = number.end(), min(int(number[1]), ARGUMENTS + 1)
    arguments: list[tuple[str, str | None]] = [("m", None)] * count
    optional = _OPTIONAL.match(text, at)
    if optional is None or not count:
        return at, tuple(arguments)
    if by.endswith("x"):
        for place, default in _NAMED_DEFAULTS.findall(optional[1]):
            if 0 < int(place) <= count:
                arguments[int(place) - 1] = ("o", default)
    else:
        arguments[0] = ("o", optional[1])
    return optional.end(), tuple(arguments)


def _signature(letters: str) -> tuple[tuple[str, str | None], ...] | None:
    """The arguments that ``s O{x} m`` stands for; None if there are others in it."""
    found: list[tuple[str, str | None]] = []
    letters = letters.strip()
    for at in (places := Forward(letters)):
        letter = _LETTER.match(letters, at)
        if letter is None:
            return None
        found.append(("o", letter["text"]) if letter["default"] else (letter["plain"], None))
        places.go_on(letter.end())
    return tuple(found)


def group_at(text: str, at: int, most: int = limits.CHARACTERS) -> Span | None:
    """The ``{…}`` that begins at or after white space and comments from ``at``, braces included;
    None if it is longer than ``most`` code points."""
    space = _SPACE.match(text, at)
    assert space is not None  # it may be none at all
    at = space.end()
    if not text.startswith("{", at):
        return None
    depth = 0
    for found in _BRACES.finditer(text, at, at + most):
        depth += {"{": 1, "}": -1}.get(found.group(), 0)
        if depth == 0:
            return Span(at, found.end())
    return None
