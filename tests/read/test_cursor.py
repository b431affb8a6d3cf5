"""Loops over tokens and text: they come to an end, and a step that stands still is refused."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import gradcheck.read
from gradcheck.read import cursor
from gradcheck.read.cursor import (
    Forward,
    Scan,
    Standstill,
    ahead,
    ending,
    found_from,
    lines,
    lines_back,
    openings,
    past,
    taken_off,
)
from gradcheck.run.budget import OverBudget, budget

MODULES = sorted(Path(gradcheck.read.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.name))
def test_no_other_loop_of_the_reading_has_to_prove_that_it_ends(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    loops = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.While)]
    assert not loops or path.name == "cursor.py", f"take the steps from cursor: lines {loops}"


def test_a_loop_may_go_on_further_ahead() -> None:
    seen = []
    for at in (places := Forward("abcdef", 1)):
        seen.append(at)
        if at == 2:
            places.go_on(5)
    assert (seen, places.next) == ([1, 2, 5], 6)
    assert list(Forward("abcdef", 2, 4)) == [2, 3]
    assert list(Forward("", 3)) == []


@pytest.mark.parametrize("where", [-1, 0, 2])
def test_a_loop_may_not_stand_still_or_go_back(where: int) -> None:
    with pytest.raises(Standstill):
        for at in (places := Forward("abcdef")):
            places.go_on(where if at == 2 else at + 1)


def test_each_step_is_work() -> None:
    with budget(0.001), pytest.raises(OverBudget):
        for _ in Forward(range(10_000)):
            pass


class _Reader:
    def __init__(self, steps: list[int]) -> None:
        self.at = 0
        self.steps = steps

    def peek(self) -> str | None:
        return "abcdef"[self.at] if self.at < 6 else None


@pytest.mark.parametrize(("steps", "seen"), [([1, 2, 3], "abd"), ([6], "a")])
def test_a_reader_that_takes_something(steps: list[int], seen: str) -> None:
    reader, found = _Reader(steps), ""
    for letter, step in zip(ahead(reader), [*steps, 0], strict=False):
        found += letter
        reader.at += step
    assert found == seen


@pytest.mark.parametrize("step", [0, -1])
def test_a_reader_that_takes_nothing(step: int) -> None:
    reader = _Reader([])
    reader.at = 2
    with pytest.raises(Standstill):
        for _ in ahead(reader):
            reader.at += step


def test_a_scan_goes_on_from_where_it_stands() -> None:
    scan, found = Scan("aXbXcXd"), []
    for match in openings(scan, re.compile("X"), 7):
        found.append(match.start())
        if match.start() == 1:
            scan.at = 4  # what was met went as far as this
    assert found == [1, 5]
    with pytest.raises(Standstill):
        for _ in openings(Scan("aXb"), re.compile(""), 3):
            pass
    scan = Scan("aXbX")
    with pytest.raises(Standstill):
        for match in openings(scan, re.compile("X"), 4):
            scan.at = match.start()


def test_places_that_are_found() -> None:
    assert list(found_from(lambda at: "a.b..".find(".", at), 0)) == [1, 3, 4]
    with pytest.raises(Standstill):
        list(found_from(lambda at: 1, 0))


@pytest.mark.parametrize("text", ["", "\n", "ab", "ab\n", "a\n\nb", "\r\na\r\n"])
def test_lines_forwards_and_back(text: str) -> None:
    forwards = [text[start:end] for start, end in lines(text, 0, len(text))]
    assert forwards == (text[:-1] if text.endswith("\n") else text).split("\n") * bool(text)
    back = [text[start:end] for start, end in lines_back(text + "\n", len(text) + 1, 0)]
    assert back == text.split("\n")[::-1]


def test_ends_of_what_is_alike() -> None:
    assert past([1, 1, 2, 1], 0, 4, lambda item: item == 1) == 2
    assert past([1, 1], 0, 2, lambda item: item == 1) == 2
    assert past([1, 1], 2, 2, lambda item: item == 1) == 2
    assert ending([2, 1, 1], 0, 3, lambda item: item == 1) == 1
    assert ending([1, 1], 0, 2, lambda item: item == 1) == 0
    assert ending([2], 0, 1, lambda item: item == 1) == 1
    items = [2, 1, 1]
    assert list(taken_off(items, lambda item: item == 1)) == [1, 1]
    assert items == [2]


def test_the_cursor_is_where_the_loops_are() -> None:
    tree = ast.parse(Path(cursor.__file__).read_text(encoding="utf-8"))
    assert any(isinstance(node, ast.While) for node in ast.walk(tree))  # the search above finds one
