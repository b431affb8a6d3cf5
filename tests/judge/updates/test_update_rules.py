"""Update rules: every slip is found, with the corrected line, and nothing is said of right ones."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gradcheck.judge.updates import rules_of, update_findings
from gradcheck.language.document import Document
from gradcheck.language.finding import Finding
from gradcheck.language.verdict import Constant
from gradcheck.read import read
from gradcheck.understand import understand

FORWARD = r"""
$$z_1 = w_1 x + b_1, \quad a_1 = \sigma(z_1), \quad z_2 = w_2 a_1 + b_2$$
$$L = \frac{1}{2} (z_2 - y)^2$$
$$\delta = y - z_2$$
$$\frac{\partial L}{\partial w_2} = (z_2 - y) a_1, \quad \frac{\partial L}{\partial b_2} = z_2 - y$$
$$\frac{\partial L}{\partial w_1} = (z_2 - y) w_2 a_1 (1 - a_1) x$$
$$\frac{\partial L}{\partial b_1} = (z_2 - y) w_2 a_1 (1 - a_1)$$
"""
STEPS = {
    "w_1": r"w_1 \leftarrow w_1 - \eta \frac{\partial L}{\partial w_1}",
    "b_1": r"b_1 \leftarrow b_1 - \eta \frac{\partial L}{\partial b_1}",
    "w_2": r"w_2 \leftarrow w_2 - \eta \frac{\partial L}{\partial w_2}",
    "b_2": r"b_2 \leftarrow b_2 - \eta \frac{\partial L}{\partial b_2}",
}


def findings(text: str, conventions: dict[int, Constant | None] | None = None) -> list[Finding]:
    document = Document("test.md", text)
    return update_findings(understand(read(document)), document, conventions)


def with_rule(rule: str, *others: str) -> str:
    return FORWARD + "".join(f"\n$${one}$$\n" for one in (rule, *others))


RIGHT = [
    r"w_2 \leftarrow w_2 - \eta (z_2 - y) a_1",
    r"w_2 \leftarrow w_2 + \eta \delta a_1",
    r"w_2 := w_2 + \alpha (y - z_2) a_1",
    r"w_2 = w_2 - \alpha \frac{\partial L}{\partial w_2} = w_2 - \alpha (z_2 - y) a_1",
    r"w_2^{new} = w_2^{old} - \alpha \frac{\partial L}{\partial w_2}",
    r"w_2^{(t+1)} = w_2^{(t)} - \alpha \frac{\partial L}{\partial w_2}",
    r"w_2 -= \alpha \frac{\partial L}{\partial w_2}",
    r"w_2 \leftarrow w_2 - \eta \nabla_{w_2} L",
    r"w_2 \leftarrow w_2 - \text{lr} \cdot \frac{\partial L}{\partial w_2}",
    r"w_2 \leftarrow w_2 - \frac{\eta}{m} (z_2 - y) a_1",
    r"w_2 \leftarrow w_2 - \eta \cdot 2 (z_2 - y) a_1",
    r"w_i \leftarrow w_i - \eta \frac{\partial L}{\partial w_i}",
    r"W^{[l]} = W^{[l]} - \alpha \frac{\partial L}{\partial W^{[l]}}",
    r"w_2 \leftarrow w_2 + \Delta w_2, \quad \Delta w_2 = -\eta \frac{\partial L}{\partial w_2}",
]


@pytest.mark.parametrize("rule", RIGHT)
def test_nothing_is_said_of_a_right_rule(rule: str) -> None:
    assert findings(with_rule(rule)) == []


def test_nothing_is_said_of_four_right_rules() -> None:
    assert findings(with_rule(*STEPS.values())) == []


WRONG = [
    # target and source: the gradient tells which of them is the slip
    (
        r"b_1 \leftarrow b_2 - \eta \frac{\partial L}{\partial b_2}",
        "GC401",
        r"b_2 \leftarrow b_2 - \eta \frac{\partial L}{\partial b_2}",
    ),
    (
        r"b_1 \leftarrow b_2 - \eta \frac{\partial L}{\partial b_1}",
        "GC401",
        r"b_1 \leftarrow b_1 - \eta \frac{\partial L}{\partial b_1}",
    ),
    (
        r"b_1 := w_2 - \eta \frac{\partial L}{\partial b_2}",
        "GC401",
        None,
    ),
    # the gradient of another parameter
    (
        r"w_1 \leftarrow w_1 - \eta \frac{\partial L}{\partial w_2}",
        "GC402",
        r"w_1 \leftarrow w_1 - \eta \frac{\partial L}{\partial w_1}",
    ),
    (
        r"b_2 \leftarrow b_2 - \eta (z_2 - y) a_1",
        "GC402",
        r"b_2 \leftarrow b_2 - \eta \left(z_2 - y\right)",
    ),
    # another gradient than the one claimed
    (
        r"w_2 \leftarrow w_2 - \eta (z_2 - y) a_1 x",
        "GC402",
        r"w_2 \leftarrow w_2 - \eta \left((z_2 - y) a_1\right)",
    ),
    # the sign
    (
        r"w_2 \leftarrow w_2 + \eta \frac{\partial L}{\partial w_2}",
        "GC403",
        r"w_2 \leftarrow w_2 - \eta \frac{\partial L}{\partial w_2}",
    ),
    (
        r"w_2 \leftarrow w_2 - \eta \delta a_1",
        "GC403",
        r"w_2 \leftarrow w_2 + \eta \delta a_1",
    ),
    (
        r"w_2 += \eta \frac{\partial L}{\partial w_2}",
        "GC403",
        r"w_2 -= \eta \frac{\partial L}{\partial w_2}",
    ),
    (
        r"w_2 \leftarrow w_2 + \Delta w_2, \quad \Delta w_2 = \eta \frac{\partial L}{\partial w_2}",
        "GC403",
        r"\Delta w_2 = -\eta \frac{\partial L}{\partial w_2}",
    ),
    # the rate
    (r"w_2 \leftarrow w_2 - 2 \frac{\partial L}{\partial w_2}", "GC405", None),
    (r"W^{[l]} = W^{[l]} - 0.1 \frac{\partial L}{\partial W^{[l]}}", "GC405", None),
    (r"w_2 \leftarrow w_2 - \frac{\partial L}{\partial w_2}", "GC407", None),
]


@pytest.mark.parametrize(("rule", "code", "suggestion"), WRONG)
def test_a_slip_is_found_and_mended(rule: str, code: str, suggestion: str | None) -> None:
    (finding,) = findings(with_rule(rule))
    assert (finding.rule.code, finding.suggestion) == (code, suggestion)


@pytest.mark.parametrize(("rule", "code", "suggestion"), [w for w in WRONG if w[2] is not None])
def test_the_suggestion_is_right(rule: str, code: str, suggestion: str) -> None:
    assert findings(with_rule(suggestion)) == []


NAMES = ("w_1", "b_1", "w_2", "b_2")


@pytest.mark.parametrize("target", NAMES)
@pytest.mark.parametrize("source", NAMES)
@pytest.mark.parametrize("gradient", NAMES)
def test_every_mixture_of_names(target: str, source: str, gradient: str) -> None:
    rule = rf"{target} \leftarrow {source} - \eta \frac{{\partial L}}{{\partial {gradient}}}"
    found = findings(with_rule(rule))
    if target == source == gradient:
        assert found == []
        return
    (finding,) = found
    assert finding.rule.code == ("GC401" if target != source else "GC402")
    assert (finding.suggestion is None) == (len({target, source, gradient}) == 3)
    if finding.suggestion is not None:
        assert findings(with_rule(finding.suggestion)) == []
        if target != source:  # the name that two of the three agree in
            assert finding.suggestion == STEPS[gradient]


def test_the_finding_stands_at_its_line() -> None:
    text = with_rule(STEPS["w_2"], r"b_1 \leftarrow b_2 - \eta \frac{\partial L}{\partial b_1}")
    (finding,) = findings(text)
    assert Document("", text).source(finding.span).startswith("b_2 - ")


def test_a_missing_rate_is_told_with_what_is_not_absorbed() -> None:
    bare = r"b_1 \leftarrow b_1 - \frac{\partial L}{\partial b_1}"
    text = with_rule(STEPS["w_1"], STEPS["w_2"], bare, STEPS["b_2"])
    (finding,) = findings(text, {0: Constant(Fraction(2), -1)})
    assert finding.rule.code == "GC404"
    assert "the 2/N left out of the gradients is not absorbed here" in finding.message
    assert finding.suggestion == r"b_1 \leftarrow b_1 - \eta \frac{\partial L}{\partial b_1}"
    (finding,) = findings(text, {0: None})
    assert "absorbed" not in finding.message


def test_no_rate_at_all_is_an_error_only_if_a_constant_is_lost() -> None:
    text = with_rule(*(rule.replace(r"\eta ", "") for rule in STEPS.values()))
    assert {f.rule.code for f in findings(text)} == {"GC407"}
    lost = findings(text, {0: Constant(Fraction(2))})
    assert {f.rule.code for f in lost} == {"GC404"}
    assert all("the 2 left out" in f.message for f in lost)


def test_rates_that_differ() -> None:
    rules = [STEPS["w_1"], STEPS["w_2"], STEPS["b_2"], STEPS["b_1"].replace(r"\eta", r"\alpha")]
    (finding,) = findings(with_rule(*rules))
    assert finding.rule.code == "GC408"
    assert "b_1" in finding.message


def test_a_forgotten_parameter() -> None:
    rules = [rule for name, rule in STEPS.items() if name != "b_1"]
    (finding,) = findings(with_rule(*rules))
    assert finding.rule.code == "GC406"
    assert finding.message.startswith("b_1 is never updated")


def test_two_rules_for_one_parameter_are_one_that_lost_its_names() -> None:
    copied = r"w_1 \leftarrow w_1 - \eta \frac{\partial L}{\partial w_2}"
    text = with_rule(STEPS["w_1"], copied, STEPS["b_1"], STEPS["b_2"])
    (finding,) = findings(text)
    assert finding.rule.code == "GC402"
    assert finding.suggestion == STEPS["w_2"]


def test_rows_of_cases() -> None:
    rows = [*STEPS.values()]
    rows[1] = r"b_1 \leftarrow b_2 - \eta \frac{\partial L}{\partial b_1}"
    text = FORWARD + "$$\\begin{cases} " + " \\\\ ".join(rows) + " \\end{cases}$$\n"
    (finding,) = findings(text)
    assert (finding.rule.code, finding.suggestion) == ("GC401", STEPS["b_1"])


def test_a_wrong_gradient_that_is_copied_from_its_claim_is_not_told_twice() -> None:
    text = FORWARD.replace(r"{\partial b_2} = z_2 - y", r"{\partial b_2} = (z_2 - y) x")
    assert findings(text + "\n$$b_2 \\leftarrow b_2 - \\eta (z_2 - y) x$$\n") == []


def test_averages_and_velocities_are_not_judged() -> None:
    momentum = r"v = \beta v + \eta \frac{\partial L}{\partial w_2}, \quad w_2 \leftarrow w_2 - v"
    (finding,) = findings(with_rule(momentum))
    assert finding.rule.code == "GC409"


def test_a_document_without_a_loss() -> None:
    (finding,) = findings(r"$$W^{[l]} = W^{[l]} - 2 \frac{\partial L}{\partial W^{[l]}}$$")
    assert finding.rule.code == "GC405"


def test_the_parts_of_a_rule() -> None:
    text = with_rule(r"w_2 \leftarrow w_2 - \frac{\eta}{2} \frac{\partial L}{\partial w_2}")
    (rule,) = rules_of(understand(read(Document("", text))))
    assert rule.rate is not None
    assert (rule.target.key, rule.sign, rule.rate.key, rule.number) == (
        "w_2", -1, "eta", Fraction(1, 2),
    )  # fmt: skip
