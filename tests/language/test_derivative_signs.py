"""Whatever the table says is a derivative is seen as one in raw text, and read as one."""

from __future__ import annotations

import pytest

from gradcheck.language import derivative_signs as signs
from gradcheck.language.document import Document
from gradcheck.language.expression import Name, Partial
from gradcheck.read import read
from gradcheck.read.files.traces import speaks_of_gradients

FRACTIONS = [r"\partial", "d", *(rf"\{font}{{d}}" for font in signs.UPRIGHT_FONTS if font != "rm")]


def head(formula: str, preamble: str = "") -> object:
    text = f"{preamble}\n\n$$L = (w x - y)^2$$\n\n$${formula} = 2 (w x - y) x$$\n"
    statement = read(Document("d.md", text)).statements[-1]
    return statement.sides[0].expression


@pytest.mark.parametrize("sign", FRACTIONS)
def test_a_fraction_of_signs_is_a_derivative_everywhere(sign: str) -> None:
    formula = rf"\frac{{{sign} L}}{{{sign} w}}"
    found = head(formula)
    assert isinstance(found, Partial) and (found.of, found.by) == (Name("L"), Name("w"))
    assert speaks_of_gradients(f"$${formula}$$")


@pytest.mark.parametrize("macro", sorted({**signs.MACROS, **signs.STARRED_MACROS}))
def test_a_macro_of_a_package_is_a_derivative_everywhere(macro: str) -> None:
    package = {"difsp": "diffcoeff", "difs": "diffcoeff", "dif": "diffcoeff", "diff": "diffcoeff"}
    named = package.get(
        macro, "cool" if "deriv" in macro and macro not in signs.MACROS else "physics"
    )
    found = head(rf"\{macro}{{L}}{{w}}", rf"\usepackage{{{named}}}")
    assert isinstance(found, Partial) and found.by == Name("w")
    assert speaks_of_gradients(rf"\{macro}{{L}}{{w}}") == (macro in signs.TELLING)


def test_what_may_be_a_d_alone_tells_nothing() -> None:
    assert {"dif", "diff", "difs"}.isdisjoint(signs.TELLING)
    assert not speaks_of_gradients(r"the \difficult{part} of \pdvector")


@pytest.mark.parametrize("sign", [*signs.CHARACTERS, *signs.STYLED])
def test_every_character_is_a_trace(sign: str) -> None:
    assert speaks_of_gradients(f"a {sign}")


@pytest.mark.parametrize("font", signs.OTHER_FONTS)
def test_a_d_in_another_font_is_seen_at_least(font: str) -> None:
    assert speaks_of_gradients(rf"$$\frac{{\{font}{{d}} L}}{{\{font}{{d}} w}}$$")
