"""What gradcheck says of a derivation, held against what the oracle knows."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.indices.authors import Lines, page
from benchmarks.indices.documents import Drawn
from gradcheck import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradcheck.language.finding import Finding
    from gradcheck.report.results import DocumentResult, ParameterResult, StepResult

OPEN = ("unread", "undecided")


@dataclass(frozen=True)
class Outcome:
    """One document: what was said of it."""

    drawn: Drawn
    text: str
    verdict: str  # the worst of the document, or what became of its mistake
    claims: tuple[str, ...]  # a verdict for each step that claims something
    found: bool = False
    proved: bool = False  # a false step is exact, or the row of a false gradient
    alarms: tuple[int, ...] = ()  # lines called wrong that are right
    contradicted: bool = False  # the sources contradict each other (GC190)
    said: tuple[str, ...] = ()
    exit: int = 0


def judged(drawn: Drawn) -> Outcome:
    """Verify one document in this process."""
    text, lines, written = page(drawn.author, drawn.outline.statements)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.md"
        path.write_text(text, encoding="utf-8")
        try:
            report = verify(path)
        except Exception as trouble:  # what it raises is a result as well
            return Outcome(drawn, text, "raises", (), said=(repr(trouble)[:300],))
    errors = [f"error: {each.message}" for each in report.errors]
    if not report.documents:
        return Outcome(drawn, text, "unread", (), said=tuple(errors))
    outcome = _compared(drawn, text, lines, written, report.documents[0])
    return replace(outcome, said=(*outcome.said, *errors), exit=report.exit_status)


def _compared(
    drawn: Drawn, text: str, lines: Lines, written: list[list[str]], result: DocumentResult
) -> Outcome:
    verdicts = _steps(drawn, lines, written, result)
    claims = [verdict for (_, number), verdict in verdicts.items() if number]
    errors = [each for each in result.findings if each.fails]
    bad = {each.line for each in result.steps if _is(each.verdict, "wrong")}
    reading = {"reading", "internal"}
    bad |= {_line(result, each) for each in errors if each.rule.kind not in reading}
    rows = [row for setup in result.setups for row in setup.parameters]
    bad |= {row.claim.line for row in rows if row.claim and _is(row.verdict, "wrong")}
    accepted = {line for place in drawn.wrong for line in lines[place]}
    proved = any(
        verdicts.get(step) == "exact" for step in drawn.false & drawn.untrue
    ) or _row_proved(drawn, lines, rows)
    worst = {_name(row.verdict) for row in rows} | set(claims)
    worst |= {_name(each.verdict) for each in result.steps if each.verdict}
    return Outcome(
        drawn,
        text,
        _verdict(drawn, bool(bad - accepted), bool(bad & accepted), worst, bool(errors)),
        tuple(claims),
        found=bool(bad & accepted),
        proved=proved,
        alarms=tuple(sorted(bad - accepted)),
        contradicted=any(each.rule.code == "GC190" for each in result.findings),
        said=tuple(_told(result)),
    )


def _verdict(drawn: Drawn, alarm: bool, found: bool, worst: set[str], errors: bool) -> str:
    """What is said of a right document, or of the mistake of a wrong one."""
    if found:
        return "wrong"
    if alarm:
        return "elsewhere" if drawn.mistake else "wrong"
    for verdict in ("undecided", "unread", "silent"):
        if verdict in worst:
            return verdict
    if errors:
        return "undecided"
    return "convention" if "convention" in worst else "exact"


def _steps(
    drawn: Drawn, lines: Lines, written: list[list[str]], result: DocumentResult
) -> dict[tuple[int, int], str]:
    """The verdict on every step of every claim; one that none is told of is silent."""
    verdicts = {}
    for place, statement in enumerate(drawn.outline.statements):
        if statement.kind != "claim":
            continue
        here = [each for each in result.steps if each.line in lines[place]]
        for number in range(1, len(statement.sides) + 1):
            verdicts[place, number] = _said_of(here, written[place][number])
    return verdicts


def _said_of(steps: list[StepResult], side: str) -> str:
    plain = side.replace(" ", "")
    for each in steps:
        if each.right.replace(" ", "").rstrip(".,") == plain:
            return _name(each.verdict) if each.verdict else "silent"
    if any(_is(each.verdict, "unread") for each in steps):
        return "unread"
    return "silent"


def _row_proved(drawn: Drawn, lines: Lines, rows: Sequence[ParameterResult]) -> bool:
    """Whether a row is exact by a claim that ends in a false side."""
    statements = drawn.outline.statements
    ends = {
        lines[place][-1] for place, number in drawn.untrue if number == len(statements[place].sides)
    }
    return any(
        _is(row.verdict, "exact") and row.claim is not None and row.claim.line in ends
        for row in rows
    )


def _line(result: DocumentResult, finding: Finding) -> int:
    return result.document.line_of(finding.span)


def _name(verdict: object) -> str:
    return getattr(verdict, "value", "none")


def _is(verdict: object, name: str) -> bool:
    return _name(verdict) == name


def _told(result: DocumentResult) -> list[str]:
    """Everything that was said, for whoever looks at one document."""
    told = [f"reading: {each}" for each in result.readings]
    told += [
        f"{each.line}: {each.kind} {_name(each.verdict)} {each.right}" for each in result.steps
    ]
    rows = [row for setup in result.setups for row in setup.parameters]
    told += [f"row {row.source_name}: {row.status} ({row.derived})" for row in rows]
    for finding in result.findings:
        rule = finding.rule
        told.append(f"{_line(result, finding)}: {rule.code} {rule.severity} {finding.message}")
    return told
