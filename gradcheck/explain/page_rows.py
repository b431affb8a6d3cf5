"""A parameter's row of a page with axes, from the claims for it."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.language.verdict import SEVERITY_ORDER, Verdict
from gradcheck.report.results import CHAIN_RULE_ONLY, ClaimResult, ParameterResult


def row_of(
    role: str,
    source: str,
    claims: tuple[ClaimResult, ...],
    chain: bool,
    old: ParameterResult | None,
) -> ParameterResult:
    """A row from its claims: the last if that was not read, else the worst."""
    shown: ClaimResult | None = None
    if claims:
        if claims[-1].verdict is Verdict.UNREAD:
            shown = claims[-1]
        else:
            read = [c for c in claims if c.verdict is not Verdict.UNREAD]
            worst = min(read, key=lambda c: SEVERITY_ORDER.index(c.verdict)).verdict
            same = [c for c in read if c.verdict is worst]
            shown = same[0] if worst in (Verdict.WRONG, Verdict.UNDECIDED) else same[-1]
    verdict = shown.verdict if shown is not None else None
    base = old or ParameterResult(role, source, None, "", None, (), "", "")
    return replace(
        base, verdict=verdict, status=_status(shown, chain), claim=shown, claims=claims,
        document_error=None if old is None or verdict is not old.verdict else old.document_error,
    )  # fmt: skip


def _status(shown: ClaimResult | None, chain: bool) -> str:
    if shown is None:
        return CHAIN_RULE_ONLY if chain else "not claimed"
    if shown.verdict is Verdict.CONVENTION:
        parts = [] if shown.left_out is None else [str(shown.left_out)]
        return "up to " + ", ".join([*parts, "Σ"] if shown.sum_left_out else parts)
    return shown.verdict.words
