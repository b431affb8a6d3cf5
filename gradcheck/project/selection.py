"""Which findings are shown and count: those selected by their codes, less those left out."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.language.finding import RULES, Finding


def select(
    findings: Sequence[Finding], select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """The findings whose codes are selected and not ignored, in their order.

    Both hold codes or their beginnings (``GC101``, ``GC1``); nothing selected stands for all. The
    longer beginning wins, so that ``select=["GC101"], ignore=["GC1"]`` leaves GC101 alone; of two
    alike, ``ignore`` does.
    """
    return tuple(finding for finding in findings if is_selected(finding.rule.code, select, ignore))


def is_selected(code: str, select: Sequence[str], ignore: Sequence[str]) -> bool:
    """Whether findings of this code are shown and count."""
    wanted = _longest(code, select) if select else 0
    return wanted > _longest(code, ignore)


def matches_a_rule(prefix: str) -> bool:
    """Whether any code begins so: what matches none is a slip of the pen."""
    return len(prefix) >= len("GC") and any(code.startswith(prefix) for code in RULES)


def _longest(code: str, prefixes: Sequence[str]) -> int:
    """The length of the longest beginning of the code among the prefixes; -1 if there is none."""
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)
