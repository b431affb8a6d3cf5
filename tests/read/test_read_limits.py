"""Hostile and broken input is refused, side by side, without an exception."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.language.document import Document
from gradcheck.language.expression import Name, Number, walk
from gradcheck.language.statement import ReadDocument
from gradcheck.read import limits, read
from gradcheck.read.lexer import tokenize


def read_text(text: str) -> ReadDocument:
    return read(Document("a.md", text))


def codes(text: str) -> list[str]:
    return [finding.rule.code for finding in read_text(text).findings]


def reasons(text: str) -> list[str]:
    return [
        side.unread.reason
        for statement in read_text(text).statements
        for side in statement.sides
        if side.unread is not None
    ]


@pytest.mark.parametrize(
    "text",
    [
        "$" + "{" * 10_000 + "$",
        "$" + r"\frac" * 3_000 + "$",
        "$" + r"\frac{" * 3_000 + "$",
        "$" + "(" * 5_000 + ")" * 5_000 + "$",
        "$" + "-" * 4_000 + "x$",
        "$x" + "/x" * 2_000 + "$",
        "$" + r"\sum" * 3_000 + " x$",
        "$" + r"\log" * 3_000 + " x$",
        "$" + r"\hat" * 3_000 + " x$",
        "$" + "x^{" * 100 + "y" + "}" * 100 + "$",
        "$" + "|x+" * 2_000 + "$",
        "$" + r"\frac{\partial}{\partial x}" * 150 + "x$",
        "$" + r"\nabla_x" * 1_000 + " L$",
        "$" + r"\partial" * 1_000 + " L$",
        "$" + r"\cancel" * 1_000 + " L$",
        "$" + r"\mathbf" * 1_000 + " L$",
        "$" + r"\text{" * 3_000 + "$",
        "$9^{9^{9^9}}$",
        "$x^{1000}$",
        "$" + "1" * 40 + "$",
        "$" + "1" * 1_000_000 + "$",
        "$1e999999999$",
        r"$\operatorname{__import__('os')}$",
        r"$\operatorname{__import__('os')}(x)$",
        "$x^2^3$",
        "$x_1_2$",
        "$x^$",
        "$_1$",
        "$(a + b$",
        "$a + b)$",
        "$(a]$",
        "$a +$",
        "$a b = $",
    ],
    ids=lambda text: text[:30],
)
def test_refused(text: str) -> None:
    assert reasons(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "$" * 100_001,
        "`" * 1_000 + "$x$",
        "\\[" * 50_000,
        "\\(" * 50_000,
        "$$a\n\n" * 20_000 + "x",
        "\\begin{align}" * 20_000,
        "<!--" * 100_000,
        "$a$ " * 50_000,
        "$\\$" * 50_000,
        " " * 500_000 + "$",
        "\n" * 500_000 + "$",
        "```\n" * 100_001,
        "".join("`" * n + " " for n in range(1, 800)),
        "$" + "\\" * 200_000 + "$",
        "    a = b\n\n" * 60_000,
        "```\na = ∂\n```\n" * 20_000,
        "```\n" + "∂L/∂w = (a - y) x\n" * 5_000 + "```\n",
        "the gradient ∂L/∂w of a thing x = 5\n" * 10_000,
        "| ∂L/∂w | x |\n|---|---|\n" * 5_000,
        "~~$a$ " * 50_000,
        "<s>$a$\n\n" * 10_000,
        "<div hidden>" * 20_000 + "$a$",
        "</s>" * 20_000 + "<s>" * 20_000,
        "<a title='\"" * 20_000,
        '[](a "' * 20_000,
        "![$a$](b)" * 20_000,
        "> " * 100_000 + "\n" + "> $$\n" * 20_000,
        "- > " * 20_000 + "\n\n" * 20_000,
        "    $a$\n" * 10_000,
        "\\[\n" * 50_000 + "```",
        "$\\color{white}" * 20_000,
        "\\phantom{" * 20_000,
        "a_" * 200_000 + "= ∂",
        "```{note}\n" * 20_000,
        "```{note}\n" * 10_000 + "text\n" + "```\n" * 10_000,
        "```{of-nobody}\n" + "\\(" * 100_000 + "\n```\n",
        "\\newcommand{\\a}{" * 10_000,
        "\\NewDocumentCommand{\\a}{mmm" * 10_000,
        "\\usepackage[" * 20_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_large_input_ends(text: str) -> None:
    read_text(text)


def test_recursion_stays_shallow() -> None:
    """The deepest formula that is allowed needs nowhere near Python's own limit."""
    text = "$" + "(" * 62 + "x" + ")" * 62 + "$"
    outer = sys.getrecursionlimit()
    sys.setrecursionlimit(900)
    try:
        assert not reasons(text)
    finally:
        sys.setrecursionlimit(outer)


def test_unclosed_math_is_a_finding_with_its_place() -> None:
    document = Document("a.md", "Here\n\n$$a = b\n\nand on")
    (finding,) = read(document).findings
    assert finding.rule.code == "GC003"
    assert document.position(finding.span.start) == (3, 1)
    assert codes("\\[ a = b") == ["GC003"]
    assert codes("$x_1 = \\sigma") == ["GC003"]
    assert codes("```python\nx") == ["GC003"]


def test_limits_are_findings() -> None:
    assert codes("$" + "x " * limits.CHARACTERS + "x$") == ["GC004"]
    assert codes("$" + "x+" * 3_000 + "x$") == ["GC004"]
    assert "GC004" in codes("$x$ " * (limits.FORMULAS + 1))
    assert "GC004" in codes("$$a\n\n" * 20_001)


@pytest.mark.parametrize(
    "text",
    [
        "$5 and then $6",
        "`$x = 1$`",
        "```\n$x = 1$\n```",
        "<!-- $x = 1$ -->",
        r"\$x = 1\$",
        "``a ` $x$``",
    ],
)
def test_not_math(text: str) -> None:
    result = read_text(text)
    assert not result.statements
    assert not result.findings


def test_the_other_sides_survive() -> None:
    (statement,) = read_text(r"$a = b \times = \foo c = d$").statements
    assert [side.expression is None for side in statement.sides] == [False, True, True, False]
    assert statement.sides[1].unread is not None and statement.sides[1].unread.hint == "a lost x?"
    assert statement.sides[2].unread is not None and "\\foo" in statement.sides[2].unread.reason


PIECES = [
    "a", "x", "W1", "y(pred)", r"\hat{y}", r"\sigma", "'", "^2", "^{T}", "_1", "_{ij}", "(", ")", "[", "]",
    "{", "}", "+", "-", r"\cdot", r"\times", "/", r"\frac{a}{b}", r"\frac{\partial L}{\partial w}",
    r"\frac{\partial}{\partial w}", r"\partial", r"\sum_{i=1}^m", r"\sum", r"\log", "2", "0.5", "|",
    r"\text{lr}", r"\text{two words}", r"\boxed{a}", r"\cancel{b}", r"\underbrace{a}_{b}", r"\sqrt{x}", "d",
    "dL", "dw", r"\nabla_w", r"\tanh", "Loss", ",", "g(z)", "?", r"\mathbf{x}", r"\frac", "^", "_",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_no_token_is_dropped(pieces: list[str]) -> None:
    """A side is unread, or every letter and digit in it is inside a name or a number."""
    text = "$$" + " ".join(pieces) + "$$"
    document = Document("a.md", text)
    for statement in read(document).statements:
        if statement.origin == "underbrace":
            continue
        for side in statement.sides:
            if side.expression is None:
                assert side.unread is not None and side.unread.reason
                continue
            covered = [
                node.span for node in walk(side.expression) if isinstance(node, Name | Number)
            ]
            for token in tokenize(text, side.span.start, side.span.end):
                if token.kind not in ("word", "number", "text"):
                    continue
                inside = any(s.start <= token.start and token.end <= s.end for s in covered)
                assert inside or _is_derivative(token.value, text), (text, token)


def _is_derivative(value: str, text: str) -> bool:
    """The d of dL/dw and the T of a transpose are in the node, not in a leaf."""
    return value in ("T", "d") or bool(re.match(r"d[a-zA-Z]", value))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="$\\`[](){}|^_'= \nabdL1,&<-!>~√²ŷ∂/+*", max_size=60))
def test_never_raises(text: str) -> None:
    result = read_text(text)
    for statement in result.statements:
        for side in statement.sides:
            assert (side.expression is None) != (side.unread is None)
            assert 0 <= side.span.start <= side.span.end <= len(text)
        assert len(statement.relations) == len(statement.sides) - 1
