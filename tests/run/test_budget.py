"""What a document may cost: counted work ends it, the clock is the last resort."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from gradcheck.run import budget as module
from gradcheck.run.budget import UNITS_A_SECOND, OverBudget, budget, share, sharing, spend, stage


def test_without_an_account_nothing_is_limited() -> None:
    spend(10**12)
    with share(0.0):
        spend(10**12)


def test_work_is_counted_before_the_clock_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_clocks", lambda: (0.0, 0.0))  # clocks that stand still
    with budget(2):
        spend(2 * UNITS_A_SECOND)
        with pytest.raises(OverBudget, match=r"^over the budget of 2 s$"):
            spend()
        with pytest.raises(OverBudget):  # and so is everything that is left to do
            spend()


@pytest.mark.parametrize("late", [(10.1, 10.1), (0.0, 10.1 * module.PATIENCE)])
def test_the_clocks_are_the_last_resort(
    late: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([(0.0, 0.0), (9.9, 9.9 * module.PATIENCE), *[late] * 100])
    monkeypatch.setattr(module, "_clocks", lambda: next(now))
    with budget(), pytest.raises(OverBudget, match=r"^over the budget of 10 s$"):
        for _ in range(module.GLANCE + 2):
            spend()


def test_a_share_costs_only_itself() -> None:
    with budget(1):
        with pytest.raises(OverBudget, match=r"^over its share of the budget of 1 s$"), share(0.1):
            spend(UNITS_A_SECOND)
        spend(UNITS_A_SECOND * 9 // 10)
        with pytest.raises(OverBudget, match=r"^over the budget"):
            spend()


def test_what_is_spent_in_a_share_is_spent_of_the_whole() -> None:
    with budget(1):
        for _ in range(10):
            with share(0.5):
                spend(UNITS_A_SECOND // 10)
        with pytest.raises(OverBudget, match=r"^over the budget"), share(0.5):
            spend()


def test_what_is_given_up_stands_for_the_whole() -> None:
    def work() -> str:
        try:
            spend(UNITS_A_SECOND)
        except OverBudget:
            return "an answer without it"
        return "an answer"

    def within(part: float, work: Callable[[], str]) -> str:
        try:
            return sharing(part, work)
        except OverBudget as over:
            return over.reason

    with budget(2):
        assert within(0.6, work) == "an answer"
        assert within(0.1, work) == "over its share of the budget of 2 s"
        assert within(0.5, lambda: within(0.1, work)).startswith("over its share")
        assert within(0.1, lambda: "for nothing") == "for nothing"
        with pytest.raises(OverBudget):
            spend(UNITS_A_SECOND)
        assert within(0.5, lambda: "for nothing") == "for nothing"
        assert within(0.5, work) == "over the budget of 2 s"
    assert within(0.0, work) == "an answer"  # no account, no limit


def test_it_is_no_exception_that_a_part_survives() -> None:
    def part() -> None:
        try:
            spend(UNITS_A_SECOND + 1)
        except Exception:
            pytest.fail("swallowed")

    with budget(1), pytest.raises(OverBudget):
        part()


def test_the_innermost_stage_is_told() -> None:
    with budget(1), pytest.raises(OverBudget) as over, stage("judging it"), stage("reading it"):
        spend(UNITS_A_SECOND + 1)
    assert str(over.value) == "over the budget of 1 s while reading it"
    assert over.value.reason == "over the budget of 1 s"


def test_each_thread_has_its_own_account() -> None:
    done = []

    def other() -> None:
        spend(10**9)  # it has opened none
        done.append(True)

    with budget(1):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        spend()
    assert done
