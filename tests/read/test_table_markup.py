"""Tables in LaTeX, HTML and reStructuredText: their rows are equations as those of Markdown are."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.read import read
from tests.read.shown import shown

LATEX = r"""\begin{tabular}{l|l}
Gradient & Value \\ \hline
$\partial L/\partial w$ & $e x$ \\[2pt] % a comment & more
\cline{1-2} $\partial L/\partial b$ & $e$ \\ \bottomrule
\end{tabular} $p = q$"""
HTML = """<table border=1><TR><th>what<th>is</TR>
<tr><td>$\\partial L/\\partial w$</td><td><b>$e x$</b></td></tr>
<tr><td align="left">$\\partial L/\\partial b$</td>
<td>$e$</td></tr></table> $p = q$"""
SIMPLE = """=============================  ==========
What                           Is
=============================  ==========
:math:`\\partial L/\\partial w`  :math:`e x`
:math:`\\partial L/\\partial b`  :math:`e`
=============================  ==========

:math:`p = q`
"""
LIST = """.. list-table:: Gradients
   :header-rows: 1

   * - What
     - Is
   * - :math:`\\partial L/\\partial w`
     - :math:`e x`
   * - :math:`\\partial L/\\partial b`
     -
       :math:`e`

And :math:`p = q`.
"""


@pytest.mark.parametrize(
    ("text", "kind"), [(LATEX, "latex"), (HTML, "markdown"), (SIMPLE, "rst"), (LIST, "rst")]
)
def test_rows_are_equations(text: str, kind: str) -> None:
    assert shown(text, kind) == ["(d L w) = (* e x)", "(d L b) = e", "p = q"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (LATEX.replace("Value", "Shape"), "latex"),
        (LATEX.replace("tabular", "array"), "latex"),
        (HTML.replace("</table>", ""), "markdown"),
    ],
)
def test_what_is_no_table_of_equations(text: str, kind: str) -> None:
    assert shown(text, kind) == ["(d L w)", "(* e x)", "(d L b)", "e", "p = q"]


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("<table>$a$", "markdown"),
        ("<table><tr><td>", "markdown"),
        ("\\begin{tabular}$a$&", "latex"),
        ("\\begin{tabular}&\\\\", "latex"),
        ("=== ===\n", "rst"),
        (".. list-table::\n* - ", "rst"),
        ("  .. list-table::\n", "rst"),
    ],
)
def test_tables_without_end_are_read_in_linear_time(piece: str, kind: str) -> None:
    read(Document("a", piece * 5_000, format=kind))
