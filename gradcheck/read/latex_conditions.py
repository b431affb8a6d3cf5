r"""What TeX's conditionals leave out: ``\iffalse … \fi``, the ``\else`` of ``\iftrue``, and the
branches of a document's own ``\newif`` switches as they are set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradcheck.language.document import Span

_CONDITION = re.compile(
    r"\\(?:(?P<new>newif)\s*\\if(?P<made>[A-Za-z]+)"
    r"|(?P<open>if(?!f(?![A-Za-z]))[A-Za-z]*)(?![A-Za-z]|\s*\{)"
    r"|(?P<other>else|fi)(?![A-Za-z])"
    r"|(?P<switch>[A-Za-z]+?)(?P<value>true|false)(?![A-Za-z]))"
)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A branch that is left out, from its ``\\if`` or ``\\else`` on; ``switch`` is the document's
    own, if one decides."""

    span: Span
    switch: str = ""


def skipped_branches(text: str, stop: int, is_hidden: Callable[[int], bool]) -> Sequence[Skipped]:
    """The branches that TeX would not read, in the order in which they end.

    What ``is_hidden`` (in a comment or a definition) does not count. A condition that cannot be
    known leaves both of its branches in.
    """
    switches: dict[str, bool] = {}
    open_ones: list[tuple[str, bool | None, int]] = []  # switch, its value, where a branch begins
    found: list[Skipped] = []
    for match in _CONDITION.finditer(text, 0, stop):
        if is_hidden(match.start()):
            continue
        if match["new"]:
            switches[match["made"]] = False
        elif match["switch"]:
            if match["switch"] in switches:
                switches[match["switch"]] = match["value"] == "true"
        elif match["open"]:
            name = match["open"][2:]
            known = {"true": True, "false": False}.get(name, switches.get(name))
            open_ones.append((name if name in switches else "", known, match.start()))
        elif open_ones:
            switch, value, start = open_ones.pop()
            if value is False:
                found.append(Skipped(Span(start, match.end()), switch))
            if match["other"] == "else":
                open_ones.append((switch, None if value is None else not value, match.start()))
    found += [Skipped(Span(start, stop), s) for s, value, start in open_ones if value is False]
    return found
