"""reStructuredText: the math directive and role, what hides a formula, places, hostile input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.statement import ReadDocument
from gradcheck.read import limits
from tests.read import shown as shown_forms
from tests.read.shown import assert_apart


def reading(text: str) -> ReadDocument:
    return shown_forms.reading(text, "rst")


def shown(text: str) -> list[str]:
    return shown_forms.shown(text, "rst")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (".. math:: a = b", ["a = b"]),
        (".. math::\n\n   a = b\n\n   c = d\n\nend", ["a = b", "c = d"]),
        (".. math::\n   :label: one\n   :nowrap:\n\n   \\begin{align}\n   a &= b\\\\\n   c &= d\n"
         "   \\end{align}", ["a = b", "c = d"]),
        (".. math:: a = b\n   + c\n\n   d = e", ["a = (+ b c)", "d = e"]),
        (".. math:: a = b\n   :label: two\n\n   c = d", ["a = b", "c = d"]),
        (".. math::\n   a &= b \\\\\n     &= c", ["a = b = c"]),
        ("With :math:`a = b` and `c = d`:math: too.", ["a = b", "c = d"]),
        ("A role :math:`a =\nb` over two lines.", ["a = b"]),
        (".. note::\n\n   Where\n\n   .. math:: a = b\n\n   and :math:`c = d`.", ["a = b", "c = d"]),
        (".. admonition:: Rule\n   :class: tip\n\n   - item\n\n     .. math::\n\n        a = b\n\n   - :math:`c = d`",
         ["a = b", "c = d"]),
        ("- .. math:: a = b\n\n  more\n#. .. math::\n\n      c = d", ["a = b", "c = d"]),
        (".. proof:theorem::\n\n   :math:`a = b`", ["a = b"]),
        (".. [1] It says :math:`a = b`\n.. |x| replace:: :math:`c = d`", ["a = b", "c = d"]),
        (".. default-role:: math\n\nNow `a = b`, a `link <x>`_ and ``x = y``.", ["a = b"]),
        (".. math::\n\ta = b\n\n\tc = d\n", ["a = b", "c = d"]),
        ("> quoted\n\n    .. math:: a = b", ["a = b"]),
        (".. role:: m(math)\n\nWith :m:`a = b` too.", ["a = b"]),
        ("With dollars $a = b$, $x_1$ and $$\nc = d\n$$ too.", ["a = b", "x_1", "c = d"]),
    ],
)  # fmt: skip
def test_what_is_a_formula(text: str, expected: list[str]) -> None:
    assert shown(text) == expected
    assert not reading(text).findings


@pytest.mark.parametrize(
    "hidden",
    [
        "An inline literal ``:math:`a = b```.",
        "Like this::\n\n   :math:`a = b`\n\n   .. math:: a = b\n",
        ".. code-block:: rst\n\n   .. math:: a = b\n",
        ".. a comment\n   :math:`a = b`\n",
        "..\n   :math:`a = b`\n\n   .. math:: a = b\n",
        ".. raw:: html\n\n   :math:`a = b`\n",
        "A `name = of a link`_ and *a = b*.",
        ".. math::\n\nNothing is indented.",
        "It costs $5 = 5 and $6, or $PATH = a and $HOME = b.",
        ".. math_of_dollars: $a = b$",
        ">>> print(':math:`a = b`')\n:math:`a = b`",
    ],
)
def test_what_is_none(hidden: str) -> None:
    assert shown(f"{hidden}\n\n.. math:: c = d\n") == ["c = d"]


def test_a_role_that_is_never_closed_is_told() -> None:
    result = reading("Here :math:`a = b\n\nis open, :math:`c = d` is not.")
    assert [finding.rule.code for finding in result.findings] == ["GC003"]
    assert result.document.position(result.findings[0].span.start) == (1, 6)
    assert len(result.statements) == 1


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_places_are_those_of_the_file(newline: str) -> None:
    text = "Title\n=====\n\n.. note::\n\n\t.. math::\n\t   :label: x\n\n\t   a = b\n\t     + c\n\nAnd :math:`d = e`\n"
    result = reading(text.replace("\n", newline))
    first, second = result.statements
    places = [result.document.position(s.span.start) for s in (*first.sides, *second.sides)]
    assert places == [(9, 5), (9, 9), (12, 12), (12, 16)]
    assert result.document.position(first.sides[1].span.end) == (10, 10)


def test_there_is_an_end_to_formulas() -> None:
    result = reading(":math:`a=b` " * (limits.FORMULAS + 10))
    assert len(result.statements) == limits.FORMULAS
    assert [finding.rule.code for finding in result.findings] == ["GC004"]


@pytest.mark.parametrize(
    "piece",
    [
        ".. math::\n",
        ":math:`",
        "``",
        "`a",
        "::\n\n ",
        ".. note::\n   ",
        ".. default-role:: math\n\n`a",
    ],
)
def test_openings_without_end_are_read_in_linear_time(piece: str) -> None:
    assert len(reading(piece * 20_000).statements) <= limits.FORMULAS


@pytest.mark.parametrize("piece", ["=", "_", "\\x"])
def test_a_dollar_without_a_second_is_read_in_linear_time(piece: str) -> None:
    assert not reading("$a" + piece * 50_000).statements


@given(
    st.lists(
        st.sampled_from(
            [".. math::", ".. note::", ".. ", ":math:`", "`", "``", "\n", "\n\n", "   ", "\t", "a", " = ",
             "::", ":label: x", "- ", ".. default-role:: math\n\n", "\\\\", "&"]
        ),
        max_size=40,
    )
)  # fmt: skip
def test_formulas_are_in_order_and_apart(parts: list[str]) -> None:
    assert_apart("".join(parts), "rst")


def test_a_directive_in_a_grid_is_told() -> None:
    text = "+---+\n| .. math:: a = b |\n| .. math:: c = d |\n+---+\n\n:math:`e = f`\n"
    assert shown(text) == ["e = f"]
    (finding,) = reading(text).findings
    assert finding.rule.code == "GC001"
