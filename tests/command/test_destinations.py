"""Files that a run writes: none is lost by it, and what cannot be written is told at once."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcheck.command import destinations
from gradcheck.command.cli import main
from gradcheck.command.destinations import Unwritable, check, save, save_all, spare
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


posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and devices")


def breaks() -> Iterator[str]:
    yield "half of it"
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("before", ["old", None])
def test_a_file_is_there_as_a_whole_or_not_at_all(document: str, before: str | None) -> None:
    if before is not None:
        Path("r.json").write_text(before)
    with pytest.raises(Unwritable, match=r"r\.json: cannot be written: no space left on device"):
        save("r.json", breaks())
    with pytest.raises(ZeroDivisionError):
        save("r.json", (str(1 / number) for number in (1, 0)))
    assert before == (Path("r.json").read_text() if Path("r.json").exists() else None)
    save("r.json", ["new", " σ"])
    assert Path("r.json").read_text(encoding="utf-8") == "new σ"
    assert sorted(os.listdir()) == ["a.md", "folder", "r.json"]


@posix
def test_a_file_too_large_for_the_disk_leaves_nothing(document: str) -> None:
    code = (
        "import resource\n"
        "from gradcheck.command.destinations import Unwritable, save\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: save('r.json', ['x' * 1000] * 1000)\n"
        "except Unwritable as problem: print(problem)\n"
    )
    here = str(Path(destinations.__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": here},
    )
    assert done.stdout == "r.json: cannot be written: file too large\n"
    assert sorted(os.listdir()) == ["a.md", "folder"]


@posix
def test_the_mode_is_kept(document: str) -> None:
    save("new.json", ["{}"])
    plain = Path("plain.json")
    plain.touch()
    assert Path("new.json").stat().st_mode == plain.stat().st_mode
    plain.chmod(0o640)
    save("plain.json", ["{}"])
    assert stat.S_IMODE(plain.stat().st_mode) == 0o640


@posix
def test_a_link_is_not_followed(document: str) -> None:
    """A pull request can bring one along, to have another file overwritten."""
    Path("secret").write_text("kept")
    os.symlink("secret", "r.json")
    os.symlink("gone", "s.json")
    os.symlink("folder", "reports")
    os.symlink(os.devnull, "null")
    for path, what in [
        ("r.json", "it is a symbolic link"),
        ("./r.json", "it is a symbolic link"),
        ("folder/../r.json", "it is a symbolic link"),
        (os.path.abspath("r.json"), "it is a symbolic link"),
        ("s.json", "it is a symbolic link"),
        ("null", "it is a symbolic link"),
        ("reports/r.json", "the folder 'reports' is a symbolic link"),
        (os.path.abspath("reports/r.json"), "the folder '.*reports' is a symbolic link"),
        ("folder/../reports/r.json", "the folder 'folder/../reports' is a symbolic link"),
    ]:
        with pytest.raises(Unwritable, match=what):
            check([path])
        with pytest.raises(Unwritable, match=what):
            save(path, ["new"])
    assert main(["verify", document, "--output", "json=r.json"]) == 2
    assert Path("secret").read_text() == "kept"
    assert not Path("gone").exists() and not os.listdir("folder")


@posix
def test_a_link_above_the_working_folder_has_not_come_with_the_documents(
    document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.symlink(tmp_path / "folder", tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "elsewhere")
    path = str(tmp_path / "elsewhere" / "r.json")
    check([path])
    save(path, ["{}"])
    assert (tmp_path / "folder" / "r.json").read_text() == "{}"


@posix
def test_devices_and_pipes_are_written_directly(document: str) -> None:
    save(os.devnull, ["nothing"])
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    os.mkfifo("pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_text()))
    reader.start()
    save("pipe", ["a", "b"])
    reader.join()
    assert read == ["ab"] and stat.S_ISFIFO(os.stat("pipe").st_mode)


@posix
def test_what_is_open_already_is_gone_on_with(document: str) -> None:
    """As the shell opens it: ``--output json=/dev/stdout >file``, ``>(command)``."""
    with open("out", "w+") as file:
        file.write("before\n")
        file.flush()
        save(f"/dev/fd/{file.fileno()}", ["one\n"])
        file.write("after\n")
    assert Path("out").read_text() == "before\none\nafter\n"
    with pytest.raises(Unwritable, match="bad file descriptor"):
        save("/dev/fd/999999", ["x"])


@posix
def test_a_file_that_cannot_be_moved_is_overwritten(
    document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that a container mounts by itself, or that stands in a folder nobody may write to."""

    def busy(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(os, "replace", busy)
    Path("r.json").write_text("an older and longer text")
    save("r.json", ["new σ\r\n"])
    assert Path("r.json").read_bytes() == "new σ\r\n".encode()
    with pytest.raises(Unwritable, match="busy"):
        save("other.json", ["new"])
    assert sorted(os.listdir()) == ["a.md", "folder", "r.json"]


@posix
def test_half_a_report_is_none_where_a_file_is_overwritten(
    document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def closed(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_EXCL:
            raise PermissionError(13, "Permission denied")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", closed)
    Path("r.json").write_text("old")
    with pytest.raises(Unwritable, match="no space left"):
        save("r.json", breaks())
    assert Path("r.json").read_text() == ""
    save("r.json", ["new"])
    assert Path("r.json").read_text() == "new"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_baseline_that_cannot_be_written_does_not_cost_the_report(
    document: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", document, "--baseline", "/dev/full", "--write-baseline"]) == 2
    printed = capsys.readouterr()
    assert printed.err == "gradcheck: /dev/full: cannot be written: no space left on device\n"
    assert "1 exact" in printed.out


def test_one_that_fails_does_not_stop_the_others(
    document: str, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = save_all([("a", breaks()), ("b", ["b"]), ("folder/c", ["c"])])
    assert problems == ["a: cannot be written: no space left on device"]
    assert Path("b").read_text() == "b" and Path("folder/c").read_text() == "c"
    if os.path.exists("/dev/full"):
        options = ["--output", "json=/dev/full", "--output", "csv=r.csv"]
        assert main(["verify", document, *options]) == 2
        printed = capsys.readouterr()
        assert printed.err == "gradcheck: /dev/full: cannot be written: no space left on device\n"
        assert "PASSED" in printed.out and Path("r.csv").exists()
