"""The command line: what it prints where, and its exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradcheck.command import cli
from gradcheck.language.finding import RULES
from gradcheck.language.problem import InputError
from gradcheck.project.version import __version__
from gradcheck.report.results import Report

GOOD = r"""
$$z_1 = w_1 x + b_1$$

$$a_1 = \sigma(z_1)$$

$$\hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$

$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$

$$\frac{\partial L}{\partial w_1} = (\hat{y} - y) w_2 a_1 (1 - a_1) x$$

$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 a_1 (1 - a_1)$$
"""
FAULTY = GOOD.replace(r"(1 - a_1)$$", r"(1 - a_1) x$$")
LINE = FAULTY.rstrip().count("\n") + 1


@pytest.fixture
def good(tmp_path: Path) -> str:
    (tmp_path / "good.md").write_text(GOOD, encoding="utf-8")
    return "good.md"


@pytest.fixture
def faulty(tmp_path: Path) -> str:
    (tmp_path / "faulty.md").write_text(FAULTY, encoding="utf-8")
    return "faulty.md"


def verdicts(document: dict) -> dict[str, str | None]:
    return {row["name"]: row["verdict"] for row in document["setups"][0]["parameters"]}


def test_a_good_document_passes(start_gradcheck, good: str) -> None:
    done = start_gradcheck("verify", good)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("good.md\n")
    assert "PASSED: nothing wrong." in done.stdout
    assert "\x1b" not in done.stdout


def test_a_faulty_document_fails_at_its_line(run_gradcheck, faulty: str) -> None:
    done = run_gradcheck("verify", faulty)
    assert done.returncode == 1
    assert f"error, line {LINE}: " in done.stdout
    assert "FAILED: 1 gradient WRONG" in done.stdout


def test_json(start_gradcheck, faulty: str, good: str) -> None:
    done = start_gradcheck("verify", "--format", "json", good, faulty, "gone.md")
    made = json.loads(done.stdout)
    assert done.returncode == made["exit_status"] == 1
    first, second = made["documents"]
    assert set(verdicts(first).values()) == {"exact"}
    assert verdicts(second) == {"w_1": "exact", "b_1": "wrong", "w_2": "exact", "b_2": "exact"}
    assert made["errors"][0]["path"] == "gone.md"
    assert "gradcheck: gone.md: no such file" in done.stderr


def test_json_is_written_when_nothing_could_be_read(run_gradcheck) -> None:
    done = run_gradcheck("verify", "--format", "json", "gone.md")
    assert done.returncode == 2
    assert json.loads(done.stdout)["documents"] == []


def test_the_same_on_every_hash_seed(start_gradcheck, faulty: str) -> None:
    outputs = {
        start_gradcheck(
            "verify", "--format", "json", faulty, environment={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1


def test_github(run_gradcheck, faulty: str) -> None:
    done = run_gradcheck("verify", "--format", "github", faulty)
    assert done.returncode == 1
    assert f"::error file=faulty.md,line={LINE}," in done.stdout


def test_standard_input(start_gradcheck) -> None:
    done = start_gradcheck("verify", "-", stdin=FAULTY)
    assert done.returncode == 1
    assert done.stdout.startswith("<stdin>\n")


def test_expect_and_no_inline(run_gradcheck, tmp_path: Path) -> None:
    lines = FAULTY.rstrip().split("\n")
    lines[-1:] = ["<!-- gradcheck: expect[GC101] a slip -->", lines[-1]]
    (tmp_path / "known.md").write_text("\n".join(lines), encoding="utf-8")
    done = run_gradcheck("verify", "known.md")
    assert done.returncode == 0, done.stdout
    assert "WRONG (expected)" in done.stdout
    assert "1 mistake is declared" in done.stdout
    assert run_gradcheck("verify", "known.md", "--no-inline").returncode == 1


def test_unmet_expectation_fails(run_gradcheck, tmp_path: Path) -> None:
    text = GOOD.replace("$$L", "<!-- gradcheck: expect[GC101] none -->\n$$L")
    (tmp_path / "unmet.md").write_text(text, encoding="utf-8")
    done = run_gradcheck("verify", "unmet.md")
    assert done.returncode == 1
    assert "GC901" in done.stdout


def test_strict_fails_on_conventions(run_gradcheck, tmp_path: Path) -> None:
    text = GOOD.replace(r"\frac{1}{2} (", r"\frac{1}{N} \sum_i (")
    (tmp_path / "mean.md").write_text(text, encoding="utf-8")
    assert run_gradcheck("verify", "mean.md").returncode == 0
    done = run_gradcheck("verify", "mean.md", "--strict")
    assert done.returncode == 1
    assert "up to a convention (strict)" in done.stdout


def test_demo_verifies_the_shipped_documents_from_anywhere(start_gradcheck, root: Path) -> None:
    done = start_gradcheck("demo", "--format", "json")
    made = json.loads(done.stdout)
    assert done.returncode == 0
    assert done.stderr.startswith("gradcheck: these documents are in ")
    names = [Path(document["path"]) for document in made["documents"]]
    assert len(names) >= 8 and {str(name.parent) for name in names} == {"derivations"}
    assert {row["severity"] for d in made["documents"] for row in d["findings"] if row["expected"]}


def test_verify_in_the_project_prints_what_demo_prints(run_gradcheck, root: Path) -> None:
    assert run_gradcheck("verify", cwd=root).stdout == run_gradcheck("demo").stdout


def test_without_a_path_the_documents_of_this_folder(
    run_gradcheck, tmp_path: Path, good: str, faulty: str
) -> None:
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "bad.md").write_text(FAULTY, encoding="utf-8")
    done = run_gradcheck("verify", "--format", "json")
    assert [document["path"] for document in json.loads(done.stdout)["documents"]] == [faulty, good]
    assert done.returncode == 1
    (tmp_path / ".gitignore").write_text("faulty.*\n", encoding="utf-8")
    assert run_gradcheck("verify").returncode == 0
    (tmp_path / "gradcheck.toml").write_text("seed = 3\n", encoding="utf-8")
    assert run_gradcheck("verify").returncode == 0
    assert run_gradcheck("verify", ".").returncode == 1  # a folder that is named is searched whole
    assert run_gradcheck("verify", "--untrusted").returncode == 1


@pytest.mark.parametrize("name", [None, "model.py", "notes.md"])
def test_where_nothing_is_checked_demo_is_named(
    run_gradcheck, tmp_path: Path, name: str | None
) -> None:
    if name is not None:
        (tmp_path / name).write_text("# Soup\n", encoding="utf-8")
    done = run_gradcheck("verify")
    assert done.returncode == 2
    assert "gradcheck demo" in done.stderr and "NOT CHECKED" in done.stdout
    assert json.loads(run_gradcheck("verify", "--format", "json").stdout)["documents"] == []


def test_c_locale(start_gradcheck, good: str) -> None:
    done = start_gradcheck(
        "verify", good, environment={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""}
    )
    assert done.returncode == 0
    assert "ŷ" in done.stdout or r"\hat{y}" in done.stdout


@pytest.mark.parametrize(
    ("color", "environment", "coloured"),
    [
        ("auto", {}, False),
        ("always", {}, True),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {}, False),
    ],
)
def test_colour(run_gradcheck, good: str, color: str, environment: dict, coloured: bool) -> None:
    done = run_gradcheck("verify", good, "--color", color, environment=environment)
    assert ("\x1b[" in done.stdout) is coloured


class Terminal:
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], wanted: bool
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cli._wants_colour("auto", Terminal()) is wanted


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "--sizes", "features=0", "a.md"], "from 1 to 512"),
        (["verify", "--sizes", "features=9999", "a.md"], "from 1 to 512"),
        (["verify", "--sizes", "features=1.5", "a.md"], "from 1 to 512"),
        (["verify", "--sizes", "layers=2", "a.md"], "features=3,hidden=4,samples=5"),
        (["verify", "--sizes", "", "a.md"], "features=3,hidden=4,samples=5"),
        (["verify", "--seed", "-1", "a.md"], "seed"),
        (["verify", "--seed", "x", "a.md"], "not a seed"),
        (["verify", "--format", "xml", "a.md"], "invalid choice"),
        (["verify", "--nonsense", "a.md"], "unrecognized"),
        (["check", "a.md"], "invalid choice"),
        (["verify", "--select", "GC7", "a.md"], "no rule has a code that begins with 'GC7'"),
        (["verify", "--ignore", "GC101,", "a.md"], "begins with ''"),
        (["verify", "--ignore", "CG101", "a.md"], "did you mean GC101?"),
        (["verify", "--against"], "--against"),
        (["read"], "FILE"),
    ],
)
def test_usage_errors(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_no_command_prints_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "verify" in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (["--version"], (f"gradcheck {__version__}",)),
        (["--help"], ("verify", "read", "homework.md")),
        (["verify", "--help"], ("exit status", "expect[GC101]", "--strict", "up to 2/N, Σ")),
    ):
        with pytest.raises(SystemExit) as caught:
            cli.main(arguments)
        assert caught.value.code == 0
        out = capsys.readouterr().out
        assert all(word in out for word in words)
        assert max(map(len, out.splitlines())) <= 100


def test_options_reach_the_library(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    seen = {}

    def verify(paths, **options) -> Report:
        seen.update(options, paths=paths)
        return Report((), (InputError("a.md", "nothing;\x1b[2J look", 3, 7),))

    monkeypatch.setattr("gradcheck.verification.verify", verify)
    options = ["--seed", "7", "--sizes", "samples=2, features=1", "--strict", "--no-inline"]
    assert cli.main(["verify", *options, "a.md"]) == 2
    project = seen.pop("settings")
    assert (project.seed, project.strict) == (7, True)
    assert seen == {
        "paths": ["a.md"],
        "against": None,
        "descent": False,
        "trusted": True,
        "progress": None,
        "seed": 7,
        "sizes": (1, 4, 2),
        "strict": True,
        "jobs": 0,
        "timeout": 120.0,
        "budget": 10.0,
        "inline": False,
        "gitignore": False,
    }
    chosen = ["--select", "gc1, GC402", "--select", "GC3", "--ignore", "GC301", "--descent"]
    cli.main(["verify", *chosen, "--against", "task.md", "a.md"])
    assert seen["settings"].select == ("GC1", "GC402", "GC3")
    assert seen["settings"].ignore == ("GC301",)
    assert seen["descent"] is True
    assert seen["against"] == "task.md"
    capsys.readouterr()
    cli.main(["verify", "a.md"])
    assert capsys.readouterr().err == "gradcheck: a.md:3:7: nothing;\\x1b[2J look\n"


def test_rule_explains_one(run_gradcheck) -> None:
    for text in ("GC101", "gc101", "extra-factor"):
        done = run_gradcheck("rule", text)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("GC101 extra-factor: ")
        assert "Bad:" in done.stdout
        assert "Good:" in done.stdout


def test_rule_lists_all(run_gradcheck) -> None:
    done = run_gradcheck("rule")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n{code} " in done.stdout for code in RULES)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("GC11", "did you mean GC"),
        ("extra-fctor", "did you mean extra-factor?"),
        ("?\x1b", "lists all"),
    ],
)
def test_a_rule_that_there_is_not(text: str, hint: str, capsys) -> None:
    assert cli.main(["rule", text]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("gradcheck: there is no rule ")
    assert hint in captured.err
    assert captured.err.count("\n") == 1
    assert "\x1b" not in captured.err


def test_select_and_ignore(run_gradcheck, faulty: str) -> None:
    for arguments in (["--ignore", "GC1"], ["--select", "GC4"], ["--select=GC1", "--ignore=GC101"]):
        done = run_gradcheck("verify", *arguments, faulty)
        assert done.returncode == 0, done.stdout
        assert "[GC101" not in done.stdout
        assert " WRONG " in done.stdout
        assert "(1 gradient with findings that are not selected)" in done.stdout
    done = run_gradcheck("verify", "--select", "GC101", "--ignore", "GC1", faulty)
    assert done.returncode == 1
    assert "[GC101" in done.stdout


def test_ignore_comment(run_gradcheck, tmp_path: Path) -> None:
    lines = FAULTY.rstrip().split("\n")
    lines[-1:] = ["<!-- gradcheck: ignore[GC101] a slip -->", lines[-1]]
    (tmp_path / "known.md").write_text("\n".join(lines), encoding="utf-8")
    done = run_gradcheck("verify", "known.md")
    assert done.returncode == 0, done.stdout
    assert "WRONG (ignored)" in done.stdout
    assert "[GC101" not in done.stdout
    assert "(1 finding is ignored in the documents)" in done.stdout
    made = json.loads(run_gradcheck("verify", "--format", "json", "known.md").stdout)
    assert [item["ignored"] for item in made["documents"][0]["findings"]] == [True]
    assert run_gradcheck("verify", "known.md", "--no-inline").returncode == 1


def test_internal_errors_are_one_line(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def verify(paths, **options) -> Report:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("gradcheck.verification.verify", verify)
    assert cli.main(["verify", "a.md"]) == 2
    error = capsys.readouterr().err
    assert "internal error (ZeroDivisionError: by zero); please report" in error
    assert error.count("\n") == 1
    monkeypatch.setenv("GRADCHECK_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli.main(["verify", "a.md"])


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def verify(paths, **options) -> Report:
        raise KeyboardInterrupt

    monkeypatch.setattr("gradcheck.verification.verify", verify)
    assert cli.main(["verify", "a.md"]) == 130


def test_without_a_bar_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(cli, "find_spec", lambda name: None)
    assert cli._progress() is None  # no terminal
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    times = iter([0.0, 1.0, 3.0])
    monkeypatch.setattr(cli, "monotonic", lambda: next(times))
    tell = cli._progress()
    assert callable(tell)
    for done in range(1, 5):
        tell(done, 9)
    assert capsys.readouterr().err == (
        "gradcheck: 2 of 9 done; pip install 'gradcheck[progress]' shows a bar\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
def test_a_reader_that_leaves_early(tmp_path: Path, good: str, run_gradcheck) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "gradcheck", "verify", good],
        cwd=tmp_path,
        stdout=writing,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(cli.__file__).parents[2]), **os.environ},
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 0


def test_read(run_gradcheck, good: str) -> None:
    done = run_gradcheck("read", good)
    assert (done.returncode, done.stderr) == (0, "")
    assert "sigma" in done.stdout or "σ" in done.stdout
    tree = run_gradcheck("read", "--tree", good).stdout
    assert "(+ (* w_1 x) b_1)" in tree


@pytest.mark.parametrize(("content", "words"), [(None, "no such file"), ("words", "no formulas")])
def test_read_bad_input(run_gradcheck, tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "a.md").write_text(content)
    done = run_gradcheck("read", "a.md")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("gradcheck: a.md: ")
    assert words in done.stderr


CODE = """
import numpy as np
from gradcheck import GradientCase

random = np.random.default_rng(0)
x, y = random.standard_normal((5, 3)), random.standard_normal(5)
start = {"w_1": random.standard_normal((4, 3)), "b_1": np.ones(4), "w_2": np.arange(1.0, 5.0), "b_2": 0.5}


def loss(p):
    a = 1 / (1 + np.exp(-(x @ p["w_1"].T + p["b_1"])))
    return np.sum((a @ p["w_2"] + p["b_2"] - y) ** 2) / 2


def gradient(p):
    a = 1 / (1 + np.exp(-(x @ p["w_1"].T + p["b_1"])))
    residual = a @ p["w_2"] + p["b_2"] - y
    hidden = np.outer(residual, p["w_2"]) * a * (1 - a)
    return {"w_1": hidden.T @ x, "b_1": hidden.sum(0), "w_2": a.T @ residual, "b_2": residual.sum()}


case = GradientCase(loss, gradient, start, inputs={"x": x, "y": y})
bad = GradientCase(loss, lambda p: {**gradient(p), "b_2": 1.0}, start, inputs={"x": x, "y": y})
loops = GradientCase(lambda p: [0 for _ in iter(int, 1)], gradient, start)


def waits():
    import os, pathlib, time

    pathlib.Path("pid").write_text(str(os.getpid()))
    time.sleep(60)
"""


@pytest.fixture
def code(tmp_path: Path) -> str:
    (tmp_path / "model.py").write_text(CODE, encoding="utf-8")
    return "model.py:case"


def named(tmp_path: Path, text: str, target: str) -> str:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text(f"---\ncode: {target}\n---\n{text}", encoding="utf-8")
    return "notes/a.md"


def test_code_and_a_document_in_one_run(run_gradcheck, good: str, code: str) -> None:
    done = run_gradcheck("verify", "--format", "json", good, code, "model.py:bad", "model.py:gone")
    made = json.loads(done.stdout)
    assert done.returncode == made["exit_status"] == 1
    assert [item["verdict"] for item in made["code"]] == ["agrees", "wrong"]
    assert [item["path"] for item in made["documents"]] == ["good.md"]
    assert [item["path"] for item in made["errors"]] == ["model.py:gone"]
    assert "gradcheck: model.py:gone: model.py has no gone; " in done.stderr


def test_code_that_agrees_passes_and_a_broken_target_does_not(run_gradcheck, code: str) -> None:
    assert run_gradcheck("verify", code).returncode == 0
    done = run_gradcheck("verify", "--timeout", "0.5", code, "model.py:loops")
    assert done.returncode == 2
    assert "gradcheck: model.py:loops: no result within 0.5 seconds (--timeout)" in done.stderr
    assert "model.py:case\n" in done.stdout


def test_code_named_by_a_document_runs_only_if_the_user_names_it(
    run_gradcheck, tmp_path: Path, code: str
) -> None:
    path = named(tmp_path, FAULTY, "../model.py:case")
    alone = run_gradcheck("verify", path)
    assert "../model.py:case, not run: the front matter names it, the command line" in alone.stdout
    both = run_gradcheck("verify", path, code)
    assert both.returncode == 1
    assert "the document is wrong; the code agrees with SymPy" in both.stdout
    assert both.stdout.count("all three agree") == 3


def test_front_matter_that_names_no_code_is_an_error(run_gradcheck, tmp_path: Path) -> None:
    path = named(tmp_path, GOOD, "model.py")
    done = run_gradcheck("verify", path)
    assert done.returncode == 2
    assert f"gradcheck: {path}:1: front matter key 'code' " in done.stderr


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon", "1e9"])
def test_a_timeout_is_a_number_of_seconds(seconds: str, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["verify", "--timeout", seconds])
    assert caught.value.code == 2
    assert "is not a number of seconds" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupted_run_prints_what_is_known(tmp_path: Path, code: str) -> None:
    """Ctrl-C while a second target runs: the first is reported, no child is left."""
    here = str(Path(cli.__file__).resolve().parents[2])
    running = subprocess.Popen(
        [sys.executable, "-m", "gradcheck", "verify", code, "model.py:waits"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": here},
        text=True,
        # A shell that runs the tests in the background has it ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    started = tmp_path / "pid"
    try:
        while not started.exists() or not started.read_text():
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        output, errors = running.communicate(timeout=30)
    finally:
        running.kill()
    assert running.returncode == cli.INTERRUPTED
    assert "model.py:case\n" in output
    assert "interrupted" in output
    assert "gradcheck: model.py:waits: interrupted before there was a result" in errors
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def test_paths_may_stand_between_the_options(tmp_path, run_gradcheck) -> None:
    done = run_gradcheck("verify", "gone.md", "--strict", "lost.md")
    assert done.returncode == 2
    assert "gone.md: no such file" in done.stderr and "lost.md: no such file" in done.stderr
    assert run_gradcheck("verify", "gone.md", "--strikt").returncode == 2
    assert "unrecognized arguments: x" in run_gradcheck("read", "a.md", "x").stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_not_gradchecks_fault(good: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gradcheck", "verify", good]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith("gradcheck: the output cannot be written: ")
    assert "report it" not in done.stderr
