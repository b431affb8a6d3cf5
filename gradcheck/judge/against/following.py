"""What is wrong only because a definition is not the reference's follows from that definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.judge import Evidence
from gradcheck.language.document import Span
from gradcheck.language.finding import Finding
from gradcheck.language.verdict import Verdict

HOLDS = (Verdict.EXACT, Verdict.CONVENTION)


def following(
    findings: Sequence[Finding], evidence: Evidence, differences: Sequence[Finding]
) -> list[Finding]:
    """The findings of one setup, with the cause of each that holds by the document's own network.

    The cause is the first definition that is not the reference's.
    """
    causes = [f.span for f in differences if f.rule.code == "GC311"]
    wrong = [f for f in findings if f.rule.kind != "reading" and f.rule.severity == "error"]
    if not causes or not wrong or evidence.setup.own is None:
        return list(findings)
    fine = _holding(evidence)
    line = evidence.document.place_of(min(causes))
    return [
        replace(finding, follows_from=line)
        if finding in wrong and finding.span in fine
        else finding
        for finding in findings
    ]


def _holding(evidence: Evidence) -> set[Span]:
    """The places of what holds by the document's own definitions."""
    own = evidence.setup.own
    assert own is not None
    mine = Evidence(own, evidence.steps, evidence.document, evidence.options)
    claims = {item.claim.span for item in mine.judged if item.verdict in HOLDS}
    return claims | {item.step.span for item in mine.judged_steps if item.verdict in HOLDS}
