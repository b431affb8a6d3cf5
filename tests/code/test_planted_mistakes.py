"""A seeded part of benchmarks/code_verdicts.py: wrong gradients are caught, right ones are not."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.code_verdicts import visible
from benchmarks.verdicts.mistakes import planted
from benchmarks.verdicts.problems import Problem, easy, hard
from gradcheck import check_gradient

EASY, HARD = easy(100), list(hard(100))
EVERY = 11  # of the hard problems: coprime to the conditions of one network


def name(problem: Problem) -> str:
    return f"{problem.name}, {problem.condition}"


@pytest.mark.parametrize("problem", [*EASY, *HARD[::EVERY]], ids=name)
def test_no_right_gradient_is_called_wrong(problem: Problem) -> None:
    with np.errstate(all="ignore"):
        report = check_gradient(problem.loss, problem.gradient, problem.point)
    assert report.verdict.value == "agrees", str(report)


@pytest.mark.parametrize("problem", EASY[::2], ids=name)
def test_every_mistake_in_an_easy_problem_is_caught(problem: Problem) -> None:
    mistakes = list(planted(problem, seed=0))
    assert len(mistakes) > 15
    for kind, wrong in mistakes[::5]:
        report = check_gradient(problem.loss, wrong, problem.point)
        assert report.verdict.value == "wrong", f"{kind}\n{report}"


@pytest.mark.parametrize("problem", HARD[::61], ids=name)
def test_a_mistake_that_passes_is_smaller_than_what_is_called_visible(problem: Problem) -> None:
    with np.errstate(all="ignore"):
        for kind, wrong in list(planted(problem, seed=1))[::6]:
            report = check_gradient(problem.loss, wrong, problem.point)
            if report.verdict.value == "agrees":
                assert not visible(problem, wrong, report), f"{kind}\n{report}"
