"""The documents, what must come out for each, and what does."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.language.finding import Finding
    from gradcheck.report.results import DocumentResult, ParameterResult, Report

HERE = Path(__file__).parent
FOLDER = HERE / "documents"
PENDING = HERE / "pending.txt"
OPEN = frozenset(["undecided", "unread"])
READING = frozenset(["reading", "internal"])
"""Findings that say "not read", "not decided", "the sources disagree": they find no mistake."""

Case = dict[str, Any]
CASES: list[Case] = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))["cases"]


def pending() -> frozenset[str]:
    """What does not come out yet: names of documents and wordings, a line each."""
    lines = PENDING.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def differences(case: Case, report: Report) -> list[str]:
    """What is not as the truth says; empty if all is."""
    if not report.documents:
        return [] if report.exit_status in case["exit"] else ["no document"]
    result = report.documents[0]
    found = [*_lines(case, result), *_rows(case, result), *_said(case, report)]
    if report.exit_status not in case["exit"]:
        found.append(f"exit {report.exit_status}, expected {case['exit']}")
    return found


def _lines(case: Case, result: DocumentResult) -> list[str]:
    """Alarms, mistakes missed, lines left open, lines not judged."""
    bad, unclear, judged = _bad(result), _unclear(result), _judged(result)
    accepted = [set(wrong["accept_lines"]) for wrong in case["wrong"]]
    free = set(case["follows"]).union(*accepted)
    found = [f"line {line} is called wrong" for line in sorted(bad - free)]
    for wrong, lines in zip(case["wrong"], accepted, strict=True):
        if not lines & bad:
            found.append(f"line {wrong['line']} is not called wrong ({wrong['what']})")
    open_lines = unclear - free - set(case["may_be_open"])
    found += [f"line {line} is left open" for line in sorted(open_lines)]
    unjudged = set(case.get("judged", ())) - judged - unclear
    return found + [f"line {line} is not judged" for line in sorted(unjudged)]


def _bad(result: DocumentResult) -> set[int]:
    steps = {step.line for step in result.steps if _name(step.verdict) == "wrong"}
    rows = {row.claim.line for row in _all_rows(result) if row.claim and _is(row, "wrong")}
    return steps | rows | {_line(result, each) for each in _errors(result, reading=False)}


def _unclear(result: DocumentResult) -> set[int]:
    steps = {step.line for step in result.steps if _name(step.verdict) in OPEN}
    rows = {row.claim.line for row in _all_rows(result) if row.claim and _is(row, *OPEN)}
    return steps | rows | {_line(result, each) for each in _errors(result, reading=True)}


def _judged(result: DocumentResult) -> set[int]:
    return {step.line for step in result.steps if _name(step.verdict) not in ("", *OPEN)}


def _errors(result: DocumentResult, *, reading: bool) -> list[Finding]:
    return [
        each for each in result.findings if each.fails and (each.rule.kind in READING) == reading
    ]


def _rows(case: Case, result: DocumentResult) -> list[str]:
    found = []
    for name, accepted in case["rows"].items():
        verdicts = _verdicts(result, name)
        if not verdicts <= set(accepted):
            found.append(f"{name} is {sorted(map(str, verdicts))}, expected {accepted}")
    return found


def _verdicts(result: DocumentResult, name: str) -> set[str | None]:
    """The verdicts of a parameter's rows, by its name as written or without letters as indices."""
    for same in (_key, _base):
        rows = [row for row in _all_rows(result) if same(row.source_name) == same(name)]
        if rows:
            return {row.verdict.value for row in rows if row.verdict} or {None}
    return {None}


def _said(case: Case, report: Report) -> list[str]:
    result = report.documents[0]
    texts = [f"{each.message} {each.suggestion or ''}" for each in result.findings]
    texts += [*result.readings, *(error.message for error in report.errors)]
    must = case.get("must_text", [])
    found = [] if not must or any(t in text for t in must for text in texts) else [f"no {must}"]
    never = set(case.get("never_findings", ()))
    return found + sorted({each.rule.name for each in result.findings} & never)


def _all_rows(result: DocumentResult) -> list[ParameterResult]:
    return [row for setup in result.setups for row in setup.parameters]


def _line(result: DocumentResult, finding: Finding) -> int:
    return result.document.line_of(finding.span)


def _is(row: ParameterResult, *names: str) -> bool:
    return _name(row.verdict) in names


def _name(verdict: object) -> str:
    return str(getattr(verdict, "value", ""))


def _key(name: str) -> str:
    """A name without fonts, braces and spaces."""
    text = unicodedata.normalize("NFKC", name)
    text = re.sub(r"\\(?:mathbf|mathrm|boldsymbol|bm|text|vec)(?![A-Za-z])", "", text)
    return re.sub(r"[{}\s\\]", "", text)


def _base(name: str) -> str:
    return re.sub(r"_[a-z]{1,2}$", "", _key(name))
