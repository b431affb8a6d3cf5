"""The pytest plugin, by pytester: what is collected, what fails and how it reads."""

from __future__ import annotations

import pytest

# pytester forgets what a run imported; NumPy can be imported only once.
import gradcheck.code
import gradcheck.evidence.symbolic.gradient
import gradcheck.verification  # noqa: F401

pytest_plugins = ["pytester"]

RIGHT = r"""
$$\hat{y} = w x + b, \quad L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
"""
WRONG = (
    RIGHT
    + r"""
$$\frac{\partial L}{\partial b} = (y - \hat{y})$$
"""
)
CASES = """
import numpy as np
import gradcheck

right = gradcheck.GradientCase(lambda w: float(w @ w), lambda w: 2 * w, np.array([0.3, -1.2]))
wrong = gradcheck.GradientCase(lambda w: float(w @ w), lambda w: 3 * w, np.array([0.3, -1.2]))

def test_plain():
    pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """Documents, right, wrong and without a claim, and a test module with two cases."""
    pytester.makefile(".md", right=RIGHT, wrong=WRONG, prose="# Words only")
    pytester.makepyfile(test_cases=CASES)
    return pytester


def run(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    plugin = ["-p", "no:gradcheck", "-p", "gradcheck.pytest_plugin"]
    return project.runpytest_inprocess(*plugin, "-p", "no:xdist", "-p", "no:benchmark", *options)


def test_without_the_option_nothing_is_collected(project: pytest.Pytester) -> None:
    run(project).assert_outcomes(passed=1)


def test_documents_and_cases_are_items(project: pytest.Pytester) -> None:
    result = run(project, "--gradcheck", "-v")
    result.assert_outcomes(passed=3, failed=2, skipped=1)
    result.stdout.fnmatch_lines(["*right.md*PASSED*", "*wrong.md*FAILED*"])


def test_failures_read_as_the_report_and_hold_no_traceback(project: pytest.Pytester) -> None:
    text = "\n".join(run(project, "--gradcheck").outlines)
    assert "GC103" in text and "line 5" in text
    assert "Traceback" not in text and "def runtest" not in text
    assert "[1]" in text and "WRONG" in text  # the worst entry of the wrong case


def test_why_a_document_is_skipped(project: pytest.Pytester) -> None:
    result = run(project, "--gradcheck", "-rs", "prose.md")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*no equations found*"])


def test_the_project_s_settings_hold(project: pytest.Pytester) -> None:
    project.makefile(".toml", gradcheck='exclude = ["prose.md"]\nignore = ["GC103"]\n')
    run(project, "--gradcheck", "-k", "derivation").assert_outcomes(passed=2, deselected=3)
    project.makefile(".toml", gradcheck="strikt = true\n")
    result = run(project, "--gradcheck")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*did you mean strict*"])


def test_the_short_summary_says_what_is_wrong(project: pytest.Pytester) -> None:
    run(project, "--gradcheck", "--tb=no").stdout.fnmatch_lines(
        ["FAILED test_cases.py::wrong - wrong: WRONG", "FAILED wrong.md::derivation - FAILED: 1 *"]
    )


def test_what_cannot_be_read_fails_and_what_is_empty_is_no_test(project: pytest.Pytester) -> None:
    (project.path / "latin.md").write_bytes("café".encode("latin-1"))
    (project.path / "empty.md").touch()
    result = run(project, "--gradcheck", "latin.md", "empty.md")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*not UTF-8*"])


def test_an_error_of_a_case_is_shown_where_it_is(project: pytest.Pytester) -> None:
    broken = CASES.replace("lambda w: 3 * w", "lambda w: w.no_such_thing")
    project.makepyfile(test_cases=broken)
    result = run(project, "--gradcheck", "test_cases.py")
    result.assert_outcomes(passed=2, failed=1)
    text = result.stdout.str()
    assert "no_such_thing" in text and "gradcheck/code" not in text.replace("\\", "/")


def test_cases_of_a_class_and_doctests_beside_documents(project: pytest.Pytester) -> None:
    project.makepyfile(test_more="import test_cases\n\nclass TestX:\n    case = test_cases.right\n")
    run(project, "--gradcheck", "test_more.py").assert_outcomes(passed=1)
    result = run(project, "--gradcheck", "--doctest-glob=*.md", "right.md", "wrong.md")
    result.assert_outcomes(passed=1, failed=1)


def test_strict(project: pytest.Pytester) -> None:
    run(project, "--gradcheck", "right.md").assert_outcomes(passed=1)
    run(project, "--gradcheck", "--gradcheck-strict", "right.md").assert_outcomes(failed=1)
    assert run(project, "--gradcheck-strict").ret == pytest.ExitCode.USAGE_ERROR


def test_text_that_speaks_of_no_gradient_and_what_git_ignores_are_no_tests(
    project: pytest.Pytester,
) -> None:
    project.makefile(".txt", requirements="numpy", homework=RIGHT)
    (project.path / ".gitignore").write_text("wrong.md\nold/\n", encoding="utf-8")
    (project.path / "old").mkdir()
    (project.path / "old" / "right.md").write_text(RIGHT, encoding="utf-8")
    result = run(project, "--gradcheck", "-k", "derivation", "-v")
    result.assert_outcomes(passed=2, skipped=1, deselected=3)
    result.stdout.fnmatch_lines(["*homework.txt*PASSED*"])
    run(project, "--gradcheck", "wrong.md", "requirements.txt").assert_outcomes(failed=1, skipped=1)
