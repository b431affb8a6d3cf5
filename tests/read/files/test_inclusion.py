"""LaTeX in several files: one document, each place that of its own file; what is not followed is told."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcheck
from gradcheck.language.document import Document
from gradcheck.language.verdict import Verdict
from gradcheck.read import read
from gradcheck.read.files.inclusion import DEPTH, FILES, included
from gradcheck.read.files.loading import load, load_all

MAIN = r"""\documentclass{article}
\usepackage{names}
\begin{document}
A unit: \input{parts/forward} and
\[ L = \frac{1}{2}(a - y)^2. \]
\include{parts/gradients}
\end{document}
"""
FORWARD = "$z = w x + b$ and\n$a = \\sigma(z)$"
GRADIENTS = r"""Then

\begin{equation}
  \pd{L}{w} = (a - y) a (1 - a) x
\end{equation}
\input{parts/bias}
"""
BIAS = "% gradcheck: expect[GC103]\n\\[ \\pd{L}{b} = (y - a) a (1 - a) \\]\n"
NAMES = "\\newcommand{\\pd}[2]{\\frac{\\partial #1}{\\partial #2}}\n"


def project(folder: Path, **changed: str) -> Path:
    files = {
        "main": MAIN,
        "parts/forward": FORWARD,
        "parts/gradients": GRADIENTS,
        "parts/bias": BIAS,
    }
    for name, text in {**files, **changed}.items():
        path = folder / f"{name}.tex"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "names.sty").write_text(NAMES)
    return folder / "main.tex"


def test_one_document_of_several_files(tmp_path: Path) -> None:
    report = gradcheck.verify([project(tmp_path)])
    (result,) = report.documents
    rows = {row.source_name: row.verdict for row in result.setups[0].parameters}
    assert rows == {"w": Verdict.EXACT, "b": Verdict.WRONG}
    (finding,) = [f for f in result.findings if f.rule.severity == "error"]
    assert finding.expected
    document = result.document
    assert document.place_of(finding.span) == "parts/bias.tex, line 2"
    line, column = document.position(finding.span.start)
    assert (document.file_of(line), document.within(line)) == (
        str(tmp_path / "parts" / "bias.tex"),
        (None, 2),
    )
    assert BIAS.splitlines()[1][column - 1 :].startswith("(y - a)")
    assert [document.place(step.line) for step in result.steps] == [
        "parts/forward.tex, line 1",
        "parts/forward.tex, line 2",
        "line 5",
        "parts/gradients.tex, line 4",
        "parts/bias.tex, line 2",
    ]
    assert report.exit_status == 0


def test_a_folder_gives_the_whole_once_and_a_named_part_too(tmp_path: Path) -> None:
    main = project(tmp_path)
    (tmp_path / "other.tex").write_text("$a = b$")
    documents, errors = load_all([tmp_path])
    assert [Path(document.path).name for document in documents] == ["main.tex", "other.tex"]
    documents, errors = load_all([main, tmp_path / "parts" / "bias.tex"])
    assert [Path(document.path).name for document in documents] == ["main.tex", "bias.tex"]
    assert errors == ()


def test_two_that_name_each_other_are_both_verified(tmp_path: Path) -> None:
    (tmp_path / "a.tex").write_text("$a = b$ \\input{b}")
    (tmp_path / "b.tex").write_text("$c = d$ \\input{a}")
    documents, _ = load_all([tmp_path])
    assert [Path(document.path).name for document in documents] == ["a.tex", "b.tex"]
    for document in documents:
        found = read(document)
        assert len(found.statements) == 2
        assert [finding.rule.code for finding in found.findings] == ["GC001"]
        assert "a circle" in found.findings[0].message


@pytest.mark.parametrize(
    "command",
    [
        r"\input{missing}",
        r"\input{../outside}",
        r"\input{/etc/hostname}",
        r"\input{data.csv}",
        r"\input{link}",
        r"\subimport{..}{outside}",
    ],
)
def test_what_is_not_followed_is_told(tmp_path: Path, command: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.tex").write_text("$c = d$")
    (inside / "data.csv").write_text("$c = d$")
    (inside / "link.tex").symlink_to(tmp_path / "outside.tex")
    (inside / "main.tex").write_text(f"$a = b$ {command}\n{command}\n")
    document = load(str(inside / "main.tex"))
    result = read(document)
    assert len(result.statements) == 1
    (finding,) = result.findings
    assert (finding.rule.code, document.position(finding.span.start)) == ("GC001", (1, 9))


def test_untrusted_documents_are_read_alone(tmp_path: Path) -> None:
    document = load(str(project(tmp_path)), trusted=False)
    assert document.parts == ()
    assert document.text == MAIN


def test_comments_name_nothing_and_columns_stay(tmp_path: Path) -> None:
    (tmp_path / "a.tex").write_text("$c = d$")
    (tmp_path / "main.tex").write_text(
        "% \\input{a}\nso \\input a \\input{a}: $a = b$ % \\input{a}\n"
    )
    document = load(str(tmp_path / "main.tex"))
    found = [
        (document.place(document.line_of(s.span)), document.position(s.span.start)[1])
        for s in read(document).statements
    ]
    assert found == [("a.tex, line 1", 2), ("a.tex, line 1", 2), ("line 2", 25)]


def test_a_name_inside_a_formula_parts_nothing(tmp_path: Path) -> None:
    (tmp_path / "rows.tex").write_text("a = b \\\\\nc = d")
    (tmp_path / "main.tex").write_text(
        "\\[\n\\begin{gathered}\n\\input{rows}\n\\end{gathered}\n\\]\n"
    )
    result = read(load(str(tmp_path / "main.tex")))
    assert len(result.statements) == 2
    assert not result.findings


def test_a_subfile_gives_its_body(tmp_path: Path) -> None:
    part = "\\documentclass[main]{subfiles}\n\\begin{document}\n$c = d$\n\\end{document}\n$e = f$\n"
    (tmp_path / "part.tex").write_text(part)
    (tmp_path / "main.tex").write_text(
        "\\begin{document}\n\\subfile{part}\n$a = b$\n\\end{document}\n"
    )
    document = load(str(tmp_path / "main.tex"))
    places = [document.place(document.line_of(s.span)) for s in read(document).statements]
    assert places == ["part.tex, line 3", "line 3"]


def test_there_is_an_end_to_files(tmp_path: Path) -> None:
    for number in range(DEPTH + 5):
        (tmp_path / f"f{number}.tex").write_text(f"$a = b$\n\\input{{f{number + 1}}}\n")
    assert len(read(load(str(tmp_path / "f0.tex"))).statements) == DEPTH + 1
    (tmp_path / "many.tex").write_text("\\input{g}\n" * (FILES + 50))
    (tmp_path / "g.tex").write_text("$a = b$")
    assert len(read(load(str(tmp_path / "many.tex"))).statements) == FILES
    (tmp_path / "big.tex").write_text("\\input{g}\n" * 50)
    (tmp_path / "g.tex").write_text("x" * 100_000)
    assert len(load(str(tmp_path / "big.tex")).text) < 1_100_000


def test_a_doubled_backslash_and_a_comment_name_nothing(tmp_path: Path) -> None:
    (tmp_path / "part.tex").write_text("$c = d$")
    for number, (line, named) in enumerate(
        [
            (r"\input{part}", True),
            (r"\\input{part}", False),
            (r"\\\input{part}", True),
            (r"50\% \input{part}", True),
            (r"\\% \input{part}", False),
            (r"% \% \input{part}", False),
        ]
    ):
        path = tmp_path / f"main{number}.tex"
        path.write_text(f"$a = b$\n{line}\n")
        assert bool(load(str(path)).parts) is named, line


@given(
    st.lists(
        st.sampled_from(
            ["\n", "x", " ", "%", "\\input{a}", "\\input{b} ", "\\input{main}", "\r\n"]
        ),
        max_size=12,
    )
)
def test_every_line_is_that_of_its_file(parts: list[str]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        files = {"main": "".join(parts), "a": "1\n2\\input{b}3", "b": "4\n\n"}
        for stem, text in files.items():
            (folder / f"{stem}.tex").write_bytes(text.encode())
        path = str(folder / "main.tex")
        texts = {str(folder / f"{stem}.tex"): text for stem, text in files.items()}
        whole, stretches = included(path, files["main"], 10_000, texts.get)
    document = Document(path, whole, parts=stretches)
    for number, line in enumerate(whole.removesuffix("\n").split("\n"), start=1):
        _, own = document.within(number)
        written = texts[document.file_of(number)].split("\n")[own - 1]
        assert len(line.rstrip()) <= len(written)
        assert all(a == b or a in " %" for a, b in zip(line, written, strict=False))
