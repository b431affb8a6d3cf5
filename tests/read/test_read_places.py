"""Places, notes, origins, and the listing of what was read."""

from __future__ import annotations

import subprocess
import sys

from gradcheck.language.document import Document
from gradcheck.language.expression import Name, walk
from gradcheck.read import read
from gradcheck.read.listing import listing

TEXT = """Price $5. Loss (MSE)= $\\frac{1}{2} e^2$

$$\\begin{aligned} \\frac{\\partial L}{\\partial w_1} &= (\\hat{y} - y) \\cdot W1 \\\\
&= a \\times \\end{aligned}$$

$$\\underbrace{a b}_{c}$$
"""


def test_spans_are_the_source() -> None:
    document = Document("a.md", TEXT)
    statements = read(document).statements
    second = statements[1]
    assert [document.source(side.span) for side in second.sides] == [
        "\\frac{\\partial L}{\\partial w_1}",
        "(\\hat{y} - y) \\cdot W1",
        "a \\times",
    ]
    assert second.sides[1].expression is not None
    names = [
        document.source(node.span)
        for node in walk(second.sides[1].expression)
        if isinstance(node, Name)
    ]
    assert names == ["\\hat{y}", "y", "W1"]
    assert document.position(second.sides[1].span.start) == (3, 54)
    assert second.sides[2].unread is not None
    assert document.source(second.sides[2].unread.span) == "\\times"


def test_origins_and_numbers() -> None:
    statements = read(Document("a.md", TEXT)).statements
    assert [statement.origin for statement in statements] == [
        "prose",
        "display",
        "display",
        "underbrace",
    ]
    assert [statement.number for statement in statements] == [1, 2, 3, 4]


def test_prose_is_what_lies_between() -> None:
    document = Document("a.md", "One $x$ two `$y$` three <!-- $z$ --> four\n")
    prose = [document.source(span) for span in read(document).prose]
    assert prose == ["One ", " two ", " three ", " four\n"]


def test_front_matter_is_not_read() -> None:
    text = "---\nloss: $L = 1$\n---\n$a = b$"
    statements = read(Document("a.md", text, body_start=text.rindex("---"))).statements
    assert len(statements) == 1


def test_notes_say_how_it_was_read() -> None:
    (statement,) = read(Document("a.md", "$a/b c$")).statements
    assert statement.notes == ("a/b c is read a/(b c)",)
    (statement,) = read(Document("a.md", "$$a = b \\quad ?$$")).statements
    assert statement.notes == ("the author marks it with a question mark",)


def test_listing() -> None:
    result = read(Document("a.md", TEXT + "\n$$x\n"))
    plain = listing(result)
    assert "3:19  statement 2" in plain
    assert "∂L/∂w_1" in plain
    assert "= (ŷ - y)·W_1" in plain
    assert "NOT READ at 4:6: nothing follows the × (a lost x?): a \\times" in plain
    assert "GC003" in plain
    assert "8 sides: 7 read, 1 not read" in plain
    assert "(* (+ hat(y) (- y)) W_1)" in listing(result, tree=True)


def test_reading_imports_neither_numpy_nor_sympy() -> None:
    program = (
        "import sys, gradcheck.read, gradcheck.read.listing;"
        "sys.exit(bool({'numpy', 'sympy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
