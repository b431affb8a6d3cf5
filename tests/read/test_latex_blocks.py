r"""LaTeX files: every math environment, and what TeX itself would not read; places, hostile input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.statement import ReadDocument
from gradcheck.read import limits
from tests.read import shown as shown_forms
from tests.read.shown import assert_apart


def reading(text: str) -> ReadDocument:
    return shown_forms.reading(text, "latex")


def shown(text: str) -> list[str]:
    return shown_forms.shown(text, "latex")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"$a = b$ and \(c = d\)", ["a = b", "c = d"]),
        (r"\[ a = b \]  $$c = d$$", ["a = b", "c = d"]),
        (r"\begin{equation}\label{e} a = b \tag{1} \end{equation}", ["a = b"]),
        (r"\begin{align} a &= b \nonumber \\ &= c \\[2pt] d &= e \end{align}",
         ["a = b = c", "d = e"]),
        (r"\begin{align*} a &= b && \text{(chain rule)} \\ c &= d \end{align*}",
         ["a = b", "c = d"]),
        (r"\begin{alignat}{2} a &= b &\quad c &= d \end{alignat}", ["a = b", "c = d"]),
        (r"\begin{xalignat}{2} a &= b & c &= d \end{xalignat}", ["a = b", "c = d"]),
        (r"\begin{flalign} a &= b && \end{flalign}", ["a = b"]),
        (r"\begin{gather} a = b \\ c = d \end{gather}", ["a = b", "c = d"]),
        (r"\begin{multline} a = b \\ + c \end{multline}", ["a = (+ b c)"]),
        (r"\begin{eqnarray} a &=& b \\ &=& c \end{eqnarray}", ["a = b = c"]),
        (r"\begin{IEEEeqnarray}{rCl} a & = & b \\ c & = & d \end{IEEEeqnarray}",
         ["a = b", "c = d"]),
        (r"\begin{displaymath} a = b \end{displaymath}", ["a = b"]),
        (r"\begin{math} a = b \end{math}", ["a = b"]),
        (r"\begin{dmath*} a = b \end{dmath*}", ["a = b"]),
        (r"\begin{dgroup}\begin{dmath} a = b \end{dmath}\begin{dmath} c = d \end{dmath}\end{dgroup}",
         ["a = b", "c = d"]),
        (r"\begin{empheq}[box=\fbox]{align} a &= b \\ c &= d \end{empheq}", ["a = b", "c = d"]),
        (r"\begin{subequations}\begin{align} a &= b \end{align}\end{subequations}", ["a = b"]),
        (r"\begin{equation}\begin{split} a &= b \\ &= c \end{split}\end{equation}", ["a = b = c"]),
        (r"\[\begin{array}{rcl} a &=& b \\ c &=& d \end{array}\]", ["a = b", "c = d"]),
        (r"\[\left\{\begin{array}{l} a = b \\ c = d \end{array}\right.\]", ["a = b", "c = d"]),
        (r"\[\begin{aligned} a &= b \end{aligned} \begin{aligned} c &= d \end{aligned}\]",
         ["a = b", "c = d"]),
        (r"\[ f = \begin{array}{cc} 1 & 2 \end{array}\]", ["f = UNREAD"]),
        (r"\begin{align} a &= b \intertext{so that $q$ holds} c &= d \end{align}",
         ["a = b", "c = d"]),
        (r"\begin{theorem}[Chain] $a = b$ \end{theorem} \footnote{$c = d$}", ["a = b", "c = d"]),
        (r"\begin{myeqn}[ams align] a &= b \end{myeqn}", ["a = b"]),
        (r"\begin{myeqn} a = \frac{b}{c} \end{myeqn}", ["a = (/ b c)"]),
        (r"\newenvironment{eqn}[1][]{\begin{equation}}{\end{equation}} \begin{eqn} a = b \end{eqn}",
         ["a = b"]),
        (r"\def\be{\begin{equation}}\def\ee{\end{equation}}\begin{document} \be a = b \ee $c = d$",
         ["a = b", "c = d"]),
        (r"\newcommand\bea{\begin{eqnarray}}\newcommand\eea{\end{eqnarray}} \bea a &=& b \eea",
         ["a = b"]),
        (r"costs \$5, \\[2pt] and $a = b$", ["a = b"]),
        (r"\newcommand{\be}[1]{\begin{equation}\label{#1}}\newcommand{\ee}{\end{equation}}"
         r"\newcommand{\eep}{e} \be{one} a = \eep \ee $c = d$", ["a = e", "c = d"]),
        (r"\newcommand{\eq}[1]{\begin{align}\begin{split}#1\end{split}\end{align}} \eq{a &= b \\ c &= d}",
         ["a = b", "c = d"]),
        (r"\newcommand{\m}[2][x]{\label{#1}$#2$} \m[y]{a = b}", ["a = b"]),
        (r"\[ a = b \eqno(3) \] $$ c = d \leqno{(4)} $$", ["a = b", "c = d"]),
        (r"$$\displaylines{ a = b \cr c = d }$$ $$\eqalign{ a &= b \cr &= c }$$",
         ["a = b", "c = d", "a = b = c"]),
        (r"\[ \fbox{$\displaystyle a = b$} \] \[ \colorbox{red}{$c = d$} \] \[ \mbox{$p = q$} \]",
         ["a = b", "c = d", "p = q"]),
        (r"$\textcolor[rgb]{1,0,0}{a} = \mathcolor{red}{b} \color[gray]{.5} c$", ["a = (* b c)"]),
        (r"$a = \uncover<2->{b} \alert{c} \pause$", ["a = (* b c)"]),
        (r"$\left. a \right. = \left( b \right.$", ["a = UNREAD"]),
        (r"$\phantom{\frac{a}{b}=} c = d \tag{see \ref{x}}$", ["c = d"]),
        (r"$a = b \hspace{2pt} c \mspace{5mu} d \kern1pt e \hskip 3pt f$", ["a = (* b c d e f)"]),
        (r"$a = b \hspace{2cm} c = d \hskip 2em p = q$", ["a = b", "c = d", "p = q"]),
        (r"$a = b \quad c$", ["a = UNREAD", "c"]),
        (r"$a = b \quad + c$", ["a = UNREAD", "c"]),
        (r"$a = b, \quad c$ $a = b \quad (1)$ $a = b \quad (chain)$ $a = b. \quad \square$",
         ["a = b", "c", "a = b", "a = b", "chain", "a = b", "UNREAD"]),
    ],
)  # fmt: skip
def test_what_is_a_formula(text: str, expected: list[str]) -> None:
    assert shown(text) == expected
    assert not reading(text).findings


@pytest.mark.parametrize(
    "hidden",
    [
        "% $a = b$",
        "  %% \\[ a = b \\]",
        r"\begin{verbatim}$a = b$\end{verbatim}",
        r"\begin{lstlisting}[language=tex] \[ a = b \] \end{lstlisting}",
        r"\begin{comment} $a = b$ \end{comment}",
        r"\verb|$a = b$| \verb*+\(a+ \lstinline[x]!$a!",
        r"\iffalse $a = b$ \fi",
        r"\iffalse \ifx\a\b $p = q$ \else $r = s$ \fi $a = b$ \fi",
        r"\iftrue \else $a = b$ \fi",
        "\\iffalse % \\fi\n $a = b$ \\fi",
        r"\iffalse $a \iff b$ \ifthenelse{a}{b}{c} \fi",
        r"\mintinline{python}{$a} \lstinline{$b = c}",
        r"\newcommand{\loss}{$a = b$}",
        r"\begin{tikzpicture} \node {$a$}; \end{tikzpicture}",
        r"\begin{abstract} a = b &c \end{abstract}",
    ],
)
def test_what_is_none(hidden: str) -> None:
    assert shown(f"\\begin{{document}}\n{hidden}\n$c = d$") == ["c = d"]


def test_only_the_body_is_read() -> None:
    text = (
        "\\title{$t = u$}\n% \\begin{document}\n\\begin{document} $a = b$ \\end{document} $c = d$"
    )
    assert shown(text) == ["a = b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\\[ a = b % not yet \\]\n+ c \\]", "a = (+ b c)"),
        ("$$ a = b % costs 5$$\n+ c $$", "a = (+ b c)"),
        ("\\begin{align}\n a &= b \\\\\n% x &= y \\end{align}\n &= c\n\\end{align}", "a = b = c"),
        ("\\[ a = b \\\\%\n = c \\]", "a = b = c"),
        ("\\[ a = 50 \\% \\]", "a = UNREAD"),
    ],
)
def test_comments_end_with_their_line(text: str, expected: str) -> None:
    assert shown(text) == [expected]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (r"so \begin{align} a &= b", 4),
        (r"so \[ a = b", 4),
        ("so $a = b\n\nand", 4),
        (r"so \(a = b $c = d$", 4),
        ("so $$a = b\n\n$$ and", 4),
        (r"so \begin{verbatim} a", 4),
    ],
)
def test_what_is_never_closed_is_told(text: str, column: int) -> None:
    result = reading(text)
    assert result.findings
    finding = result.findings[0]
    assert finding.rule.code == "GC003"
    assert result.document.position(finding.span.start) == (1, column)


def test_other_files_are_told_of_once() -> None:
    result = reading("\\input{macros}\\begin{document}\n$a = b$ \\input{two}\n\\include{three}")
    (finding,) = result.findings
    assert (finding.rule.code, result.document.position(finding.span.start)) == ("GC001", (2, 9))
    assert finding.rule.severity == "warning"


@pytest.mark.parametrize(
    ("text", "shows", "words"),
    [
        (r"\newif\ifd \begin{document} \ifd $a = b$ \else $c = d$ \fi", ["c = d"], r"\ifd is false"),
        (r"\newif\ifd \dtrue \begin{document} \ifd $a = b$ \else $c = d$ \fi", ["a = b"], r"\ifd is false"),
        (r"\newif\ifd \begin{document} \ifd words \fi $c = d$", ["c = d"], ""),
        (r"\begin{document} \ifunknown $a = b$ \else $c = d$ \fi", ["a = b", "c = d"], ""),
        (r"\newcommand{\x}{$a = b$} \begin{document} \x \x $c = d$", ["c = d"], r"\x makes an equation"),
        (r"\newcommand{\x}[1]{\[ L = #1 + 1 \]} \begin{document} \x{a}", [], r"\x makes an equation"),
        (r"\newcommand{\R}{$\mathbb{R}$} \begin{document} in \R{} $c = d$", ["c = d"], ""),
        (r"\begin{document}\begin{algorithmic} $g = \partial L$ \end{algorithmic}", [], "algorithm"),
    ],
)  # fmt: skip
def test_what_is_left_out_on_purpose_is_told_once(text: str, shows: list[str], words: str) -> None:
    assert shown(text) == shows
    found = reading(text).findings
    assert [finding.rule.code for finding in found] == (["GC001"] if words else [])
    assert all(words in finding.message for finding in found)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_places_are_those_of_the_file(newline: str) -> None:
    text = "\\documentclass{article}\n\\begin{document}\n\\begin{align}\n\tx &= y\n\t  + z \\\\\n\\end{align}\n"
    result = reading(text.replace("\n", newline))
    (statement,) = result.statements
    places = [result.document.position(side.span.start) for side in statement.sides]
    assert places == [(4, 2), (4, 7)]
    assert result.document.position(statement.sides[1].span.end) == (5, 7)


def test_there_is_an_end_to_formulas() -> None:
    result = reading("$a=b$ " * (limits.FORMULAS + 10))
    assert len(result.statements) == limits.FORMULAS
    assert [finding.rule.code for finding in result.findings] == ["GC004"]


@pytest.mark.parametrize(
    "piece",
    [
        "\\begin{align}",
        "\\[",
        "$$ ",
        "\\(",
        "%\\]",
        "\\begin{x}&=",
        "\\verb|",
        "\\iffalse ",
        "\\ifx ",
        "\\tag{",
        "\\tag{{",
        "\\lstinline{",
        "\\usepackage[",
        "\\newenvironment{a}[",
    ],
)
def test_openings_without_end_are_read_in_linear_time(piece: str) -> None:
    assert not reading(piece * 20_000).statements


@given(
    st.lists(
        st.sampled_from(
            ["\\begin{align}", "\\end{align}", "\\[", "\\]", "$", "$$", "\\(", "\\)", "%", "\n", "\n\n",
             "a", "=", "&", "\\\\", "\\verb|", "|", "\\iffalse", "\\fi", "\\begin{q}", "\\end{q}", "\\$"]
        ),
        max_size=30,
    )
)  # fmt: skip
def test_formulas_are_in_order_and_apart(parts: list[str]) -> None:
    assert_apart("".join(parts), "latex")
