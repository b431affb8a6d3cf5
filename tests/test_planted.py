"""Planted mistakes: every one of them in every gradient where it can occur, in many styles.

The base documents are right; one claim is changed. The row of that parameter must be `wrong`, the
finding must stand at that claim's line, nothing else may be called wrong, and the run must fail.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from gradcheck.evidence import backprop
from gradcheck.evidence.arrays.point import Sizes
from gradcheck.evidence.symbolic import Algebra, NetworkMatch, network_scale
from gradcheck.judge import Options
from gradcheck.judge.numbers import Numbers, agrees, compute, difference, run_backprop
from gradcheck.language.model import Model
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.report.results import DocumentResult, ParameterResult, Report
from tests.understand.documents import only_setup
from tests.understand.networks import (
    CONSTANT_ONLY,
    MEAN,
    MISTAKES,
    ONE,
    ROLES,
    STYLES,
    TWO,
    Factor,
    Gradient,
    Style,
    add_claims,
    expected_wrong,
    gradients,
    loss_tex,
    times,
    verified,
    write,
)

HOLDS = (Verdict.EXACT, Verdict.CONVENTION)
WRONG_RULES = re.compile(r"GC1(?!90)\d\d")  # whichever diagnosis, but no disagreement of our own


def only(report: Report) -> DocumentResult:
    (document,) = report.documents
    return document


def rows(report: Report, setup: int = 0) -> dict[str, ParameterResult]:
    return {row.role: row for row in only(report).setups[setup].parameters}


def wrong_roles(report: Report, setup: int = 0) -> set[str]:
    return {role for role, row in rows(report, setup).items() if row.verdict is Verdict.WRONG}


def lines_found(report: Report) -> dict[int, str]:
    """Line → code, of all findings that fail."""
    document = only(report)
    return {
        document.document.line_of(finding.span): finding.rule.code
        for finding in document.findings
        if finding.fails
    }


def factor_of(left_out: Constant | None) -> Factor:
    return ONE if left_out is None else (left_out.rational, left_out.power)


def wrong_names(report: Report) -> set[str]:
    """The wrong ones by the names that the document uses: with a wrong bias, roles are a guess."""
    (setup,) = only(report).setups
    return {row.source_name for row in setup.parameters if row.verdict is Verdict.WRONG}


def planted_in(style: Style, mistake: str, role: str) -> dict[str, Gradient] | None:
    """The four claims with the mistake in one of them; None where it cannot occur."""
    claims = gradients(style)
    changed = MISTAKES[mistake](claims[role], style)
    return None if changed is None else {**claims, role: changed}


ALL_CASES = [
    (style, mistake, role)
    for style in STYLES
    for mistake in MISTAKES
    for role in ROLES
    if planted_in(STYLES[style], mistake, role) is not None
]


def _some(cases: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Every mistake in every gradient, each in one of the styles, all styles in turn.

    ``GRADCHECK_ALL=1`` in the environment runs all cases in all styles.
    """
    if os.environ.get("GRADCHECK_ALL"):
        return cases
    chosen = []
    for turn, pair in enumerate(dict.fromkeys((mistake, role) for _, mistake, role in cases)):
        fitting = [case for case in cases if case[1:] == pair]
        chosen.append(fitting[(3 * turn) % len(fitting)])
    assert {style for style, _, _ in chosen} == set(STYLES)
    return chosen


CASES = [pytest.param(*case, id="-".join(case)) for case in _some(ALL_CASES)]


@pytest.mark.parametrize("name", STYLES)
def test_the_right_twin(name: str) -> None:
    style = STYLES[name]
    report = verified(write(style, gradients(style)).text)
    (setup,) = only(report).setups
    assert (setup.name, setup.hidden) == (style.setup, style.hidden)
    for role, row in rows(report).items():
        assert row.claim is not None
        sum_left_out = style.loss_sums and not style.sums
        held = Verdict.EXACT if style.left_out == ONE and not sum_left_out else Verdict.CONVENTION
        assert row.verdict is held, (role, row.status)
        assert factor_of(row.claim.left_out) == style.left_out
        assert row.claim.sum_left_out == sum_left_out
        if style.loss_sums and row.claim.left_out is not None:
            assert row.claim.left_out.count == style.count
        assert row.document_error is not None, (role, row.note)
        assert row.document_error < 1e-12
        assert row.backprop_error is not None
        assert row.backprop_error < 1e-12
    assert setup.backprop == "compared"
    assert lines_found(report) == {}
    assert report.exit_status == 0


@pytest.mark.parametrize(("name", "mistake", "role"), CASES)
def test_a_planted_mistake(name: str, mistake: str, role: str) -> None:
    style = STYLES[name]
    claims = planted_in(style, mistake, role)
    assert claims is not None
    written = write(style, claims)
    report = verified(written.text)
    wrong = expected_wrong(style, claims, None if mistake in CONSTANT_ONLY else role)
    assert wrong_roles(report) == wrong
    found = lines_found(report)
    assert set(found) == {written.lines[r] for r in wrong}
    assert all(WRONG_RULES.fullmatch(code) for code in found.values()), found
    for other, row in rows(report).items():
        assert row.verdict in ((Verdict.WRONG,) if other in wrong else HOLDS), (other, row.status)
        assert row.claim is not None
        assert row.claim.line == written.lines[other]
    assert report.exit_status == 1


CODES = {
    "wrong sign": "GC103",
    "prediction and label swapped": "GC103",
    "factor 2": "GC104",
    "missing 1/m": "GC104",
    "missing slope": "GC122",
    "slope twice": "GC123",
    "extra x": "GC101",
    "x twice": "GC101",
    "missing x": "GC102",
    "missing w_2": "GC102",
    "w_1 for w_2": "GC120",
    "hidden output for x": "GC120",
    "missing hidden output": "GC102",
}


@pytest.mark.parametrize("mistake", CODES)
def test_the_mistake_is_named_where_the_quotient_is_simple(mistake: str) -> None:
    """Without sums: with them a factor of one sample cannot be taken out."""
    names = ("one sample, names of one letter", "log loss of one sample")
    for turn, name in enumerate(names):
        style = STYLES[name]
        for role in ROLES[turn::2]:
            claims = planted_in(style, mistake, role)
            if claims is None:
                continue
            written = write(style, claims)
            report = verified(written.text)
            assert lines_found(report) == {written.lines[role]: CODES[mistake]}, (name, role)


FACTORS: list[Factor] = [TWO, (Fraction(1, 2), 0), (Fraction(3), 0), MEAN]


@pytest.mark.parametrize(
    ("name", "factor"),
    [(name, FACTORS[(k + j) % 4]) for k, name in enumerate(STYLES) for j in (0, 1)],
    ids=str,
)
def test_a_factor_left_out_of_all_four_alike(name: str, factor: Factor) -> None:
    style = STYLES[name]
    claims = {
        role: replace(
            claim, constant=(claim.constant[0] / factor[0], claim.constant[1] - factor[1])
        )
        for role, claim in gradients(style).items()
    }
    report = verified(write(style, claims).text)
    expected = times(style.left_out, factor)
    if style.loss_sums is False and factor[1]:
        # One sample's loss has no count: m is then a name that nothing defines.
        assert {row.verdict for row in rows(report).values()} == {Verdict.UNDECIDED}
        return
    for role, row in rows(report).items():
        assert row.verdict in HOLDS, (role, row.status)
        assert row.claim is not None
        assert factor_of(row.claim.left_out) == expected
        assert (row.verdict is Verdict.CONVENTION) == (expected != ONE or row.claim.sum_left_out)
    assert report.exit_status == 0


def test_wrong_in_all_four_at_once() -> None:
    for style in list(STYLES.values())[::3]:
        claims = {role: replace(claim, sign=-1) for role, claim in gradients(style).items()}
        written = write(style, claims)
        report = verified(written.text)
        assert wrong_roles(report) == set(ROLES)
        assert set(lines_found(report)) >= set(written.lines.values())  # or their common cause too


# The other layer's bias. -------------------------------------------------------------------------


def line_of_difference(forward: tuple[str, ...], style: Style, text: str) -> int:
    """The line of the forward equation that is not the style's own."""
    (changed,) = set(forward) - set(style.forward)
    return text.splitlines().index(f"$${changed}$$") + 1


@pytest.mark.parametrize("name", STYLES)
def test_the_other_layers_bias_in_the_output_layer(name: str) -> None:
    """b_1's gradient then has a second term, and the loss no longer depends on b_2.

    The claims are wrong as written, and the finding stands at the definition they follow from.
    """
    style = STYLES[name]
    names = style.names
    forward = tuple(
        equation.replace(f"+ {names['b_2']}", f"+ {names['b_1']}") for equation in style.forward
    )
    assert forward != style.forward
    written = write(replace(style, forward=forward), gradients(style))
    report = verified(written.text)
    assert wrong_names(report) == {names["b_1"], names["b_2"]}
    claims = {written.lines["b_1"], written.lines["b_2"]}
    assert set(lines_found(report)) == claims | {line_of_difference(forward, style, written.text)}
    assert report.exit_status == 1


@pytest.mark.parametrize("name", STYLES)
def test_the_other_layers_bias_in_the_hidden_layer(name: str) -> None:
    style = STYLES[name]
    names = style.names
    forward = tuple(
        equation.replace(f"+ {names['b_1']}", f"+ {names['b_2']}") for equation in style.forward
    )
    assert forward != style.forward
    written = write(replace(style, forward=forward), gradients(style))
    report = verified(written.text)
    assert wrong_names(report) == {names["b_1"], names["b_2"]}
    claims = {written.lines["b_1"], written.lines["b_2"]}
    assert set(lines_found(report)) == claims | {line_of_difference(forward, style, written.text)}
    assert report.exit_status == 1


# MSE with a sigmoid output. ----------------------------------------------------------------------

SIGMOID_OUTPUT = [
    "log loss of one sample",
    "mean log loss, all left out",
    "mean log loss, all kept",
]


def squared(style: Style) -> Style:
    """The same network and the same claims under a squared error: no longer its gradient."""
    scale = times(style.scale, (Fraction(1, 2), 0))
    return replace(style, loss="mse", scale=scale, output="sigmoid")


@pytest.mark.parametrize("name", SIGMOID_OUTPUT)
def test_squared_error_with_a_sigmoid_output(name: str) -> None:
    style = squared(STYLES[name])
    written = write(style, gradients(style))
    report = verified(written.text)
    (setup,) = only(report).setups
    assert (setup.name, setup.hidden) == ("mse/sigmoid", style.hidden)
    assert wrong_roles(report) == set(ROLES)
    assert set(lines_found(report)) == set(written.lines.values())
    assert report.exit_status == 1


@pytest.mark.parametrize(
    ("name", "order", "own_names"),
    [
        (SIGMOID_OUTPUT[0], "before", True),
        (SIGMOID_OUTPUT[0], "after", False),
        (SIGMOID_OUTPUT[1], "before", False),
        (SIGMOID_OUTPUT[1], "after", True),
        (SIGMOID_OUTPUT[2], "before", True),
        (SIGMOID_OUTPUT[2], "after", False),
    ],
)
def test_squared_error_does_not_pass_as_log_loss(name: str, order: str, own_names: bool) -> None:
    """Also on a page that defines log loss too, before or after it."""
    logloss = STYLES[name]
    mse = squared(logloss)
    if own_names:
        mse = replace(mse, names={**mse.names, "loss": "L_{mse}"})
        logloss = replace(logloss, names={**logloss.names, "loss": "L_{log}"})
    parts = [mse, logloss] if order == "after" else [logloss, mse]
    text: list[str] = []
    for equation in logloss.forward:
        text += [f"$${equation}$$", ""]
    lines: dict[str, Mapping[str, int]] = {}
    for part in parts:
        text += [f"$${part.names['loss']} = {loss_tex(part)}$$", ""]
        lines[part.loss] = add_claims(text, part, gradients(part))
    report = verified("\n".join(text) + "\n")
    names = [setup.name for setup in only(report).setups]
    assert names == [part.setup for part in parts]
    assert wrong_roles(report, names.index("mse/sigmoid")) == set(ROLES)
    assert wrong_roles(report, names.index("logloss/sigmoid")) == set()
    assert set(lines_found(report)) == set(lines["mse"].values())
    assert report.exit_status == 1


def test_log_loss_on_the_page_without_claims_changes_nothing() -> None:
    style = squared(STYLES["log loss of one sample"])
    written = write(style, gradients(style))
    log_loss = r"$$J = -[y \log p + (1 - y) \log(1 - p)]$$"
    for text in (written.text + log_loss + "\n", log_loss + "\n\n" + written.text):
        report = verified(text)
        claimed = [
            setup
            for setup in only(report).setups
            if any(row.verdict is not None for row in setup.parameters)
        ]
        assert [setup.name for setup in claimed] == ["mse/sigmoid"]
        assert {row.verdict for row in claimed[0].parameters} == {Verdict.WRONG}
        line = text.splitlines().index(log_loss) + 1
        assert line not in lines_found(report), "a loss that nothing is claimed for is no mistake"


@pytest.mark.parametrize("name", SIGMOID_OUTPUT)
def test_prediction_and_label_swapped_in_the_loss(name: str) -> None:
    style = STYLES[name]
    names = style.names
    swapped = {**names, "pred": names["y"], "y": names["pred"]}
    report = verified(write(style, gradients(style), loss_tex(replace(style, names=swapped))).text)
    assert wrong_roles(report) == set(ROLES)
    assert report.exit_status == 1


def test_a_square_may_be_written_either_way_round() -> None:
    for style in STYLES.values():
        if style.loss != "mse":
            continue
        names = {**style.names, "pred": style.names["y"], "y": style.names["pred"]}
        loss = loss_tex(replace(style, names=names))
        assert verified(write(style, gradients(style), loss).text).exit_status == 0


# Chains. -----------------------------------------------------------------------------------------

HEAD = """$$z_1 = w_1 x + b_1$$

$$a_1 = \\sigma(z_1)$$

$$\\hat{y} = w_2 a_1 + b_2$$

$$L = \\frac{1}{2} (\\hat{y} - y)^2$$

$$\\frac{\\partial L}{\\partial w_2} = (\\hat{y} - y) a_1$$

$$\\frac{\\partial L}{\\partial b_2} = \\hat{y} - y$$

$$\\frac{\\partial L}{\\partial b_1} = (\\hat{y} - y) w_2 a_1 (1 - a_1)$$

"""
RIGHT = r"(\hat{y} - y) w_2 a_1 (1 - a_1) x"
WRONG = r"(\hat{y} - y) w_2 a_1 (1 + a_1) x"


def chain(*forms: str) -> str:
    sides = " \\\\\n&= ".join(forms)
    left = r"\frac{\partial L}{\partial w_1}"
    return HEAD + f"$$\\begin{{aligned}}\n{left} &= {sides}\n\\end{{aligned}}$$\n"


@pytest.mark.parametrize(
    ("forms", "at"),
    [
        ((RIGHT, WRONG), 1),
        ((WRONG, RIGHT), 0),
        ((WRONG, WRONG), 0),
        ((r"(\hat{y} - y) w_2 \sigma'(z_1) x", RIGHT, WRONG), 2),
        ((RIGHT, r"-(\hat{y} - y) w_2 a_1 (1 - a_1) x", RIGHT), 1),
        (
            (
                r"\frac{\partial L}{\partial \hat{y}} \cdot \frac{\partial \hat{y}}{\partial w_1}",
                WRONG,
            ),
            1,
        ),
    ],
)
def test_the_row_shows_the_worst_form_of_a_chain(forms: tuple[str, ...], at: int) -> None:
    text = chain(*forms)
    report = verified(text)
    first = text.splitlines().index(r"$$\begin{aligned}") + 2
    row = rows(report)["w_1"]
    assert row.claim is not None
    assert (row.verdict, row.claim.line) == (Verdict.WRONG, first + at)
    assert set(lines_found(report)) == {first + at}
    assert wrong_roles(report) == {"w_1"}


def test_a_right_chain() -> None:
    report = verified(chain(r"(\hat{y} - y) w_2 \sigma'(z_1) x", RIGHT))
    assert {row.verdict for row in rows(report).values()} == {Verdict.EXACT}
    assert report.exit_status == 0


@pytest.mark.parametrize(
    ("delta", "wrong"),
    [
        (r"\delta = \hat{y} - y", set()),
        (r"\delta = y - \hat{y}", set(ROLES)),
        (r"\delta = \hat{y} + y", set(ROLES)),
        (r"\delta = 2 (\hat{y} - y)", set()),  # left out alike: 1/2 of all four
        (r"\delta = \frac{\partial L}{\partial \hat{y}} = \hat{y} - y", set()),
    ],
)
def test_a_mistake_in_a_helper_is_in_all_that_use_it(delta: str, wrong: set[str]) -> None:
    text = HEAD.split("$$\\frac{\\partial L}{\\partial w_2}")[0] + f"$${delta}$$\n\n"
    text += "".join(
        f"$$\\frac{{\\partial L}}{{\\partial {role}}} = {claim}$$\n\n"
        for role, claim in {
            "w_2": r"\delta a_1",
            "b_2": r"\delta",
            "w_1": r"\delta w_2 a_1 (1 - a_1) x",
            "b_1": r"\delta w_2 a_1 (1 - a_1)",
        }.items()
    )
    report = verified(text)
    assert wrong_roles(report) == wrong
    assert report.exit_status == bool(wrong)


# The backprop code. ------------------------------------------------------------------------------


class Planted:
    """The analytic backprop code with one mistake in it."""

    def __init__(self, mistake: str, role: str = "") -> None:
        self.mistake, self.role = mistake, role

    def __call__(
        self,
        network: backprop.Network,
        parameters: backprop.Parameters,
        x: backprop.Array,
        y: backprop.Array,
        scale: float,
    ) -> backprop.Parameters:
        right = backprop.backward(network, parameters, x, y, scale)
        values = backprop.forward(network, parameters, x)
        delta_2 = right_delta(network, values, y, scale)
        slope = backprop.activation_derivative(network.hidden, values.z_1)
        if self.mistake == "other slope":
            other = {"sigmoid": "tanh", "tanh": "sigmoid"}[network.hidden]
            slope = backprop.activation_derivative(other, values.z_1)
        if self.mistake == "slope at the output":
            slope = backprop.activation_derivative(network.hidden, values.a_1)
        if self.mistake == "missing slope":
            slope = np.ones_like(slope)
        delta_1 = delta_2[:, None] * parameters.w_2 * slope
        mixed = np.roll(x, 1, axis=0)
        changed = {
            "sign": lambda: -getattr(right, self.role),
            "factor 2": lambda: 2.0 * getattr(right, self.role),
            "missing 1/m": lambda: len(x) * getattr(right, self.role),
            "missing slope": lambda: _hidden(delta_1, x, self.role),
            "other slope": lambda: _hidden(delta_1, x, self.role),
            "slope at the output": lambda: _hidden(delta_1, x, self.role),
            "bias not summed": lambda: (delta_1 if self.role == "b_1" else delta_2)[0],
            "transposed": lambda: (x.T @ delta_1).reshape(right.w_1.shape),
            "samples mixed up": lambda: _hidden(delta_1, mixed, self.role),
            "one sample left out": lambda: delta_2[:-1] @ values.a_1[:-1],
            "z for a": lambda: delta_2 @ values.z_1,
            "one entry": lambda: _one_entry(getattr(right, self.role)),
        }[self.mistake]()
        return replace(right, **{self.role: np.asarray(changed)})


def right_delta(
    network: backprop.Network, values: backprop.Forward, y: backprop.Array, scale: float
) -> backprop.Array:
    return scale * (2.0 if network.loss == "mse" else 1.0) * (values.prediction - y)


def _hidden(delta_1: backprop.Array, x: backprop.Array, role: str) -> backprop.Array:
    return delta_1.T @ x if role == "w_1" else delta_1.sum(axis=0)


def _one_entry(gradient: backprop.Array) -> backprop.Array:
    changed = np.array(gradient)
    changed.flat[-1] *= 1.01
    return changed


IN_CODE = [
    *((mistake, role) for mistake in ("sign", "factor 2", "missing 1/m", "one entry") for role in ROLES),
    *((mistake, role) for mistake in ("missing slope", "other slope", "slope at the output")
      for role in ("w_1", "b_1")),
    ("bias not summed", "b_1"),
    ("bias not summed", "b_2"),
    ("transposed", "w_1"),
    ("samples mixed up", "w_1"),
    ("one sample left out", "w_2"),
    ("z for a", "w_2"),
]  # fmt: skip
CODE_STYLES = ["sums and constants kept, chains", "mean log loss, all kept"]


@cache
def _prepared(name: str) -> tuple[Model, Numbers, NetworkMatch]:
    """The model of a right page with its numbers, and the network that it is."""
    style = STYLES[name]
    model = only_setup(write(style, gradients(style)).text).model
    algebra = Algebra(model)
    derived = {parameter.key: algebra.gradient(parameter.key) for parameter in model.parameters}
    match = network_scale(model, style.hidden)
    assert isinstance(match, NetworkMatch)
    return model, compute(model, derived, Sizes(), 0), match


@pytest.mark.parametrize("name", CODE_STYLES)
@pytest.mark.parametrize(("mistake", "role"), IN_CODE)
def test_a_mistake_in_the_backprop_code_is_seen(mistake: str, role: str, name: str) -> None:
    model, numbers, match = _prepared(name)
    arrays = run_backprop(model, numbers, match, Planted(mistake, role))
    keys = {parameter.key: parameter.role for parameter in model.parameters}
    for key, array in arrays.items():
        error = difference(array, numbers.symbolic[key]).error
        assert agrees(array, numbers, key) is (keys[key] != role)
        assert error > 1e-4 if keys[key] == role else error < 1e-12


@pytest.mark.parametrize("turn", range(0, len(IN_CODE), 5))
def test_a_mistake_in_the_backprop_code_is_an_internal_disagreement(turn: int) -> None:
    """It is reported with its own class, never as a verdict on the author, and fails the run."""
    mistake, role = IN_CODE[turn]
    style = STYLES[CODE_STYLES[turn % 2]]
    text = write(style, gradients(style)).text
    report = verified(text, Options(backward=Planted(mistake, role)))
    for other, row in rows(report).items():
        assert row.verdict is Verdict.EXACT, "the code's mistake is not the author's"
        assert row.backprop_error is not None
        assert row.backprop_error > 1e-4 if other == role else row.backprop_error < 1e-12
    failing = [finding for finding in only(report).findings if finding.fails]
    assert [finding.rule.code for finding in failing] == ["GC190"]
    assert "backprop" in failing[0].message
    assert style.names[role].replace("{", "").replace("}", "") in failing[0].message
    assert report.exit_status == 1


def test_a_mistake_in_the_document_is_not_blamed_on_the_code() -> None:
    style = STYLES["sums and constants kept, chains"]
    for mistake in ("missing slope", "wrong sign", "factor 2"):
        claims = planted_in(style, mistake, "w_1")
        assert claims is not None
        document = only(verified(write(style, claims).text))
        assert [f.message for f in document.findings if f.rule.code == "GC190"] == []
        row = next(row for row in document.setups[0].parameters if row.role == "w_1")
        assert row.document_error is not None
        assert row.document_error > 1e-3
        assert row.backprop_error is not None
        assert row.backprop_error < 1e-12
