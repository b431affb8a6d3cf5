"""A check of gradient code as a table for people."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tabulate import tabulate

from gradcheck.code.gradient_rows import GradientRow
from gradcheck.language.verdict import Verdict

HEADERS = ("parameter", "verdict", "off by", "worst at", "code", "numeric", "checked", "seen from")
LEGEND = (
    "off by: the largest difference between the code's gradient and the numeric one; worst at: its "
    "entry, with both values; seen from: the smallest error that would have been seen in any entry."
)
_ALIGNMENT = ("left", "left", "right", "left", "right", "right", "right", "right")


def grid(rows: Sequence[GradientRow], verdicts: Sequence[str] = ()) -> str:
    """One row a parameter; ``verdicts`` stand for their own words, coloured say."""
    shown = verdicts or [row.verdict.words for row in rows]
    cells = [_cells(row, verdict) for row, verdict in zip(rows, shown, strict=True)]
    return tabulate(cells, HEADERS, disable_numparse=True, colalign=_ALIGNMENT if cells else None)


def _cells(row: GradientRow, verdict: str) -> tuple[str, ...]:
    """The worst entry is shown only where it is a mistake: the place of noise means nothing."""
    differs = row.verdict is not Verdict.AGREES
    entry = f"[{', '.join(map(str, row.worst_entry))}]" if row.worst_entry else ""
    return (
        row.name,
        verdict,
        (_digits(row.largest_error, 2) if differs else _below(row.largest_error)),
        entry if differs else "",
        _digits(row.claimed, 6) if differs else "",
        _digits(row.numeric, 6) if differs else "",
        f"{row.checked} of {row.entries}",
        _below(row.visible).removeprefix("< "),
    )


def _digits(value: float | None, digits: int) -> str:
    """A number as short as that many digits allow: ``0.25``, ``-3e-08``."""
    if value is None:
        return "–"
    return f"{value:.{digits}g}" if math.isfinite(value) else str(value)


def _below(value: float | None) -> str:
    """The power of ten above an error that is noise: its digits would mean nothing."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"< 1e{math.floor(math.log10(value)) + 1}" if value > 0 else "0"
