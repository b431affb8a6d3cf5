"""MyST and Quarto: their directives and roles for mathematics, notes that hold some, labels."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.language.expression import to_key
from gradcheck.read import read
from tests.read.shown import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```{math}\na = b\n```", ["a = b"]),
        ("```{math}\n:label: my-eq\n:nowrap:\n\na = b\n```", ["a = b"]),
        ("```{math}\n---\nlabel: my-eq\n---\na = b\n```", ["a = b"]),
        ("```{math} a = b\n```", ["a = b"]),
        (":::{math}\n:label: x\na = b \\\\\n c = d\n:::", ["a = b", "c = d"]),
        ("::::: {math}\na = b\n:::::", ["a = b"]),
        ("Here {math}`a = b` and {math}`c = d`.", ["a = b", "c = d"]),
        ("$$ a = b $$ (eq-one)\n\n$$ c = d $$ {#eq-two}", ["a = b", "c = d"]),
        ("```{note}\nWhere $a = b$\n\n$$\nc = d\n$$\n```\n\n$e = f$", ["a = b", "c = d", "e = f"]),
        ("````{admonition} Rule\n:class: tip\n```{math}\na = b\n```\n````\n$c = d$",
         ["a = b", "c = d"]),
        ("```{prf:theorem} Chain\n:label: t\n$a = b$\n```\n`code $x = y$`", ["a = b"]),
        ("::: {.callout-note}\n$a = b$\n:::", ["a = b"]),
        ("```{python}\nx = '$a = b$'\n```\n$c = d$", ["c = d"]),
        ("```{code-cell} ipython3\n:tags: [hide]\nx = '$a = b$'\n```\n$c = d$", ["c = d"]),
        ("```{r, echo=FALSE}\ny <- '$a$'\n```\n$c = d$", ["c = d"]),
        ("`{math}` is a role; `$a = b$` is code.", []),
        ("`````{tab-set}\n````{tab-item} One\n```{math}\na = b\n```\n````\n`````\n$c = d$",
         ["a = b", "c = d"]),
        ("```{eval-rst}\n.. math:: a = b\n\nand :math:`c = d`\n```\n$e = f$",
         ["a = b", "c = d", "e = f"]),
        ("(here)=\n% no $a = b$\n$c = d$\n% $x$", ["c = d"]),
        ("%%\n$a = b$\n%%\n$c = d$ %%$e = f$%% 5%% and $g = h$", ["c = d", "g = h"]),
        ("It grew 5%%.\n\n$a = b$\n\nand 7%%.", ["a = b"]),
        ("% of $a = b$ is left in plain Markdown", ["a = b"]),
    ],
)  # fmt: skip
def test_what_is_a_formula(text: str, expected: list[str]) -> None:
    assert shown(text) == expected
    assert not read(Document("a.md", text)).findings


def test_a_directive_that_nobody_knows_is_told_of_once() -> None:
    text = "```{fancy}\n$$\\frac{a}{b} = c$$\n```\n" * 2 + "```{fancier}\nwords\n```\n$c = d$"
    assert shown(text) == ["c = d"]
    (finding,) = read(Document("a.md", text)).findings
    assert (finding.rule.code, "{fancy}" in finding.message) == ("GC001", True)


def test_macros_of_the_front_matter() -> None:
    front = {"math": {"\\pd": "\\frac{\\partial #1}{\\partial #2}", "\\y": {"macro": "a_2"}}}
    document = Document("a.md", "$\\pd{L}{w} = \\y$", front)
    (statement,) = read(document).statements
    assert [to_key(side.expression) for side in statement.sides] == ["(d L w)", "a_2"]


def test_places_are_those_of_the_file() -> None:
    document = Document(
        "a.md", "T\r\n\r\n:::{math}\r\n:label: x\r\n\r\n  a = b\r\n:::\r\n{math}`c = d`"
    )
    first, second = read(document).statements
    sides = (*first.sides, *second.sides)
    assert [document.position(side.span.start) for side in sides] == [
        (6, 3),
        (6, 7),
        (8, 8),
        (8, 12),
    ]


def test_a_directive_that_is_never_closed_is_told() -> None:
    found = read(Document("a.md", ":::{math}\na = b")).findings
    assert [finding.rule.code for finding in found] == ["GC003"]
