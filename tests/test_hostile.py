"""Bad and hostile input: a clear line on standard error, never a traceback, never a pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.command import cli

MEGABYTE = 1_000_000
NOTHING_TO_CHECK: dict[str, str | bytes] = {
    "empty": "",
    "blank": " \n\n\t\n",
    "binary": b"\x7fELF\x02\x01\0\0\xff",
    "latin": "d\xe9riv\xe9e $x$".encode("latin-1"),
    "without equations": "# Homework\n\nI ran out of time.\n",
    "unclosed": "$$L = (y - a)^2\n\nand so on\n",
    "tower of powers": "$$x = 9^{9^{9^9}}$$\n",
    "open braces": "$$" + "{" * 10_000 + "$$\n",
    "open brackets": "$$x = " + "(" * 10_000 + "$$\n",
    "fractions": "$$x = " + r"\frac{1}{" * 5_000 + "$$\n",
    "a megabyte on one line": "$$x = " + "1" * (MEGABYTE - 10) + "$$\n",
    "over a megabyte": "a" * (MEGABYTE + 1),
    "a megabyte of dollars": "$" * MEGABYTE,
    "a megabyte of words": "a " * (MEGABYTE // 2),
    "unclosed paragraphs": "$$a\n\n" * 20_000,
    "an import": r"$$x = \operatorname{__import__('os')}$$" + "\n",
    "an import by name": r"$$x = __import__('os').system('touch pwned')$$" + "\n",
    "a bomb": "---\na: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n---\n$$x = 1$$\n",
    "an object": "---\ntitle: !!python/object/apply:os.system [touch pwned]\n---\n$$x = 1$$\n",
    "deep front matter": "---\nverdicts: " + "[" * 5_000 + "\n---\n$$x = 1$$\n",
    "comments never closed": "<!-- " * 50_000,
    "backticks": "`" * 50_000 + "\n" + "``` \n" * 20_000,
    "lone surrogate escapes": b"\xed\xa0\x80 $x$",
    "equations without gradients": "$$L = (y - a)^2$$\n",
}


@pytest.mark.parametrize("name", NOTHING_TO_CHECK)
def test_nothing_to_check(
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    content = NOTHING_TO_CHECK[name]
    Path("a.md").write_bytes(content.encode() if isinstance(content, str) else content)
    status = cli.main(["verify", "a.md"])
    captured = capsys.readouterr()
    assert status == 2, captured
    errors = captured.err.splitlines()
    assert errors
    for line in errors:
        assert line.startswith("gradcheck: a.md")
        assert len(line) < 300
        assert "internal error" not in line
    assert "Traceback" not in captured.out + captured.err
    assert "PASSED" not in captured.out
    assert len(captured.out) < 20_000
    assert not Path("pwned").exists()


@pytest.mark.parametrize("name", ["unclosed", "open braces", "an import", "binary"])
def test_read_says_something_too(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.md"
    content = NOTHING_TO_CHECK[name]
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    cli.main(["read", str(path)])
    captured = capsys.readouterr()
    assert captured.out + captured.err
    assert "internal error" not in captured.err


def test_a_missing_path_and_an_empty_folder(run_gradcheck, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    done = run_gradcheck("verify", "gone.md", "folder")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[0].startswith("gradcheck: gone.md: no such file")
    assert lines[1].startswith("gradcheck: folder: no document (.md")
    assert len(lines) == 2
    assert "Traceback" not in done.stdout + done.stderr


def test_one_bad_file_does_not_stop_the_others(run_gradcheck, tmp_path: Path, root: Path) -> None:
    good = root / "derivations" / "mse-tanh.md"
    (tmp_path / "bad.md").write_bytes(b"\0")
    done = run_gradcheck("verify", "bad.md", str(good))
    assert done.returncode == 2
    assert "1 document;" in " ".join(done.stdout.split())
    assert "NOT CHECKED: 1 input could not be checked." in done.stdout


def test_hostile_names_do_not_reach_the_terminal(run_gradcheck, tmp_path: Path) -> None:
    done = run_gradcheck("verify", "\x1b[2J\nevil.md")
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
