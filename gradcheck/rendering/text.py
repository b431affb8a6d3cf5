"""The report as text for people: what was understood, the tables, what is wrong, the outcome."""

from __future__ import annotations

from collections import Counter

from gradcheck.finding import Finding
from gradcheck.rendering.table import COLOURS, table
from gradcheck.rendering.terminal import WIDTH, Palette, clipped, wrapped
from gradcheck.rendering.wording import counted, findings_on, is_expected, outcome, tally
from gradcheck.report import ClaimResult, DocumentResult, ParameterResult, Report, SetupResult
from gradcheck.verdict import Verdict

_SOURCE_LENGTH = 400
_LABEL = 15
_ALIKE = 5
_EXPLAINED = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.UNREAD)
_SEVERITY_COLOURS = {"error": "red", "warning": "yellow", "note": "dim"}
LEGEND = (
    "document, numeric, backprop: largest difference from the gradient derived symbolically, "
    "relative to its largest entry; bound: what the numeric gradient may be off by."
)


def render(report: Report, *, colour: bool = False) -> str:
    """The whole report in lines of at most 100 columns."""
    palette = Palette(colour)
    lines: list[str] = []
    for result in report.documents:
        lines += [*_document(result, palette), ""]
    if any(result.setups for result in report.documents):
        lines += [*(palette.paint(line, "dim") for line in wrapped(LEGEND, "")), ""]
    lines += wrapped(tally(report), "")
    verdict = {0: "green", 1: "red"}.get(report.exit_status, "yellow")
    lines += [palette.paint(line, verdict) for line in wrapped(outcome(report), "")]
    return "\n".join(lines) + "\n"


def _document(result: DocumentResult, palette: Palette) -> list[str]:
    lines = [palette.paint(line, "bold") for line in wrapped(result.path, "", "    ")]
    lines += _read_back(result, palette)
    told: set[int] = set()
    for setup in result.setups:
        lines += ["", *_setup(result, setup, palette, told)]
    rest = [finding for finding in result.findings if id(finding) not in told]
    return lines + _other_findings(result, rest, palette)


def _other_findings(result: DocumentResult, findings: list[Finding], palette: Palette) -> list[str]:
    """In document order; of many that say the same, only the first ones."""
    lines = [""] if findings else []
    shown: Counter[tuple[str, str]] = Counter()
    for finding in sorted(findings, key=lambda finding: finding.span):
        same = (finding.rule.code, finding.message)
        shown[same] += 1
        if shown[same] <= _ALIKE:
            lines += _finding(result, finding, palette)
    for (code, message), number in shown.items():
        if number > _ALIKE:
            lines += wrapped(f"and {number - _ALIKE} more {code}: {message}", "  ", "    ")
    return lines


def _read_back(result: DocumentResult, palette: Palette) -> list[str]:
    """Forward equations and loss as understood, what differs in later setups, the readings."""
    lines: list[str] = []
    before: tuple[str, ...] = ()
    for setup in result.setups:
        changed = [item for item in setup.forward if item not in (*before, setup.loss)]
        since = f"from line {setup.line}" if before else ""
        if changed:
            lines += _labelled(since or "read as", ", ".join(changed), palette)
        if setup.loss not in before:
            label = since if since and not changed else "loss"
            lines += _labelled(label, setup.loss, palette)
        before = (*setup.forward, setup.loss)
    if not result.setups:
        lines += _labelled("read", f"{counted(result.formulas, 'formula')}, no gradient", palette)
    for reading in result.readings:
        lines += _labelled("reading", reading, palette)
    return lines


def _setup(
    result: DocumentResult, setup: SetupResult, palette: Palette, told: set[int]
) -> list[str]:
    heading = f"{setup.name}, hidden layer {setup.hidden} (from line {setup.line})"
    lines = [palette.paint(line, "bold") for line in wrapped(heading, "  ")]
    expected = tuple(is_expected(result, row) for row in setup.parameters)
    lines += ["  " + line for line in table(setup, expected, palette).split("\n")]
    lines += _notes(setup, palette)
    for row in setup.parameters:
        for claim in row.claims:
            if claim.verdict in _EXPLAINED:
                lines += _explanation(result, row, claim, palette, told)
    return [line.rstrip() for line in lines]


def _notes(setup: SetupResult, palette: Palette) -> list[str]:
    """Why numbers are missing, and what else the setup has to say."""
    notes = [
        f"{row.source_name}: {row.note}"
        for row in setup.parameters
        if row.note and not any(row.note in note for note in setup.notes)
    ]
    if setup.backprop != "compared":
        notes.insert(0, f"backprop not compared: {setup.backprop}")
    return [
        palette.paint(line, "dim")
        for note in (*setup.notes, *notes)
        for line in wrapped(note, "  ")
    ]


def _explanation(
    result: DocumentResult,
    row: ParameterResult,
    claim: ClaimResult,
    palette: Palette,
    told: set[int],
) -> list[str]:
    """A claim that does not hold, or that nobody could judge: the text, and what is the matter."""
    findings = [finding for finding in findings_on(result, claim.span) if id(finding) not in told]
    told.update(id(finding) for finding in findings)
    codes = ", ".join(dict.fromkeys(f"{f.rule.code} {f.rule.name}" for f in findings))
    expected = " (expected)" if any(finding.expected for finding in findings) else ""
    head = f"{claim.verdict.words}{expected}: {row.source_name}, line {claim.line}"
    if codes:
        head += f"  [{codes}]"
    colour = COLOURS[claim.verdict]
    lines = ["", *(palette.paint(line, colour) for line in wrapped(head, "  ", "      "))]
    if claim.source.strip():
        lines += _labelled("written", clipped(claim.source, _SOURCE_LENGTH), palette, 4)
    if claim.derived and (claim.verdict is Verdict.WRONG or claim is row.claim):
        lines += _labelled("derived", clipped(claim.derived, _SOURCE_LENGTH), palette, 4)
    for why in _reasons(claim, findings):
        lines += _labelled("why", why, palette, 4)
    if claim.witness:
        lines += _labelled("for example", claim.witness, palette, 4)
    for finding in findings:
        lines += _advice(finding, palette)
    return lines


def _reasons(claim: ClaimResult, findings: list[Finding]) -> list[str]:
    """Each thing once: a finding's message often holds what the claim itself says already."""
    said = [text for text in (claim.derived, claim.witness) if text]
    messages = [
        finding.message
        for finding in findings
        if not said or not all(text in finding.message for text in said)
    ]
    reasons: list[str] = []
    for text in (*messages, claim.quotient, claim.reason):
        if text and not any(text in reason for reason in reasons):
            reasons.append(text)
    return reasons


def _finding(result: DocumentResult, finding: Finding, palette: Palette) -> list[str]:
    """A finding that belongs to no row: where, what, and the text unless it is only a note."""
    line = result.document.position(max(finding.span.start, 0))[0]
    severity = finding.rule.severity + (" (expected)" if finding.expected else "")
    head = f"{severity}, line {line}: {finding.message}  [{finding.rule.code} {finding.rule.name}]"
    colour = "dim" if finding.expected else _SEVERITY_COLOURS[finding.rule.severity]
    lines = [palette.paint(text, colour) for text in wrapped(head, "  ", "    ")]
    if finding.rule.severity != "note" and 0 <= finding.span.start < finding.span.end:
        source = clipped(result.document.source(finding.span), 2 * WIDTH)
        lines += _labelled("written", source, palette, 4)
    return lines + _advice(finding, palette)


def _advice(finding: Finding, palette: Palette) -> list[str]:
    lines: list[str] = []
    if finding.suggestion:
        lines += _labelled("try", finding.suggestion, palette, 4)
    if finding.follows_from:
        lines += _labelled("follows from", finding.follows_from, palette, 4)
    return lines


def _labelled(label: str, text: str, palette: Palette, indent: int = 2) -> list[str]:
    """A line with its label in a column of its own; long text continues under the text."""
    first = f"{'':{indent}}{label:<{_LABEL}}"
    lines = wrapped(text, first, " " * (indent + _LABEL))
    lines[0] = palette.paint(first, "dim") + lines[0][len(first) :]
    return lines
