"""The report as JSON: the contract other programs rely on (``"schema": 1``).

Keys are only ever added. What was not computed is null; NaN and infinity never appear.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from gradcheck.code.gradient_rows import CodeFinding, GradientRow
from gradcheck.code.result import GradientReport
from gradcheck.language.document import Document
from gradcheck.language.finding import Finding
from gradcheck.language.problem import InputError
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.report.results import (
    CodeComparison,
    DocumentResult,
    ParameterResult,
    Report,
    SetupResult,
    StepResult,
    count_steps,
)

if TYPE_CHECKING:
    from gradcheck.report.descents import Descent

SCHEMA = 1


def render(report: Report) -> str:
    """The whole report, the same text for the same report."""
    return "".join(pieces(report))


def pieces(report: Report) -> Iterator[str]:
    """The same text, a document at a time."""
    head, tail = _dumped(_report(report)).split(_DOCUMENTS + "]", 1)
    before = f"{head}{_DOCUMENTS}\n    "
    for result in report.documents:
        # A string has its line breaks escaped: those that are left are the layout's.
        yield before + _dumped(_document(result)).replace("\n", "\n    ")
        before = ",\n    "
    yield f"\n  ]{tail}\n" if report.documents else f"{head}{_DOCUMENTS}]{tail}\n"


_DOCUMENTS = '"documents": ['


def _dumped(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


def _report(report: Report) -> dict[str, object]:
    """All but the documents."""
    features, hidden, samples = report.sizes
    return {
        "schema": SCHEMA,
        "documents": [],
        "code": [_code(item) for item in report.code],
        "errors": [_input(error) for error in report.errors],
        "not_found": [_input(error) for error in report.not_found],
        "ordinary": list(report.ordinary),
        "exit_status": report.exit_status,
        "interrupted": report.interrupted,
        "strict": report.strict,
        "trusted": report.trusted,
        "seed": report.seed,
        "sizes": {"features": features, "hidden": hidden, "samples": samples},
    }


def _input(error: InputError) -> dict[str, object]:
    return {
        "path": error.path,
        "message": error.message,
        "line": error.line,
        "column": error.column,
    }


def _document(result: DocumentResult) -> dict[str, object]:
    return {
        "path": result.path,
        "readings": list(result.readings),
        "unjudged": list(result.unjudged),
        "forward": list(result.forward),
        "axes": list(result.axes),
        "summary": count_steps(result),
        "findings": [_finding(result.document, finding) for finding in result.findings],
        "steps": [_step(result.document, step) for step in result.steps],
        "setups": [_setup(result.document, setup) for setup in result.setups],
        "descents": [_descent(descent) for descent in result.descents],
        "code": [_comparison(comparison) for comparison in result.comparisons],
    }


def _comparison(comparison: CodeComparison) -> dict[str, object]:
    """A document beside the code that its front matter names; ``setup`` is null if it was not."""
    return {
        "target": comparison.target,
        "setup": comparison.setup,
        "words": comparison.words,
        "parameters": [
            {
                "name": row.role,
                "source_name": row.source_name,
                "code_name": row.code_name,
                "words": row.words,
                "disagrees": row.disagrees,
                "document_error": _number(row.document_error),
                "code_error": _number(row.code_error),
            }
            for row in comparison.parameters
        ],
    }


def _code(code: GradientReport) -> dict[str, object]:
    """A target of gradient code: every field of its report, of its rows and of its findings."""
    made = {item.name: _plain(getattr(code, item.name)) for item in fields(code)}
    made["parameters"] = made.pop("rows")
    return made


def _plain(value: object) -> object:
    """A part of a report as JSON has it."""
    match value:
        case Verdict():
            return value.value
        case None | bool() | int() | str():
            return value
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case CodeFinding():
            rule = value.rule
            others = [item.name for item in fields(value) if item.name != "rule"]
            plain = {name: _plain(getattr(value, name)) for name in others}
            named = {"code": rule.code, "name": rule.name}
            return {**named, "class": rule.kind, "severity": rule.severity, **plain}
        case GradientRow():
            plain = {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
            return {**plain, "note": value.note or None}
    return _number(value)  # type: ignore[arg-type]


def _finding(document: Document, finding: Finding) -> dict[str, object]:
    line, column = document.position(max(finding.span.start, 0))
    end_line, end_column = document.position(max(finding.span.end, finding.span.start, 0))
    return {
        "code": finding.rule.code,
        "name": finding.rule.name,
        "class": finding.rule.kind,
        "severity": finding.rule.severity,
        **_line(document, line),
        "column": column,
        "end_line": document.within(end_line)[1],
        "end_column": end_column,
        "message": finding.message,
        "suggestion": finding.suggestion,
        "follows_from": finding.follows_from,
        "expected": finding.expected,
        "ignored": finding.ignored,
        "known": finding.known,
        "derived": finding.derived or None,
        "counterexample": finding.counterexample or None,
        "numpy": finding.numpy or None,
    }


def _step(document: Document, step: StepResult) -> dict[str, object]:
    return {
        **_line(document, step.line),
        "column": step.column,
        "statement": step.statement,
        "kind": step.kind,
        "relation": step.relation,
        "left": step.left,
        "right": step.right,
        "verdict": _verdict(step.verdict),
        "left_out": _constant(step.left_out),
        "sum_left_out": step.sum_left_out,
        "setup": step.setup,
        "otherwise": _otherwise(step.otherwise),
    }


def _setup(document: Document, setup: SetupResult) -> dict[str, object]:
    return {
        "name": setup.name,
        "hidden": setup.hidden,
        **_line(document, setup.line),
        "forward": list(setup.forward),
        "loss": setup.loss,
        "axes": list(setup.axes),
        "given": list(setup.given),
        "abstract": list(setup.abstract),
        "backprop": setup.backprop,
        "notes": list(setup.notes),
        "parameters": [_parameter(document, row) for row in setup.parameters],
    }


def _line(document: Document, line: int | None) -> dict[str, object]:
    """A line of the text as that of the file, or of a notebook's cell; ``file`` where it is not
    the document's own."""
    if line is None:
        return {"line": None, "cell": None, "file": None}
    cell, number = document.within(line)
    file = document.file_of(line)
    return {"line": number, "cell": cell, "file": None if file == document.path else file}


def _descent(descent: Descent | str) -> dict[str, object]:
    """A run of gradient descent; one that was not run has only the words that say why."""
    if isinstance(descent, str):
        return {"setup": None, "words": descent}
    return {
        "setup": descent.setup,
        "words": descent.words,
        "steps": descent.steps,
        "rate": _number(descent.rate),
        "losses": [
            {
                "step": loss.step,
                "by_document": _number(loss.by_document),
                "by_truth": _number(loss.by_truth),
            }
            for loss in descent.losses
        ],
        "final_by_document": _number(descent.final_by_document),
        "final_by_truth": _number(descent.final_by_truth),
        "diverged": descent.diverged,
        "notes": list(descent.notes),
    }


def _parameter(document: Document, row: ParameterResult) -> dict[str, object]:
    claim = row.claim
    return {
        "name": row.role,
        "source_name": row.source_name,
        **_line(document, claim.line if claim else None),
        "claim": claim.source if claim else None,
        "derived": row.derived_tex,
        "verdict": _verdict(row.verdict),
        "left_out": _constant(claim.left_out) if claim else None,
        "sum_left_out": claim.sum_left_out if claim else False,
        "document_error": _number(row.document_error),
        "numeric_error": _number(row.numeric_error),
        "numeric_bound": _number(row.numeric_bound),
        "backprop_error": _number(row.backprop_error),
        "worst_entry": list(row.worst_entry) if row.worst_entry is not None else None,
        "status": row.status,
        "note": row.note or None,
        "reason": (claim.reason or None) if claim else None,
        "quotient": (claim.quotient or None) if claim else None,
        "witness": (claim.witness or None) if claim else None,
        "otherwise": _otherwise(row.otherwise),
    }


def _otherwise(found: tuple[tuple[str, Verdict], ...]) -> list[dict[str, str]]:
    """What the verdict would be under the other readings that change it."""
    return [{"reading": words, "verdict": verdict.value} for words, verdict in found]


def _verdict(verdict: Verdict | None) -> str | None:
    return verdict.value if verdict else None


def _constant(constant: Constant | None) -> str | None:
    return None if constant is None or constant.is_one else str(constant)


def _number(value: float | None) -> float | None:
    """A plain float, or null: NumPy's scalars and numbers that are none do not get out."""
    if value is None or not math.isfinite(value):
        return None
    return float(value)
