"""The numbers: differences, agreement within the bound, claims completed by what they left out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from gradcheck.evidence.arrays.lifting import NotEvaluated
from gradcheck.evidence.arrays.point import Sizes
from gradcheck.evidence.numeric import NumericGradient
from gradcheck.evidence.symbolic import Algebra, NetworkMatch, network_scale
from gradcheck.judge import Evidence, Options
from gradcheck.judge.forms import Forms
from gradcheck.judge.numbers import Numbers, agrees, completed, compute, difference, run_backprop
from gradcheck.language.document import Document
from gradcheck.language.verdict import Constant, Verdict
from tests.understand.documents import only_setup
from tests.understand.networks import STYLES, gradients, write

KEPT = "sums and constants kept, chains"


@pytest.mark.parametrize(
    ("array", "reference", "error", "entry"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0, (0,)),
        ([1.0, 2.5], [1.0, 2.0], 0.25, (1,)),
        ([0.0, -4.0], [1.0, -4.0], 0.25, (0,)),
        ([[1.0, 2.0], [3.0, 5.0]], [[1.0, 2.0], [3.0, 4.0]], 0.25, (1, 1)),
        ([0.5], [0.0], 0.5, (0,)),  # all entries 0: the absolute difference
        (3.0, 2.0, 0.5, ()),
    ],
)
def test_differences_are_relative_to_the_largest_entry(
    array: object, reference: object, error: float, entry: tuple[int, ...]
) -> None:
    found = difference(np.asarray(array), np.asarray(reference))
    assert (found.error, found.entry) == (error, entry)


def numbers(values: list[float], bounds: list[float]) -> Numbers:
    none = np.zeros(len(values))
    gradient = NumericGradient(
        {"w": np.array(values)}, {"w": np.array(bounds)}, {"w": none}, {"w": none > 0}, 0, 0.0
    )
    return Numbers(numeric=gradient)


@pytest.mark.parametrize(
    ("array", "yes"),
    [
        ([1.0, 2.0], True),
        ([1.0 + 7e-9, 2.0], True),
        ([1.0 + 9e-9, 2.0], False),
        ([1.0, 2.0 + 1e-7], False),
        ([1.0, -2.0], False),
        ([np.nan, 2.0], False),
        ([np.inf, 2.0], False),
    ],
)
def test_agreement_is_entry_by_entry_within_the_bound(array: list[float], yes: bool) -> None:
    """A single entry that is off is seen, however small beside the others."""
    assert agrees(np.array(array), numbers([1.0, 2.0], [1e-9, 1e-9]), "w") is yes


def test_a_small_entry_is_judged_by_its_own_bound() -> None:
    found = numbers([1.0, 1e-6], [1e-9, 1e-15])
    assert agrees(np.array([1.0, 1e-6]), found, "w")
    assert not agrees(np.array([1.0, 2e-6]), found, "w")
    assert not agrees(np.array([1.0, -1e-6]), found, "w")


def computed(flat: bool = False, sizes: tuple[int, int, int] = (3, 4, 5)) -> tuple[Forms, Numbers]:
    style = STYLES[KEPT]
    setup = only_setup(write(style, gradients(style)).text)
    forms = Forms(setup.model)
    algebra = Algebra(forms.total)
    truths = {p.key: algebra.gradient(p.key) for p in setup.model.parameters}
    return forms, compute(forms.total, truths, Sizes(*sizes), 0, flat)


def test_shapes_are_those_of_the_parameters() -> None:
    _, found = computed()
    assert found.numeric is not None
    shapes = {key: array.shape for key, array in found.symbolic.items()}
    assert shapes == {"w_1": (4, 3), "b_1": (4,), "w_2": (4,), "b_2": ()}
    assert {key: array.shape for key, array in found.numeric.values.items()} == shapes
    assert all(agrees(found.symbolic[key], found, key) for key in shapes)


def test_flat_is_one_feature_and_one_unit() -> None:
    _, found = computed(flat=True)
    assert found.problem == ""
    assert all(array.size == 1 for array in found.symbolic.values())


def test_a_claim_is_completed_by_what_it_left_out() -> None:
    forms, found = computed()
    setup_claim = forms.model.definitions
    assert setup_claim
    truth = Algebra(forms.total).gradient("b_2")
    whole = completed(found, truth, "b_2", None)
    half = completed(found, truth, "b_2", Constant(Fraction(1, 2)))
    mean = completed(found, truth, "b_2", Constant(Fraction(1), -1, "N"))
    assert half == pytest.approx(whole / 2)
    assert mean == pytest.approx(whole / 5)
    with pytest.raises(NotEvaluated, match="no lifting"):
        completed(Numbers(problem="no lifting"), truth, "b_2", None)


def test_the_backprop_code_runs_at_the_same_point() -> None:
    forms, found = computed()
    match = network_scale(forms.model, "sigmoid")
    assert isinstance(match, NetworkMatch)
    arrays = run_backprop(forms.total, found, match)
    assert set(arrays) == {"w_1", "b_1", "w_2", "b_2"}
    for key, array in arrays.items():
        assert difference(array, found.symbolic[key]).error < 1e-14


def test_the_same_seed_gives_the_same_numbers() -> None:
    (_, one), (_, other) = computed(), computed()
    for key, array in one.symbolic.items():
        np.testing.assert_array_equal(array, other.symbolic[key])


LARGE = r"""$z_1 = w_1 x + b_1$, $a_1 = \sigma(z_1)$, $z_2 = w_2 a_1 + b_2$,
$$L = 1000000000 + \frac{(z_2 - y)^2}{10000000000}$$

"""
SMALL = LARGE + r"$$\frac{\partial L}{\partial b_2} = \frac{(z_2 - y)}{5000000000}$$"


def test_a_small_gradient_beside_a_large_loss_is_still_judged() -> None:
    """What differences cannot see, the algebra and the digits of the evaluation do."""
    wrong = SMALL.replace("(z_2 - y)}{5", "(z_2 + y)}{5")
    for text, verdict in ((SMALL, Verdict.EXACT), (wrong, Verdict.WRONG)):
        (item,) = Evidence(only_setup(text), (), Document("small.md", text), Options()).judged
        assert item.verdict is verdict


def test_below_the_noise_only_the_symbolic_gradient_is_confirmed() -> None:
    found = replace(
        computed()[1],
        symbolic={"w": np.array([1e-9, 2e-9])},
        point=replace(computed()[1].point, values={"w": np.array([1.0, 2.0])}),
        numeric=replace(numbers([0.0, 0.0], [1e-12, 1e-12]).numeric, noise=1e-9),
    )
    assert agrees(np.array([1e-9, 2e-9]), found, "w")
    assert not agrees(np.array([1e-9, -2e-9]), found, "w")
    assert not agrees(np.array([1e-9, 4e-9]), found, "w")
    assert not agrees(np.array([1e-3, 2e-3]), replace(found, symbolic={}), "w")
