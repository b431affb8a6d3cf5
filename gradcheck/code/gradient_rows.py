"""What a check of gradient code found, parameter by parameter."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.language.finding import Rule
from gradcheck.language.verdict import Verdict


@dataclass(frozen=True, slots=True)
class GradientRow:
    """One parameter. Every number is None where it was not computed.

    ``largest_error`` is the largest |claimed - numeric|, ``bound`` what that may be by rounding
    and truncation at the worst entry, ``visible`` the smallest error that would have been seen in
    any entry. ``checked`` of ``entries`` entries were compared one by one or within a block.
    """

    name: str
    shape: tuple[int, ...]
    verdict: Verdict
    entries: int
    checked: int
    largest_error: float | None = None
    bound: float | None = None
    worst_entry: tuple[int, ...] | None = None
    claimed: float | None = None  # at the worst entry
    numeric: float | None = None
    visible: float | None = None
    wrong_entries: int = 0
    note: str = ""  # "kink at 3 entries", "not decided: …"


@dataclass(frozen=True, slots=True)
class CodeFinding:
    """Something to tell the author of gradient code: which parameter, what, and how to mend it."""

    rule: Rule
    message: str
    parameter: str | None = None  # None: the case as a whole
    entry: tuple[int, ...] | None = None
    suggestion: str | None = None
