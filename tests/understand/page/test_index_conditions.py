"""Which equation a condition on indices belongs to, judged by the Jacobian of a softmax."""

from __future__ import annotations

import pytest

from tests.judge.lines import verdicts

SOFTMAX = r"$$a_j = \frac{e^{z_j}}{\sum_{k=1}^{n} e^{z_k}}$$"
HEAD = r"\frac{\partial a_j}{\partial z_i}"
SAME, OTHER = rf"{HEAD} = a_j(1-a_j)", rf"{HEAD} = -a_j a_i"
WRONG = rf"{HEAD} = a_j a_i"


def said(*lines: str) -> list[str]:
    """The verdicts on the lines with an equation."""
    text = "\n".join((SOFTMAX, "", *lines, ""))
    found = verdicts(text)
    return [found[3 + at] for at, line in enumerate(lines) if HEAD in line]


@pytest.mark.parametrize(("second", "verdict"), [(OTHER, "exact"), (WRONG, "wrong")])
def test_a_condition_belongs_to_one_equation(second: str, verdict: str) -> None:
    in_line = rf"\text{{ if }} i=j, \quad {second} \text{{ if }} i \ne j"
    assert said(f"$${SAME} {in_line}$$") == [verdict]
    assert said(f"${SAME}$ for $i = j$ and ${second}$ otherwise.") == [verdict]
    assert said(f"If $i = j$, then ${SAME}$, otherwise ${second}$.") == [verdict]
    assert said("If $i = j$:", f"$${SAME}$$", "If $i \\neq j$:", f"$${second}$$") == [
        "exact",
        verdict,
    ]
    assert said("Case $i \\neq j$:", f"$${second}$$", "Case $i = j$:", f"$${SAME}$$") == [
        verdict,
        "exact",
    ]
    rows = rf"$$\begin{{aligned}} {SAME} && i = j \\ {second} && i \neq j \end{{aligned}}$$"
    assert said(rows) == [verdict]


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        (r"a_j (1 - a_j) & i = j \\ -a_i a_j & i \neq j", "exact"),
        (r"a_j (1 - a_j) & i = j \\ a_i a_j & i \neq j", "wrong"),
        (r"a_j (1 + a_j) & i = j \\ -a_i a_j & i \neq j", "wrong"),
        (r"a_j (1 - a_i) & \text{if } j = i \\ -a_i a_j & \text{otherwise}", "exact"),
        (r"-a_i a_j & i \neq j \\ a_j (1 - a_i) & i = j", "exact"),
        (r"-a_i a_j & i = j \\ a_j (1 - a_i) & i \neq j", "wrong"),
        (r"a_j (1 - a_j) & i = j \\ -a_i & i \neq j", "wrong"),
    ],
)
def test_cases_of_indices_are_judged_in_both(rows: str, verdict: str) -> None:
    assert said(rf"$${HEAD} = \begin{{cases}} {rows} \end{{cases}}$$") == [verdict]


def test_what_is_said_in_the_rows_of_cases_is_no_condition_of_its_neighbours() -> None:
    rows = r"a_j (1 - a_j) & i = j \\ -a_i a_j & i \neq j"
    both = (rf"$${HEAD} = \begin{{cases}} {rows} \end{{cases}}$$", rf"$${HEAD} = a_j(1 - a_i)$$")
    assert said(*both) == ["exact", "wrong"]
