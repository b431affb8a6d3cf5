"""A baseline: the findings that a project had when it began to check.

They are still shown, but do not fail the run; new ones do. A finding is known again by its code
and the text of its equation, white space apart, so that lines may come and go around it. One
equation with the same finding twice has it twice in the baseline.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gradcheck.language.document import Span
from gradcheck.language.finding import Finding
from gradcheck.project.configuration import Settings
from gradcheck.project.selection import is_selected
from gradcheck.report.results import DocumentResult, Report
from gradcheck.run.shelf import changed

SCHEMA = 1
LARGEST = 16 * 2**20  # bytes of a baseline file


class BaselineError(ValueError):
    """A baseline file that cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """How often each finding was there, and its code.

    By document (relative to the baseline) and fingerprint.
    """

    counts: Mapping[tuple[str, str], int]
    codes: Mapping[tuple[str, str], str]
    folder: str = "."


def fingerprints(result: DocumentResult) -> list[str]:
    """A name for every finding of a document, in their order, that does not hold its line.

    The same finding in the same equation a second time gets a number, so that names differ.
    """
    seen: Counter[str] = Counter()
    names = []
    for finding in result.findings:
        name = _name(result, finding)
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names


def _name(result: DocumentResult, finding: Finding) -> str:
    place = finding.span
    around = [span for span in result.equations if span.start <= place.start < span.end]
    equation = min(around, key=lambda span: span.end - span.start, default=place)
    text = f"{finding.rule.code}\n{_text(result, equation)}\n{_text(result, place)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _text(result: DocumentResult, span: Span) -> str:
    """What stands there, with white space as LaTeX sees it: it does not matter."""
    return "".join(result.document.source(span).split()) if span.start >= 0 else ""


def load(path: str, base: str | None = None) -> Baseline:
    """Read a baseline. Raises BaselineError where it is missing, too large or no baseline.

    ``base`` is a copy of the working folder that it is part of: its documents are seen as though
    it stood in the working folder.
    """
    hint = "write one with --write-baseline"
    try:
        if os.path.getsize(path) > LARGEST:
            raise BaselineError(f"{path}: larger than {LARGEST // 2**20} MB; {hint}")
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        rows = content["findings"]
        if content["schema"] != SCHEMA:
            raise BaselineError(f"{path}: schema {content['schema']!r}, expected {SCHEMA}; {hint}")
        counts = {(str(r["path"]), str(r["fingerprint"])): int(r["count"]) for r in rows}
        codes = {(str(r["path"]), str(r["fingerprint"])): str(r.get("code", "")) for r in rows}
    except OSError as problem:
        raise BaselineError(f"{path}: {problem.strerror or problem}; {hint}") from None
    except BaselineError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
        raise BaselineError(f"{path}: not a baseline of gradcheck; {hint}") from None
    folder = os.path.dirname(path) or "."
    return Baseline(counts, codes, folder if base is None else os.path.relpath(folder, base))


def written(report: Report, path: str) -> str:
    """The text of a baseline file at ``path`` that knows everything this report found."""
    folder = os.path.dirname(path) or "."
    rows = [
        {
            "path": _relative(result.path, folder),
            "code": finding.rule.code,
            "equation": " ".join(result.document.source(finding.span).split())[:200],
            "fingerprint": name,
            "count": 1,
        }
        for result in report.documents
        for finding, name in zip(result.findings, fingerprints(result), strict=True)
        if not (finding.expected or finding.ignored)
    ]
    rows.sort(key=lambda row: (row["path"], row["code"], row["fingerprint"]))
    content = {"schema": SCHEMA, "findings": rows}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def spare(path: str) -> None:
    """Raises BaselineError for a file that is there and was never a baseline: it would be lost."""
    if not os.path.isfile(path):
        return
    try:
        with open(path, "rb") as file:
            head = file.read(4096).strip()
    except OSError as problem:
        raise BaselineError(f"{path}: {problem.strerror or problem}") from None
    if head and not (head.startswith(b"{") and b'"findings"' in head):
        raise BaselineError(f"{path}: holds something else than a baseline; name another file")


def gone(report: Report, baseline: Baseline, settings: Settings) -> int:
    """How many findings of the baseline are no longer there, of the documents that were verified.

    Those whose codes are not selected now do not count.
    """
    found = {
        (_relative(result.path, baseline.folder), name): settings.codes_for(result.path)
        for result in report.documents
        for name in ("", *fingerprints(result))
    }
    verified = {path: codes for (path, name), codes in found.items() if not name}
    return sum(
        key not in found and is_selected(baseline.codes[key], *verified[key[0]])
        for key in baseline.counts
        if key[0] in verified
    )


def against(report: Report, baseline: Baseline) -> Report:
    """The report with every finding of the baseline marked as known."""
    return replace(report, documents=changed(report.documents, lambda r: _marked(r, baseline)))


def _marked(result: DocumentResult, baseline: Baseline) -> DocumentResult:
    path = _relative(result.path, baseline.folder)
    findings = tuple(
        replace(finding, known=True) if baseline.counts.get((path, name)) else finding
        for finding, name in zip(result.findings, fingerprints(result), strict=True)
    )
    return replace(result, findings=findings)


def _relative(path: str, folder: str) -> str:
    """A document's path as seen from the baseline's folder, with forward slashes."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return Path(path).as_posix()
