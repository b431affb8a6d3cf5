"""Every rule of the lifting, with equations that look alike and mean different indices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradcheck.evidence.arrays.lifting import LiftingAmbiguous, NotEvaluated, degenerate, infer
from tests.evidence.arrays.trees import (
    L,
    N,
    T,
    a1,
    a2,
    b1,
    b2,
    call,
    d,
    delta1,
    delta2,
    exp,
    log,
    logarithms,
    model,
    name,
    network,
    sigma,
    squares,
    total,
    tree,
    w1,
    w2,
    x,
    y,
    yhat,
    z1,
    z2,
)

HALF = T(tree(1)) / 2
SQUARE = HALF * (yhat - y) ** 2


def axes(definitions: dict[str, T], **more: object) -> dict[str, str]:
    lifting = infer(model(definitions, **more))
    return {key: "".join(lifting.axes[key]) for key in definitions}


def test_the_usual_forward_equations() -> None:
    found = infer(squares()).axes
    assert {key: "".join(found[key]) for key in ("z1", "a1", "z2", "a2", "yhat", "L")} == {
        "z1": "ij",
        "a1": "ij",
        "z2": "i",
        "a2": "i",
        "yhat": "i",
        "L": "",
    }


def test_one_unit_alone_has_no_hidden_index() -> None:
    whole = model({"yhat": w1 * x + b1, "L": SQUARE})
    one = replace(whole, parameters=tuple(p for p in whole.parameters if p.role in ("w_1", "b_1")))
    found = infer(one).axes
    assert {key: "".join(found[key]) for key in ("w1", "b1", "yhat")} == {
        "w1": "k",
        "b1": "",
        "yhat": "i",
    }
    with pytest.raises(LiftingAmbiguous):
        infer(whole)


@pytest.mark.parametrize(
    "definitions",
    [
        {"z1": w1 * x, "a1": sigma(z1), "yhat": w2 * a1, "L": SQUARE},  # no bias
        {"z1": x * w1 + b1, "a1": call("tanh", z1), "yhat": b2 + a1 * w2, "L": SQUARE},
        {"yhat": w2 * sigma(w1 * x + b1) + b2, "L": SQUARE},
        {"yhat": w2 * (w1 * x + b1) + b2, "L": SQUARE},  # identity hidden layer
        {"yhat": w2 * w1 * x, "L": SQUARE},
        {"yhat": w2 * w1 * x + w2 * b1 + b2, "L": SQUARE},
        {"yhat": sigma(w2 * sigma(w1 * x)), "L": -(y * log(yhat) + (1 - y) * log(1 - yhat))},
        {"u": w2 * sigma(w1 * x + b1), "yhat": name("u") + b2, "L": SQUARE},
        {"yhat": w2 / (1 + exp(-(w1 * x + b1))) + b2, "L": (1 / N) * total((y - yhat) ** 2)},
        {"yhat": w2 * a1 + b2, "a1": sigma(w1 * x), "L": SQUARE},
    ],
)
def test_the_prediction_has_one_value_a_sample(definitions: dict[str, T]) -> None:
    ordered = dict(sorted(definitions.items(), key=lambda item: item[0] in ("yhat", "L")))
    assert axes(ordered)["yhat"] == "i"


def test_a_loss_in_one_line_without_intermediate_names() -> None:
    found = axes({"L": (w2 * sigma(w1 * x + b1) + b2 - y) ** 2 / 2}, prediction=None)
    assert found == {"L": "i"}
    found = axes({"L": (1 / N) * total((y - w2 * sigma(w1 * x)) ** 2)}, prediction=None)
    assert found == {"L": ""}


def test_a_hidden_bias_in_the_output_layer_is_summed_with_its_term() -> None:
    faulty = model({"z1": w1 * x + b1, "a1": sigma(z1), "yhat": w2 * a1 + b1, "L": SQUARE})
    assert infer(faulty).axes["yhat"] == ("i",)


def test_helpers_keep_their_indices() -> None:
    helpers = {
        "delta2": yhat - y,
        "delta1": delta2 * w2 * sigma(z1, 1),
        "slope": a1 * (1 - a1),
        "swish": z1 * sigma(z1),
        "spread": w2 - w2 * a1,
        "inner": w2 * sigma(w1 * x + b1) * (1 - sigma(w1 * x + b1)),
    }
    found = infer(squares(helpers=helpers)).axes
    assert {key: "".join(found[key]) for key in helpers} == {
        "delta2": "i",
        "delta1": "ij",
        "slope": "ij",
        "swish": "ij",
        "spread": "ij",
        "inner": "ij",
    }


def test_penalties_are_summed_in_the_loss() -> None:
    weight = name("lam")
    loss = (1 / N) * total((yhat - y) ** 2) + weight / 2 * (w1**2 + w2**2)
    assert infer(network(loss, constants=("lam",))).axes["L"] == ()


@pytest.mark.parametrize(
    ("claim", "parameter"),
    [
        ((w2 * a1 * a1 + b2 * a1 - y * a1), "w2"),  # (yhat - y) a1 expanded: two different j
        ((yhat - y) * w2 * a1, "w2"),
        (w2 * a1 * w2 * a1 * (1 - a1), "b1"),
        (w2**2 * a1**2 * (1 - a1), "b1"),
        ((yhat - y) / (w2 * a1), "b2"),
        (total((yhat - y) * a1) + (yhat - y) * a1, "w2"),
        (delta1 * w2, "b1"),
        (delta2 * (w2 * z1 + 1), "b1"),  # neither a forward sum nor its slope
        ((w2 * a1 + b1 - y) * a1, "w2"),
    ],
)
def test_what_would_be_a_guess_is_refused(claim: T, parameter: str) -> None:
    helpers = {"delta2": yhat - y, "delta1": delta2 * w2 * sigma(z1, 1)}
    lifting = infer(squares(helpers=helpers))
    with pytest.raises(LiftingAmbiguous):
        lifting.lift_gradient(claim.tree, parameter)


@pytest.mark.parametrize(
    "prediction",
    [
        w2 * a1 + b2,
        b2 + sigma(b1 + x * w1) * w2,
        w2 / (1 + exp(-z1)) + b2,
        w2 * (exp(z1) / (exp(z1) + 1)) + b2,
        -((1 - a1) * w2 - w2 * 1) + b2,
        name("inner") + b2,
    ],
)
def test_a_prediction_inside_a_claim_is_recognised_however_it_is_written(prediction: T) -> None:
    lifting = infer(squares(helpers={"inner": w2 * sigma(z1)}))
    for claim in ((prediction - y) * a1, (prediction - y) * w2 * sigma(z1, 1)):
        assert lifting.lift(claim.tree).node.axes == ("i", "j")
    inner = lifting.lift((prediction - y).tree)
    assert inner.node.axes == ("i",) and not inner.open


def test_a_slope_beside_another_path_is_not_summed() -> None:
    """The true gradient by b_1 where b_1 also stands in the output layer (source 002)."""
    faulty = model({"z1": w1 * x + b1, "a1": sigma(z1), "yhat": w2 * a1 + b1, "L": SQUARE})
    lifting = infer(faulty)
    for slope in (sigma(z1, 1), a1 * (1 - a1), a1 - a1**2):
        expanded = 1 + w2 * a1 - w2 * a1**2
        sides = [w2 * slope + 1, expanded, -(1 + w2 * a1**2 - w2 * a1 - 2)]
        for claim in [(yhat - y) * side for side in sides[:2]] + [
            (yhat - y) * w2 * slope + (yhat - y),
            (y - yhat) * sides[2],
        ]:
            lifted = lifting.lift(claim.tree)
            assert lifted.node.axes == ("i", "j") and "j" in lifted.open


@pytest.mark.parametrize(
    "definitions",
    [
        {"yhat": w2 * x + b2, "L": SQUARE},  # a weight of the wrong layer
        {"yhat": a1 + b2, "a1": sigma(w1 * x), "L": SQUARE},  # no output weight
        {"yhat": w2 * w2 * sigma(w1 * x) + b2, "L": SQUARE},
        {"yhat": w2 * z2 + b2, "z2": w2 * x + b1, "L": SQUARE},
    ],
)
def test_networks_that_do_not_fit_are_refused(definitions: dict[str, T]) -> None:
    ordered = dict(sorted(definitions.items(), key=lambda item: item[0] in ("yhat", "L")))
    with pytest.raises(LiftingAmbiguous):
        infer(model(ordered))


def test_the_degenerate_lifting_is_never_ambiguous() -> None:
    faulty = model({"yhat": w2 * x + b2, "L": SQUARE})
    lifting = degenerate(faulty)
    assert lifting.axes["yhat"] == ("i",)
    assert lifting.lift_gradient((w2 * x * w2 * x).tree, "w2").axes == ()


def test_derivatives_and_unknown_names_are_refused() -> None:
    lifting = infer(squares())
    with pytest.raises(NotEvaluated, match="derivative"):
        lifting.lift(d(L, w2).tree)
    with pytest.raises(NotEvaluated, match="kappa"):
        lifting.lift((name("kappa") * a1).tree)


def test_a_helper_that_cannot_be_lifted_matters_only_where_it_is_used() -> None:
    lifting = infer(logarithms(helpers={"bad": d(L, z2), "good": a2 - y}))
    assert lifting.axes["good"] == ("i",)
    with pytest.raises(NotEvaluated, match="derivative"):
        lifting.lift((name("bad") * a1).tree)
