"""Resolution: what a side means under the names and functions of one setup."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Cancel,
    Expression,
    FunctionName,
    Multiply,
    Name,
    Number,
    Partial,
    Sum,
    Transpose,
    Underbrace,
    to_key,
)
from gradcheck.understand.readings import CHARITIES, ReadingLog
from gradcheck.understand.resolution import FunctionMeaning, Resolver, Unresolved
from tests.understand.documents import PLAIN_NAMES, tree

KNOWN = frozenset("w_1 b_1 w_2 x y z_1 a_1 N L".split())
FUNCTIONS = {
    "sigma": FunctionMeaning("sigmoid"),
    "I": FunctionMeaning("identity"),
    "g": FunctionMeaning(),
    "s": FunctionMeaning(None, ("u",), tree("u^2 + 1")),
}


def resolver(**changes: object) -> Resolver:
    values: dict[str, object] = {
        "naming": PLAIN_NAMES,
        "functions": FUNCTIONS,
        "bound": KNOWN,
        "log": ReadingLog(Document("t.md", "")),
        "loss": "L",
        "values": KNOWN,
    }
    return Resolver(**{**values, **changes})  # type: ignore[arg-type]


def resolved(expression: str | Expression, **changes: object) -> str:
    node = tree(expression) if isinstance(expression, str) else expression
    return to_key(resolver(**changes).resolve(node))


@pytest.mark.parametrize(
    ("formula", "meaning"),
    [
        ("w_1 x + b_1", "(+ (* w_1 x) b_1)"),
        (r"\sigma(z_1)", "(call sigmoid z_1)"),
        (r"\sigma'(z_1)", "(call sigmoid' z_1)"),
        (r"\tanh(z_1)", "(call tanh z_1)"),
        (r"\ln(x)", "(call log x)"),
        (r"\max(0, z_1)", "(call relu z_1)"),
        ("I'(z_1)", "1"),
        ("g(z_1)", "(call g z_1)"),
        ("g'(z_1)", "(call g' z_1)"),
        ("e^{-z_1}", "(call exp (- z_1))"),
        ("e", "(call exp 1)"),
        ("e^{x y}", "(call exp (* x y))"),
        ("J", "L"),
        (r"\sum_{i=1}^N y", "(sum _ _ _ y)"),
        (r"\frac{\partial L}{\partial w_1}", "(d L w_1)"),
    ],
)
def test_meanings(formula: str, meaning: str) -> None:
    assert resolved(formula) == meaning


def test_functions_with_a_formula_are_written_out() -> None:
    assert resolved(Apply(Name("s"), (tree("x y"),))) == "(+ (^ (* x y) 2) 1)"
    assert resolved(Apply(Name("I"), (Name("z", "1"),))) == "z_1"
    assert resolved(Apply(Name("I"), (Name("z", "1"),), order=2)) == "0"


def test_e_is_a_name_where_the_document_binds_it() -> None:
    bound = KNOWN | {"e"}
    assert resolved("e^2", bound=bound, values=bound) == "(^ e 2)"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("q + 1", "q is not defined"),
        ("w_1 x_9", "x_9 is not defined"),
        (r"\alpha x", "α is not defined"),
        ("x^T", "transpose"),
        (r"s'(x)", "derivative of s"),
        (r"\max(1, x)", "maximum"),
        ("g(x, y)", "2 arguments"),
        (r"\sum_{i=1}^N \sum_{j=1}^N y", "sum inside a sum"),
        (FunctionName(Name("g"), 1), "no argument"),
        (Partial(Name("L"), Add((Name("x"), Name("y")))), "not a name"),
        (Transpose(Name("x")), "transpose"),
    ],
)
def test_what_it_refuses(expression: str | Expression, reason: str) -> None:
    node = tree(expression) if isinstance(expression, str) else expression
    with pytest.raises(Unresolved, match=reason) as caught:
        resolver().resolve(node)
    assert caught.value.reason == str(caught.value)


def test_the_refusal_has_the_place_of_the_trouble() -> None:
    transposed = Transpose(Name("x", span=Span(5, 6)), span=Span(5, 8))
    with pytest.raises(Unresolved) as caught:
        resolver().resolve(Multiply((Name("y"), transposed)))
    assert caught.value.span == Span(5, 8)


def test_any_name_passes_while_the_model_is_being_built() -> None:
    assert resolved("q + x", values=None) == "(+ q x)"


def test_a_value_applied_to_something_is_a_product() -> None:
    log = ReadingLog(Document("t.md", ""))
    number = Apply(Name("w", "2"), (tree("1 - a_1"),))
    assert resolved(number, log=log) == "(* w_2 (+ 1 (- a_1)))"
    assert [reading.rule for reading in log.readings()] == ["bare-product"]


def test_a_loss_with_arguments_is_the_loss() -> None:
    assert resolved(Apply(Name("L"), (Name("y"), Name("a", "1")))) == "L"


def test_a_bare_derivative_is_taken_at_the_hidden_layers_argument() -> None:
    log = ReadingLog(Document("t.md", ""))
    hidden = ("sigmoid", Name("z", "1"))
    assert resolved(FunctionName(Name("sigma"), 1), hidden=hidden, log=log) == "(call sigmoid' z_1)"
    assert [reading.rule for reading in log.readings()] == ["bare-derivative"]
    with pytest.raises(Unresolved):  # of another function it would be a guess
        resolver(hidden=hidden).resolve(FunctionName(Name("g"), 1))


def test_what_stands_over_a_brace_counts_and_its_label_does_not() -> None:
    assert resolved(Underbrace(Name("x"), Name("q"))) == "x"


def test_what_is_struck_out_is_read_as_if_it_stood_with_a_reading() -> None:
    log = ReadingLog(Document("t.md", ""))
    assert resolved(Multiply((Cancel(Name("x")), Name("y"))), log=log) == "(* x y)"
    assert [reading.rule for reading in log.readings()] == ["cancel"]


def test_a_sum_over_units_is_carried_out_by_the_shapes() -> None:
    from gradcheck.understand.naming import Naming

    naming = Naming(frozenset("i"), frozenset("j"), {}, frozenset())
    unit = Sum(Name("x"), Name("j"), Number(Fraction(1)), Name("N"))
    log = ReadingLog(Document("t.md", ""))
    assert resolved(unit, naming=naming, log=log) == "x"
    assert [reading.rule for reading in log.readings()] == ["unit-sum"]


@pytest.mark.parametrize("formula", ["w_1 x + b_1", r"\sigma(z_1) (1 - x)", "e^{-x}", "g'(x)"])
def test_resolving_twice_changes_nothing(formula: str) -> None:
    once = resolver().resolve(tree(formula))
    assert resolver(functions={}).resolve(once) == once


def test_readings_come_once_and_in_document_order() -> None:
    log = ReadingLog(Document("t.md", "x" * 50))
    log.note("cancel", Span(30, 31))
    log.note("abstract", Span(10, 11), "g")
    log.note("cancel", Span(40, 41))
    assert [(r.rule, r.span.start) for r in log.readings()] == [("abstract", 10), ("cancel", 30)]
    assert log.readings()[0].text == CHARITIES["abstract"].format(a="g")


def test_the_list_of_charities_is_closed() -> None:
    with pytest.raises(KeyError):
        ReadingLog(Document("t.md", "")).note("because it then holds", Span(0, 1))
