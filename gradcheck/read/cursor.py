"""Going over tokens and text: the one place where a loop of the reading proves that it ends.

Every loop whose steps are not all alike takes them here, and nothing else in the reading says
``while``. A step that would stand still or go back is a mistake of ours: it raises `Standstill`,
which costs the document, where waiting would cost all. Each step is counted as work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Sized
from typing import Protocol, TypeVar

from gradcheck.run.budget import spend

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


STEP = 3
"""What a step stands for: the same token is lexed, surveyed, split and parsed by loops of fixed
steps too."""


class Standstill(RuntimeError):
    """A loop over tokens or text would stand still or go back."""


class Forward:
    """The places of a sequence, one after the other, for a loop that may go on further ahead.

    ``for at in (places := Forward(tokens)): … places.go_on(after)``. The sequence may grow as long
    as the loop goes on; with ``stop`` it ends there.
    """

    __slots__ = ("_items", "_stop", "next")

    def __init__(self, items: Sized, start: int = 0, stop: int | None = None) -> None:
        self._items = items
        self._stop = stop
        self.next = start

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        at = self.next
        if at >= (len(self._items) if self._stop is None else self._stop):
            raise StopIteration
        spend(STEP)
        self.next = at + 1
        return at

    def go_on(self, at: int) -> None:
        """Go on at a place that lies behind the current one."""
        if at < self.next:
            raise Standstill(f"from {self.next - 1} to {at}")
        self.next = at


class _Reader(Protocol[T_co]):
    at: int

    def peek(self) -> T_co | None: ...


def ahead(reader: _Reader[T]) -> Iterator[T]:
    """What comes next for a reader, once what came before was taken; till nothing comes."""
    before = -1
    while (coming := reader.peek()) is not None:
        _further(before, reader.at)
        before = reader.at
        yield coming


class Scan:
    """How far a scan of a text came."""

    def __init__(self, text: str, at: int = 0) -> None:
        self.text = text
        self.at = at


def openings(scanner: Scan, pattern: re.Pattern[str], stop: int) -> Iterator[re.Match[str]]:
    """What a scanner meets next of a pattern, on from where it stands by then.

    It stands behind what it met; whoever handles that may take it further.
    """
    while (found := pattern.search(scanner.text, scanner.at, stop)) is not None:
        scanner.at = found.end()
        yield found
        _further(found.start(), scanner.at)


def found_from(find: Callable[[int], int], at: int) -> Iterator[int]:
    """Where ``find`` finds something from ``at`` on, each after the one before, till it is -1."""
    while (found := find(at)) >= 0:
        _further(at - 1, found)
        yield found
        at = found + 1


def lines(text: str, at: int, stop: int) -> Iterator[tuple[int, int]]:
    """Where each line from ``at`` on begins and ends, without its line break."""
    for start in (places := Forward(text, at, stop)):
        end = text.find("\n", start, stop)
        end = stop if end < 0 else end
        yield start, end
        places.go_on(end + 1)


def lines_back(text: str, at: int, limit: int) -> Iterator[tuple[int, int]]:
    """The lines before one that begins at ``at``, the nearest first, down to the limit."""
    for _ in range(text.count("\n", max(limit, 0), at)):
        spend(STEP)
        start = text.rfind("\n", 0, at - 1) + 1
        yield start, at - 1
        at = start


def past(items: Sequence[T], at: int, stop: int, holds: Callable[[T], bool]) -> int:
    """The first place from ``at`` on, before ``stop``, of which it does not hold; else the stop."""
    return next((place for place in range(at, stop) if not holds(items[place])), max(at, stop))


def ending(items: Sequence[T], start: int, stop: int, holds: Callable[[T], bool]) -> int:
    """Where the end begins of which it holds throughout; the stop if there is no such end."""
    last = (place for place in range(stop - 1, start - 1, -1) if not holds(items[place]))
    return next(last, start - 1) + 1


def as_long_as(holds: Callable[[], bool], place: Callable[[], int]) -> Iterator[None]:
    """A turn for as long as it holds; each must take the place further on."""
    while holds():
        before = place()
        yield
        _further(before, place())


def taken_off(items: list[T], holds: Callable[[T], bool]) -> Iterator[T]:
    """The last items of a list for as long as it holds of them; each is taken off."""
    while items and holds(items[-1]):
        yield items.pop()


def _further(before: int, at: int) -> None:
    if at <= before:
        raise Standstill(f"from {before} to {at}")
    spend(STEP)
