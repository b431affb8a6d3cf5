"""Conditions: what is said to hold only where ``z > 0`` is no claim for all values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from gradcheck.language.document import Span
from gradcheck.language.names import POSITIVE
from gradcheck.language.statement import Unread
from gradcheck.read.lexer import Token
from gradcheck.read.unreadable import PRIMED

if TYPE_CHECKING:
    from gradcheck.read.drafts import Draft

_INEQUALITIES = frozenset({"<", ">", "<=", ">="})

_LONGEST = 120  # characters between a formula and its condition
_WORDS = r"(?:only\s+)?(?:if|when|whenever|for|where|unless|as\s+long\s+as|provided(?:\s+that)?)"
_ELSEWHERE = r"wenn|falls|sofern|f\u00fcr|si|pour|lorsque|quand"
_DELIMITERS = re.compile(r"\$+|\\[()\[\]]|(?::[\w.-]{1,40}:|\{math\})?`+")
"""Of formulas, in any of the formats."""
_JOINED = re.compile(
    rf"[\s,;(.]*(?:\\q?quad|\\[,;:!\s]|~|\s|,)*"
    rf"(?:\\(?:text|mathrm|textrm|mbox|hbox)\s*\{{)?\s*(?P<word>{_WORDS}|{_ELSEWHERE})?"
    r"[\s}~,]*(?:\\[,;:!\s]|\\q?quad|\s)*",
    re.IGNORECASE,
)
"""What stands between a formula and its condition: spaces, and perhaps one word."""


def mark_conditions(text: str, drafts: Sequence[Draft]) -> None:
    """Tell each draft the inequality that follows as its condition: ``= x \\text{ if } z > 0``."""
    for draft, after in pairwise(drafts):
        if not draft.relations or draft.leads or draft.dangles or _compares(draft.relations):
            continue
        condition = _inequality(after.sides, after.relations)
        last, first = draft.sides[-1], after.sides[0]
        if not condition or not last or not first:
            continue
        if _is_joined(text[last[-1].end : first[0].start]):
            draft.condition = text[first[0].start : after.sides[-1][-1].end]


def _is_joined(between: str) -> bool:
    """Whether one word at most, in one paragraph, joins a formula to the next."""
    if len(between) > _LONGEST or "\n\n" in between.replace(" ", ""):
        return False
    return bool(_JOINED.fullmatch(_DELIMITERS.sub(" ", between)))


def condition_in(tokens: Sequence[Token]) -> str:
    """The inequality in a remark beside a formula: ``(\\text{for } z > 0)``; or nothing."""
    at = next((k for k, token in enumerate(tokens) if token.kind == "relation"), None)
    if at is None or tokens[0].kind != "text":
        return ""
    inner = [token for token in tokens[1:at] if token.kind != "separator"]
    condition = _inequality([inner, list(tokens[at + 1 :])], [tokens[at]])
    word = tokens[0].value.strip().lower()
    return condition if re.fullmatch(rf"{_WORDS}|{_ELSEWHERE}", word) else ""


def conditional(draft: Draft, span: Span) -> Unread:
    """Why a side that holds under a condition is not read."""
    words = " ".join(draft.condition.split())
    return Unread(span, f"it is said to hold only for {words}, and cases are not read: {PRIMED}")


def _compares(relations: Sequence[Token]) -> bool:
    return any(relation.value in _INEQUALITIES for relation in relations)


def _inequality(sides: Sequence[Sequence[Token]], relations: Sequence[Token]) -> str:
    """A condition on what is no constant: ``z > 0``, not ``\\eta > 0``."""
    if len(relations) != 1 or relations[0].value not in _INEQUALITIES or not all(sides):
        return ""
    names = [t.value for side in sides for t in side if t.kind in ("word", "command", "name")]
    if not names or POSITIVE.issuperset(names):
        return ""
    return " ".join(
        [*(t.value for t in sides[0]), relations[0].value, *(t.value for t in sides[1])]
    )
