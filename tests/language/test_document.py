"""Documents and the places in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.document import NOWHERE, Document, Span

texts = st.text(st.sampled_from("ab \n\r\tσŷ\U0001d70e\u0302"), max_size=60)


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("abc", 0, (1, 1)),
        ("abc", 2, (1, 3)),
        ("abc", 3, (1, 4)),
        ("a\nb", 1, (1, 2)),
        ("a\nb", 2, (2, 1)),
        ("\n\n", 1, (2, 1)),
        ("\n\n", 2, (3, 1)),
        ("", 0, (1, 1)),
        ("σσ\nŷ", 1, (1, 2)),
        ("𝜎x", 1, (1, 2)),  # a code point outside the plane of 16 bits is one column
        ("a\r\nb", 3, (2, 1)),
    ],
)
def test_positions_count_from_one_in_code_points(
    text: str, offset: int, position: tuple[int, int]
) -> None:
    assert Document("t.md", text).position(offset) == position


@given(texts, st.data())
def test_a_position_leads_back_to_its_offset(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    line, column = Document("t.md", text).position(offset)
    before = text.split("\n")[: line - 1]
    assert sum(len(row) + 1 for row in before) + column - 1 == offset
    assert line == text[:offset].count("\n") + 1


@given(texts, st.data())
def test_positions_grow_with_offsets(text: str, data: st.DataObject) -> None:
    document = Document("t.md", text)
    first, second = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    assert document.position(first) <= document.position(second)


def test_the_source_of_a_span() -> None:
    document = Document("t.md", "one\ntwo three\n")
    assert document.source(Span(4, 7)) == "two"
    assert document.line_of(Span(4, 7)) == 2


@given(*[st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted)] * 2)
def test_covering_spans(first: list[int], second: list[int]) -> None:
    one, other = Span(*first), Span(*second)
    both = one.cover(other)
    assert both == other.cover(one)
    assert both.start <= one.start
    assert both.end >= other.end
    assert one.cover(one) == one


def test_nowhere_is_before_every_place() -> None:
    assert Span(0, 0) > NOWHERE
