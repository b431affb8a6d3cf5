"""Displays without an environment: which lines of theirs are an equation each."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.document import Span
from gradcheck.read.display_lines import equations

D = r"\frac{\partial %s}{\partial %s}"


def parts(text: str) -> list[str]:
    return [
        text[span.start : span.end].strip(" \t\r\n>")
        for span in equations(text, Span(0, len(text)))
    ]


@pytest.mark.parametrize(
    ("lines", "cuts"),
    [
        (["a = b", "c = d"], [1]),
        (["a = b", "", "c = d"], [2]),
        (["a = b", "", "+ c"], [2]),
        (["> a = b", ">", "> c = d"], [2]),
        (["a = b\r", "\r", "c = d\r"], [2]),
        (["z_1 = w_1 x", "a_1 = \\sigma(z_1)", "f(x) = a_1"], [1, 2]),
        ([f"{D % ('L', 'w')} = e x", f"{D % ('L', 'b')} = e"], [1]),
        ([f"{D % ('L', 'w')} = {D % ('L', 'a')}", f"{D % ('a', 'w')} = e x"], []),
        ([f"{D % ('L', 'w')} = {D % ('L', 'a')}", f"{D % ('a', 'w')}", "= e x"], []),
        ([f"{D % ('L', 'w')}", "= e x", f"{D % ('L', 'b')}", "= e"], []),
        (["a = b +", "c = d"], []),
        (["a =", "c = d"], []),
        (["a = b", "= c"], []),
        (["a = b", "c"], []),
        (["a = b \\\\", "c = d"], []),
        (["\\begin{aligned}", "a = b", "c = d", "\\end{aligned}"], []),
        (["a = \\left( b", "c = d \\right)"], []),
        (["a = \\frac{b}{", "c = d}"], []),
        (["a = \\frac{b}{", "", "c}"], []),
        (["a", "b"], []),
    ],
)
def test_where_one_ends(lines: list[str], cuts: list[int]) -> None:
    edges = [0, *cuts, len(lines)]
    expected = ["\n".join(lines[a:b]).strip(" \t\r\n>") for a, b in pairwise(edges)]
    assert parts("\n".join(lines)) == expected


@given(st.text(alphabet="ab=\n\\{} f&", max_size=40))
def test_nothing_is_lost(text: str) -> None:
    spans = equations(text, Span(0, len(text)))
    covered = "".join(text[span.start : span.end] for span in spans)
    assert "".join(covered.split()) == "".join(text.split())
    assert all(one.end <= two.start for one, two in pairwise(spans))
