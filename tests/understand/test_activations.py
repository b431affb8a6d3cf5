"""Activations: recognised by their formula, by a stated derivative, by what the text says."""

from __future__ import annotations

import pytest

from gradcheck.language.expression import to_key
from gradcheck.understand.activations import from_prose, recognise, recognise_derivative, shape_of
from tests.understand.documents import display, reading, tree


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        (r"\frac{1}{1 + e^{-u}}", "sigmoid"),
        (r"\frac{1}{1 + \exp(-u)}", "sigmoid"),
        (r"\frac{e^u}{1 + e^u}", "sigmoid"),
        (r"(1 + e^{-u})^{-1}", "sigmoid"),
        (r"\frac{1}{2} (1 + \tanh(u/2))", "sigmoid"),
        (r"\frac{e^u - e^{-u}}{e^u + e^{-u}}", "tanh"),
        (r"\frac{e^{2u} - 1}{e^{2u} + 1}", "tanh"),
        (r"2 \sigma(2u) - 1", "tanh"),
        (r"\max(0, u)", "relu"),
        (r"\max(u, 0)", "relu"),
        (r"\log(1 + e^u)", "softplus"),
        (r"\frac{u}{1 + e^{-u}}", "silu"),
        (r"u \sigma(u)", "silu"),
        (r"\frac{u}{2} (1 + \operatorname{erf}(u / \sqrt{2}))", "gelu"),
        (r"\frac{u}{1 + \operatorname{abs}(u)}", "softsign"),
        ("u", "identity"),
        ("1 u", "identity"),
        # Nearly, but not: what is not recognised must stay what it says.
        (r"\frac{1}{1 + e^u}", None),
        (r"\frac{1}{1 - e^{-u}}", None),
        (r"\frac{2}{1 + e^{-u}}", None),
        (r"\frac{e^u + e^{-u}}{e^u - e^{-u}}", None),
        (r"\max(1, u)", None),
        ("2 u", None),
        (r"u \sigma(2 u)", None),
        (r"\frac{u}{2} (1 + \tanh(\sqrt{2 / \pi} (u + 0.044715 u^3)))", None),
        ("u^2", None),
        ("u + v", None),
        (r"\frac{1}{u - u}", None),
        (r"e^{e^{e^{9 u}}}", None),
    ],
)
def test_recognised_by_its_formula(formula: str, kind: str | None) -> None:
    assert recognise(("u",), tree(formula)) == kind


def test_a_function_of_two_arguments_is_no_activation() -> None:
    assert recognise(("u", "v"), tree("u")) is None
    assert recognise((), tree("u")) is None


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ("g(z) (1 - g(z))", "sigmoid"),
        ("g(z) - g(z)^2", "sigmoid"),
        ("1 - g(z)^2", "tanh"),
        ("(1 - g(z)) (1 + g(z))", "tanh"),
        ("g(z) (1 + g(z))", None),
        ("1 - g(z)", None),
        ("1", None),
        ("q", None),
    ],
)
def test_recognised_by_its_stated_derivative(formula: str, kind: str | None) -> None:
    assert recognise_derivative(("z",), tree(formula), "g") == kind


@pytest.mark.parametrize(
    ("formula", "shape"),
    [
        (r"\sigma(z_1)", ("sigma", "z_1")),
        ("g(w x + b)", ("g", "(+ (* w x) b)")),
        (r"\frac{1}{1 + e^{-z_1}}", ("sigmoid", "z_1")),
        (r"\frac{1}{1 + \exp(-(w x + b))}", ("sigmoid", "(+ (* w x) b)")),
        (r"\frac{1}{1 + \exp(z_1)}", ("sigmoid", "(- z_1)")),
        ("g'(z)", None),
        ("w x + b", None),
        ("z", None),
    ],
)
def test_shapes(formula: str, shape: tuple[str, str] | None) -> None:
    """``1/(1 + e^u)`` is the sigmoid of -u."""
    from gradcheck.language.document import Document
    from gradcheck.understand.readings import ReadingLog
    from gradcheck.understand.resolution import Resolver
    from tests.understand.documents import PLAIN_NAMES

    log = ReadingLog(Document("t.md", ""))
    expression = tree(formula)
    if "e^" in formula:  # as in a model: Euler's e^u is exp(u)
        expression = Resolver(PLAIN_NAMES, {}, frozenset(), log).resolve(expression)
    found = shape_of(expression)
    assert (None if found is None else (found[0], to_key(found[1]))) == shape


def told(
    sentence: str, letter: str = "g", formulas: str = "a_1 = g(z_1)", gap: int = 0
) -> str | None:
    text = sentence + "\n" * (2 + gap) + display(formulas)
    page = reading(text)
    found = from_prose(page.document, page.prose, letter, text.index("a_1"))
    return None if found is None else found[0]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("The hidden layer uses the sigmoid.", "sigmoid"),
        ("The activation is tanh.", "tanh"),
        ("Here g is the hyperbolic tangent.", "tanh"),
        ("g denotes the logistic function.", "sigmoid"),
        ("The activation function is ReLU.", "relu"),
        ("The activation is a leaky ReLU.", "leaky_relu"),
        ("The activation is the leaky rectified linear unit.", "leaky_relu"),
        ("The activation is the sigmoid linear unit.", "silu"),
        ("The hidden units are Gaussian error linear units.", "gelu"),
        ("Here g is the softsign.", "softsign"),
        ("The activation g is the ReLU, never the leaky ReLU.", None),
        ("Here g is the standard normal distribution function.", "normal_cdf"),
        ("Inputs are normal, with their distribution function, and the activation g.", None),
        ("The output activation is the sigmoid.", None),
        ("The activation may be the sigmoid or tanh.", None),
        ("The network has one hidden layer.", None),
        ("", None),
    ],
)
def test_told_by_the_text(sentence: str, kind: str | None) -> None:
    assert told(sentence) == kind
    if "g " in sentence or "activation" in sentence or "hidden" in sentence:
        assert told(sentence, gap=30) == kind, "also from far away"


def test_two_sentences_that_name_two_activations_tell_nothing() -> None:
    assert told("The hidden activation is the sigmoid. Some use tanh as hidden activation.") is None


def test_a_sentence_far_away_about_something_else_tells_nothing() -> None:
    assert told("The sigmoid was studied in 1838.", gap=30) is None


def test_the_letter_may_stand_in_a_formula() -> None:
    """``where $g$ is the hyperbolic tangent``: the way that people write it."""
    assert told("where $g$ is the hyperbolic tangent.", gap=30) == "tanh"
    assert told("Let $g$ be the logistic function.", gap=30) == "sigmoid"
