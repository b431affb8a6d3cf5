"""Judging against a reference: other names are fine, another network or loss is not."""

from __future__ import annotations

import pytest

from gradcheck.explain import setup_result
from gradcheck.judge import Evidence, Options
from gradcheck.judge.against import derive_against, judge_against, understand_reference
from gradcheck.language.document import Document
from gradcheck.language.finding import Finding
from gradcheck.language.model import Derivation, Setup
from gradcheck.read import read
from gradcheck.understand import understand


def display(*lines: str) -> str:
    return "\n\n".join(f"$${line}$$" for line in lines) + "\n"


def claims(
    loss: str, w_2: str, b_2: str, w_1: str, b_1: str, names: str = "w_2 b_2 w_1 b_1"
) -> str:
    sides = (w_2, b_2, w_1, b_1)
    return display(
        *(
            rf"\frac{{\partial {loss}}}{{\partial {name}}} = {side}"
            for name, side in zip(names.split(), sides, strict=True)
        )
    )


HALF = display(
    r"z_1 = w_1 x + b_1", r"a_1 = \sigma(z_1)", r"z_2 = w_2 a_1 + b_2", r"\hat{y} = z_2",
    r"L = \frac{1}{2} (\hat{y} - y)^2",
) + claims(
    "L", r"(\hat{y} - y) a_1", r"\hat{y} - y",
    r"(\hat{y} - y) w_2 a_1 (1 - a_1) x", r"(\hat{y} - y) w_2 a_1 (1 - a_1)",
)  # fmt: skip
MEAN_TANH = display(
    r"h = \tanh(w_1 x + b_1)", r"f = w_2 h + b_2",
    r"J = \frac{1}{m} \sum_{i=1}^m (f_i - y_i)^2",
)  # fmt: skip
LOG_LOSS = display(
    r"z_1 = w_1 x + b_1", r"a_1 = \sigma(z_1)", r"z_2 = w_2 a_1 + b_2", r"a_2 = \sigma(z_2)",
    r"L = -[y \log(a_2) + (1 - y) \log(1 - a_2)]",
)  # fmt: skip

RIGHT_HALF = HALF
OTHER_NAMES = display(
    r"u = W t + c", r"h = \sigma(u)", r"o = V h + d", r"p = o",
    r"C = \frac{1}{2} (d_0 - p)^2",
).replace("d_0", "y").replace("t + c", "x + c") + claims(
    "C", r"(p - y) h", r"p - y", r"(p - y) V h (1 - h) x", r"(p - y) V h (1 - h)",
    "V d W c",
)  # fmt: skip


def judged(
    reference: str, student: str
) -> tuple[Derivation, dict[str, str], list[Finding], Document]:
    """The merged derivation, role → status, the findings."""
    document = Document("student.md", student)
    derivation, findings = judge_against(_understood(reference), _understood(student))
    rows: dict[str, str] = {}
    for setup in derivation.setups:
        rows.update(_rows(setup, document))
    return derivation, rows, findings, document


def _understood(text: str) -> Derivation:
    return understand(read(Document("text.md", text)))


def _rows(setup: Setup, document: Document) -> dict[str, str]:
    result = setup_result(Evidence(setup, [], document, Options()))
    return {row.role: row.status for row in result.parameters}


def found(findings: list[Finding], document: Document) -> list[tuple[str, int]]:
    return [(f.rule.code, document.line_of(f.span)) for f in findings]


EXACT = {"w_1": "exact", "b_1": "exact", "w_2": "exact", "b_2": "exact"}


@pytest.mark.parametrize("student", [RIGHT_HALF, OTHER_NAMES], ids=["same", "other names"])
def test_a_right_student(student: str) -> None:
    _, rows, findings, _ = judged(HALF, student)
    assert rows == EXACT
    assert findings == []


def test_everything_inlined() -> None:
    student = display(
        r"\hat{y} = w_2 \sigma(w_1 x + b_1) + b_2", r"L = \frac{1}{2} (y - \hat{y})^2"
    ) + claims(
        "L", r"(\hat{y} - y) \sigma(w_1 x + b_1)", r"\hat{y} - y",
        r"(\hat{y} - y) w_2 \sigma'(w_1 x + b_1) x", r"(\hat{y} - y) w_2 \sigma'(w_1 x + b_1)",
    )  # fmt: skip
    _, rows, findings, _ = judged(HALF, student)
    assert rows == EXACT
    assert findings == []


def test_deltas_are_kept() -> None:
    student = HALF.split(r"$$\frac")[0] + display(
        r"\delta_2 = \hat{y} - y", r"\delta_1 = \delta_2 w_2 a_1 (1 - a_1)"
    ) + claims("L", r"\delta_2 a_1", r"\delta_2", r"\delta_1 x", r"\delta_1")  # fmt: skip
    _, rows, findings, _ = judged(HALF, student)
    assert rows == EXACT
    assert findings == []


def test_the_activation_left_out() -> None:
    student = display(
        r"z_1 = w_1 x + b_1", r"a_1 = z_1", r"z_2 = w_2 a_1 + b_2", r"\hat{y} = z_2",
        r"L = \frac{1}{2} (\hat{y} - y)^2",
    ) + claims(
        "L", r"(\hat{y} - y) a_1", r"\hat{y} - y", r"(\hat{y} - y) w_2 x", r"(\hat{y} - y) w_2"
    )  # fmt: skip
    assert _rows(_understood(student).setups[0], Document("", student)) == EXACT
    _, rows, findings, document = judged(HALF, student)
    assert rows == {"w_1": "WRONG", "b_1": "WRONG", "w_2": "exact", "b_2": "exact"}
    assert found(findings, document) == [("GC311", 3)]
    assert findings[0].suggestion == r"a_1 = \sigma(z_1)"


def test_the_hidden_layer_is_used_without_its_activation() -> None:
    student = display(
        r"z_1 = w_1 x + b_1", r"\hat{y} = w_2 z_1 + b_2", r"L = \frac{1}{2} (\hat{y} - y)^2"
    ) + claims(
        "L", r"(\hat{y} - y) z_1", r"\hat{y} - y", r"(\hat{y} - y) w_2 x", r"(\hat{y} - y) w_2"
    )  # fmt: skip
    _, rows, findings, _ = judged(HALF, student)
    assert rows["w_1"] == rows["b_1"] == "WRONG"
    assert [f.rule.code for f in findings] == ["GC311"]


def test_another_hidden_activation() -> None:
    student = HALF.replace(r"\sigma(z_1)", r"\tanh(z_1)").replace("a_1 (1 - a_1)", "(1 - a_1^2)")
    _, rows, findings, document = judged(HALF, student)
    assert rows == {"w_1": "WRONG", "b_1": "WRONG", "w_2": "exact", "b_2": "exact"}
    assert found(findings, document) == [("GC311", 3)]


def test_a_loss_without_its_half_differs_by_a_constant() -> None:
    student = HALF.replace(r"\frac{1}{2} ", "").replace(r"= (\hat{y} - y)", r"= 2 (\hat{y} - y)")
    student = student.replace(r"L = 2 ", "L = ").replace(r"= \hat{y} - y", r"= 2 (\hat{y} - y)")
    _, rows, findings, document = judged(HALF, student)
    assert set(rows.values()) == {"up to 1/2"}
    assert found(findings, document) == [("GC312", 9)]
    assert "1/2 times" in findings[0].message


def test_mean_against_one_sample() -> None:
    student = display(
        r"h = \tanh(w_1 x + b_1)", r"f = w_2 h + b_2", r"J = (f - y)^2",
    ) + claims(
        "J", r"2 (f - y) h", r"2 (f - y)", r"2 (f - y) w_2 (1 - h^2) x", r"2 (f - y) w_2 (1 - h^2)"
    )  # fmt: skip
    _, rows, findings, _ = judged(MEAN_TANH, student)
    assert set(rows.values()) == {"up to 1/m, Σ"}
    assert [f.rule.code for f in findings] == ["GC312"]


def test_squares_for_the_log_loss() -> None:
    student = LOG_LOSS.split("$$L")[0].replace(r"\sigma(z_2)", "z_2") + display(
        r"L = \frac{1}{2} (a_2 - y)^2"
    ) + claims(
        "L", r"(a_2 - y) a_1", r"a_2 - y", r"(a_2 - y) w_2 a_1 (1 - a_1) x",
        r"(a_2 - y) w_2 a_1 (1 - a_1)",
    )  # fmt: skip
    _, rows, findings, document = judged(LOG_LOSS, student)
    # the two pairs have gradients that look alike, so the student's a_2 stays the student's
    assert set(rows.values()) == {"WRONG"}
    assert found(findings, document) == [("GC311", 7), ("GC311", 9)]
    assert all(finding.fails for finding in findings)


def test_squares_on_a_sigmoid_for_the_log_loss() -> None:
    student = LOG_LOSS.split("$$L")[0] + display(r"L = \frac{1}{2} (a_2 - y)^2") + claims(
        "L", r"(a_2 - y) a_2 (1 - a_2) a_1", r"(a_2 - y) a_2 (1 - a_2)",
        r"(a_2 - y) a_2 (1 - a_2) w_2 a_1 (1 - a_1) x",
        r"(a_2 - y) a_2 (1 - a_2) w_2 a_1 (1 - a_1)",
    )  # fmt: skip
    _, rows, findings, document = judged(LOG_LOSS, student)
    assert set(rows.values()) == {"WRONG"}
    assert found(findings, document) == [("GC311", 9)]


def test_the_other_bias_is_found_at_its_definition() -> None:
    student = HALF.replace("a_1 + b_2", "a_1 + b_1")
    _, rows, findings, document = judged(HALF, student)
    assert rows == EXACT
    assert found(findings, document) == [("GC311", 5)]
    assert findings[0].suggestion == r"z_2 = w_2 a_1 + b_2"


def test_an_activation_left_open() -> None:
    student = HALF.replace(r"\sigma(z_1)", "g(z_1)").replace("a_1 (1 - a_1)", "g'(z_1)")
    _, rows, findings, _ = judged(HALF, student)
    assert rows == EXACT
    assert [f.rule.code for f in findings] == ["GC314"]
    _, rows, findings, _ = judged(student, HALF)
    assert rows == EXACT
    assert findings == []


def test_a_wrong_claim_stays_wrong() -> None:
    student = OTHER_NAMES.replace("= (p - y) h", "= (p - y) h x")
    _, rows, findings, _ = judged(HALF, student)
    assert rows == {**EXACT, "w_2": "WRONG"}
    assert findings == []


def test_a_setup_that_is_not_derived() -> None:
    log_claims = claims(
        "L", r"(a_2 - y) a_1", r"a_2 - y", r"(a_2 - y) w_2 a_1 (1 - a_1) x",
        r"(a_2 - y) w_2 a_1 (1 - a_1)",
    )  # fmt: skip
    reference = HALF + "\n" + LOG_LOSS + log_claims
    assert [setup.name for setup in _understood(reference).setups] == [
        "mse/identity",
        "logloss/sigmoid",
    ]
    _, rows, findings, _ = judged(reference, LOG_LOSS + log_claims)
    assert rows == EXACT
    assert [(f.rule.code, f.message) for f in findings] == [
        ("GC313", "the reference's mse/identity is not derived here")
    ]


def completed_rows(student: str) -> tuple[dict[str, str], list[Finding], Derivation]:
    document = Document("student.md", student)
    derivation, findings = derive_against(_understood(HALF), document, _understood(student))
    (setup,) = derivation.setups
    return _rows(setup, document), findings, derivation


GRADIENTS_ONLY = HALF[HALF.index(r"$$\frac{\partial") :]


def test_a_student_who_gives_the_gradients_only() -> None:
    assert _understood(GRADIENTS_ONLY).setups == ()
    rows, findings, derivation = completed_rows(GRADIENTS_ONLY)
    assert rows == EXACT
    assert findings == []
    assert all(step.span.start < len(GRADIENTS_ONLY) for step in derivation.steps)
    assert derivation.setups[0].span.start < len(GRADIENTS_ONLY)
    rows, findings, _ = completed_rows(GRADIENTS_ONLY.replace("(1 - a_1) x", "x"))
    assert rows == {**EXACT, "w_1": "WRONG"}


def test_a_student_who_leaves_out_the_network() -> None:
    student = display(r"L = \frac{1}{2} (\hat{y} - y)^2") + GRADIENTS_ONLY
    rows, findings, _ = completed_rows(student)
    assert rows == EXACT
    assert findings == []
    rows, findings, _ = completed_rows(student.replace(r"\frac{1}{2} ", ""))
    assert rows == EXACT
    assert [f.rule.code for f in findings] == ["GC312"]


def test_a_reference_without_a_loss_changes_nothing() -> None:
    derivation = _understood(HALF)
    assert judge_against(_understood("nothing"), derivation) == (derivation, [])


ASSIGNMENT = r"""
Let $x$ be the input.

$$
\begin{aligned}
z_1 &= w_1 x + b_1 \\
a_1 &= g(z_1) \\
z_2 &= w_2 a_1 + b_2
\end{aligned}
$$

where g is the sigmoid.

Regression: $\hat{y} = z_2$ and $L = \frac{1}{2} (\hat{y} - y)^2$.

Classification: $\hat{y} = \sigma(z_2)$ and

$$
L = -[y \log \hat{y} + (1-y)\log(1-\hat{y})]
$$
"""


def test_an_assignment_derives_nothing_and_is_understood() -> None:
    reference = understand_reference(Document("task.md", ASSIGNMENT))
    assert [(s.name, s.hidden) for s in reference.setups] == [
        ("mse/identity", "sigmoid"),
        ("logloss/sigmoid", "sigmoid"),
    ]
    for setup in reference.setups:
        assert setup.model_problem is None
        assert [p.role for p in setup.model.parameters] == ["w_1", "b_1", "w_2", "b_2"]


@pytest.mark.parametrize("prediction", [r"\hat{y}", "p"])
def test_an_assignment_with_one_setup(prediction: str) -> None:
    text = display(r"a_1 = \tanh(w_1 x + b_1)", r"\hat{y} = w_2 a_1 + b_2", r"L = (\hat{y} - y)^2")
    reference = understand_reference(Document("task.md", text.replace(r"\hat{y}", prediction)))
    (setup,) = reference.setups
    assert setup.model.prediction is not None
    derivation, findings = judge_against(reference, _understood(HALF))
    assert [f.rule.code for f in findings] == ["GC311", "GC312"]
    rows = _rows(derivation.setups[0], Document("", HALF))
    assert rows == {"w_1": "WRONG", "b_1": "WRONG", "w_2": "up to 2", "b_2": "up to 2"}


def test_a_reference_with_gradients_is_taken_as_it_is() -> None:
    assert understand_reference(Document("text.md", HALF)).setups[0].claims == (
        _understood(HALF).setups[0].claims
    )
