"""What a path on the command line names: a document, gradient code, or neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.code.target import case_names, file_of, named_in, parse_target, split_targets
from gradcheck.language.document import Document
from gradcheck.read.files.loading import LoadError

CODE = """
import gradcheck
from gradcheck import GradientCase
import gradcheck as gc

raise SystemExit("never run")

first = GradientCase(None)
second: object = gradcheck.BackwardCase(None, None, None)
other = dict(a=1)

def made(scale=1.0):
    return gc.GradientCase(None)

def annotated() -> "gradcheck.GradientCase":
    return build()

def needs(argument):
    return GradientCase(None)

def needs_by_name(*, argument):
    return GradientCase(None)

def unrelated():
    return 1
"""


@pytest.mark.parametrize(
    ("text", "source", "name", "is_file"),
    [
        ("model.py:case", "model.py", "case", True),
        ("some dir/model.PY:Cases.case", "some dir/model.PY", "Cases.case", True),
        ("C:\\work\\model.py:case", "C:\\work\\model.py", "case", True),
        ("package.module:case", "package.module", "case", False),
        ("module:case", "module", "case", False),
        ("größe.py:fall_1", "größe.py", "fall_1", True),
    ],
)
def test_a_target(text: str, source: str, name: str, is_file: bool) -> None:
    target = parse_target(text)
    assert target is not None
    assert (target.text, target.source, target.name, target.is_file) == (
        text,
        source,
        name,
        is_file,
    )


@pytest.mark.parametrize(
    "text",
    ["-", "a.md", "notes", "a.md:b", "notes.tex:b", "C:\\notes\\a.md", "a:b:c", "10:30", ":b", "a:",
     "http://example.org/a", "model:3", "a-b:c", "model.py.md", ""],
)  # fmt: skip
def test_no_target(text: str) -> None:
    assert parse_target(text) is None


def test_a_document_may_look_like_a_target(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("part:one").write_text("$a$")
    assert parse_target("part:one") is None
    assert parse_target("part:two") is not None
    Path("part").mkdir()  # a package: its cases can still be named
    assert parse_target("part:two") is not None


def test_code_without_a_name_lists_what_there_is(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(CODE)
    assert case_names("model.py") == ("first", "second", "made", "annotated")
    for text in ("model.py", "model.py:", "model.py:3"):
        with pytest.raises(LoadError, match=r"name the case as well: model\.py:first, ") as caught:
            parse_target(text)
        assert "needs" not in caught.value.error.message
    Path("empty.py").write_text("")
    with pytest.raises(LoadError, match=r"expected empty\.py:NAME, where NAME is a gradcheck\."):
        parse_target("empty.py")
    with pytest.raises(LoadError, match=r"no such file; did you mean 'model\.py'"):
        parse_target("modle.py")


@pytest.mark.parametrize("content", [b"def broken(:", b"\xff\xfe", b"x = '\0'", b"(" * 100_000])
def test_a_file_that_cannot_be_parsed_offers_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.py").write_bytes(content)
    assert case_names(str(tmp_path / "model.py")) == ()


def test_every_target_once(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    named = ["a.md", "m.py:f", "./m.py:f", "m.py:g", "m:f", "gone.py", "b.md"]
    documents, targets, errors = split_targets(named)
    assert documents == ("a.md", "b.md")
    assert [target.text for target in targets] == ["m.py:f", "m.py:g", "m:f"]
    assert [error.path for error in errors] == ["gone.py"]


def test_the_front_matter_s_code_is_relative_to_the_document() -> None:
    target = named_in(Document("notes/a.md", "", {"code": "../model.py:case"}))
    given = parse_target("model.py:case")
    assert target is not None
    assert given is not None
    assert target.identity == given.identity
    assert named_in(Document("notes/a.md", "")) is None
    module = named_in(Document("notes/a.md", "", {"code": "package.module:case"}))
    assert module is not None
    assert module.identity == ("package.module", "case")


@pytest.mark.parametrize(
    "value", ["model", "model.py", "a.md:b", ["m.py:f"], {"m.py": "f"}, "rm -rf /"]
)
def test_front_matter_that_names_no_target(value: object) -> None:
    with pytest.raises(LoadError, match=r"'code' is .*: expected FILE\.py:NAME"):
        named_in(Document("a.md", "", {"code": value}))


def test_the_file_of_a_target() -> None:
    assert file_of("dir/model.py:case") == "dir/model.py"
    assert file_of("package.module:case") == "package.module:case"
    assert file_of("a.md") == "a.md"
