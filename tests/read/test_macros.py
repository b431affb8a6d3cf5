r"""Macros of a document: put in place of their names as TeX does, within limits, with places."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import to_key
from gradcheck.language.statement import Statement
from gradcheck.read import limits, read
from gradcheck.read.expansion import expand
from gradcheck.read.lexer import tokenize
from gradcheck.read.macros import ARGUMENTS, DEFINITIONS, Macros, macros_of


def statements(text: str, kind: str = "latex") -> tuple[Statement, ...]:
    return read(Document("a.tex", text, format=kind)).statements


def shown(text: str, kind: str = "latex") -> list[str]:
    """The sides of all statements, one after another."""
    return [
        "UNREAD" if side.expression is None else to_key(side.expression)
        for statement in statements(text, kind)
        for side in statement.sides
    ]


@pytest.mark.parametrize(
    ("definition", "formula", "expected"),
    [
        (r"\newcommand{\yhat}{\hat{y}}", r"\yhat - y", "(+ hat(y) (- y))"),
        (r"\newcommand\yhat{\hat{y}}", r"\yhat_i", "hat(y)_i"),
        (r"\newcommand*{\h}{a_1}", r"2\h", "(* 2 a_1)"),
        (r"\renewcommand{\epsilon}{\varepsilon}", r"\epsilon", "varepsilon"),
        (r"\providecommand{\w}{w_2}", r"\w x", "(* w_2 x)"),
        (r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}", r"\pd{L}{w_1}", "(d L w_1)"),
        (r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}", r"\pd Lw x", "(* (d L w) x)"),
        (r"\newcommand{\sq}[1]{(#1)^2}", r"\sq{y - t}", "(^ (+ y (- t)) 2)"),
        (r"\newcommand{\half}{\frac12}", r"\half y", "(* (/ 1 2) y)"),
        (r"\newcommand{\s}[2][z]{\sigma(#1_#2)}", r"\s{1} \s[u]{2}",
         "(* (call sigma z_1) (call sigma u_2))"),
        (r"\newcommand{\lay}[2]{#1^{(#2)}}", r"\lay{a}{1}", "a^(1)"),
        (r"\newcommand{\prd}[1]{y_{\text{#1}}}", r"\prd{pred}", "y_pred"),
        (r"\newcommand{\fn}[2]{\operatorname{#1}(#2)}", r"\fn{ReLU}{z}", "(call ReLU z)"),
        (r"\def\yh{\hat y}", r"\yh", "hat(y)"),
        (r"\def\pd#1#2{\frac{\partial #1}{\partial #2}}", r"\pd{L}{b}", "(d L b)"),
        (r"\let\loss\ell", r"\loss", "ell"),
        (r"\let\loss = L", r"x", "x"),
        (r"\DeclareMathOperator{\sigm}{sigmoid}", r"\sigm(z)", "(call sigmoid z)"),
        (r"\DeclareMathOperator*{\relu}{ReLU}", r"\relu(z)", "(call ReLU z)"),
        (r"\NewDocumentCommand{\d}{m m}{\frac{d #1}{d #2}}", r"\d{L}{w}", "(d L w)"),
        (r"\newcommand{\L}{\ensuremath{\mathcal{L}}\xspace}", r"\L", "cal(L)"),
        (r"\newcommand{\two}{\one + \one} \newcommand{\one}{w}", r"\two", "(+ w w)"),
        (r"\newcommand{\y}{a} \renewcommand{\y}{b}", r"\y", "b"),
        ("% \\newcommand{\\y}{a}\n\\newcommand{\\y}{b}\n% \\renewcommand{\\y}{c}", r"\y", "b"),
        (r"\newcommand{\set}[1]{\left\{ #1 \right\}}", r"\set{x + b}", "(+ x b)"),
        ("\\newcommand{\\y}{% the output }\n  a_2%\n}", r"\y", "a_2"),
        (r"\NewDocumentCommand{\pd}{O{L} m}{\frac{\partial #1}{\partial #2}}", r"\pd{w} \pd[J]{b}",
         "(* (d L w) (d J b))"),
        (r"\NewDocumentCommand{\pd}{s m m}{\IfBooleanTF{#1}{\frac{d #2}{d #3}}"
         r"{\frac{\partial #2}{\partial #3}}}", r"\pd*{L}{w}", "(d L w)"),
        (r"\NewDocumentCommand{\s}{o m}{\IfValueTF{#1}{#1}{\sigma}(#2)}", r"\s{z} \s[\tanh]{u}",
         "(* (call sigma z) (call tanh u))"),
        (r"\newcommandx{\pd}[2][1=L]{\frac{\partial #1}{\partial #2}}", r"\pd{w}", "(d L w)"),
        (r"\DeclarePairedDelimiter{\p}{(}{)}", r"2 \p{x + b} \p*{x}", "(* 2 (+ x b) x)"),
        ("\\newcommand{\\y}% the output\n  {a_2}", r"\y", "a_2"),
        (r"\let\old\frac \renewcommand{\frac}[2]{\old{#1}{#2}}", r"\frac{x}{b}", "(/ x b)"),
        (r"\renewcommand{\frac}{\dfrac}", r"\frac{x}{b}", "(/ x b)"),
        (r"\let\one=L", r"\one", "L"),
        (r"\newcommand{\class}[1]{#1 + 1}", r"\class{w}", "(+ w 1)"),
        (r"\newcommand{\small}{w_1}", r"\small x", "(* w_1 x)"),
        (r"\renewcommand{\times}{+}", r"a \times x", "(+ a x)"),
        (r"\renewcommand{\vec}[1]{\mathbf{#1}}", r"\vec{x}", "x"),
        (r"\newcommand{\y}{a} \providecommand{\y}{b}", r"\y", "a"),
        (r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}", r"\pd{\pd{L}{w}}{b}", "(d (d L w) b)"),
        ("", r"\pdv{L}{w}", "(d L w)"),
        ("", r"\pdv[2]{L}{w}", "(d2 L w)"),
        ("", r"\pdv{w} L", "(d L w)"),
        ("", r"\dv{w}(x + b)", "(d (+ x b) w)"),
        ("", r"\qty{x + b} w", "(* (+ x b) w)"),
        ("", r"\qty[x + b] w", "(* (+ x b) w)"),
        (r"\usepackage{commath}", r"\pd{L}{w} \del{x + b}", "(* (d L w) (+ x b))"),
        (r"\usepackage[a]{amsmath,diffcoeff}", r"\diff{L}{w}", "(d L w)"),
        (r"\usepackage{physics}", r"\abs{x} \vdot w", "(* (call abs x) w)"),
        ("", r"\qty(x + b) w", "(* (+ x b) w)"),
    ],
)  # fmt: skip
def test_a_macro_is_what_it_stands_for(definition: str, formula: str, expected: str) -> None:
    assert shown(f"{definition}\n\\begin{{document}} $q = {formula}$") == ["q", expected]


@pytest.mark.parametrize(
    ("definition", "formula"),
    [
        (r"\newcommand{\a}{\b} \newcommand{\b}{\a}", r"\a"),
        (r"\newcommand{\a}{\a + 1}", r"\a"),
        (r"\newcommand{\pd}[2]{\frac{#1}{#2}}", r"\pd{L}"),
        (r"\newcommand{\s}[2][z]{#1 #2}", r"\s[z"),
        (r"\newcommand{\prd}[1]{y_{\text{#1}}}", r"\prd{\alpha + 1}"),
        (r"\newcommand{\a}{b", r"\a"),
        (r"\newcommand{\a}[10]{b}", r"\a"),
        (r"\NewDocumentCommand{\a}{s d() m}{b}", r"\a{x}"),
        (r"\def\a(#1,#2){b}", r"\a(x,y)"),
        (r"\NewDocumentCommand{\a}{o}{#1}", r"\a"),
        (r"\newcommand{\a}[1]{\IfNoValueTF{#1}{b}}", r"\a{x}"),
        ("", r"\undefined"),
    ],
)
def test_what_cannot_be_expanded_is_refused(definition: str, formula: str) -> None:
    found = shown(f"{definition}\n\\begin{{document}}\n$q = {formula}$\n\n$p = r$")
    assert found == ["q", "UNREAD", "p", "r"]


@pytest.mark.parametrize(
    ("definition", "formula", "reason"),
    [
        (r"\newcommand{\a}{\a + 1}", r"\a", r"the macro \a is nested too deeply, or in a circle"),
        (r"\def\a(#1,#2){b}", r"\a(x,y)", r"the macro \a takes its arguments in a way not read"),
        (r"\newcommand{\a}[2]{b}", r"\a{x}", r"the macro \a lacks an argument"),
        ("", r"\pd{L}{w}", r"the command \pd is not known"),
    ],
)
def test_a_refused_macro_says_why_and_leaves_the_others(
    definition: str, formula: str, reason: str
) -> None:
    text = f"{definition}\\newcommand{{\\w}}{{w_1}}\n\\begin{{document}}\n$\\w = {formula}$"
    (statement,) = statements(text)
    left, right = statement.sides
    assert to_key(left.expression) == "w_1"
    assert right.unread is not None
    assert right.unread.reason == reason


def test_a_macro_is_what_it_was_made_last() -> None:
    text = (
        "\\begin{document} $p = \\y$ \\newcommand{\\y}{a} $p = \\y$ "
        "\\renewcommand{\\y}{b} $p = \\y$"
    )
    assert shown(text)[1::2] == ["a", "a", "b"]


def test_a_sign_typed_as_such_is_no_macro() -> None:
    text = "\\renewcommand{\\sigma}{s}\\begin{document} $p = \\sigma + \u03c3$"
    assert shown(text) == ["p", "(+ s sigma)"]


@pytest.mark.parametrize("body", ["{}", "x"])
def test_exponential_macros_end_soon(body: str) -> None:
    names = "abcdefghijklmno"
    text = "".join(
        f"\\newcommand{{\\{one}}}{{{f'{chr(92)}{two} ' * 10}}}\n" for one, two in pairwise(names)
    )
    text += f"\\newcommand{{\\o}}{{{body}}}\n"
    macros = Macros(macros_of(text).table)
    (refused,) = expand(tokenize(r"\a", 0, 2, own=macros.table), macros)
    assert (refused.kind, refused.span) == ("refused", Span(0, 2))
    assert shown(text + "\\begin{document} $q = \\a$") == ["q", "UNREAD"]


def test_macros_that_come_to_nothing_are_not_tried_for_ever() -> None:
    names = "abcdefgh"
    text = "".join(
        f"\\newcommand{{\\{one}}}{{{f'{chr(92)}{two} ' * 10}}}" for one, two in pairwise(names)
    )
    macros = macros_of(text + "\\newcommand{\\h}{}\\newcommand{\\y}{b}").nowhere()
    tokens = [tokenize(word, 0, 2, own=macros.table) for word in (r"\a", r"\y")]
    assert [token.value for token in expand(tokens[1], macros)] == ["b"]
    for _ in range(400):
        (refused,) = expand(tokens[0], macros)
    assert refused.value == "the macros of this document come to too much"
    assert macros.effort.wasted < 2_000_000
    assert expand(tokens[1], macros)[0].kind == "refused"


def test_there_is_an_end_to_definitions() -> None:
    text = "\\def\\a{b}" * (DEFINITIONS + 5)
    assert len(macros_of(text).places) == DEFINITIONS


def test_places_are_those_of_the_call_and_of_the_arguments() -> None:
    text = (
        "\\newcommand{\\res}[1]{(#1 - y)}\n\\begin{document}\n"
        "$p = w\\res{\\hat{y}}x$ and $p = \\pdv{L}{w_1} x$"
    )
    document = Document("a.tex", text, format="latex")
    first, second = read(document).statements
    product = first.sides[1].expression
    assert product is not None
    assert document.source(first.sides[1].span) == r"w\res{\hat{y}}x"
    assert document.position(first.sides[1].span.start) == (3, 6)
    difference = product.factors[1]  # type: ignore[attr-defined]
    assert document.source(difference.terms[0].span) == r"\hat{y}"
    assert document.source(second.sides[1].span) == r"\pdv{L}{w_1} x"


def test_in_markdown_only_the_documents_own_macros_hold() -> None:
    text = "$$\n\\newcommand{\\yh}{\\hat{y}}\n$$\n\n$p = \\yh$\n"
    assert shown(text, "markdown") == ["p", "hat(y)"]
    assert shown("$p = \\pqty{w}$", "markdown") == ["p", "UNREAD"]
    assert shown("$p = \\pdv{L}{w}$", "markdown") == ["p", "(d L w)"]


def test_a_definition_is_no_formula() -> None:
    text = r"\begin{document} \newcommand{\eq}{$a = b$} \def\bal{\[ c = d \]} $p = q$"
    assert shown(text) == ["p", "q"]


@given(st.text(alphabet="\\{}[]#12ab_^$ \nnewcommand", max_size=80))
def test_any_definitions_can_be_read(text: str) -> None:
    macros = macros_of(f"\\newcommand{text}\\def{text}\\let{text}")
    found = [macro for known in macros.table.values() for _, macro in known]
    assert all(len(macro.arguments) <= ARGUMENTS for macro in found)


@given(
    st.lists(st.sampled_from([r"\a", r"\b", r"\c", "{", "}", "x", "12", "[", "]", "_", "+"])),
    st.sampled_from(["#1", "#1#2", r"\b{#1}", "x", "", r"\a"]),
    st.integers(0, 3),
)
def test_expansion_ends_and_keeps_to_the_formula(
    parts: list[str], body: str, arguments: int
) -> None:
    text = " ".join(parts)
    table = macros_of(f"\\newcommand{{\\a}}[{arguments}]{{{body}}}\\newcommand\\b[1]{{#1 y}}").table
    tokens = expand(tokenize(text, 0, len(text), own=table), Macros(table))
    assert len(tokens) <= limits.TOKENS + 1
    assert all(0 <= token.start <= token.end <= len(text) for token in tokens)
