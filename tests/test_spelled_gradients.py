"""A gradient is read, or told to be unread, however it is spelt; what merely mentions one is none."""

from __future__ import annotations

import pytest

from gradcheck.judge import Options
from gradcheck.language.document import Document
from gradcheck.report.results import DocumentResult, Report
from gradcheck.verification import Choices, verify_document

NETWORK = r"""$$z = w_1 x + b_1, \quad q = w_2 z + b_2, \quad L = (q - y)^2$$

$$\frac{\partial L}{\partial w_2} = 2(q - y) z$$

"""
RIGHT, WRONG = "2(q - y) w_2", "2(q - y) w_2 x"


def verified(line: str) -> DocumentResult:
    return verify_document(Document("page.md", NETWORK + line + "\n"), Choices(Options()))


def row(result: DocumentResult, name: str = "b_1") -> str:
    rows = [r for setup in result.setups for r in setup.parameters if r.source_name == name]
    return rows[0].status if rows else "no row"


def codes(result: DocumentResult) -> set[str]:
    return {finding.rule.code for finding in result.findings}


@pytest.mark.parametrize(
    "spelling",
    [
        r"$$\delta b_1 = @$$",
        r"$$\operatorname{grad} b_1 = @$$",
        r"$$\mathbf{D}_{b_1} L = @$$",
        r"$$D_{b_1}[L] = @$$",
        r"$$\operatorname{D}_{b_1} \mathcal{L} = @$$",
        "We get db_1 = @.",
        "grad_b1 = @",
        "`db_1 = @`",
        "```\ndb_1 = @\n```",
        "```\ngrad_b1 = @\n```",
        r"| $\frac{\partial L}{\partial b_1}$ | $@$ |",
    ],
)
def test_a_gradient_is_read_in_every_spelling(spelling: str) -> None:
    assert row(verified(spelling.replace("@", RIGHT))) == "exact"
    assert row(verified(spelling.replace("@", WRONG))) == "WRONG"


@pytest.mark.parametrize(
    "spelling",
    [r"\nabla_{b_1}", r"\nabla b_1", r"\partial b_1", r"\frac{\partial}{\partial b_1}"],
)
def test_a_derivative_of_nothing_is_an_unread_gradient(spelling: str) -> None:
    result = verified(f"$${spelling} = {RIGHT}$$")
    assert row(result) == "not read"
    assert "GC002" in codes(result)


@pytest.mark.parametrize("arrow", ["->", "→", "=>"])
@pytest.mark.parametrize("line", ["```\n@\n```", "@"])
def test_a_gradient_before_an_arrow_is_told_and_not_judged(arrow: str, line: str) -> None:
    result = verified(line.replace("@", f"∂L/∂b_1 {arrow} {WRONG}"))
    assert codes(result) == {"GC008"}
    assert Report((result,), ()).exit_status == 0


@pytest.mark.parametrize(
    "sentence",
    [
        "Then ∂L/∂b_1 → 0.",
        "The errors flow ∂L/∂q → ∂L/∂z → ∂L/∂b_1.",
        r"The gradient $\frac{\partial L}{\partial b_1}$ is $x$ times smaller than the other.",
        "The step is dw = 0.01.",
        "If db_1 = x we are done.",
        "db = the database",
        "db_1 = np.sum(dz, axis=1)",
        "```\ndb_1 = np.sum(dz)\n```",
        "```\ndw = x * (q - y)\nw = w - lr * dw\n```",
        r"| $\frac{\partial L}{\partial b_1}$ | the gradient by the bias |",
    ],
)
def test_what_is_merely_mentioned_is_no_claim(sentence: str) -> None:
    result = verified(sentence)
    assert codes(result) == set()
    assert row(result) in ("not claimed", "no row")


def test_delta_that_the_page_defines_is_a_factor() -> None:
    result = verified(r"$$\delta = q - y$$" + "\n\n" + r"$$\delta b_1 = (q - y) b_1$$")
    assert row(result) == "not claimed"
    assert codes(result) == set()


@pytest.mark.parametrize("rest", [r"\text{ units}", r"\cdot C", r"\Delta"])
def test_a_name_that_the_page_never_introduces_leaves_a_claim_undecided(rest: str) -> None:
    result = verified(rf"$$\frac{{\partial L}}{{\partial b_1}} = {RIGHT} {rest}$$")
    assert row(result) == "not decided"
    assert "GC005" in codes(result)


def test_what_is_written_below_a_brace_accuses_nobody() -> None:
    side = rf"\underbrace{{{RIGHT}}}_{{\text{{error}}}}"
    result = verified(rf"$$\frac{{\partial L}}{{\partial b_1}} = {side}$$")
    assert row(result) == "exact"
    assert codes(result) == set()


@pytest.mark.parametrize(("update", "status"), [("d x", "not claimed"), ("d x^2", "WRONG")])
def test_an_update_by_a_partial_that_is_nowhere_carried_out(update: str, status: str) -> None:
    """No number can be made of it: that is no contradiction."""
    page = r"$$d = -\frac{\partial L}{\partial z}$$" + "\n\n" + rf"$$\Delta w_1 = \eta {update}$$"
    result = verified(page)
    assert row(result, "w_1") == status
    assert "GC190" not in codes(result)


def test_a_quantity_written_twice_is_one_to_derive_by() -> None:
    """ŷ = w_2 a + b_2 beside z_2 = w_2 a_1 + b_2, where a is a_1 by other names."""
    page = r"""$$u = w x, \quad v = u, \quad a = \sigma(u), \quad c = \sigma(v)$$

$$s = k c, \quad o = k a, \quad L = (o - y)^2$$

$$\frac{\partial L}{\partial k} = \frac{\partial L}{\partial o} \frac{\partial o}{\partial s}
\frac{\partial s}{\partial k} = 2(o - y) a$$
"""
    result = verify_document(Document("page.md", page), Choices(Options()))
    assert row(result, "k") == "exact"
    assert "GC190" not in codes(result)
    assert {step.verdict.value for step in result.steps if step.verdict} == {"exact"}
