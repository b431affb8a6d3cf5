"""Mistakes by a number: one ratio for every entry, a term that is a multiple of the parameter."""

# ruff: noqa: E501, what is told reads better in one line each

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.diagnosis.clues import Array, Clues, Suspicion, odds


@dataclass(frozen=True, slots=True)
class Named:
    """A ratio claimed ÷ true that has a usual cause."""

    value: float
    code: str
    what: str  # after "every entry is "
    mend: str


_FIRST = (
    Named(
        -1,
        "GC522",
        "of the wrong sign",
        "negate it: 'prediction - target' often stands the other way round",
    ),
    Named(
        2,
        "GC521",
        "2 times the gradient",
        "halve it: the ½ of the loss is left out, or the 2 of a square is there twice",
    ),
    Named(
        0.5,
        "GC521",
        "half the gradient",
        "double it: the derivative of a square has a factor 2 (unless the loss has a ½)",
    ),
    Named(
        -2,
        "GC522",
        "-2 times the gradient",
        "divide it by -2: the sign is wrong, and the 2 of a square too many",
    ),
    Named(
        -0.5,
        "GC522",
        "-½ times the gradient",
        "multiply it by -2: the sign is wrong, and the 2 of a square missing",
    ),
)
_LATER = (
    Named(3, "GC521", "3 times the gradient", "divide it by 3: it may be added up three times"),
    Named(4, "GC521", "4 times the gradient", "divide it by 4"),
    Named(0.25, "GC521", "a quarter of the gradient", "multiply it by 4"),
    Named(np.log(2), "GC521", "log 2 times the gradient", "divide it by log 2: one of the two uses the logarithm to base 2"),
    Named(1 / np.log(2), "GC521", "1/log 2 times the gradient", "multiply it by log 2: one of the two uses the logarithm to base 2"),
)  # fmt: skip


def counts(clues: Clues) -> dict[int, str]:
    """Lengths that a sum or a mean may run over, and of what; the data's first."""
    found: dict[int, str] = {}
    places: list[tuple[str, tuple[int, ...]]] = [
        (name, np.shape(value)) for name, value in clues.surroundings.items()
    ]
    if clues.output is not None:
        places.append(("the output", clues.output.shape))
    places += [(name, array.shape) for name, array in clues.point.items()]
    for name, shape in places:
        for axis, length in enumerate(shape):
            if length > 1:
                found.setdefault(length, f"axis {axis} of {name}")
        if len(shape) > 1:
            found.setdefault(int(np.prod(shape)), f"the entries of {name}")
    return {count: of for count, of in found.items() if count > 1}


def named_ratios(clues: Clues) -> list[Named]:
    """The ratios with a usual cause, at this point and with these shapes; the simplest first."""
    known = counts(clues)
    ratios = [*_FIRST, *_of_counts(known), *_LATER]
    unique: dict[float, Named] = {}
    for ratio in ratios:
        other = unique.setdefault(ratio.value, ratio)
        size = max(abs(other.value), 1 / abs(other.value))
        if other is ratio and other in _FIRST and size in known:
            mend = f"{ratio.mend}; or a sum stands for a mean over {known[int(size)]}, or a mean for a sum"
            unique[ratio.value] = Named(ratio.value, ratio.code, ratio.what, mend)
    return list(unique.values())


def _of_counts(known: dict[int, str]) -> Iterator[Named]:
    signed = [
        (n, f"{n} is the length of {of}", s, h)
        for n, of in known.items()
        for s, h in ((1, ""), (-1, "-"))
    ]
    for n, here, sign, head in signed:
        yield Named(
            sign * n,
            "GC523",
            f"{head}{n} times the gradient ({here})",
            f"divide by {head}{n}: it takes the sum where the loss takes the mean",
        )
        yield Named(
            sign / n,
            "GC523",
            f"{head}1/{n} of the gradient ({here})",
            f"multiply by {head}{n}: it takes the mean where the loss takes the sum, or divides twice",
        )
    for n, of in known.items():
        if n > 2:
            here = f"{n} is the length of {of}"
            yield Named(
                n / (n - 1),
                "GC523",
                f"{n}/{n - 1} times the gradient ({here})",
                f"divide by {n}, not by {n - 1}, where the loss does",
            )
            yield Named(
                (n - 1) / n,
                "GC523",
                f"{n - 1}/{n} of the gradient ({here})",
                f"divide by {n - 1}, not by {n}, where the loss does",
            )
    for n, here, sign, head in signed:
        yield Named(
            sign * 2 * n,
            "GC523",
            f"{head}{2 * n} times the gradient ({here})",
            f"divide by {head}{2 * n}: a sum for a mean, and a factor 2",
        )
        yield Named(
            sign * 2 / n,
            "GC523",
            f"{head}2/{n} of the gradient ({here})",
            f"multiply by {head}{n}/2: a mean for a sum, and a factor 2",
        )
        yield Named(
            sign * n / 2,
            "GC523",
            f"{head}{n}/2 times the gradient ({here})",
            f"multiply by {head}2/{n}: a sum for a mean, and a missing factor 2",
        )
        yield Named(
            sign / (2 * n),
            "GC523",
            f"{head}1/{2 * n} of the gradient ({here})",
            f"multiply by {head}{2 * n}: a mean for a sum, and a missing factor 2",
        )


def ratio_of(clues: Clues, name: str, where: NDArray[np.bool_]) -> float | None:
    """The best single ratio claimed ÷ true of these entries, None if they tell none."""
    telling = where & clues.telling(name)
    if not telling.any():
        return None
    weight = 1 / clues.slack(name)[telling]
    true = clues.numeric[name][telling] * weight
    return float((clues.claimed[name][telling] * weight) @ true / (true @ true))


def multiples(clues: Clues, name: str) -> Iterator[Suspicion]:
    """Every wrong entry is the same multiple of the gradient."""
    wrong = clues.wrong(name)
    ratio = ratio_of(clues, name, wrong)
    if ratio is None:
        return
    place = _place(clues, name, wrong)
    named = named_ratios(clues)
    for entry in named:
        if abs(entry.value - ratio) <= 1e-2 * abs(entry.value):
            weight = _fits(clues, name, wrong, entry.value, 0, len(named))
            if weight is not None:
                yield Suspicion(
                    entry.code, (name,), ("ratio", entry.value, place[1]), weight,
                    f"{place[0]} {entry.what}", entry.mend,
                )  # fmt: skip
                return
    weight = _fits(clues, name, wrong, ratio, 1, 1)
    if weight is None:
        return
    if abs(ratio) < 1e-12:
        yield zero(name, place, clues, wrong)
        return
    source = _source(clues, ratio)
    yield Suspicion(
        "GC521", (name,), ("ratio", place[1]), weight,
        f"{place[0]} {_number(ratio)} times the gradient{source}",
        f"divide it by {_number(ratio)}: a constant factor is wrong", value=ratio,
    )  # fmt: skip


def _number(ratio: float) -> str:
    """A factor as it is told apart from 1: ``2.23607``, ``(1 + 9.6e-07)``."""
    beyond = ratio - 1.0
    if abs(beyond) >= 1e-3:
        return f"{ratio:.6g}"
    return f"(1 {'+' if beyond > 0 else '-'} {abs(beyond):.2g})"


def zero(name: str, place: tuple[str, str], clues: Clues, wrong: NDArray[np.bool_]) -> Suspicion:
    """The claim is 0 where the gradient is not: a fact, and no fit."""
    weight = odds(clues, name, np.where(wrong, 0.0, clues.numeric[name])) or 0.0
    return Suspicion(
        "GC534", (name,), ("zero", place[1]), weight + 1,
        f"{place[0]} left at 0, the gradient is not",
        "compute it: it may be created by zeros() and never filled, or overwritten, or the loop stops early",
    )  # fmt: skip


def _fits(
    clues: Clues, name: str, wrong: NDArray[np.bool_], ratio: float, fitted: int, k: int
) -> float | None:
    scale = np.where(wrong, ratio, 1.0)
    return odds(
        clues, name, scale * clues.numeric[name],
        spread=np.maximum(np.abs(scale), 1e-3) * clues.slack(name), fitted=fitted, choices=k,
    )  # fmt: skip


def _source(clues: Clues, ratio: float) -> str:
    for name, value in clues.surroundings.items():
        if np.ndim(value) == 0 and value and abs(float(value)) != 1:
            if abs(ratio / float(value) - 1) < 1e-6:
                return f"; {abs(float(value)):.4g} is {name}"
            if abs(ratio * float(value) - 1) < 1e-6:
                return f"; {abs(1 / float(value)):.4g} is 1/{name}"
    return ""


def _place(clues: Clues, name: str, wrong: NDArray[np.bool_]) -> tuple[str, str]:
    """Which entries are wrong: as a subject with its verb, and in short."""
    telling = clues.telling(name) | wrong
    if (wrong == telling).all():
        return "every entry is", "all"
    for axis in range(wrong.ndim if wrong.ndim > 1 else 0):
        others = tuple(k for k in range(wrong.ndim) if k != axis)
        touched = np.flatnonzero(wrong.any(axis=others))
        if len(touched) == 1:
            here = np.take(telling, touched[0], axis=axis)
            if (np.take(wrong, touched[0], axis=axis) == here).all():
                index = [":"] * wrong.ndim
                index[axis] = str(touched[0])
                slice_ = f"[{', '.join(index)}]"
                return f"the slice {slice_} is", slice_
    first = ", ".join(map(str, np.argwhere(wrong)[0]))
    count = int(wrong.sum())
    if count == 1:
        return f"entry [{first}] is", first
    return f"{count} entries, the first [{first}], are", "some"


def multiple_of_the_loss(clues: Clues) -> Suspicion | None:
    """One positive ratio for all parameters: the gradient of another multiple of the loss."""
    names = [name for name in clues.claimed if clues.telling(name).any()]
    if not names or any(name not in names for name in clues.wrong_parameters()):
        return None
    found = [_whole_ratio(clues, name) for name in names]
    first = found[0]
    if first is None or any(other is None or other.cause != first.cause for other in found):
        return None
    weight = sum(suspicion.odds for suspicion in found if suspicion)
    ratio = first.cause[1]
    if not isinstance(ratio, float) or ratio < 0:
        if len(names) < 2:
            return None
        return Suspicion(first.code, tuple(names), ("all", ratio), weight, first.what, first.mend)
    much = f"{ratio:.6g}" if ratio >= 1 else f"1/{1 / ratio:.6g}"
    return Suspicion(
        "GC514", tuple(names), ("all", ratio), weight,
        f"{first.what}; it is the gradient of {much} times this loss",
        f"{first.mend}; or give the loss the same constant",
    )  # fmt: skip


def _whole_ratio(clues: Clues, name: str) -> Suspicion | None:
    if not (clues.wrong(name) == clues.telling(name))[clues.telling(name)].all():
        return None
    found = next(multiples(clues, name), None)
    if found is None or found.cause[0] != "ratio":
        return None
    value = found.cause[1] if found.value is None else float(f"{found.value:.6g}")
    cause = ("ratio", float(value))
    return Suspicion(found.code, (name,), cause, found.odds, found.what, found.mend)


def regulariser(clues: Clues, name: str) -> Iterator[Suspicion]:
    """The error is one multiple of the parameter, or of its sign."""
    theta = np.asarray(clues.point[name], dtype=float)
    error = clues.claimed[name] - clues.numeric[name]
    seen = clues.measured(name) & (theta != 0)
    if seen.sum() < 2:
        return
    for shape, term, much in ((theta, "{k}·{t}", "squares"), (np.sign(theta), "{k}·sign({t})", "absolute values")):  # fmt: skip
        weight_of = (shape / clues.slack(name) ** 2)[seen]
        kappa = float(error[seen] @ weight_of / (shape[seen] @ weight_of))
        weight = odds(
            clues, name, clues.numeric[name] + kappa * shape, fitted=1, choices=2
        )  # fmt: skip
        if weight is None or kappa == 0:
            continue
        text = term.format(k=f"{abs(kappa):.4g}", t="θ")
        source = _source(clues, abs(kappa))
        lacks = kappa < 0
        yield Suspicion(
            "GC530", (name,), ("penalty", much, lacks), weight,
            f"the term {text} is {'missing' if lacks else 'too much'} "
            f"(θ is the parameter{source}): that of a penalty on the {much}",
            f"{'add' if lacks else 'subtract'} {text}: the penalty is "
            + ("in the loss, but missing or too small in the gradient" if lacks else "in the gradient, but not in the loss, or smaller there"),
            value=kappa,
        )  # fmt: skip
        return


def offset(clues: Clues, name: str) -> Iterator[Suspicion]:
    """The error is the same number in every entry."""
    error = clues.claimed[name] - clues.numeric[name]
    if error.size < 3:
        return
    weight = 1 / clues.slack(name)
    constant = float(np.sum(error * weight) / np.sum(weight))
    found = odds(clues, name, clues.numeric[name] + constant, fitted=1)
    if found is None or (clues.upstream is not None and next(centring(clues, name), None)):
        return
    yield Suspicion(
        "GC539", (name,), ("offset",), found,
        f"every entry is off by the same {constant:.4g}",
        "look for a term that is the same for all entries: one through a sum or a mean over them",
        value=None if clues.upstream is not None else constant,
    )  # fmt: skip


def centring(clues: Clues, name: str) -> Iterator[Suspicion]:
    """The gradient is the claim less its mean along an axis: the term through a mean is lost."""
    claimed: Array = np.asarray(clues.claimed[name], dtype=float)
    for axis in range(claimed.ndim):
        if claimed.shape[axis] < 2:
            continue
        mended = claimed - claimed.mean(axis=axis, keepdims=True)
        predicted = clues.claimed[name] + (clues.numeric[name] - mended)
        found = odds(clues, name, predicted, fitted=0, choices=2 * claimed.ndim)
        if found is not None:
            yield Suspicion(
                "GC539", (name,), ("centring", axis), found,
                f"the term through the mean is missing: the gradient is this less its mean along axis {axis}",
                f"subtract the mean: g - g.mean(axis={axis}, keepdims=True)",
            )  # fmt: skip
            return
