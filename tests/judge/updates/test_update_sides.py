"""Every side of an update is decided: target − side = rate · gradient, however it is written."""

from __future__ import annotations

import pytest

from gradcheck.judge.updates import update_findings
from gradcheck.language.document import Document
from gradcheck.language.finding import Finding
from gradcheck.read import read
from gradcheck.understand import understand

FORWARD = r"""
$$z_1 = w_1 x + b_1, \quad a_1 = \sigma(z_1), \quad z_2 = w_2 a_1 + b_2$$
$$L = \frac{1}{m} \sum_{i=1}^m (z_2 - y)^2$$
$$\frac{\partial L}{\partial w_2} = \frac{2}{m} \sum_{i=1}^m (z_2 - y) a_1$$
$$\frac{\partial L}{\partial b_2} = \frac{2}{m} \sum_{i=1}^m (z_2 - y)$$
"""
ONE_SAMPLE = r"""
$$a_1 = \tanh(w_1 x + b_1), \quad p = w_2 a_1 + b_2, \quad L = (p - y)^2$$
$$\frac{\partial L}{\partial w_2} = 2 (p - y) a_1, \quad \frac{\partial L}{\partial b_2} = 2 (p - y)$$
"""
OTHERS = (
    r"w_2 \leftarrow w_2 - \eta \cdot 2 (p - y) a_1",
    r"w_1 \leftarrow w_1 - \eta \cdot 2 (p - y) w_2 (1 - a_1^2) x",
    r"b_1 \leftarrow b_1 - \eta \cdot 2 (p - y) w_2 (1 - a_1^2)",
)
LINE = r"b_2 \leftarrow b_2 - \eta \left(2 (p - y)\right)"


def findings(page: str, *rules: str) -> list[Finding]:
    text = page + "".join(f"\n$${one}$$\n" for one in rules)
    document = Document("test.md", text)
    return update_findings(understand(read(document)), document)


def told(page: str, *rules: str) -> list[tuple[str, str | None]]:
    return [(f.rule.code, f.suggestion) for f in findings(page, *rules)]


RIGHT = [
    r"b_2 \leftarrow b_2 - \eta \cdot 2 (p - y)",
    r"b_2 \leftarrow b_2 - (2 \eta p - 2 \eta y)",
    r"b_2 \leftarrow b_2 - 2 \eta p + 2 \eta y",
    r"b_2 \leftarrow -2 \eta (p - y) + b_2",
    r"b_2 \leftarrow -(2 \eta (p - y) - b_2)",
    r"b_2 \leftarrow b_2 + 2 \eta (y - p)",
    r"b_2 := b_2 - \eta \frac{\partial L}{\partial b_2} = b_2 - \eta \cdot 2 (p - y)",
    r"b_2^{new} = b_2^{old} - \eta (2 p - 2 y)",
]


@pytest.mark.parametrize("rule", RIGHT)
def test_a_right_side_is_right_however_it_is_written(rule: str) -> None:
    assert told(ONE_SAMPLE, *OTHERS, rule) == []


WRONG = [
    (r"b_2 \leftarrow b_2^2 - \eta \cdot 2 (p - y)", "GC401"),
    (r"b_2 \leftarrow 2 b_2 - \eta \cdot 2 (p - y)", "GC401"),
    (r"b_2 \leftarrow -b_2 - \eta \cdot 2 (p - y)", "GC401"),
    (r"b_2 \leftarrow b_2 a_1 - \eta \cdot 2 (p - y)", "GC401"),
    (r"b_2 \leftarrow -(b_2 - \eta \cdot 2 (p - y))", "GC401"),
    (r"b_2 \leftarrow w_2 - \eta \cdot 2 (p - y)", "GC401"),
    (r"b_2 \leftarrow b_2 - \eta \cdot 2 p - y", "GC402"),
    (r"b_2 \leftarrow b_2 - \eta \cdot 4 (p - y)", "GC402"),
    (r"b_2 \leftarrow b_2 - \eta (p - y)", "GC402"),
    (r"b_2 \leftarrow b_2 - \eta \cdot 2 (p + y)", "GC402"),
    (r"b_2 \leftarrow b_2 - \eta^2 \cdot 2 (p - y)", "GC402"),
    (r"b_2 \leftarrow b_2 - \eta", "GC402"),
    (r"b_2 \leftarrow b_2 - x \cdot 2 (p - y)", "GC402"),
    (r"b_2 \leftarrow b_2 + \eta \cdot 2 (p - y)", "GC403"),
]


@pytest.mark.parametrize(("rule", "code"), WRONG)
def test_a_wrong_side_is_found(rule: str, code: str) -> None:
    ((found, suggestion),) = told(ONE_SAMPLE, *OTHERS, rule)
    assert found == code
    if suggestion is not None:
        assert told(ONE_SAMPLE, *OTHERS, suggestion) == []


@pytest.mark.parametrize(
    ("rule", "code"), [w for w in WRONG if w[1] != "GC403" and "w_2 -" not in w[0]]
)
def test_the_line_as_it_should_be_is_suggested(rule: str, code: str) -> None:
    assert told(ONE_SAMPLE, *OTHERS, rule) == [(code, LINE)]


@pytest.mark.parametrize("relation", ["=", ":=", r"\leftarrow"])
def test_another_parameter_on_the_right_is_no_definition(relation: str) -> None:
    rule = rf"b_2 {relation} w_2 - \gamma \cdot 2 (p - y)"
    ((code, suggestion),) = told(ONE_SAMPLE, rule)
    assert code == "GC401"
    assert suggestion == rf"b_2 {relation} b_2 - \gamma \cdot 2 (p - y)"


def test_a_left_side_that_is_no_parameter() -> None:
    ((code, suggestion),) = told(ONE_SAMPLE, *OTHERS, r"a_1 := b_2 - \eta \cdot 2 (p - y)")
    assert (code, suggestion) == ("GC401", r"b_2 := b_2 - \eta \cdot 2 (p - y)")


PARTIAL = r"\eta \frac{\partial L}{\partial b_2}"


@pytest.mark.parametrize("start", ["b_2^2", "-b_2", "2 b_2", "b_2 x"])
def test_a_wrong_start_before_a_partial(start: str) -> None:
    suggestion = rf"b_2 = b_2 - {PARTIAL}"
    assert told(ONE_SAMPLE, rf"b_2 = {start} - {PARTIAL}") == [("GC401", suggestion)]


def test_the_partial_of_something_else() -> None:
    rule = r"b_2 = b_2 - \eta \frac{\partial p}{\partial b_2}"
    others = r"w_2 = w_2 - \eta \frac{\partial L}{\partial w_2}"
    assert told(ONE_SAMPLE, others, rule) == [("GC402", rf"b_2 = b_2 - {PARTIAL}")]


def test_each_side_of_a_chain_is_judged() -> None:
    right, wrong = rf"b_2 - {PARTIAL}", r"b_2 - \eta \cdot 4 (p - y)"
    (finding,) = findings(ONE_SAMPLE, rf"b_2 = {right} = {wrong}")
    assert (finding.rule.code, finding.suggestion) == ("GC402", LINE.replace(r"\leftarrow", "="))
    (finding,) = findings(
        ONE_SAMPLE, rf"b_2 = b_2 - \frac{{\partial L}}{{\partial b_2}} = {LINE[15:]}"
    )
    assert finding.rule.code == "GC404"


def test_constants_alike_only_rescale_the_rate() -> None:
    rules = [rule.replace(r"\cdot 2", "") for rule in (*OTHERS, RIGHT[0])]
    assert told(ONE_SAMPLE, *rules) == []


SUM = r"\sum_{i=1}^m (z_2 - y)"


def test_sums() -> None:
    assert told(FORWARD, rf"w_2 \leftarrow w_2 - \eta \frac{{2}}{{m}} {SUM} a_1") == []
    assert told(FORWARD, rf"w_2 \leftarrow w_2 - \frac{{2 \eta}}{{m}} {SUM} a_1") == []
    outside = rf"w_2 \leftarrow w_2 - \eta \frac{{2}}{{m}} ({SUM}) a_1"
    assert [code for code, _ in told(FORWARD, outside)] == ["GC402"]
    lost = r"b_2 \leftarrow b_2 - \eta \frac{2}{m} \sum_{i=1}^m z_2 - y"
    assert [code for code, _ in told(FORWARD, lost)] == ["GC402"]


NOT_PLAIN = [
    r"w_2 \leftarrow (1 - \eta \lambda) w_2 - \eta \frac{\partial L}{\partial w_2}",
    r"w_2 \leftarrow w_2 - \eta (\frac{\partial L}{\partial w_2} + \lambda w_2)",
    r"w_2 \leftarrow w_2 - \eta \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}",
    r"w_2 \leftarrow w_2 - \eta v_t",
]


@pytest.mark.parametrize("rule", NOT_PLAIN)
def test_what_is_not_plain_descent_is_noted(rule: str) -> None:
    assert told(ONE_SAMPLE, rule) == [("GC409", None)]


def test_a_lost_name_is_told() -> None:
    (finding,) = findings(ONE_SAMPLE, r"b_2 \leftarrow b_2 - \eta \delta")
    assert (finding.rule.code, finding.rule.severity) == ("GC008", "warning")
    assert "δ is not defined" in finding.message


@pytest.mark.parametrize("rule", [r"b_2 = b_2 - 0.1 \cdot 0.4 = 0.46", r"b_2 = 0.5 - 0.04"])
def test_worked_numbers_are_not_judged(rule: str) -> None:
    assert told(ONE_SAMPLE, rule) == []
