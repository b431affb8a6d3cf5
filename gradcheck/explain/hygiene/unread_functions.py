r"""Functions in what was not read: ``\sin(z)(1 - \sin(z))`` has the sigmoid in mind.

Where a side was read the algebra judges it; this looks at the text of those that were not, for a
product that is the derivative of one function only, with the name of another in it.
"""

from __future__ import annotations

import re

from gradcheck.language.document import Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.statement import ReadDocument

_OTHERS = r"\\?(?P<name>sin|cos|tan|sinh|cosh|exp|log|ln)"
_SLOPE = re.compile(
    rf"{_OTHERS}\s*\(\s*(?P<argument>[^()]{{1,40}}?)\s*\)\s*(?:\\cdot|\\times|\*|·)?\s*"
    r"\(\s*1\s*-\s*\\?(?P=name)\s*\(\s*(?P=argument)\s*\)\s*\)"
)


def mistaken_functions(read: ReadDocument) -> list[Finding]:
    """The sigmoid's derivative written with another function's name, in sides not read."""
    text = read.document.text
    found = []
    for statement in read.statements:
        for side in statement.sides:
            if side.unread is None:
                continue
            for slope in _SLOPE.finditer(text, side.span.start, side.span.end):
                name, argument = slope["name"], slope["argument"]
                message = (
                    f"this is the derivative of the sigmoid, with {name} for σ: "
                    f"{name}({argument}) has another one"
                )
                suggestion = rf"\sigma({argument}) (1 - \sigma({argument}))"
                found.append(Finding(RULES["GC126"], Span(*slope.span()), message, suggestion))
    return found
