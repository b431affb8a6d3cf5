"""What a child process says is what its parent understands."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.code import CodeFinding, GradientReport, GradientRow
from gradcheck.code.protocol import (
    Observation,
    as_plain,
    observation_as_plain,
    observation_from,
    report_from,
)
from gradcheck.language.finding import RULES
from gradcheck.language.verdict import Verdict

NUMBERS = st.none() | st.floats(allow_nan=False)
ENTRIES = st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9))
ROWS = st.builds(
    GradientRow,
    name=st.text(),
    shape=st.tuples(st.integers(0, 9)),
    verdict=st.sampled_from([Verdict.AGREES, Verdict.WRONG, Verdict.UNDECIDED]),
    entries=st.integers(0, 10**9),
    checked=st.integers(0, 10**9),
    largest_error=NUMBERS,
    worst_entry=ENTRIES,
    note=st.text(),
)
FINDINGS = st.builds(
    CodeFinding,
    rule=st.sampled_from([RULES["GC501"], RULES["GC510"]]),
    message=st.text(),
    parameter=st.none() | st.text(),
    entry=ENTRIES,
)


@given(st.lists(ROWS), st.lists(FINDINGS), st.lists(st.text()))
def test_a_report_comes_back_as_it_was(rows, findings, notes) -> None:
    report = GradientReport(
        "m.py:f", Verdict.WRONG, tuple(rows), tuple(findings), 7, "a", tuple(notes)
    )
    assert report_from(json.loads(json.dumps(as_plain(report)))) == report


def test_numpy_numbers_are_plain_numbers() -> None:
    row = GradientRow("w", (1,), Verdict.AGREES, 1, 1, largest_error=np.float32(0.5))  # type: ignore[arg-type]
    assert json.loads(json.dumps(as_plain(row)))["largest_error"] == 0.5


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"rows": [], "findings": [], "verdict": "fine"},
        {"rows": [{"verdict": "wrong"}], "findings": [], "verdict": "wrong"},
        {"rows": [], "findings": [{"rule": "os.system"}], "verdict": "wrong"},
        {"rows": [], "findings": [], "verdict": "wrong", "target": "t", "odd": 1},
    ],
)
def test_what_is_no_report_is_refused(plain: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        report_from(plain)


def test_an_observation_comes_back_to_the_last_bit() -> None:
    values = np.random.default_rng(0).standard_normal((3, 2))
    sent = Observation(({"w": values},), (0.1,), {"w": values / 3}, {"x": values * 1e300}, 2.0**-52)
    found = observation_from(json.loads(json.dumps(observation_as_plain(sent))))
    assert np.array_equal(found.points[0]["w"], values)
    assert np.array_equal(found.gradient["w"], values / 3)
    assert np.array_equal(found.inputs["x"], values * 1e300)
    assert (found.losses, found.precision) == ((0.1,), 2.0**-52)
