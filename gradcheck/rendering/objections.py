"""What fails a run although no finding says so, for formats that are lists of findings.

That is code at odds with its document, a run in which nothing was checked and all findings are
known, and with ``--strict`` what is right only up to a convention, was never claimed, or was not
compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.report import DocumentResult, InputError, ParameterResult, Report
from gradcheck.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Objection(InputError):
    """What is objected to in an input that could be read."""


def objections(report: Report) -> list[Objection]:
    """All of them, in the order of the documents."""
    found = [item for result in report.documents for item in _of_document(result, report.strict)]
    return found + idle(report)


def idle(report: Report) -> list[Objection]:
    """Documents without a claim that was checked, where no input failed and yet nothing passed."""
    if report.errors or report.exit_status != 2:
        return []
    return [Objection(result.path, "nothing was checked here") for result in report.documents]


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
