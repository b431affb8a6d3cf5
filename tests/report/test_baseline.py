"""A baseline: old findings do not fail the run, new ones do."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.command.cli import main

RIGHT = r"""$$\hat{y} = w x + b, \quad L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
"""
WRONG = (
    RIGHT
    + r"""
$$\frac{\partial L}{\partial b} = (y - \hat{y})$$
"""
)


@pytest.fixture
def paths(tmp_path: Path) -> tuple[str, str]:
    document, baseline = tmp_path / "a.md", tmp_path / "known.json"
    document.write_text(WRONG, encoding="utf-8")
    assert main(["verify", str(document)]) == 1
    written = ["--baseline", str(baseline), "--write-baseline"]
    assert main(["verify", str(document), *written]) == 0
    return str(document), str(baseline)


def test_known_findings_are_shown_and_do_not_fail(
    paths: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    document, baseline = paths
    capsys.readouterr()
    assert main(["verify", document, "--baseline", baseline]) == 0
    shown = capsys.readouterr().out
    assert "(known)" in shown and "in the baseline" in shown and "WRONG" in shown


def test_lines_may_move(paths: tuple[str, str]) -> None:
    document, baseline = paths
    Path(document).write_text("# Title\n\nWords.\n\n" + WRONG, encoding="utf-8")
    assert main(["verify", document, "--baseline", baseline]) == 0


@pytest.mark.parametrize(
    "more",
    [
        r"$$\frac{\partial L}{\partial w} = -(\hat{y} - y) x$$",
        r"$$\frac{\partial L}{\partial b} = (y - \hat{y})$$",  # the same mistake once more
        r"$$\frac{\partial L}{\partial b} = 3 (\hat{y} - y)$$",
    ],
)
def test_new_findings_fail(paths: tuple[str, str], more: str) -> None:
    document, baseline = paths
    Path(document).write_text(f"{WRONG}\n{more}\n", encoding="utf-8")
    assert main(["verify", document, "--baseline", baseline]) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 2, "findings": []}', "[" * 9999])
def test_what_is_no_baseline_is_refused(
    paths: tuple[str, str], content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document, baseline = paths
    Path(baseline).write_text(content, encoding="utf-8")
    assert main(["verify", document, "--baseline", baseline]) == 2
    assert "--write-baseline" in capsys.readouterr().err
    assert main(["verify", document, "--baseline", f"{baseline}.gone"]) == 2


def test_write_baseline_needs_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--write-baseline"]) == 2
    assert "--baseline FILE" in capsys.readouterr().err


def test_output_files(paths: tuple[str, str], tmp_path: Path) -> None:
    document, _ = paths
    wanted = {name: tmp_path / f"report.{name}" for name in ("json", "sarif", "junit", "markdown")}
    options = [item for name, path in wanted.items() for item in ("--output", f"{name}={path}")]
    assert main(["verify", document, *options]) == 1
    assert all(path.read_text(encoding="utf-8") for path in wanted.values())
    assert main(["verify", document, "--output", f"json={tmp_path}"]) == 2
    with pytest.raises(SystemExit):
        main(["verify", document, "--output", "pdf=x"])


def test_what_is_gone_is_told(
    paths: tuple[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    document, baseline = paths
    other = tmp_path / "b.md"
    other.write_text(RIGHT, encoding="utf-8")
    capsys.readouterr()
    assert main(["verify", str(other), "--baseline", baseline]) == 0
    assert main(["verify", document, "--baseline", baseline, "--ignore", "GC1"]) == 0
    assert not capsys.readouterr().err  # not verified, not selected
    Path(document).write_text(RIGHT, encoding="utf-8")
    assert main(["verify", document, "--baseline", baseline]) == 0
    assert "1 finding in it is no longer there" in capsys.readouterr().err


def test_a_file_that_is_no_baseline_is_not_overwritten(
    paths: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document, _ = paths
    other = tmp_path / "notes.md"
    other.write_text(RIGHT, encoding="utf-8")
    assert main(["verify", document, "--baseline", str(other), "--write-baseline"]) == 2
    assert other.read_text(encoding="utf-8") == RIGHT
    assert "something else" in capsys.readouterr().err


@pytest.mark.parametrize("rows", ["[3]", '[{"path": "a", "fingerprint": "b", "count": 1e400}]'])
def test_rows_that_are_none_are_refused(paths: tuple[str, str], rows: str) -> None:
    document, baseline = paths
    Path(baseline).write_text(f'{{"schema": 1, "findings": {rows}}}', encoding="utf-8")
    assert main(["verify", document, "--baseline", baseline]) == 2
