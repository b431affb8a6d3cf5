"""Document, SymPy and code at the code's own point: which of them is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradcheck.code import GradientCase
from gradcheck.code.child import observed
from gradcheck.code.process import Answer
from gradcheck.code.target import Target
from gradcheck.judge import Evidence, Options
from gradcheck.judge.three_ways import compare_three
from gradcheck.language.document import Document
from gradcheck.read import read
from gradcheck.report.results import CodeComparison
from gradcheck.understand import understand

TARGET = Target("net.py:case", "net.py", "case", True)
DOCUMENT = r"""
$$z_1 = w_1 x + b_1, \quad a_1 = \sigma(z_1), \quad \hat{y} = w_2 a_1 + b_2$$

$$L = \frac{1}{N} \sum_{i=1}^N (\hat{y}_i - y_i)^2$$

$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$

$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$

$$\frac{\partial L}{\partial w_1} = (\hat{y} - y) w_2 a_1 (1 - a_1) x$$

$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 a_1 (1 - a_1)$$
"""
WRONG = DOCUMENT.replace("(1 - a_1)$$", "(1 - a_1) x$$")
RANDOM = np.random.default_rng(5)
X, Y = RANDOM.standard_normal((5, 3)), RANDOM.standard_normal(5)
SHAPES = {"w_1": (4, 3), "b_1": (4,), "w_2": (4,), "b_2": ()}
POINT = {name: np.asarray(RANDOM.standard_normal(shape)) for name, shape in SHAPES.items()}

Structure = dict[str, Any]


def both(p: Structure, x: Any = X, y: Any = Y) -> tuple[float, Structure]:
    """The mean squared error and its gradient, in the vocabulary's shapes."""
    a = 1 / (1 + np.exp(-(x @ p["w_1"].T + p["b_1"])))
    residual = a @ p["w_2"] + p["b_2"] - y
    delta = 2 * residual / len(y)
    hidden = np.outer(delta, p["w_2"]) * a * (1 - a)
    gradient = {"w_1": hidden.T @ x, "b_1": hidden.sum(0), "w_2": a.T @ delta, "b_2": delta.sum()}
    return float(np.mean(residual**2)), gradient


def changed(name: str, change: Callable[[Any], Any]) -> Callable[[Structure], Any]:
    def value_and_gradient(p: Structure) -> tuple[float, Structure]:
        loss, gradient = both(p)
        return loss, {**gradient, name: change(gradient[name])}

    return value_and_gradient


def case(value_and_gradient: Any = both, parameters: Any = POINT, **inputs: Any) -> GradientCase:
    return GradientCase(
        value_and_gradient=value_and_gradient,
        parameters=parameters,
        inputs=inputs or {"x": X, "y": Y},
    )


def compared(text: str, code: GradientCase) -> CodeComparison:
    document = Document("a.md", text)
    derivation = understand(read(document))
    evidence = [
        Evidence(setup, [s for s in derivation.steps if s.setup == k], document, Options())
        for k, setup in enumerate(derivation.setups)
    ]
    answer = Answer(TARGET, code.check(target=TARGET.text), observation=observed(code))
    (found,) = compare_three(evidence, TARGET, answer)
    return found


def words(found: CodeComparison) -> dict[str, str]:
    assert found.setup == "mse/identity", found.words
    return {row.role: row.words for row in found.parameters}


def test_all_agree() -> None:
    found = compared(DOCUMENT, case())
    assert set(words(found).values()) == {"all three agree"}
    assert found.words == "compared at the code's own point"
    assert all(row.code_error < 1e-12 for row in found.parameters if row.code_error is not None)
    assert all(row.document_error is not None for row in found.parameters)


def test_the_document_is_wrong() -> None:
    found = compared(WRONG, case())
    assert words(found).pop("b_1") == "the document is wrong; the code agrees with SymPy"
    row = next(row for row in found.parameters if row.role == "b_1")
    assert row.document_error is not None
    assert row.document_error > 0.1


@pytest.mark.parametrize("change", [lambda g: 2 * g, lambda g: -g, lambda g: g + 1e-5])
def test_the_code_is_wrong(change: Callable[[Any], Any]) -> None:
    said = words(compared(DOCUMENT, case(changed("w_2", change))))
    assert said.pop("w_2") == "the code is wrong; the document agrees with SymPy"
    assert set(said.values()) == {"all three agree"}


def test_both_are_wrong() -> None:
    def alike(p: Structure) -> tuple[float, Structure]:
        loss, gradient = both(p)
        a = 1 / (1 + np.exp(-(X @ p["w_1"].T + p["b_1"])))
        delta = 2 * (a @ p["w_2"] + p["b_2"] - Y) / len(Y)
        hidden = np.outer(delta, p["w_2"]) * a * (1 - a)
        return loss, {**gradient, "b_1": (hidden * X.sum(1, keepdims=True)).sum(0)}

    said = words(compared(WRONG, case(alike)))
    assert said["b_1"] == "the document and the code are both wrong, in the same way"
    said = words(compared(WRONG, case(changed("b_1", lambda g: -g))))
    assert said["b_1"] == "the document and the code are both wrong, each in its own way"


def test_code_in_its_own_layout_and_names() -> None:
    parameters = {
        "W1": POINT["w_1"].T, "B1": POINT["b_1"][None], "W2": POINT["w_2"][:, None],
        "B2": np.reshape(POINT["b_2"], (1, 1)),
    }  # fmt: skip

    def half(p: Structure) -> tuple[float, Structure]:
        own = {"w_1": p["W1"].T, "b_1": p["B1"][0], "w_2": p["W2"][:, 0], "b_2": p["B2"][0, 0]}
        loss, g = both(own)
        return loss / 2, {
            "W1": g["w_1"].T / 2, "B1": g["b_1"][None] / 2, "W2": g["w_2"][:, None] / 2,
            "B2": np.reshape(g["b_2"] / 2, (1, 1)),
        }  # fmt: skip

    found = compared(DOCUMENT, case(half, parameters, x=X.T, y=Y[:, None]))
    assert set(words(found).values()) == {"all three agree"}
    assert [row.code_name for row in found.parameters] == ["W1", "B1", "W2", "B2"]
    assert found.words.endswith(
        "the document's loss, totalled over the samples, is 2 times the code's"
    )


def test_a_square_weight_is_turned_the_way_that_gives_the_loss() -> None:
    x = RANDOM.standard_normal((4, 4))
    y = RANDOM.standard_normal(4)
    point = {**POINT, "w_1": RANDOM.standard_normal((4, 4))}

    def turned(p: Structure) -> tuple[float, Structure]:
        loss, g = both({**p, "w_1": p["w_1"].T}, x, y)
        return loss, {**g, "w_1": g["w_1"].T}

    found = compared(DOCUMENT, case(turned, point, x=x, y=y))
    assert set(words(found).values()) == {"all three agree"}


def test_float32_code_is_held_to_its_own_precision() -> None:
    def single(p: Structure) -> tuple[Any, Structure]:
        loss, gradient = both(p, X.astype(np.float32), Y.astype(np.float32))
        return np.float32(loss), gradient

    parameters = {name: np.asarray(array, np.float32) for name, array in POINT.items()}
    found = compared(DOCUMENT, case(single, parameters))
    assert not any(row.disagrees for row in found.parameters)
    assert set(words(found).values()) == {"all three agree"}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (case(x=X), "the case gives no y (it has x, w_1, b_1, w_2, b_2); write GradientCase(..., inputs={'y': ...})"),
        (case(x=X[:4], y=Y), "the shapes do not fit a network of two layers: "),
        (case(x=X + 1, y=Y), "the two losses differ: at the code's point the document's (mse/identity) is "),
        (case(lambda p: (both(p)[0] + 0.1, both(p)[1])), "the two losses differ: "),
        (case(lambda p: (both({**POINT, **p})[0], {n: g for n, g in both({**POINT, **p})[1].items() if n != "b_2"}),
              {n: a for n, a in POINT.items() if n != "b_2"}), "the case has no parameter b_2 (it has "),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_says_why(code: GradientCase, reason: str) -> None:
    found = compared(DOCUMENT, code)
    assert (found.setup, found.parameters) == (None, ())
    assert found.words.startswith(f"not compared: {reason}")


def test_code_that_was_not_named_or_not_checked() -> None:
    (found,) = compare_three([], TARGET, None)
    assert found.words == (
        "not run: the front matter names it, the command line does not; add net.py:case"
    )
    (found,) = compare_three([], TARGET, Answer(TARGET))
    assert found.words == "not compared: it could not be checked"


def test_code_right_by_itself_and_not_as_derived_is_at_odds() -> None:
    """What should never be: it is told, and blamed on nobody."""
    code = case()
    right = observed(code)
    shifted = {**right.gradient, "b_2": right.gradient["b_2"] + 0.5}
    odd = replace(right, gradient=shifted)
    document = Document("a.md", DOCUMENT)
    derivation = understand(read(document))
    evidence = [Evidence(derivation.setups[0], derivation.steps, document, Options())]
    (found,) = compare_three(evidence, TARGET, Answer(TARGET, code.check(), observation=odd))
    rows = {row.role: row for row in found.parameters}
    assert rows["b_2"].disagrees
    assert not rows["w_1"].disagrees
