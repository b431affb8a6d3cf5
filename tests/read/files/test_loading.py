"""Loading: documents come as they are in the file; what is none is refused in one clear line."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.problem import InputError
from gradcheck.read.files.front_matter import FrontMatterError, parse_front_matter, place_of
from gradcheck.read.files.loading import BYTES_PER_FILE, LoadError, load, load_all


def written(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def refusal(path: str) -> InputError:
    with pytest.raises(LoadError) as caught:
        load(path)
    return caught.value.error


def test_text_is_the_file_s_own(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "one\r\n\u00e9\U0001d465 $x$\r\n")
    document = load(path)
    assert document.path == path
    assert document.text == "one\r\n\u00e9\U0001d465 $x$\r\n"
    assert document.position(document.text.index("$")) == (2, 4)
    assert document.body_start == 0


def test_a_byte_order_mark_is_no_column(tmp_path: Path) -> None:
    document = load(written(tmp_path, "a.md", b"\xef\xbb\xbf$x$"))
    assert document.text == "$x$"
    assert document.position(0) == (1, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "nothing to check"),
        (b"$x$\0", "binary"),
        (b"\xff\xfe$\0x\0", "UTF-16"),
        (b"a" * (BYTES_PER_FILE + 1), "1 MB"),
    ],
)
def test_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = written(tmp_path, "a.md", content)
    error = refusal(path)
    assert error.path == path
    assert words in error.message


def test_a_file_just_within_the_limit(tmp_path: Path) -> None:
    assert len(load(written(tmp_path, "a.md", b"a" * BYTES_PER_FILE)).text) == BYTES_PER_FILE


def test_text_in_another_encoding_has_a_place(tmp_path: Path) -> None:
    error = refusal(
        written(tmp_path, "a.md", "one\nd\u00e9riv".encode() + "\u00e9".encode("latin-1"))
    )
    assert (error.line, error.column) == (2, 6)
    assert "0xe9" in error.message
    assert "UTF-8" in error.message


def test_missing_file_and_what_was_probably_meant(tmp_path: Path) -> None:
    written(tmp_path, "homework.md", "$x$")
    error = refusal(str(tmp_path / "homewrok.md"))
    assert error.message.startswith("no such file; did you mean")
    assert "homework.md" in error.message
    assert refusal(str(tmp_path / "else.txt")).message == "no such file"
    assert "no folder" in refusal(str(tmp_path / "nowhere" / "a.md")).message


def test_a_folder_gives_its_documents_sorted(tmp_path: Path) -> None:
    for name in ("b.md", "a.md", "sub/c.MD", "sub/notes.txt", ".hidden/d.md"):
        written(tmp_path, name, "$x$")
    documents, errors = load_all([tmp_path])
    names = [os.path.relpath(document.path, tmp_path) for document in documents]
    inner = [os.path.join("sub", name) for name in ("c.MD", "notes.txt")]
    assert names == ["a.md", "b.md", *inner]
    assert errors == ()


def test_a_folder_without_documents(tmp_path: Path) -> None:
    written(tmp_path, "notes.adoc", "$x$")
    documents, errors = load_all([str(tmp_path)])
    assert documents == ()
    assert "no document (.md" in errors[0].message


def test_each_file_once_and_one_failure_stops_nothing(tmp_path: Path) -> None:
    good = written(tmp_path, "a.md", "$x$")
    bad = written(tmp_path, "b.md", b"\0")
    documents, errors = load_all([bad, good, tmp_path / "." / "a.md", tmp_path, "a\0b"])
    assert [document.path for document in documents] == [good]
    assert [error.path for error in errors] == [bad, "a\0b"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("$σ$\r\n".encode())))
    document = load("-")
    assert (document.path, document.text) == ("<stdin>", "$σ$\r\n")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no such device here")
def test_an_endless_device_ends() -> None:
    assert "1 MB" in refusal("/dev/zero").message


def test_front_matter() -> None:
    text = "---\r\ntitle: 2024-01-01\r\ninputs: [x, X]\r\nactivations: {g: tanh}\r\n---\r\n$x$"
    values, start = parse_front_matter(text)
    assert values["inputs"] == ["x", "X"]
    assert values["activations"] == {"g": "tanh"}
    assert text[start:] == "$x$"


@pytest.mark.parametrize(
    "text", ["$x$", "---\n\ntitle\n\n---\n", "---\nwords\n", " ---\na: b\n---\n"]
)
def test_no_front_matter(text: str) -> None:
    assert parse_front_matter(text) == ({}, 0)


def test_front_matter_may_be_empty_or_meant_for_others() -> None:
    assert parse_front_matter("---\n# nothing\n---\n$x$")[0] == {}
    assert (
        parse_front_matter("---\nlayout: post\ndate: 2024-01-01\n---\n$x$")[0]["layout"] == "post"
    )


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("date: 2024-99-99", {"date": "2024-99-99"}),
        ("zzz: {1: [yes, 3.5]}", {"zzz": {"1": ["yes", "3.5"]}}),
        ("title: " + "9" * 6000, {"title": "9" * 6000}),
        ("weight:", {"weight": None}),
    ],
)
def test_what_gradcheck_does_not_use_stays_words(line: str, value: dict[str, object]) -> None:
    assert parse_front_matter(f"---\n{line}\n---\n$x$")[0] == value


@pytest.mark.parametrize(
    ("key", "inner", "shown"),
    [("inputs", "t", "t"), ("activations", "g", "g"), ("inputs", "", "inputs"), ("x", "", "")],
)
def test_the_place_of_an_entry(key: str, inner: str, shown: str) -> None:
    text = "---\nactivations: {g: tanh}\ninputs: [u, t]\n---\n$x$"
    span = place_of(text, key, inner)
    assert text[span.start : span.end] == shown


BOMB = "a: &a [x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]\n" for i in range(20)
)


@pytest.mark.parametrize(
    ("source", "words", "line"),
    [
        (BOMB, "anchors and aliases", 2),
        ("title: x\nsource: *x\n", "anchors and aliases", 3),
        ("title: x\ninput: x\n", "did you mean 'inputs'", 3),
        ("- a\n- b\n", "key: value", 2),
        ("title: x\ntitle: y\n", "given twice", 3),
        ("[a, b]: x\n", "must be a word", 2),
        ("inputs: [x, no]\n", "takes words here, not 'no'", 2),
        ("verdicts: " + "[" * 9000 + "\n", "nested deeper", 2),
        ("verdicts: [" + "x," * 600 + "x]\n", "more than 500", 2),
        ("title: " + "x" * 17000 + "\n", "longer than", 1),
        ("title: [x\n", "not YAML", 3),
        ("title: !!python/object/apply:os.system [ls]\n", "not YAML", 2),
        ("activations: {1: tanh}\n", "takes words here, not '1'", 2),
        ("title: a\x07b\n", "cannot be used", 1),
    ],
)
def test_front_matter_refused(source: str, words: str, line: int) -> None:
    with pytest.raises(FrontMatterError) as caught:
        parse_front_matter(f"---\n{source}---\n$x$")
    assert words in caught.value.message
    assert caught.value.line == line
    assert "\n" not in caught.value.message


def test_front_matter_never_closed(tmp_path: Path) -> None:
    error = refusal(written(tmp_path, "a.md", "---\ntitle: x\n$x$\n"))
    assert "not closed" in error.message
    assert error.line == 1


@given(st.text(alphabet="ab:-[]{}&*!|>#'\"\n ,?%@`\t0.~<=", max_size=120))
def test_front_matter_of_any_kind_is_read_or_refused(source: str) -> None:
    try:
        values, start = parse_front_matter(f"---\n{source}\n---\n$x$")
    except FrontMatterError:
        return
    assert isinstance(values, dict)
    assert start >= 0


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    from gradcheck.read.files.loading import _decode

    try:
        text = _decode(data, "a.md")
    except LoadError as failure:
        assert failure.error.message
    else:
        assert text.encode() == data.removeprefix(b"\xef\xbb\xbf")


def test_front_matter_of_latex_stands_in_comments(tmp_path: Path) -> None:
    path = tmp_path / "a.tex"
    body = "\\documentclass{article}\n\\begin{document}\n$a = b$\n\\end{document}\n"
    path.write_bytes(f"% ---\r\n%  inputs: [u]\r\n% labels: t\r\n% ---\r\n{body}".encode())
    with pytest.raises(LoadError) as failure:  # one is set deeper than the other
        load(str(path))
    assert failure.value.error.line == 3
    path.write_bytes(f"% ---\r\n% inputs: [u]\r\n% ---\r\n% more\r\n{body}".encode())
    document = load(str(path))
    assert document.front_matter == {"inputs": ["u"]}
    assert document.text[document.body_start :].startswith("% more")
    assert document.position(place_of(document.text, "inputs").start) == (2, 3)
    path.write_text(f"% {'-' * 60}\n% inputs: none\n{body}")
    assert load(str(path)).front_matter == {}
    path.write_text(f"% ---\n% inputs: [u]\n{body}")
    with pytest.raises(LoadError, match="not closed"):
        load(str(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_is_no_file_in_a_folder_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere")
    (tmp_path / "a.md").write_text("$a = b$", encoding="utf-8")
    documents, errors = load_all([str(tmp_path)])
    assert [Path(document.path).name for document in documents] == ["a.md"]
    assert {Path(error.path).name: error.message for error in errors} == {
        "pipe.md": "a pipe or a device, no file",
        "gone.md": "a link to a file that is not there",
    }


@pytest.mark.parametrize(
    "matter", ["parameters: [w_1", "- a\n- b", "x: &a [*a]", "k: " + "y" * 9999]
)
def test_front_matter_of_a_stranger_is_passed_over(tmp_path: Path, matter: str) -> None:
    """It cannot keep the rest from being checked."""
    path = tmp_path / "a.md"
    path.write_text(f"---\n{matter}\n---\n$a = b$\n", encoding="utf-8")
    documents, errors = load_all([str(path)], trusted=False)
    assert not errors and documents[0].front_matter == {}
    assert documents[0].text[documents[0].body_start :].strip() == "$a = b$"
