"""Update rules: target and source, whose gradient, and whether it is the one claimed."""

from __future__ import annotations

import pytest

from gradcheck.language.finding import Finding
from tests.understand.documents import CLAIMS, FORWARD, HALF, derived, display, report

PAGE = FORWARD + HALF + CLAIMS
GRADIENTS = {
    "w_1": r"(\hat{y} - y) w_2 a_1 (1 - a_1) x",
    "b_1": r"(\hat{y} - y) w_2 a_1 (1 - a_1)",
    "w_2": r"(\hat{y} - y) a_1",
    "b_2": r"(\hat{y} - y)",
}


def findings(*rules: str, page: str = PAGE) -> list[Finding]:
    """What is said about the update rules at the end of a right page."""
    document = report(page + display(*rules)).documents[0]
    return [
        f for f in document.findings if f.rule.code.startswith("GC4") and f.rule.severity == "error"
    ]


def codes(*rules: str, page: str = PAGE) -> list[str]:
    return [finding.rule.code for finding in findings(*rules, page=page)]


@pytest.mark.parametrize("relation", ["=", ":=", r"\leftarrow"])
@pytest.mark.parametrize("name", GRADIENTS)
def test_right_rules(name: str, relation: str) -> None:
    partial = rf"\frac{{\partial L}}{{\partial {name}}}"
    assert codes(rf"{name} {relation} {name} - \alpha {partial}") == []
    assert codes(rf"{name} {relation} {name} - \eta {GRADIENTS[name]}") == []
    assert codes(rf"{name} {relation} {name} + \eta \cdot (-{GRADIENTS[name]})") == []


@pytest.mark.parametrize(
    ("target", "source"), [("b_1", "b_2"), ("w_2", "w_1"), ("w_1", "b_1"), ("b_2", "w_2")]
)
@pytest.mark.parametrize("relation", [":=", r"\leftarrow"])
def test_a_rule_that_starts_from_another_parameter(target: str, source: str, relation: str) -> None:
    rule = rf"{target} {relation} {source} - \eta \frac{{\partial L}}{{\partial {target}}}"
    (finding,) = findings(rule)
    assert finding.rule.code == "GC401"
    assert finding.message.startswith(f"the update of {target} starts from {source}")
    assert finding.suggestion is not None
    assert target in finding.suggestion


@pytest.mark.parametrize(("target", "other"), [("b_1", "b_2"), ("w_2", "w_1"), ("w_1", "b_1")])
def test_a_rule_that_follows_the_gradient_of_another_parameter(target: str, other: str) -> None:
    rule = rf"{target} = {target} - \eta \frac{{\partial L}}{{\partial {other}}}"
    (finding,) = findings(rule)
    assert finding.rule.code == "GC402"
    assert f"the gradient by {other}" in finding.message


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_substituted_gradient_that_is_not_the_one_claimed(name: str) -> None:
    for wrong in (f"{GRADIENTS[name]} x", rf"(y - \hat{{y}}) {GRADIENTS[name]}", "q_9 x"):
        rule = rf"{name} = {name} - \eta {wrong}"
        assert codes(rule) == ([] if "q_9" in wrong else ["GC402"]), rule


@pytest.mark.parametrize(
    ("rule", "right"),
    [
        (r"b_2 = b_2 + \eta (y - \hat{y})", True),
        (r"b_2 = b_2 - \eta (\hat{y} - y)", True),
        (r"b_2 = b_2 - \eta (y - \hat{y})", False),
        (r"b_2 = b_2 + \eta (\hat{y} - y)", False),
        (r"w_1 = w_1 - \alpha \frac{\partial L}{\partial w_1}", True),
        (r"w_1 = w_1 + \alpha \frac{\partial L}{\partial w_1}", False),
    ],
)
def test_the_sign_counts_together_with_the_gradients(rule: str, right: bool) -> None:
    """``w + α ∂L/∂w`` climbs."""
    assert (codes(rule) == []) is right


def test_a_constant_left_out_goes_into_the_rate() -> None:
    assert codes(r"b_2 = b_2 - 2 \eta (\hat{y} - y)") == []
    assert codes(r"b_2 = b_2 - \frac{\eta}{2} (\hat{y} - y)") == []


def test_the_place_is_the_rules_line() -> None:
    text = PAGE + display(r"b_1 \leftarrow b_2 - \eta \frac{\partial L}{\partial b_1}")
    document = report(text).documents[0]
    (finding,) = [f for f in document.findings if f.rule.code == "GC401"]
    line = next(k for k, row in enumerate(text.splitlines(), 1) if "leftarrow" in row)
    assert document.document.line_of(finding.span) == line


@pytest.mark.parametrize(
    "rule",
    [
        r"w_i = w_i - \alpha \frac{\partial L}{\partial w_i}",
        r"W^{[l]} = W^{[l]} - 2 \frac{\partial L}{\partial W^{[l]}}",
        r"b_i \leftarrow b_i - \eta \frac{\partial L}{\partial b_i}",
        r"w_1^{(t+1)} = w_1^{(t)} - \eta \frac{\partial L}{\partial w_1}",
    ],
)
def test_rules_for_any_layer_and_for_steps_are_fine(rule: str) -> None:
    assert codes(rule) == []
    assert report(PAGE + display(rule)).exit_status == 0


def test_two_substitutions_in_a_chain() -> None:
    partial = r"\frac{\partial L}{\partial b_2}"
    right = rf"b_2 = b_2 - \eta {partial} = b_2 - \eta (\hat{{y}} - y)"
    wrong = rf"b_2 = b_2 - \eta {partial} = b_2 - \eta (\hat{{y}} - y) x"
    assert codes(right) == []
    assert codes(wrong) == ["GC402"]


def test_updates_are_steps_of_their_own_kind_and_bind_nothing() -> None:
    rule = r"w_1 = w_1 - \alpha \frac{\partial L}{\partial w_1}"
    derivation = derived(PAGE + display(rule))
    assert [step.kind for step in derivation.steps][-1] == "update"
    assert "w_1" not in derivation.setups[0].model.definitions


def test_a_mistake_in_an_update_fails_the_run_and_no_gradient() -> None:
    result = report(PAGE + display(r"b_1 \leftarrow b_2 - \eta \frac{\partial L}{\partial b_1}"))
    assert result.exit_status == 1
    assert {row.status for row in result.documents[0].setups[0].parameters} == {"exact"}
