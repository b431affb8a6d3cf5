"""The results of many documents in little memory: packed, and unpacked one at a time."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar, overload

T = TypeVar("T")

MANY = 100
"""Documents; the results of fewer are kept as they are (about 20 KB each, packed 2)."""


def pack(item: object) -> bytes:
    """What `Shelf` holds of an item."""
    return zlib.compress(pickle.dumps(item, pickle.HIGHEST_PROTOCOL), 1)


class Shelf(Sequence[T]):
    """Items that this process, or one forked from it, has packed.

    Every look at an item unpacks it: two looks give equal objects, not the same one.
    """

    __slots__ = ("_packed",)

    def __init__(self, packed: Iterable[bytes]) -> None:
        self._packed = tuple(packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __iter__(self) -> Iterator[T]:
        return map(_unpacked, self._packed)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Shelf[T]: ...

    def __getitem__(self, index: int | slice) -> T | Shelf[T]:
        if isinstance(index, slice):
            return Shelf(self._packed[index])
        item: T = _unpacked(self._packed[index])
        return item

    def only(self, wanted: Sequence[bool]) -> Shelf[T]:
        """Those that are wanted, without unpacking any."""
        return Shelf(item for item, want in zip(self._packed, wanted, strict=True) if want)


def changed(items: Sequence[T], change: Callable[[T], T]) -> Sequence[T]:
    """Every item after the change, kept as the items were."""
    if isinstance(items, Shelf):
        return Shelf(pack(change(item)) for item in items)
    return tuple(change(item) for item in items)


def kept(items: Sequence[T], wanted: Sequence[bool]) -> Sequence[T]:
    """The items that are wanted, kept as they were."""
    if isinstance(items, Shelf):
        return items.only(wanted)
    return tuple(item for item, want in zip(items, wanted, strict=True) if want)


def _unpacked(packed: bytes) -> Any:
    return pickle.loads(zlib.decompress(packed))  # noqa: S301 - what `pack` made, no file's bytes
