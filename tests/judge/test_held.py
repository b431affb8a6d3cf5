"""What is held back until axes are kept: no wrong gradient is exact, and scalar ones keep theirs."""

from __future__ import annotations

import pytest

from gradcheck.language.finding import Finding
from gradcheck.language.verdict import Verdict
from tests.understand.documents import report

EXACT, WRONG, OPEN, LEFT_OUT = (
    Verdict.EXACT,
    Verdict.WRONG,
    Verdict.UNDECIDED,
    Verdict.CONVENTION,
)
AXES = "axes are not kept yet"

OUTPUTS = (
    r"$h_j=\sigma(\sum_iw_{ji}x_i+b_j)$, $o_k=\sum_jv_{kj}h_j+c_k$, $E=\frac12\sum_k(o_k-t_k)^2$"
)
UNITS = r"$h_j=\tanh(w_jx+b_j)$, $o=\sum_jv_jh_j+c$, $E=\frac12(o-t)^2$"
RAISED = r"$h^{(j)}=\tanh(w^{(j)}x+b^{(j)})$, $o=\sum_jv^{(j)}h^{(j)}+c$, $E=\frac12(o-t)^2$"
BOTH = r"$\hat y_i=\sum_jw_jx_{ij}+b$, $E=\frac1N\sum_{i=1}^N(\hat y_i-y_i)^2$"
SOFTMAX = r"$p_k=\frac{e^{z_k}}{\sum_je^{z_j}}$, $z_k=w_kx+b_k$, $E=-\sum_kt_k\ln p_k$"
SCALAR = r"$h=\tanh(wx+b)$, $o=vh+c$, $E=\frac12(o-t)^2$"
SQUARE = r"$s=%s$, $o=s^2$, $E=\frac12(o-t)^2$"
CHAIN = (
    r"$z_j=w_{ij}x_i$, $a_j=\sigma(z_j)$, $z_k=w_{jk}a_j$, $a_k=\sigma(z_k)$, "
    r"$E=\frac12\sum_k(a_k-t_k)^2$, $\delta_k=(a_k-t_k)a_k(1-a_k)$, "
    r"$\delta_j=\delta_kw_{jk}a_j(1-a_j)$"
)
TWO = r"$o=wx$, $E_1=\frac12(o-t)^2$, $E_2=\frac12w^2$, $E=E_1+E_2$"


def page(forward: str, parameter: str, claim: str) -> str:
    return f"{forward}\n\n$$\\frac{{\\partial E}}{{\\partial {parameter}}}={claim}$$\n"


def verdict(text: str) -> Verdict | None:
    """The verdict of the one row that is claimed."""
    rows = [p for s in report(text).documents[0].setups for p in s.parameters]
    found = [row.verdict for row in rows if row.verdict is not None]
    return found[0] if found else None


def findings(text: str) -> tuple[Finding, ...]:
    return report(text).documents[0].findings


DECIDED: dict[tuple[str, str, str], Verdict | None] = {
    (OUTPUTS, r"v_{kj}", r"(o_k-t_k)h_j"): EXACT,
    (OUTPUTS, r"w_{ji}", r"\sum_k(o_k-t_k)v_{kj}h_j(1-h_j)x_i"): EXACT,
    (OUTPUTS, r"w_{ji}", r"(o_k-t_k)v_{kj}h_j(1-h_j)x_i"): WRONG,
    (OUTPUTS, r"v_{kj}", r"\sum_k(o_k-t_k)h_j"): WRONG,
    (OUTPUTS, r"v_{kj}", r"(o_k-t_k)h_i"): WRONG,
    (OUTPUTS, r"c_k", r"2(o_k-t_k)"): LEFT_OUT,
    (UNITS, r"v_j", r"(o-t)h_j"): EXACT,
    (UNITS, r"v_j", r"(o-t)h_i"): WRONG,
    (UNITS, r"v_j", r"(o-t)\frac{o-c}{v_j}"): WRONG,
    (UNITS, r"w_j", r"(o-t)v_i(1-h_j^2)x"): WRONG,
    (UNITS, r"b_j", r"(o-t)\sum_jv_j(1-h_j^2)"): WRONG,
    (UNITS, r"c", r"\sum_j(o-t)"): WRONG,
    (RAISED, r"v^{(j)}", r"(o-t)h^{(i)}"): WRONG,
    (BOTH, r"w_j", r"\frac2N\sum_{i=1}^N(\hat y_i-y_i)x_{ij}"): EXACT,
    (BOTH, r"w_j", r"\frac2N\sum_{i=1}^N\sum_j(\hat y_i-y_i)x_{ij}"): WRONG,
    (BOTH, r"w_j", r"\frac2N\sum_{i=1}^N(\hat y_i-y_i)x_{ik}"): WRONG,
    (r"$s=\sum_iw_ix_i$, $o=s^2$, $E=\frac12(o-t)^2$", r"w_i", r"(o-t)2sx_i"): EXACT,
    (r"$s=\sum_iw_ix_i$, $o=s^2$, $E=\frac12(o-t)^2$", r"w_i", r"(o-t)2w_ix_i^2"): WRONG,
    (r"$s=\sum_jw_{1j}x_j$, $o=s^2$, $E=\frac12(o-t)^2$", r"w_{1j}", r"(o-t)2w_{1j}x_j^2"): WRONG,
    (r"$s=\sum_Jw_Jx_J$, $o=s^2$, $E=\frac12(o-t)^2$", r"w_J", r"(o-t)2w_Jx_J^2"): WRONG,
    (r"$\bar h=\frac1n\sum_jh_j$, $h_j=w_jx$, $E=\frac12(\bar h-t)^2$", r"w_j", r"(\bar h-t)x"): WRONG,
    (SOFTMAX, r"w_k", r"(p_k-t_k)x"): EXACT,
    (SOFTMAX, r"w_k", r"(t_k-p_k)x"): WRONG,
    (SOFTMAX, r"b_k", r"0"): WRONG,
    (r"$o_k=w_kh$, $h=ux$, $E_k=\frac12(o_k-t_k)^2$, $E=\sum_kE_k$", r"u", r"(o_k-t_k)w_kx"): None,
    (TWO, "w", "w"): WRONG,
    (TWO, "w", "(o-t)x+w"): EXACT,
    (r"$o=wx$, $L=\frac12(o-t)^2$, $R=\frac12w^2$, $E=L+R$", "w", r"(o-t)x"): WRONG,
}  # fmt: skip
"""What is decided with axes, checked by hand: all others stay open."""


@pytest.mark.parametrize(
    ("forward", "parameter", "claim"),
    [
        (OUTPUTS, "v_{kj}", r"(o_k-t_k)h_j"),  # right
        (OUTPUTS, "w_{ji}", r"\sum_k(o_k-t_k)v_{kj}h_j(1-h_j)x_i"),  # right
        (OUTPUTS, "w_{ji}", r"(o_k-t_k)v_{kj}h_j(1-h_j)x_i"),  # no sum over the outputs
        (OUTPUTS, "v_{kj}", r"\sum_k(o_k-t_k)h_j"),  # its own index
        (OUTPUTS, "v_{kj}", r"(o_k-t_k)h_i"),
        (OUTPUTS, "c_k", r"2(o_k-t_k)"),
        (UNITS, "v_j", r"(o-t)h_j"),  # right
        (UNITS, "v_j", r"(o-t)h_i"),
        (UNITS, "v_j", r"(o-t)\frac{o-c}{v_j}"),
        (UNITS, "w_j", r"(o-t)v_i(1-h_j^2)x"),
        (UNITS, "b_j", r"(o-t)\sum_jv_j(1-h_j^2)"),
        (UNITS, "c", r"\sum_j(o-t)"),
        (RAISED, "v^{(j)}", r"(o-t)h^{(i)}"),
        (BOTH, "w_j", r"\frac2N\sum_{i=1}^N(\hat y_i-y_i)x_{ij}"),  # right
        (BOTH, "w_j", r"\frac2N\sum_{i=1}^N\sum_j(\hat y_i-y_i)x_{ij}"),
        (BOTH, "w_j", r"\frac2N\sum_{i=1}^N(\hat y_i-y_i)x_{ik}"),
        (SQUARE % r"\sum_iw_ix_i", "w_i", r"(o-t)2sx_i"),  # right
        (SQUARE % r"\sum_iw_ix_i", "w_i", r"(o-t)2w_ix_i^2"),
        (SQUARE % r"\sum_jw_{1j}x_j", "w_{1j}", r"(o-t)2w_{1j}x_j^2"),
        (SQUARE % r"\sum_\mu w_\mu x_\mu", r"w_\mu", r"(o-t)2w_\mu x_\mu^2"),
        (SQUARE % r"\sum_Jw_Jx_J", "w_J", r"(o-t)2w_Jx_J^2"),
        (SQUARE % r"\sum wx", "w", r"(o-t)2wx^2"),
        (SQUARE % r"w_jx_j", "w_j", r"(o-t)2w_jx_j^2"),
        ("Let $w, x \\in \\mathbb{R}^n$. " + SQUARE % r"w\cdot x", "w", r"(o-t)2wx^2"),
        ("By the dot product, " + SQUARE % r"w\cdot x", "w", r"(o-t)2wx^2"),
        (SQUARE % r"\max_jw_jx_j", "w_j", r"(o-t)2w_jx_j^2"),
        (SQUARE % r"\frac{wx}{\|w\|}", "w", "0"),
        (r"$o=w\cdot x$, $E=\frac12(o-t)^2$", "w", r"(o-t)\frac{w\|x\|^2}{o}"),
        (r"$o=wx$, $E=\frac12(o-t)^2+\|w\|^4$", "w", r"(o-t)x+4w^3"),
        (r"$o=wx$, $E=\frac12(o-t)^2+\|w\|$", "w", r"(o-t)x+\frac w{|w|}"),
        (r"$\bar h=\frac1n\sum_jh_j$, $h_j=w_jx$, $E=\frac12(\bar h-t)^2$", "w_j", r"(\bar h-t)x"),
        (r"$h_t=\tanh(wh_{t-1}+ux_t)$, $E=\frac12(h_t-y_t)^2$", "w", r"(h_t-y_t)(1-h_t^2)h_{t-1}"),
        (SOFTMAX, "w_k", r"(p_k-t_k)x"),  # right for labels that sum to 1
        (SOFTMAX, "w_k", r"(t_k-p_k)x"),
        (SOFTMAX, "b_k", "0"),
        (r"$p=\frac{e^z}{\sum e^z}$, $z=wx+b$, $E=-t\ln p$", "w", "0"),
        (r"$p=\mathrm{softmax}(z)$, $z=wx$, $E=\frac12(p-t)^2$", "w", r"(p-t)\mathrm{softmax}'(z)x"),
        (r"$p=\sigma(z)$, where $\sigma$ is the softmax, $z=wx$, $E=-t\ln p$", "w", r"-t(1-p)x"),
        (r"With the softmax $g$: $p=g(z)$, $z=wx$, $E=\frac12(p-t)^2$", "w", r"(p-t)g'(z)x"),
        (CHAIN, "w_{ij}", r"\delta_jx_i"),  # no sum over k in δ_j
        (TWO, "w", "w"),  # the path through E_1 is missing
        (TWO, "w", "(o-t)x+w"),  # right
        (r"$o=wx$, $L=\frac12(o-t)^2$, $R=\frac12w^2$, $E=L+R$", "w", r"(o-t)x"),
        (r"$o=w_2h$, $h=wx$, $E=\frac12\sum_k(o_k-t_k)^2$", "w_2", r"(o-t)h"),  # outputs, samples?
        (r"$p=\sigma(wx)$, $E=-\sum_{k=1}^Kt_k\ln p_k$", "w", r"-t(1-p)x"),
        (r"$o_k=w_kh$, $h=ux$, $E_k=\frac12(o_k-t_k)^2$, $E=\sum_kE_k$", "u", r"(o_k-t_k)w_kx"),
    ],
)  # fmt: skip
def test_what_depends_on_an_axis_is_decided_with_it_or_open(
    forward: str, parameter: str, claim: str
) -> None:
    text = page(forward, parameter, claim)
    expected = DECIDED.get((forward, parameter, claim), OPEN)
    assert verdict(text) is expected
    if expected is OPEN:
        assert any(finding.rule.severity == "error" for finding in findings(text))


@pytest.mark.parametrize(
    ("forward", "parameter", "claim", "expected"),
    [
        (UNITS, "c", "o-t", EXACT),
        (UNITS, "c", "(o-t)c", WRONG),
        (RAISED, "c", "o-t", EXACT),
        (BOTH, "b", r"\frac2N\sum_{i=1}^N(\hat y_i-y_i)", EXACT),
        (BOTH, "b", r"\frac2N\sum_{i=1}^N(\hat y_i+y_i)", WRONG),
        (r"$o=\mathbf w\cdot\mathbf x+b$, $E=\frac12(o-t)^2$", "b", "o-t", EXACT),
        (SCALAR, "v", "(o-t)h", EXACT),
        (SCALAR, "w", "(o-t)v(1-h^2)x", EXACT),
        (SCALAR, "w", "(o-t)v(1-h)x", WRONG),
        (r"$o=wx+b$, $E=\sum_{i=1}^m(o_i-t_i)^2$", "w", r"2\sum_{i=1}^m(o_i-t_i)x_i", EXACT),
        (r"$o=wx+b$, $E=\sum_{i=1}^m(o_i-t_i)^2$", "w", r"2(o-t)x", LEFT_OUT),
        (r"$o=wx+b$, $E=\frac1n\sum_{k=1}^n(o_k-t_k)^2$", "b", r"\frac2n\sum_k(o_k-t_k)", EXACT),
        (r"$o_j=w_jx+b_j$, $E=\frac12(o_j-t_j)^2$", "w_j", r"(o_j-t_j)x", EXACT),
        (r"$o_j=w_jx+b_j$, $E=\frac12(o_j-t_j)^2$", "w_j", r"(o_j-t_j)", WRONG),
        (r"$o=wx$, $E=\frac12(o-t)^2+\frac\lambda2\|w\|^2$", "w", r"(o-t)x+\lambda w", EXACT),
        (r"$o=wx$, $L=\frac12(o-t)^2$, $R=\frac12w^2$, $E=L+\lambda R$", "w", "(o-t)x", WRONG),
        (r"$o=\max(0,wx)$, $E=\frac12(o-t)^2$", "w", r"(o-t)\mathbf 1_{wx>0}x", EXACT),
    ],
)  # fmt: skip
def test_what_does_not_depend_on_one_keeps_its_verdict(
    forward: str, parameter: str, claim: str, expected: Verdict
) -> None:
    assert verdict(page(forward, parameter, claim)) is expected


def test_two_sums_over_units_are_two_numbers() -> None:
    sums = r"$r=\sum_jv_jh_j$, $s=\sum_jv_j^2h_j^2$, $o=r+bs$, $E=\frac12(o-t)^2$"
    assert verdict(page(sums, "b", r"(o-t)r^2")) is WRONG  # s is r^2 for one unit only
    assert verdict(page(sums, "b", r"(o-t)s")) is EXACT


def test_nothing_is_derived_where_axes_are_lost() -> None:
    lost = r"By the dot product, $s=w\cdot x$, $o=s^2$, $E=\frac12(o-t)^2$"
    (setup,) = report(page(lost, "w", r"(o-t)2wx^2")).documents[0].setups
    assert {row.derived for row in setup.parameters} == {""}


FIRST = r"$z_1=w_1x+b_1$, $a_1=%s(z_1)$, $\hat y=w_2a_1+b_2$, $E=\frac12(\hat y-y)^2$"


def rows(text: str) -> dict[str, Verdict | None]:
    return {p.role: p.verdict for s in report(text).documents[0].setups for p in s.parameters}


def test_a_helper_defined_anew_does_not_judge_what_stands_before() -> None:
    text = page(FIRST % r"\tanh" + "\n\n" + r"$$\delta=\hat y-y$$", "w_2", r"\delta a_1")
    text += page(r"$$\delta=(\hat y-y)w_2(1-a_1^2)$$", "w_1", r"\delta x")
    found = rows(text)
    assert WRONG not in found.values()
    assert found["w_1"] is EXACT
    wrong = rows(text.replace(r"\delta x", r"\delta x^2"))
    assert wrong["w_1"] is WRONG


def test_an_activation_defined_anew_does_not_judge_what_stands_before() -> None:
    text = page(FIRST % r"\sigma", "w_2", r"(\hat y-y)a_1") + "Now $$a_1=\\tanh(z_1)$$"
    found = rows(text + page("", "w_1", r"(\hat y-y)w_2(1-a_1^2)x"))
    assert found["w_2"] is EXACT
    assert found["w_1"] is OPEN


def test_a_name_that_is_used_once_a_layer_is_not_judged_by_the_first() -> None:
    forward = r"$z=w_1x+b_1$, $a=\sigma(z)$, $z=w_2a+b_2$, $E=\frac12(z-y)^2$"
    document = report(page(forward, "b_2", "z-y")).documents[0]
    assert WRONG not in [row.verdict for s in document.setups for row in s.parameters]
    assert WRONG not in [step.verdict for step in document.steps]


def test_a_definition_that_the_text_leaves_is_no_false_equation() -> None:
    text = r"$$p=\frac{u}{u+v}$$ We take instead $$p=\frac{e^u}{e^u+e^v},\quad E=-\log p$$"
    document = report(page(text, "u", "p-1")).documents[0]
    assert WRONG not in [step.verdict for step in document.steps]


def test_a_definition_restated_in_other_words_is_the_same() -> None:
    text = page(FIRST % r"\tanh" + r", $\delta=\hat y-y$", "w_2", r"\delta a_1")
    found = rows(text + page(r"$$\delta=-(y-\hat y)$$", "b_2", r"\delta"))
    assert found["w_2"] is found["b_2"] is EXACT


@pytest.mark.parametrize("claim", ["o-t", "(o-t)x", "2"])
def test_what_the_forward_equations_lack_is_undecided(claim: str) -> None:
    text = page(r"$h=\tanh(wx)$, $o=vh$, $E=\frac12(o-t)^2$", "c", claim)
    assert verdict(text) is OPEN
    assert any(f.rule.code == "GC301" for f in findings(text))
    assert all("derived instead" not in f.message for f in findings(text))
    assert WRONG not in [step.verdict for step in report(text).documents[0].steps]


def test_a_parameter_for_which_another_stands_is_wrong() -> None:
    text = page(r"$h=\tanh(wx+b)$, $o=vh+b$, $E=\frac12(o-t)^2$", "c", "o-t")
    assert verdict(text) is WRONG
