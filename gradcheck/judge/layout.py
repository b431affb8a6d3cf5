"""Which of a case's arrays are a document's parameters and data, and how their axes lie."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from gradcheck.code.protocol import Observation
from gradcheck.evidence.arrays.indexed import FEATURE, HIDDEN, SAMPLE, Axes
from gradcheck.evidence.arrays.lifting import Lifting
from gradcheck.evidence.arrays.point import Sizes
from gradcheck.judge.numbers import Array
from gradcheck.language.model import Model


class MissingName(Exception):
    """The case has nothing by the name of something in the document; the message says what."""


@dataclass(frozen=True)
class Layout:
    """A document's names in the case's words, with the axes of each array as the code has them.

    ``order[key]`` are the document's axes of the array's dimensions longer than 1, in the array's
    own order. ``fixed`` are values that the document's point needs and no case gives.
    """

    names: Mapping[str, str]
    axes: Mapping[str, Axes]
    order: Mapping[str, Axes]
    sizes: Sizes
    fixed: Mapping[str, float]

    def arranged(self, key: str, array: Array) -> Array:
        """An array of the code's with the document's axes, as float64."""
        axes, order = self.axes[key], self.order[key]
        turned = np.squeeze(np.asarray(array, np.float64))
        turned = turned.transpose([order.index(axis) for axis in axes if axis in order])
        return np.array(turned.reshape(self.sizes.shape(axes)))


def spelled(name: str) -> str:
    """A name without what only LaTeX or Python makes of it: ``W^{[1]}`` and ``W_1`` are ``w1``."""
    return re.sub(r"[\W_]", "", name.replace("\\", "")).lower()


def layouts(model: Model, lifting: Lifting, observation: Observation) -> Iterator[Layout]:
    """Every layout in which all shapes fit, as the document has them first.

    Raises `MissingName`.
    """
    given = {**observation.inputs, **observation.points[0]}
    names = _names(model, given)
    axes = {key: lifting.axes[key] for key in names}
    for lengths, order in _orders(list(names), names, axes, given, {}):
        sizes = Sizes(lengths.get(FEATURE, 1), lengths.get(HIDDEN, 1), lengths.get(SAMPLE, 1))
        count = {model.sample_count: float(sizes.samples)} if model.sample_count else {}
        yield Layout(names, axes, order, sizes, count)


def _names(model: Model, given: Mapping[str, Array]) -> dict[str, str]:
    """The case's name for each free name of the model, by spelling, else by role."""
    by_spelling: dict[str, str] = {}
    for name in given:
        by_spelling.setdefault(spelled(name), name)
    wanted = {item.key: (item.source_name, item.role) for item in model.parameters}
    for keys, role in ((model.inputs, "x"), (model.labels, "y")):
        wanted |= {key: (key, role if len(keys) == 1 else key) for key in keys}
    wanted |= {key: (key, key) for key in model.constants}
    found = {}
    for key, (written, role) in wanted.items():
        spellings = (spelled(key), spelled(written), spelled(role))
        matching = [by_spelling[s] for s in spellings if s in by_spelling]
        if not matching:
            raise MissingName(_missing(model, key, role, given))
        found[key] = matching[0]
    return found


def _missing(model: Model, key: str, role: str, given: Mapping[str, Array]) -> str:
    has = ", ".join(given)
    if any(parameter.key == key for parameter in model.parameters):
        return f"the case has no parameter {role} (it has {has})"
    return (
        f"the case gives no {key} (it has {has}); write GradientCase(..., inputs={{{key!r}: ...}})"
    )


def _orders(
    keys: list[str],
    names: Mapping[str, str],
    axes: Mapping[str, Axes],
    given: Mapping[str, Array],
    lengths: dict[str, int],
) -> Iterator[tuple[dict[str, int], dict[str, Axes]]]:
    """Every way to give each array's dimensions to the document's axes with one length an axis."""
    if not keys:
        yield lengths, {}
        return
    key, rest = keys[0], keys[1:]
    longer = [length for length in given[names[key]].shape if length != 1]
    for order in permutations(axes[key], len(longer)):
        own = dict.fromkeys(axes[key], 1) | dict(zip(order, longer, strict=True))
        if any(lengths.get(axis, length) != length for axis, length in own.items()):
            continue
        for found, others in _orders(rest, names, axes, given, lengths | own):
            yield found, {key: order, **others}
