"""What fails a run although no finding says so, for formats that are lists of findings.

That is code at odds with its document, a run in which nothing was checked and all findings are
known, gradients of a folder that were not found, and with ``--strict`` what is right only up to a
convention, was never claimed, or was not compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.language.problem import InputError
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import (
    DocumentResult,
    ParameterResult,
    Report,
    is_anything_checked,
    missed,
)


@dataclass(frozen=True, slots=True)
class Objection(InputError):
    """What is objected to in an input that could be read."""


def objections(report: Report) -> list[Objection]:
    """All of them, in the order of the documents."""
    found = [item for result in report.documents for item in _of_document(result, report.strict)]
    return [*found, *lost(report), *idle(report)]


def lost(report: Report) -> list[Objection]:
    """Gradients of folders that were not found, where that fails the run."""
    return _not_found(report) if missed(report) or _is_idle(report) else []


def remarks(report: Report) -> list[Objection]:
    """The same where it does not."""
    return [] if lost(report) else _not_found(report)


def idle(report: Report) -> list[Objection]:
    """Documents without a claim that was checked, where no input failed and yet nothing passed."""
    if not _is_idle(report):
        return []
    return [Objection(result.path, "nothing was checked here") for result in report.documents]


def _is_idle(report: Report) -> bool:
    return not report.errors and report.exit_status == 2 and not is_anything_checked(report)


def _not_found(report: Report) -> list[Objection]:
    return [Objection(e.path, e.message, e.line, e.column) for e in report.not_found]


def objected(row: ParameterResult, strict: bool) -> bool:
    """Whether ``--strict`` objects to a gradient that does not fail by itself."""
    return strict and row.verdict in (None, Verdict.CONVENTION)


def _of_document(result: DocumentResult, strict: bool) -> Iterator[Objection]:
    for setup in result.setups:
        for row in setup.parameters:
            if objected(row, strict):
                yield _gradient(result, row)
    for comparison in result.comparisons:
        if comparison.setup is None and strict:
            message = f"{comparison.target}: {comparison.words} (strict)"
            yield Objection(result.path, message)
        for item in comparison.parameters:
            if item.disagrees:
                words = f"{comparison.target}, gradient by {item.source_name}: {item.words}"
                yield Objection(result.path, words)


def _gradient(result: DocumentResult, row: ParameterResult) -> Objection:
    words = f"the gradient by {row.source_name} is {row.status} (strict)"
    if row.claim is None:
        return Objection(result.path, words)
    return Objection.at(result.document, row.claim.span, words)
