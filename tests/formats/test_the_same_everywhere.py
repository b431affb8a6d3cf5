"""One derivation, whichever way it is written: the same verdicts, each at its own place.

Every reference derivation and every transcription, as Markdown, notebook, LaTeX, LaTeX with
macros, reStructuredText, MyST and in Unicode text, with the findings that it declares.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cache
from pathlib import Path

import pytest

import gradcheck
from gradcheck.language.finding import Finding
from gradcheck.report.results import DocumentResult, StepResult
from tests.formats.conversion import Written, to_latex, to_myst, to_notebook, to_rst
from tests.formats.unicode_spelling import to_unicode

DERIVATIONS = Path(__file__).resolve().parents[2] / "derivations"
NAMES = sorted(path.stem for path in DERIVATIONS.glob("*.md"))
WRITERS = {"tex": to_latex, "rst": to_rst, "md": to_myst}

PARTIAL = re.compile(r"\\frac\{\\partial (\w+|\\hat\{y\})\}\{\\partial (\w+|\\hat\{y\})\}")
PREAMBLE = (
    "\\newcommand{\\pd}[2]{\\frac{\\partial #1}{\\partial #2}}\n"
    "\\def\\yhat{\\hat{y}}\n\\newcommand\\res[1][\\yhat]{(#1 - y)}\n"
)


@cache
def verified(name: str) -> DocumentResult:
    return only(DERIVATIONS / f"{name}.md")


def only(path: Path) -> DocumentResult:
    report = gradcheck.verify([path])
    assert report.errors == ()
    (result,) = report.documents
    return result


def verdicts(result: DocumentResult) -> list[object]:
    """All that is said of steps and parameters, but where and in which spelling."""
    steps = [_of_step(step) for step in result.steps]
    rows = [
        (setup.name, setup.hidden, row.role, bare(row.source_name), row.status, row.derived_tex)
        for setup in result.setups
        for row in setup.parameters
    ]
    found = [(finding.rule.code, finding.expected) for finding in result.findings]
    return [*steps, *rows, *found]


def bare(name: str) -> str:
    """W₁ and W_1 are one spelling."""
    return unicodedata.normalize("NFKC", name).replace("_", "")


def _of_step(step: StepResult) -> tuple[object, ...]:
    left_out = None if step.left_out is None else str(step.left_out)
    return (step.kind, step.relation, step.verdict, left_out, step.sum_left_out, step.setup)


def words(finding: Finding) -> tuple[object, ...]:
    """What a finding says, without the numbers of lines and the layout."""
    place = r"(?:cell \d+, )?lines? \d+"
    message = re.sub(rf"{place}(?:(?:, |; )(?:\d+|{place}))*", "LINE", finding.message)
    return finding.rule.code, finding.expected, " ".join(message.split()), finding.suggestion


def starts(result: DocumentResult) -> list[int]:
    """Where findings and claims begin, as offsets."""
    rows = [row for setup in result.setups for row in setup.parameters]
    claims = [claim.span.start for row in rows for claim in row.claims]
    return [finding.span.start for finding in result.findings] + claims


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_the_same_in_markup(name: str, ending: str, newline: str, tmp_path: Path) -> None:
    source = verified(name)
    written = WRITERS[ending](source.document)
    other = only(_file(tmp_path / f"{name}.{ending}", written.text, newline))
    assert verdicts(other) == verdicts(source)
    assert [words(finding) for finding in other.findings] == [words(f) for f in source.findings]
    assert [_position(other, at) for at in starts(other)] == [
        _position_in(written.text, written.place(at)) for at in starts(source)
    ]
    for mine, its in zip(other.steps, source.steps, strict=True):
        assert (mine.left.split(), mine.right.split()) == (its.left.split(), its.right.split())


def _position(result: DocumentResult, offset: int) -> tuple[int, int]:
    return result.document.position(offset)


def _position_in(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _file(path: Path, text: str, newline: str = "\n") -> Path:
    path.write_bytes(text.replace("\n", newline).encode())
    return path


@pytest.mark.parametrize("name", NAMES)
def test_the_same_with_macros(name: str, tmp_path: Path) -> None:
    source = verified(name)
    written = to_latex(source.document)
    text = PARTIAL.sub(r"\\pd{\1}{\2}", written.text).replace(r"(\hat{y} - y)", r"\res ")
    text = text.replace(r"\hat{y}", r"\yhat").replace("\\begin{document}", PREAMBLE, 1)
    text = text.replace(PREAMBLE, f"{PREAMBLE}\\begin{{document}}")
    other = only(_file(tmp_path / f"{name}.tex", text))
    assert verdicts(other) == verdicts(source)
    assert [_position(other, at)[0] - PREAMBLE.count("\n") for at in starts(other)] == [
        _position_in(written.text, written.place(at))[0] for at in starts(source)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_in_a_notebook(name: str, tmp_path: Path) -> None:
    source = verified(name)
    text, cells = to_notebook(source.document)
    other = only(_file(tmp_path / f"{name}.ipynb", text))
    assert verdicts(other) == verdicts(source)
    assert [words(finding) for finding in other.findings] == [words(f) for f in source.findings]

    def place(offset: int) -> tuple[int, int, int]:
        line, column = source.document.position(offset)
        first, number = cells[bisect_right(cells, (line, len(text))) - 1]
        return number, line - first + 1, column

    found = []
    for offset in starts(other):
        line, column = _position(other, offset)
        found.append((*other.document.within(line), column))
    assert found == [place(offset) for offset in starts(source)]


INDEXED = {"index-outputs", "softmax-components", "two-hidden-layers"}
"""Indices below a name have no spelling in plain text that all of them share."""


@pytest.mark.parametrize("name", [name for name in NAMES if name not in INDEXED])
def test_the_same_in_unicode_text(name: str, tmp_path: Path) -> None:
    source = verified(name)
    text, places = to_unicode(source.document)
    other = only(_file(tmp_path / f"{name}.md", text))
    assert verdicts(other) == verdicts(source)
    inside = [at for at in starts(source) if at >= places[0][0]]
    expected = [places[bisect_right(places, (at, len(text))) - 1][1] for at in inside]
    assert [_position(other, at)[0] for at in starts(other)][-len(expected) :] == expected


def test_what_is_copied_keeps_its_place() -> None:
    written = Written("abcdef")
    written.add("--")
    written.copy(2, 5)
    assert written.text == "--cde"
    assert written.place(3) == 3
