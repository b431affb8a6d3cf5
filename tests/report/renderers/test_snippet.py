"""Snippets: the caret stands under the place, whatever the line holds, and the line fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.document import NOWHERE, Document, Span
from gradcheck.report.renderers.snippet import columns, snippet
from gradcheck.report.renderers.terminal import WIDTH


def shown(text: str, place: str, nth: int = 1) -> list[str]:
    start = -1
    for _ in range(nth):
        start = text.index(place, start + 1)
    return snippet(Document("a.md", text), Span(start, start + len(place)))


def marked(lines: list[str]) -> str:
    """The part of the source line that stands above the caret and its tildes."""
    source, marks = lines
    first = columns(marks[: marks.index("^")])
    last = first + 1 + marks.count("~")
    found, column = "", 0
    for character in source:
        if first <= column < last:
            found += character
        column += columns(character)
    return found


def test_the_line_and_the_caret() -> None:
    assert shown("one\n$$a = b x$$\n", "b x") == [
        "       2 | $$a = b x$$",
        "         |       ^~~",
    ]


@pytest.mark.parametrize(
    ("text", "place", "above"),
    [
        ("\t\ta\t= WRONG", "WRONG", "WRONG"),
        ("数学 数 = 学", "数", "数"),
        ("数学 = WRONG", "WRONG", "WRONG"),
        ("y\u0302 = WRONG", "WRONG", "WRONG"),
        ("\x1b[2J = WRONG", "WRONG", "WRONG"),
        ("   indented = WRONG  ", "WRONG", "WRONG"),
        ("x" * 300 + "WRONG" + "x" * 300, "WRONG", "WRONG"),
        ("数" * 300 + "WRONG" + "数" * 300, "WRONG", "WRONG"),
        ("WRONG" + "x" * 300, "WRONG", "WRONG"),
        ("x" * 300 + "WRONG", "WRONG", "WRONG"),
        ("a = \n  WRONG\nb", "\n  WRONG", "WRONG"),
        ("a = WRONG\r\nb", "WRONG", "WRONG"),
    ],
)
def test_the_caret_stands_under_the_place(text: str, place: str, above: str) -> None:
    lines = shown(text, place)
    assert marked(lines) == above
    assert max(map(columns, lines)) <= WIDTH
    assert "\x1b" not in lines[0]


def test_a_long_place_is_cut_at_its_end() -> None:
    source, marks = shown("a = " + "b" * 400 + " c", "b" * 400)
    assert source.endswith("…")
    assert columns(source) == WIDTH
    assert marks.count("^") == 1
    assert columns(marks) <= WIDTH


def test_a_place_over_several_lines_says_where_it_ends() -> None:
    assert shown("a\nb = c\n+ d\n", "c\n+ d") == [
        "       2 | b = c",
        "         |     ^ … to line 3",
    ]


@pytest.mark.parametrize("span", [NOWHERE, Span(99, 100), Span(1, 2)])
def test_no_place_no_snippet(span: Span) -> None:
    assert snippet(Document("a.md", "a \n"), span) == []


@given(
    st.text(alphabet="ab \t数\u0302\x1b\n\r\u2028\u00ad", max_size=300),
    st.integers(0, 300),
    st.integers(0, 300),
)
def test_any_place_fits(text: str, start: int, length: int) -> None:
    lines = snippet(Document("a.md", text), Span(start, start + length))
    assert len(lines) in (0, 2)
    for line in lines:
        assert columns(line) <= WIDTH
        assert len(line.splitlines()) == 1
        assert not set(line) & set("\x1b\t\u2028")
