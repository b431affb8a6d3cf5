"""Notebooks: their Markdown with its cells, every place by cell and line, and what is no notebook."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcheck
from gradcheck.language.document import Document
from gradcheck.read import read
from gradcheck.read.files.loading import LoadError, load
from gradcheck.read.files.notebooks import DEPTH, NotebookError, markdown_of

FORWARD = "$z = w x + b$, $h = \\tanh(z)$ and $o = v h + c$\n\n$$E = \\frac12 (o - t)^2$$"


def notebook(*cells: object, **more: object) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more})


def markdown(source: object, **more: object) -> dict[str, object]:
    return {"cell_type": "markdown", "id": "m", "metadata": {}, "source": source, **more}


def code(source: str, *outputs: object) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": "c",
        "metadata": {},
        "source": source,
        "execution_count": None,
        "outputs": list(outputs),
    }


def written(folder: Path, text: str) -> Path:
    path = folder / "a.ipynb"
    path.write_text(text, encoding="utf-8")
    return path


def shown(path: Path) -> list[tuple[int | None, int, int, str]]:
    """Cell, line and column of every statement, and its text."""
    document = load(str(path))
    found = []
    for statement in read(document).statements:
        line, column = document.position(statement.span.start)
        found.append((*document.within(line), column, document.source(statement.span)))
    return found


def test_only_markdown_is_read_and_places_name_the_cell(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        notebook(
            code(
                "print('$a = b$')", {"output_type": "stream", "name": "stdout", "text": "$p = q$"}
            ),
            markdown(["# Title\n", "\n", "Here $a = b$\n"]),
            {"cell_type": "raw", "id": "r", "metadata": {}, "source": "$r = s$"},
            markdown("\tand\r\n$$\r\nc = d\r\n$$"),
        ),
    )
    assert shown(path) == [(2, 3, 7, "a = b"), (4, 3, 1, "c = d")]


def test_findings_and_verdicts_name_the_cell(tmp_path: Path) -> None:
    wrong = "Then\n\n<!-- gradcheck: expect[GC103] -->\n$$\\frac{\\partial E}{\\partial v} = (t - o) h$$"
    path = written(tmp_path, notebook(markdown(FORWARD), code(""), markdown(wrong)))
    report = gradcheck.verify([path])
    (document,) = report.documents
    (finding,) = [f for f in document.findings if f.rule.severity == "error"]
    assert (finding.rule.code, finding.expected) == ("GC103", True)
    assert document.document.place_of(finding.span) == "cell 3, line 4"
    assert report.exit_status == 0


def test_what_one_cell_leaves_open_does_not_swallow_the_next(tmp_path: Path) -> None:
    cells = [
        markdown(text) for text in ("$$\na = b", "```\n$c = d$", "$e = f$", "\\[ g", "$h = i$")
    ]
    path = written(tmp_path, notebook(*cells))
    assert [row[3] for row in shown(path)] == ["e = f", "h = i"]
    document = load(str(path))
    found = [document.place_of(finding.span) for finding in read(document).findings]
    assert found == ["cell 1, line 1", "cell 2, line 1", "cell 4, line 1"]


def test_front_matter_of_the_first_cell_counts(tmp_path: Path) -> None:
    path = written(
        tmp_path, notebook(markdown("---\ninputs: [x]\n---\n\n$a = b$"), markdown("$c$"))
    )
    assert load(str(path)).front_matter == {"inputs": ["x"]}
    assert [row[:2] for row in shown(path)] == [(1, 5), (2, 1)]


def test_macros_of_one_cell_hold_in_the_next(tmp_path: Path) -> None:
    cells = markdown("$\\newcommand{\\yh}{\\hat{y}}$"), markdown("$\\yh = y$")
    document = load(str(written(tmp_path, notebook(*cells))))
    (statement,) = read(document).statements
    assert all(side.expression is not None for side in statement.sides)


def test_old_notebooks_and_cells_without_ids_are_read_without_a_word(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    old = {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": [markdown(["$a = b$"])]}],
    }
    plain = {key: value for key, value in markdown("$a = b$").items() if key != "id"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for text in (json.dumps(old), notebook(plain)):
            assert shown(written(tmp_path, text)) == [(1, 1, 2, "a = b")]
    assert capfd.readouterr() == ("", "")


def test_code_cells_that_are_text_are_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        notebook(
            code("%%latex\n\\begin{align} a &= b \\end{align}"),
            code("%%markdown \r\nso\n$c = d$"),
            code("%%bash\n$e = f$"),
            code("x = 1\n%%latex\n$g = h$"),
        ),
    )
    assert [(*row[:2], row[3].split("&")[0].strip()) for row in shown(path)] == [
        (1, 2, "a"),
        (2, 3, "c = d"),
    ]


def test_what_programs_leave_out_is_put_back(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": "$a = b$"},
        {"cell_type": "markdown", "metadata": {}},
        {"cell_type": "code", "source": "x", "outputs": [7, {"output_type": "odd"}]},
        {"cell_type": "markdown", "metadata": {}, "source": None},
        markdown(["$c = d$"]),
    ]
    assert [row[:2] for row in shown(written(tmp_path, notebook(*cells)))] == [(1, 1), (5, 1)]


def test_pictures_count_for_nothing(tmp_path: Path) -> None:
    picture = {"image/png": "A" * 19_000_000}
    output = {"output_type": "display_data", "metadata": {}, "data": picture}
    path = written(tmp_path, notebook(markdown("$a = b$"), code("", output)))
    assert shown(path) == [(1, 1, 2, "a = b")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ('"' * 50, "not valid JSON"),
        ("[]", "no object with cells"),
        ("null", "no object with cells"),
        (
            '{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
            "no object with cells",
        ),
        (notebook(7), "no object with cells"),
        ("{}", "not a notebook"),
        ('{"cells": []}', "does not say which nbformat"),
        ('{"cells": [], "nbformat": ' + "9" * 5_000 + "}", "not valid JSON"),
        (notebook(nbformat=99), "version 99"),
        ("[" * (DEPTH + 1), f"more than {DEPTH} levels"),
        ('{"cells":' * 100_000, f"more than {DEPTH} levels"),
        (notebook(code("x = 1")), "no Markdown cells"),
        (notebook(markdown("x" * 1_100_000)), "more than 1 MB of Markdown"),
        (" " * 20_000_001, "larger than 20 MB"),
    ],
)
def test_what_is_no_notebook_gives_one_clear_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(LoadError) as failure:
        load(str(written(tmp_path, text)))
    message = failure.value.error.message
    assert words in message
    assert "\n" not in message
    assert len(message) < 200


def test_without_nbformat_the_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nbformat", None)
    report = gradcheck.verify([written(tmp_path, notebook(markdown("$a = b$")))])
    (error,) = report.errors
    assert "pip install nbformat" in error.message
    assert report.exit_status == 2


def test_brackets_in_strings_are_no_depth() -> None:
    text = notebook(markdown("[{" * 5_000 + '"\\"'))
    assert markdown_of(text)[0].startswith("[{")


@given(st.lists(st.text(alphabet="$a=b\n\r\t `", max_size=12), min_size=1, max_size=6))
def test_every_line_is_in_its_own_cell(sources: list[str]) -> None:
    text, cells = markdown_of(notebook(*(markdown(source) for source in sources)))
    document = Document("a.ipynb", text, cells=cells)
    for number, (cell, source) in enumerate(zip(cells, sources, strict=True), start=1):
        plain = source.replace("\r\n", "\n")
        assert text.startswith(plain, cell.start)
        for offset in range(len(plain)):
            found = document.within(document.position(cell.start + offset)[0])
            assert found == (number, plain.count("\n", 0, offset) + 1)


@given(st.text(alphabet='[]{}":,cells1 \\n', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        markdown_of(text)
    except NotebookError as problem:
        assert "\n" not in str(problem)
