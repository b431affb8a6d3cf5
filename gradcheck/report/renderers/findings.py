"""The findings of a document for people: what, where, why, and what to write instead.

Errors and warnings come first, in the order of their lines, each with the line of the document and
a caret under the place; what follows from one stands below it in a line of its own. Side remarks
that were not read are gathered by their reason, and notes take a line each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gradcheck.language.finding import Finding, Rule
from gradcheck.language.verdict import Verdict
from gradcheck.report.renderers.snippet import snippet
from gradcheck.report.renderers.terminal import (
    WIDTH,
    Palette,
    clipped,
    labelled,
    printable,
    visible,
    wrapped,
)
from gradcheck.report.results import ClaimResult, DocumentResult

_SIDE_REMARK = "GC001"
_ALIKE = 5
_LONGEST = 400
_EXPLAINED = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.UNREAD)
_SEVERITY_COLOURS = {"error": "red", "warning": "yellow", "note": "dim"}


def findings(result: DocumentResult, palette: Palette, *, numpy: bool = False) -> list[str]:
    """All findings that are not ignored, as lines of at most 100 columns.

    With ``numpy`` each counterexample is followed by the same as code, to be pasted as it is.
    """
    shown = [finding for finding in result.findings if not finding.ignored]
    shown.sort(key=lambda finding: (finding.span.start, finding.rule.severity, finding.rule.code))
    remarks = [f for f in shown if f.rule.code == _SIDE_REMARK]
    notes = [f for f in shown if f.rule.severity == "note"]
    causes = [f for f in shown if f not in remarks and f not in notes]
    lines = _causes(result, causes, palette, numpy)
    lines += _remarks(result, remarks, palette)
    if notes:
        lines.append("")
    for note in notes:
        lines += _head(result, note, palette)
        lines += _advice(note, palette)
    return lines


def _causes(
    result: DocumentResult, found: Sequence[Finding], palette: Palette, numpy: bool
) -> list[str]:
    """Causes in order, each with what follows from it; of many that say the same, the first."""
    followers = _followers(result, found)
    lines: list[str] = []
    told: set[tuple[int, int]] = set()
    alike: Counter[tuple[str, str]] = Counter()
    for index, finding in enumerate(found):
        same = (finding.rule.code, finding.message)
        alike[same] += 1
        if any(index in later for later in followers.values()) or alike[same] > _ALIKE:
            continue
        lines += ["", *_finding(result, finding, palette, told)]
        if numpy and finding.numpy:
            lines += ["", *_code(finding.numpy), ""]
        for later in followers.get(index, ()):
            lines += _follower(result, found[later], palette)
    for (code, message), number in alike.items():
        if number > _ALIKE:
            lines += ["", *wrapped(f"and {number - _ALIKE} more {code}: {message}", "  ", "    ")]
    return lines


def _followers(result: DocumentResult, found: Sequence[Finding]) -> dict[int, list[int]]:
    """What follows from each cause, both as indices; findings without a known cause are in none."""
    causes: dict[str, int] = {}
    for index, finding in enumerate(found):
        if finding.follows_from is None:
            causes.setdefault(_place(result, finding), index)
    followers: dict[int, list[int]] = {}
    for index, finding in enumerate(found):
        if finding.follows_from in causes:
            followers.setdefault(causes[finding.follows_from], []).append(index)
    return followers


def _finding(
    result: DocumentResult, finding: Finding, palette: Palette, told: set[tuple[int, int]]
) -> list[str]:
    """A finding in full: the line with its caret, what was derived, a counterexample, advice.

    ``told`` are the places already shown: a second finding there is only named.
    """
    place = (finding.span.start, finding.span.end)
    claim = _claim_at(result, finding)
    lines = _head(result, finding, palette, claim)
    if place not in told:
        told.add(place)
        colour = _SEVERITY_COLOURS[finding.rule.severity]
        source, *marks = snippet(result.document, finding.span) or [""]
        lines += [source] if source else []
        lines += [palette.paint(line, colour) for line in marks]
        lines += _advice(finding, palette)
        return lines + _evidence(finding, claim, palette)
    return lines + _advice(finding, palette)


def _head(
    result: DocumentResult, finding: Finding, palette: Palette, claim: ClaimResult | None = None
) -> list[str]:
    rule = finding.rule
    message = _message(finding, claim)
    head = f"{rule.severity}{_mark(finding)}, {_place(result, finding)}: {message}"
    colour = "dim" if finding.mark else _SEVERITY_COLOURS[rule.severity]
    return [palette.paint(line, colour) for line in _tagged(head, rule, "  ")]


def _mark(finding: Finding) -> str:
    return f" ({finding.mark})" if finding.mark else ""


def _tagged(text: str, rule: Rule, indent: str) -> list[str]:
    """The text with the code and name of its rule at the end, which stay together."""
    glued = f"{rule.code}_{rule.name}"
    lines = wrapped(f"{text} [{glued}]", indent, indent + "  ")
    return [line.replace(glued, f"{rule.code} {rule.name}") for line in lines]


def _message(finding: Finding, claim: ClaimResult | None) -> str:
    """The message, without what is shown on a line of its own."""
    derived = finding.derived or (claim.derived if claim else "")
    return finding.message.removesuffix(f"; derived instead: {derived}")


def _follower(result: DocumentResult, finding: Finding, palette: Palette) -> list[str]:
    message = _message(finding, _claim_at(result, finding))
    head = f"{_place(result, finding)} follows from it{_mark(finding)}: {message}"
    return [palette.paint(line, "dim") for line in _tagged(head, finding.rule, "      ")]


def _evidence(finding: Finding, claim: ClaimResult | None, palette: Palette) -> list[str]:
    """What should stand there, why it could not be judged, a point where it fails.

    A finding that brings none of its own has that of the claim it is about.
    """
    if finding.follows_from is not None:
        return []
    message = _message(finding, claim)
    texts = [("derived", finding.derived or (claim.derived if claim else ""))]
    if claim is not None:
        texts += [("why", claim.quotient), ("why", claim.reason)]
    texts.append(("for example", finding.counterexample or (claim.witness if claim else "")))
    lines: list[str] = []
    for label, text in texts:
        if text and text not in message:
            lines += labelled(label, clipped(text, _LONGEST), palette, 4)
    return lines


def _code(text: str) -> list[str]:
    """Code as it is, line by line, in columns that a paste need not mend."""
    printed = ("".join(map(visible, line)).rstrip() for line in text.strip().splitlines())
    return [f"    {line}".rstrip() for line in printed]


def _claim_at(result: DocumentResult, finding: Finding) -> ClaimResult | None:
    """The claim that a finding is about, if it is one that does not hold or was not judged."""
    for setup in result.setups:
        for row in setup.parameters:
            for claim in row.claims:
                inside = claim.span.start <= finding.span.start < claim.span.end
                if inside and claim.verdict in _EXPLAINED:
                    return claim
    return None


def _remarks(result: DocumentResult, found: Sequence[Finding], palette: Palette) -> list[str]:
    """Side remarks that were not read: a reason, and below it a line for every place."""
    by_reason: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        by_reason.setdefault((finding.message, _mark(finding)), []).append(finding)
    lines: list[str] = []
    for (message, mark), places in by_reason.items():
        rule = places[0].rule
        head = f"{rule.severity}{mark}, not read: {message}"
        colour = "dim" if mark else _SEVERITY_COLOURS[rule.severity]
        lines += ["", *(palette.paint(line, colour) for line in _tagged(head, rule, "  "))]
        for finding in places[:_ALIKE]:
            lines.append(_one_line(result, finding))
            lines += _advice(finding, palette) if len(places) == 1 else []
        if len(places) > _ALIKE:
            lines.append(f"    and {len(places) - _ALIKE} more")
    return lines


def _one_line(result: DocumentResult, finding: Finding) -> str:
    _, column = result.document.position(max(finding.span.start, 0))
    first = f"    {_place(result, finding)}, column {column}: "
    source = printable(result.document.source(finding.span)[: 4 * WIDTH])
    return (first + clipped(source, WIDTH - len(first))).rstrip()


def _advice(finding: Finding, palette: Palette) -> list[str]:
    lines: list[str] = []
    if finding.suggestion:
        lines += labelled("try", finding.suggestion, palette, 4)
    if finding.follows_from:
        lines += labelled("follows from", finding.follows_from, palette, 4)
    return lines


def _place(result: DocumentResult, finding: Finding) -> str:
    return result.document.place(result.document.position(max(finding.span.start, 0))[0])
