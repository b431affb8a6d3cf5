"""Labels exchanged, a stray minus, and helpers that must be derivatives: the cause at its line."""

from __future__ import annotations

import pytest

import gradcheck
from gradcheck.language.finding import Finding
from gradcheck.report.results import DocumentResult

FORWARD = r"z_1 = w_1 x + b_1; a_1 = \sigma(z_1); z_2 = w_2 a_1 + b_2; L = (z_2 - y)^2"
GRADIENTS = {
    "w_1": r"2 (z_2 - y) w_2 a_1 (1 - a_1) x",
    "b_1": r"2 (z_2 - y) w_2 a_1 (1 - a_1)",
    "w_2": r"2 (z_2 - y) a_1",
    "b_2": r"2 (z_2 - y)",
}


def verified(tmp_path: object, lines: list[str]) -> DocumentResult:
    path = f"{tmp_path}/a.md"
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(f"$${line}$$" for line in lines))
    return gradcheck.verify([path]).documents[0]


def claims(**labels: str) -> list[str]:
    """The gradients, under other labels: ``b_1="b_2"`` writes that of b_1 under b_2."""
    return [
        rf"\frac{{\partial L}}{{\partial {labels.get(key, key)}}} = {formula}"
        for key, formula in GRADIENTS.items()
    ]


def errors(document: DocumentResult) -> list[tuple[str, int, str | None, str | None]]:
    def shown(f: Finding) -> tuple[str, int, str | None, str | None]:
        return f.rule.code, document.document.line_of(f.span), f.suggestion, f.follows_from

    return [shown(f) for f in document.findings if f.rule.severity == "error"]


@pytest.mark.parametrize("pair", [("b_1", "b_2"), ("w_1", "w_2"), ("w_1", "b_1"), ("w_2", "b_1")])
def test_exchanged_labels_are_one_mistake(tmp_path: object, pair: tuple[str, str]) -> None:
    one, other = pair
    lines = [*FORWARD.split(";"), *claims(**{one: other, other: one})]
    order = list(GRADIENTS)
    places = {key: 5 + order.index(key) for key in pair}
    first, second = sorted(pair, key=lambda key: places[key])
    assert errors(verified(tmp_path, lines)) == [
        ("GC120", places[first], rf"\frac{{\partial L}}{{\partial {first}}}", None),
        (
            "GC120",
            places[second],
            rf"\frac{{\partial L}}{{\partial {second}}}",
            f"line {places[first]}",
        ),
    ]


def test_one_wrong_label_is_no_exchange(tmp_path: object) -> None:
    found = errors(verified(tmp_path, [*FORWARD.split(";"), *claims(b_1="b_2")]))
    assert found
    assert all("exchanged" not in str(item) for item in found)


@pytest.mark.parametrize(
    ("hidden", "output", "cause"),
    [
        ("w_1 x - b_1", "w_2 a_1 + b_2", 1),  # the other bias is added
        ("w_1 x - b_1", "w_2 a_1", 6),  # nothing to compare with: told at the claim
    ],
)
def test_a_stray_minus(tmp_path: object, hidden: str, output: str, cause: int) -> None:
    lines = FORWARD.replace("w_1 x + b_1", hidden).replace("w_2 a_1 + b_2", output).split(";")
    gradients = claims()[: 4 if "b_2" in output else 3]
    found = errors(verified(tmp_path, [*lines, *gradients]))
    assert [item[:2] for item in found if item[3] is None] == [("GC103", cause)]


def test_a_threshold_is_no_stray_minus(tmp_path: object) -> None:
    lines = [
        r"h = \sigma(w x - \theta)", r"\hat y = v h + c", r"L = (\hat y - y)^2",
        r"\frac{\partial L}{\partial \theta} = 2 (\hat y - y) v h (1 - h)",
    ]  # fmt: skip
    assert [item[1] for item in errors(verified(tmp_path, lines))] == [4]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (r"dz_1 = da_1 \sigma'(z_1)", r"dz_1 = da_1"),
        (r"da_1 = dz_2 w_2", r"da_1 = dz_2"),
        (r"dz_2 = 2 (z_2 - y)", r"dz_2 = 2 (y - z_2)"),
    ],
)
def test_a_differential_is_judged_at_its_own_line(tmp_path: object, line: str, wrong: str) -> None:
    steps = [
        r"dz_2 = 2 (z_2 - y)", "dw_2 = dz_2 a_1", "db_2 = dz_2", "da_1 = dz_2 w_2",
        r"dz_1 = da_1 \sigma'(z_1)", "dw_1 = dz_1 x", "db_1 = dz_1",
    ]  # fmt: skip
    assert errors(verified(tmp_path, [*FORWARD.split(";"), *steps])) == []
    steps[steps.index(line)] = wrong
    found = errors(verified(tmp_path, [*FORWARD.split(";"), *steps]))
    assert [item[1] for item in found if item[3] is None] == [5 + steps.index(wrong)]
