"""Documents of a folder that yield no gradient: those of another matter, and those to be named.

A folder of notes holds much that is none of gradcheck's business. What yields no claim and shows no
sign of a gradient (see `gradcheck.read.files.traces`) is only counted; what shows one is named with
the reason, so that a derivation that was not understood is never passed over in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gradcheck.language.finding import Finding
from gradcheck.language.problem import InputError
from gradcheck.read.files.loading import Found, raw_text
from gradcheck.read.files.traces import speaks_of_gradients
from gradcheck.report.results import DocumentResult
from gradcheck.run.shelf import kept
from gradcheck.understand.absent_loss import OF_UNNAMED_LOSS

NOT_FOUND = "gradient not found: "
_ABOUT_GRADIENTS = ("GC002", "GC005", "GC006", "GC9")
"""Findings of reading that a gradient was claimed, or that the author expected something."""


@dataclass(frozen=True)
class SortedOut:
    """The results that have something to say, the paths of ordinary files, and what was missed."""

    results: Sequence[DocumentResult]
    ordinary: tuple[str, ...]
    not_found: tuple[InputError, ...]


def sort_out(
    results: Sequence[DocumentResult],
    found: Found,
    why: Callable[[DocumentResult], InputError],
) -> SortedOut:
    """Take out the documents of folders that yield nothing; ``why`` tells the reason for one."""
    wanted: list[bool] = []
    ordinary: list[str] = []
    missed: list[InputError] = []
    for result in results:
        wanted.append(result.path not in found.held or _yields(result))
        if wanted[-1]:
            continue
        if speaks_of_gradients(_text_of(result)):
            missed.append(_told(why(result)))
        else:
            ordinary.append(result.path)
    for error in found.unreadable:
        text = raw_text(error.path)
        if text is None or speaks_of_gradients(text):
            missed.append(_told(error))
        else:
            ordinary.append(error.path)
    return SortedOut(kept(results, wanted), tuple(ordinary), tuple(missed))


def _yields(result: DocumentResult) -> bool:
    """Whether a claim was judged, or there is an error to tell about one."""
    return bool(result.checked or result.comparisons) or any(map(_is_to_be_told, result.findings))


def _is_to_be_told(finding: Finding) -> bool:
    """Whether it is an error about a claim; ``dU = T dS`` with no loss around is none for sure."""
    rule = finding.rule
    if finding.message.startswith(OF_UNNAMED_LOSS):
        return False
    return rule.severity == "error" and (
        rule.kind != "reading" or rule.code.startswith(_ABOUT_GRADIENTS)
    )


def _text_of(result: DocumentResult) -> str:
    """The raw text; of a notebook that is all of the file, cells that are not read included."""
    document = result.document
    return (raw_text(document.path) if document.cells else None) or document.text


def _told(error: InputError) -> InputError:
    reason = error.message.removesuffix(": nothing to check").removeprefix("nothing checked: ")
    return replace(error, message=NOT_FOUND + reason)
