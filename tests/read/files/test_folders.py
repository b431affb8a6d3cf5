"""Folders: what is found, what is told of, and what is passed over; formats that are not read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradcheck.read.files.folders import searched
from gradcheck.read.files.loading import LoadError, find_all, load

NAMES = (
    "a.md", "b.txt", "c.TEX", "d.pdf", "e.docx", "f.adoc", "g.py", "h", "i.PNG", "k.ipynb", ".hidden/x.md", ".gitignore",
    "node_modules/x.md", "lib/site-packages/y.md", "sub/l.rst", "sub/m.zip",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("$x$", encoding="utf-8")
    return tmp_path


def test_every_file_is_a_document_or_told_of(folder: Path) -> None:
    found = searched(str(folder))
    documents = [os.path.relpath(path, folder) for path in found.documents]
    assert documents == ["a.md", "b.txt", "c.TEX", "k.ipynb", os.path.join("sub", "l.rst")]
    others = {os.path.relpath(item.path, folder): item.message for item in found.others}
    assert set(others) == {"d.pdf", "e.docx", "f.adoc", "g.py", "h", "i.PNG", os.path.join("sub", "m.zip")}  # fmt: skip
    for name in ("d.pdf", "e.docx", "i.PNG"):
        assert "ask for the source" in others[name]
    assert others["d.pdf"].startswith("a PDF is not read")
    assert others["e.docx"].startswith("a Word file is not read")
    assert others["f.adoc"].startswith("AsciiDoc is not read; gradcheck reads Markdown")
    assert others["g.py"].startswith(".py is not read")


def test_links_to_folders_are_told_of(folder: Path) -> None:
    (folder / "away").symlink_to(folder / "sub")
    (item,) = [item for item in searched(str(folder)).others if item.path.endswith("away")]
    assert "a link to a folder" in item.message


def test_folders_that_cannot_be_read_are_told_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.scandir

    def scandir(path: str = "."):
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    (problem,) = [p for p in find_all([str(folder)]).unreadable if "folder" in p.message]
    assert problem.path == str(folder / "sub")
    assert problem.message == "the folder cannot be read (permission denied)"


def test_gitignore_counts_only_where_it_is_asked_for(folder: Path) -> None:
    (folder / ".gitignore").write_text("*.md\nsub/\n", encoding="utf-8")
    assert len(searched(str(folder)).documents) == 5
    found = searched(str(folder), gitignore=True)
    assert [Path(path).name for path in found.documents] == ["b.txt", "c.TEX", "k.ipynb"]
    assert "sub" not in " ".join(item.path for item in found.others)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    (error,) = find_all([str(folder)], gitignore=True).errors
    assert "that no .gitignore leaves out" in error.message


def test_a_file_that_is_named_is_not_held_by_its_folder(folder: Path) -> None:
    named = str(folder / "a.md")
    for paths in ([named, str(folder)], [str(folder), named]):
        found = find_all(paths)
        assert named not in found.held and str(folder / "b.txt") in found.held
        assert sum(document.path == named for document in found.documents) == 1


def test_what_another_document_includes_is_accounted_for(tmp_path: Path) -> None:
    (tmp_path / "main.tex").write_text("\\documentclass{article}\n\\input{part}\n$a = b$\n")
    (tmp_path / "part.tex").write_text("$c = d$\n")
    found = find_all([str(tmp_path)])
    assert [Path(document.path).name for document in found.documents] == ["main.tex"]
    (item,) = found.others
    assert item.path == str(tmp_path / "part.tex") and "part of" in item.message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.adoc", "AsciiDoc is not read"),
        ("a.ASCIIDOC", "AsciiDoc is not read"),
        ("a.org", "Org is not read"),
        ("a.html", "HTML is not read"),
        ("a.typ", "Typst is not read"),
        ("a.pdf", "a PDF is not read: ask for the source"),
        ("a.docx", "a Word file is not read: ask for the source"),
        ("a.odt", "word processor's file is not read: ask for the source"),
        ("a.xyz", ".xyz is no format that is read; gradcheck reads Markdown"),
        ("a.md.bak", ".bak is no format that is read"),
    ],
)
def test_other_formats_say_so(tmp_path: Path, name: str, words: str) -> None:
    path = tmp_path / name
    path.write_text("$\\hat{y} = w x$", encoding="utf-8")
    with pytest.raises(LoadError, match=words):
        load(str(path))


@pytest.mark.parametrize("name", ["a", "a.text", "a.mkd", "hw.2", "notes v1.5", "a.md~", "a.myst"])
def test_names_that_say_no_format_are_read_by_their_text(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("$a = b$", encoding="utf-8")
    assert load(str(tmp_path / name)).format == "markdown"


def test_an_unknown_ending_may_hold_latex(tmp_path: Path) -> None:
    (tmp_path / "a.inc").write_text("\\documentclass{article}\n$a = b$", encoding="utf-8")
    assert load(str(tmp_path / "a.inc")).format == "latex"


@pytest.mark.parametrize(
    ("data", "words"), [(b"%PDF-1.7\n", "a PDF"), (b"PK\x03\x04x", "a Word file")]
)
def test_another_name_makes_no_document_of_a_file(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "a.md").write_bytes(data)
    with pytest.raises(LoadError, match=f"{words}.*ask for the source"):
        load(str(tmp_path / "a.md"))
