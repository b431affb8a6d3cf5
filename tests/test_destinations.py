"""Files that a run writes: none is lost by it, and what cannot be written is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.cli import main
from gradcheck.destinations import Unwritable, check, spare
from gradcheck.verification import verify

RIGHT = r"""$$\hat{y} = w x + b, \quad L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
"""


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.md").write_text(RIGHT, encoding="utf-8")
    return "a.md"


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["-"], "--format"),
        (["folder"], "is a folder"),
        (["gone/report.json"], "no folder 'gone'"),
        (["r.json", "./r.json"], "written twice"),
        (["r.json", "folder/../r.json"], "written twice"),
    ],
)
def test_what_cannot_be_written(document: str, paths: list[str], words: str) -> None:
    with pytest.raises(Unwritable, match=words):
        check(paths)


def test_what_can_be_written(document: str) -> None:
    check(["r.json", "folder/r.json", document])
    spare(["r.json", "folder/gone.md"], verify(document), [None, "other.toml"])


@pytest.mark.parametrize("path", ["a.md", "./folder/../a.md", "task.md"])
def test_an_input_is_not_overwritten(document: str, path: str) -> None:
    Path("task.md").write_text(RIGHT, encoding="utf-8")
    options = ["--against", "task.md", "--output", "concise=new.txt", "--output", f"json={path}"]
    assert main(["verify", document, *options]) == 2
    assert Path(path).read_text(encoding="utf-8") == RIGHT
    assert not Path("new.txt").exists()


def test_a_file_of_a_document_in_several_is_not_overwritten(document: str) -> None:
    Path("main.tex").write_text("\\input{part}\n", encoding="utf-8")
    Path("part.tex").write_text(RIGHT, encoding="utf-8")
    report = verify("main.tex")
    assert not report.errors
    spare(["part2.tex"], report)
    with pytest.raises(Unwritable, match=r"part\.tex: is one of the inputs"):
        spare(["folder/../part.tex"], report)


def test_nothing_is_verified_for_a_report_that_cannot_be_written(
    document: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gradcheck.verification.verify", lambda *_, **__: pytest.fail("verified"))
    assert main(["verify", document, "--output", "json=gone/r.json"]) == 2
    assert capsys.readouterr().err == "gradcheck: gone/r.json: there is no folder 'gone'\n"
