"""Selection by code: beginnings count, the longer one wins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.document import Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.project.selection import is_selected, matches_a_rule, select

ALL = tuple(Finding(rule, Span(0, 1), rule.code) for rule in RULES.values())
PREFIXES = st.lists(st.sampled_from([code[:n] for code in RULES for n in (2, 3, 4, 5)]), max_size=3)


@pytest.mark.parametrize(
    ("selected", "ignored", "shown"),
    [
        ([], [], True),
        (["GC101"], [], True),
        (["GC1"], [], True),
        (["GC4"], [], False),
        ([], ["GC101"], False),
        ([], ["GC1"], False),
        ([], ["GC4"], True),
        (["GC101"], ["GC1"], True),
        (["GC1"], ["GC101"], False),
        (["GC1"], ["GC1"], False),
        (["GC4", "GC10"], ["GC"], True),
    ],
)
def test_the_longer_beginning_wins(selected: list[str], ignored: list[str], shown: bool) -> None:
    assert is_selected("GC101", selected, ignored) is shown


def test_nothing_given_is_everything() -> None:
    assert select(ALL) == ALL


def test_order_is_kept() -> None:
    found = select(tuple(reversed(ALL)), ["GC1", "GC4"], ["GC401"])
    codes = [finding.rule.code for finding in found]
    assert codes == sorted(codes, reverse=True)
    assert "GC402" in codes
    assert "GC401" not in codes


def test_only_beginnings_of_codes_match() -> None:
    assert all(matches_a_rule(text) for text in ("GC", "GC1", "GC101"))
    assert not any(matches_a_rule(text) for text in ("", "G", "GC1011", "GC7", "extra-factor"))


@given(PREFIXES, PREFIXES)
def test_what_is_ignored_alone_is_what_is_left_when_nothing_is(
    selected: list[str], ignored: list[str]
) -> None:
    shown = set(select(ALL, selected, ignored))
    assert shown <= set(select(ALL, selected))
    assert shown >= set(select(ALL, selected)) & set(select(ALL, [], ignored))
