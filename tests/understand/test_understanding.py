"""How a document is understood: segments, setups, readings; and what must not change a verdict."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.understand.documents import (
    CLAIMS,
    FORWARD,
    HALF,
    definitions,
    derived,
    display,
    only_setup,
    readings_of,
    report,
    verdicts,
)
from tests.understand.networks import STYLES, gradients, verified, write

EXACT = ("exact",) * 4
PAGE = FORWARD + HALF + CLAIMS
BLOCKS = [block for block in PAGE.strip().split("\n\n") if block]
LOG_LOSS = r"""
$$L = -[y \log a_2 + (1 - y) \log(1 - a_2)]$$
"""
OUTPUT = CLAIMS.replace(r"\hat{y}", "a_2")


# Setups and segments. ----------------------------------------------------------------------------


def test_a_plain_page() -> None:
    setup = only_setup(PAGE)
    assert (setup.name, setup.hidden, setup.model_problem) == ("mse/identity", "sigmoid", None)
    assert definitions(setup)["z_1"] == "(+ (* w_1 x) b_1)"
    assert (setup.model.inputs, setup.model.labels) == (("x",), ("y",))
    assert [claim.parameter for claim in setup.claims] == ["w_2", "b_2", "w_1", "b_1"]
    assert setup.forward[0] == "z_1 = w_1·x + b_1"
    assert verdicts(PAGE) == [("mse/identity", "sigmoid", *EXACT)]


TWO_OUTPUTS = FORWARD.replace(r"$$\hat{y} = z_2$$", "$$a_2 = z_2$$\n\n$$a_2 = \\sigma(z_2)$$")


def test_two_outputs_and_two_losses() -> None:
    """Each loss goes with its canonical output activation, and the output says so."""
    text = TWO_OUTPUTS + HALF.replace(r"\hat{y}", "a_2") + OUTPUT + LOG_LOSS + OUTPUT
    assert verdicts(text) == [
        ("mse/identity", "sigmoid", *EXACT),
        ("logloss/sigmoid", "sigmoid", *EXACT),
    ]
    told = [r.text for r in derived(text).readings if r.rule == "canonical-output"]
    assert len(told) == 2


def test_two_outputs_and_two_losses_the_other_way_round() -> None:
    text = TWO_OUTPUTS + LOG_LOSS + OUTPUT + HALF.replace(r"\hat{y}", "a_2") + OUTPUT
    assert [setup[:2] for setup in verdicts(text)] == [
        ("logloss/sigmoid", "sigmoid"),
        ("mse/identity", "sigmoid"),
    ]
    assert all(setup[2:] == EXACT for setup in verdicts(text))


@pytest.mark.parametrize("loss_first", [False, True])
def test_two_outputs_and_one_loss_are_named_in_the_output(loss_first: bool) -> None:
    """Whichever counts: a page that defines a_2 twice is ambiguous, and the reading is named."""
    loss = HALF.replace(r"\hat{y}", "a_2")
    text = (loss + TWO_OUTPUTS if loss_first else TWO_OUTPUTS + loss) + OUTPUT
    assert [r for r in derived(text).readings if "a_2" in r.text]


def test_one_sigmoid_output_serves_both_losses() -> None:
    """No second output is offered, so the squared error has the sigmoid output too."""
    forward = FORWARD.replace(r"\hat{y} = z_2", r"a_2 = \sigma(z_2)")
    for order in (0, 1):
        parts = [HALF.replace(r"\hat{y}", "a_2") + OUTPUT, LOG_LOSS + OUTPUT]
        text = forward + parts[order] + parts[1 - order]
        assert sorted(verdicts(text)) == [
            ("logloss/sigmoid", "sigmoid", *EXACT),
            ("mse/sigmoid", "sigmoid", *["WRONG"] * 4),
        ]


@pytest.mark.parametrize("first", [True, False])
def test_a_loss_that_is_defined_and_never_differentiated_is_nobodys_mistake(first: bool) -> None:
    """A page on log loss that mentions the squared error: its definition asserts nothing."""
    other = display(r"MSE = \frac{1}{2} (a_2 - y)^2")
    forward = FORWARD.replace(r"\hat{y} = z_2", r"a_2 = \sigma(z_2)")
    parts = [other, LOG_LOSS + OUTPUT] if first else [LOG_LOSS + OUTPUT, other]
    result = report(forward + "".join(parts))
    assert [f.message for f in result.documents[0].findings if f.fails] == []
    assert result.exit_status == 0


def test_a_loss_that_is_restated_cuts_nothing() -> None:
    text = FORWARD + HALF + "\n\n".join([*BLOCKS[5:7], HALF, *BLOCKS[7:]])
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]


@pytest.mark.parametrize(
    "text",
    [
        FORWARD + CLAIMS + HALF,
        CLAIMS + HALF + FORWARD,
        CLAIMS + FORWARD + HALF,
        HALF + CLAIMS + FORWARD,
        HALF + FORWARD + CLAIMS,
    ],
)
def test_the_order_of_the_parts_does_not_matter(text: str) -> None:
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]


def test_a_loss_defined_only_later_is_a_reading() -> None:
    readings = readings_of(FORWARD + CLAIMS + HALF)
    assert readings["loss-later"] == "the loss L is defined only later"
    assert "loss-after" not in readings_of(PAGE)


@pytest.mark.parametrize("name", ["Loss_{MSE}", r"\text{MSE}", "Loss", r"\mathcal{L}", "J", "E"])
def test_the_claims_say_L_and_the_loss_has_another_name(name: str) -> None:
    text = FORWARD + HALF.replace("$$L", f"$${name}") + CLAIMS
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]
    assert name == r"\mathcal{L}" or "loss-before" in readings_of(text)


def test_a_helper_let_inside_a_derivation_stays_there() -> None:
    let = r"Let $u = \hat{y} - y$ and $L = u^2$, then" + "\n"
    text = FORWARD + HALF + let + CLAIMS
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]
    assert "local-let" in readings_of(text)


def test_the_hidden_activation_changes_where_claims_are_repeated() -> None:
    again = CLAIMS.replace("a_1 (1 - a_1)", "(1 - a_1^2)")
    text = PAGE + "\nNow with another activation:\n\n$$a_1 = \\tanh(z_1)$$\n" + again
    assert verdicts(text) == [
        ("mse/identity", "sigmoid", *EXACT),
        ("mse/identity", "tanh", *EXACT),
    ]
    assert "activation-changed" in readings_of(text)
    # The old derivative under the new activation is wrong, and only where it occurs.
    (_, second) = verdicts(text.replace("(1 - a_1^2)", "a_1 (1 - a_1)"))
    assert second == ("mse/identity", "tanh", "WRONG", "WRONG", "exact", "exact")


def test_an_equality_says_that_the_output_is_the_identity() -> None:
    text = FORWARD.replace(r"\hat{y} = z_2", "a_2 = g(z_2)") + display(r"\hat{y} = z_2 = a_2")
    text = text.replace(r"\sigma", "g") + display(r"g(u) = \frac{1}{1 + e^{-u}}") + HALF + CLAIMS
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]
    assert "identity-output" in readings_of(text)


# Names. ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("w_1 x + b_1", "W_1 X + B_1"),
        ("w_1 x + b_1", "W_1 x + b_1"),
        ("z_1 = w_1", "Z_1 = w_1"),
        (r"\sigma(z_1)", r"\sigma(Z_1)"),
        ("w_2 a_1 + b_2", "W_2 A_1 + b_2"),
        (r"w_2 a_1 (1 - a_1) x", r"W_2 A_1 (1 - A_1) X"),
    ],
)
def test_case_variants_are_one_name(old: str, new: str) -> None:
    assert old in PAGE
    assert verdicts(PAGE.replace(old, new)) == [("mse/identity", "sigmoid", *EXACT)]


def test_case_variants_are_named_as_a_reading() -> None:
    assert "case" in readings_of(PAGE.replace("w_1 x + b_1", "W_1 X + b_1"))


def test_case_variants_that_are_both_defined_are_two() -> None:
    """``A_1`` has a meaning of its own: taking it for ``a_1`` would be a charity that hides."""
    text = PAGE.replace(r"$$a_1 = \sigma(z_1)$$", "$$a_1 = \\sigma(z_1)$$\n\n$$A_1 = 2 a_1$$")
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]
    used = text.replace(r"(\hat{y} - y) a_1$$", r"(\hat{y} - y) A_1$$")
    assert verdicts(used)[0][2:] == ("exact", "exact", "WRONG", "exact")


def test_a_prediction_that_is_never_defined() -> None:
    text = PAGE.replace("$$\\hat{y} = z_2$$\n\n", "").replace("$$\\hat{y} = z_2$$\n", "")
    assert r"\hat{y} =" not in text
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]
    assert "z_2" in readings_of(text)["prediction"]


def test_a_name_without_meaning_is_not_guessed() -> None:
    text = PAGE.replace(r"w_2 a_1 (1 - a_1) x$$", r"w_2 a_1 (1 - a_1) q$$")
    assert verdicts(text)[0][2:] == ("not decided", "exact", "exact", "exact")
    assert report(text).exit_status == 1


# Activations. ------------------------------------------------------------------------------------

ABSTRACT = PAGE.replace(r"\sigma", "g").replace("a_1 (1 - a_1)", "g'(z_1)")


def test_an_abstract_activation() -> None:
    assert verdicts(ABSTRACT) == [("mse/identity", "g", *EXACT)]
    assert "abstract" in readings_of(ABSTRACT)
    assert report(ABSTRACT).exit_status == 0


def test_an_abstract_activation_does_not_hide_mistakes() -> None:
    for wrong in ("", "g(z_1)", "g'(z_2)", "g'(z_1)^2", "(1 + g(z_1)^2)"):
        text = ABSTRACT.replace("g'(z_1)", wrong)
        assert verdicts(text)[0][2:] == ("WRONG", "WRONG", "exact", "exact"), wrong


@pytest.mark.parametrize("slope", ["a_1 (1 - a_1)", "(1 - g(z_1)^2)"])
def test_what_holds_only_for_a_known_activation_is_neither_exact_nor_wrong(slope: str) -> None:
    """It is the derivative of the sigmoid, or of tanh, and the page never says which g is."""
    text = ABSTRACT.replace("g'(z_1)", slope)
    assert verdicts(text)[0] == (
        "mse/identity",
        "g",
        "not decided",
        "not decided",
        "exact",
        "exact",
    )
    assert report(text).exit_status == 1


@pytest.mark.parametrize(
    ("sentence", "kind", "slope"),
    [
        ("The hidden layer uses the sigmoid.", "sigmoid", "a_1 (1 - a_1)"),
        ("The activation function is tanh.", "tanh", "(1 - a_1^2)"),
        ("Here g is the hyperbolic tangent.", "tanh", "(1 - a_1^2)"),
        ("where $g$ is the hyperbolic tangent.", "tanh", "(1 - a_1^2)"),
    ],
)
def test_an_activation_named_in_prose(sentence: str, kind: str, slope: str) -> None:
    page = PAGE.replace(r"\sigma", "g").replace("a_1 (1 - a_1)", slope)
    for text in (sentence + "\n" + page, page + "\n" + sentence + "\n"):
        assert verdicts(text) == [("mse/identity", kind, *EXACT)]
        assert "the text says so" in readings_of(text)["activation-by-prose"]


def test_a_definition_counts_more_than_prose() -> None:
    text = "The activation g is tanh.\n" + PAGE.replace(r"\sigma", "g")
    text += display(r"g(u) = \frac{1}{1 + e^{-u}}")
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]


def test_a_defined_name_counts_more_than_what_the_name_usually_means() -> None:
    page = PAGE.replace("a_1 (1 - a_1)", "(1 - a_1^2)")
    text = display(r"\sigma(u) = \frac{e^u - e^{-u}}{e^u + e^{-u}}") + page
    assert verdicts(text) == [("mse/identity", "tanh", *EXACT)]


def test_a_stated_derivative_tells_the_activation() -> None:
    text = PAGE.replace(r"\sigma", "g") + display("g'(z_1) = g(z_1) (1 - g(z_1))")
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]
    assert "activation-by-derivative" in readings_of(text)


def test_pinned_in_the_front_matter() -> None:
    page = PAGE.replace(r"\sigma", "g").replace("a_1 (1 - a_1)", "(1 - a_1^2)")
    assert verdicts(page, {"activations": {"g": "tanh"}}) == [("mse/identity", "tanh", *EXACT)]


# Claims. -----------------------------------------------------------------------------------------


def test_chain_rule_forms_are_no_claims() -> None:
    chain = r"\frac{\partial L}{\partial w_1} = \frac{\partial L}{\partial z_1} \frac{\partial z_1}{\partial w_1}"
    text = FORWARD + HALF + display(chain) + "\n\n".join(BLOCKS[5:7])
    setup = only_setup(text)
    assert setup.chain_only == ("w_1",)
    assert verdicts(text)[0][2:] == ("chain rule only", "not claimed", "exact", "exact")


def test_not_equal_is_not_judged() -> None:
    text = PAGE + display(r"\frac{\partial L}{\partial w_1} \neq 5 x")
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]
    text = PAGE + display(r"\frac{\partial L}{\partial w_1} \approx 5 x")
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]


def test_an_unread_last_claim_makes_the_row_unread() -> None:
    text = PAGE + display(r"\frac{\partial L}{\partial w_1} = (\hat{y} - y) w_2 \times")
    assert verdicts(text)[0][2:] == ("not read", "exact", "exact", "exact")
    assert report(text).exit_status == 1


def test_no_loss_is_said() -> None:
    result = report(FORWARD + CLAIMS)
    codes = {f.rule.code for f in result.documents[0].findings if f.fails}
    assert codes == {"GC005", "GC006"}
    assert result.exit_status == 1


def test_no_claims() -> None:
    """Forward equations and a loss, and no gradient: nothing to check, and not their fault."""
    result = report(FORWARD + HALF)
    assert [f.message for f in result.documents[0].findings if f.fails] == []
    assert result.exit_status == 2


def test_no_forward_equations() -> None:
    result = report(HALF + CLAIMS)
    assert result.exit_status == 1
    assert all(status not in ("exact", "WRONG") for status in verdicts(HALF + CLAIMS)[0][2:])


def test_definitions_in_a_circle() -> None:
    text = (
        display("z_1 = w_1 a_1 + b_1", r"a_1 = \sigma(z_1)", r"\hat{y} = w_2 a_1 + b_2")
        + HALF
        + CLAIMS
    )
    result = report(text)
    assert result.exit_status == 1
    assert all("exact" not in setup[2:] for setup in verdicts(text))


# What must not change a verdict. -----------------------------------------------------------------

LEGAL = {
    "w_1": ["v_1", "W_1", "W^{(1)}", r"\theta_1", "u_1"],
    "b_1": ["c_1", "B_1", "b^{(1)}", r"\beta_1", "d_1"],
    "w_2": ["v_2", "W_2", "W^{(2)}", r"\theta_2", "u_2"],
    "b_2": ["c_2", "B_2", "b^{(2)}", r"\beta_2", "d_2"],
    "z_1": ["n_1", "s_1", "z^{(1)}", "q_1"],
    "a_1": ["h_1", "h", "a^{(1)}", "o_1"],
    "z_2": ["n_2", "s_2", "z^{(2)}", "q_2"],
    r"\hat{y}": ["a_2", "p", r"\hat{t}", "y_{pred}", "o_2"],
    "L": ["J", "C", "E", r"\mathcal{L}", r"\text{Loss}"],
    "x": ["X", "x_0", "x"],
    "y": ["t", "y", "Y"],
}
WRONG_PAGE = PAGE.replace("w_2 a_1 (1 - a_1) x", "w_2 a_1 (1 - a_1) x^2").replace(
    r"(\hat{y} - y) a_1", r"-(\hat{y} - y) a_1"
)
_NAMES = re.compile("|".join(re.escape(name) for name in sorted(LEGAL, key=len, reverse=True)))


def renamed(text: str, names: dict[str, str]) -> str:
    """The text with all names replaced at once."""

    def new(match: re.Match[str]) -> str:
        before, after = match.string[: match.start()], match.string[match.end() :]
        inside = re.search(r"\\[a-zA-Z]*$", before) and re.match("[a-zA-Z]", match[0])
        return match[0] if inside or after[:1] == "_" else names[match[0]]

    return "\n\n".join(
        re.sub(
            r"\\(partial|sigma|frac)|" + _NAMES.pattern, lambda m: m[0] if m[1] else new(m), block
        )
        for block in text.strip().split("\n\n")
    )


@settings(max_examples=12)
@given(st.fixed_dictionaries({name: st.sampled_from(new) for name, new in LEGAL.items()}))
def test_renaming_changes_no_verdict(names: dict[str, str]) -> None:
    assert [v[1:] for v in verdicts(renamed(PAGE, names))] == [("sigmoid", *EXACT)]


@settings(max_examples=8)
@given(st.fixed_dictionaries({name: st.sampled_from(new) for name, new in LEGAL.items()}))
def test_renaming_mends_no_mistake(names: dict[str, str]) -> None:
    assert [v[2:] for v in verdicts(renamed(WRONG_PAGE, names))] == [
        ("WRONG", "exact", "WRONG", "exact")
    ]


@settings(max_examples=8)
@given(st.permutations(BLOCKS[:5]), st.permutations(BLOCKS[5:]))
def test_the_order_of_independent_statements_changes_no_verdict(
    first: list[str], then: list[str]
) -> None:
    text = "\n\n".join([*first, *then])
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]


@settings(max_examples=8)
@given(st.permutations(WRONG_PAGE.strip().split("\n\n")))
def test_no_order_mends_a_mistake(blocks: list[str]) -> None:
    assert verdicts("\n\n".join(blocks)) == [
        ("mse/identity", "sigmoid", "WRONG", "exact", "WRONG", "exact")
    ]


def _aligned(block: str) -> str:
    left, right = block.strip("$").split(" = ", 1)
    return f"$$\\begin{{aligned}}\n{left} &= {right}\n\\end{{aligned}}$$"


def _boxed(block: str) -> str:
    return f"$$\\boxed{{{block.strip('$')}}}$$"


def _inline(block: str) -> str:
    return f"So ${block.strip('$')}$ holds."


def _brackets(block: str) -> str:
    return f"\\[{block.strip('$')}\\]"


def _punctuated(block: str) -> str:
    return f"$${block.strip('$')}.$$"


WRAPS = (str, _aligned, _boxed, _inline, _brackets, _punctuated)


@settings(max_examples=8)
@given(st.lists(st.sampled_from(WRAPS), min_size=len(BLOCKS), max_size=len(BLOCKS)))
def test_wrapping_changes_no_verdict(wraps: list[type[str]]) -> None:
    for page, expected in ((PAGE, EXACT), (WRONG_PAGE, ("WRONG", "exact", "WRONG", "exact"))):
        blocks = page.strip().split("\n\n")
        text = "\n\n".join(wrap(block) for wrap, block in zip(wraps, blocks, strict=True))
        assert [v[2:] for v in verdicts(text)] == [expected]


def test_everything_in_one_block() -> None:
    rows = " \\\\\n".join(block.strip("$").replace(" = ", " &= ", 1) for block in BLOCKS)
    text = f"$$\\begin{{aligned}}\n{rows}\n\\end{{aligned}}$$\n"
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]


def test_prose_between_formulas_changes_nothing() -> None:
    text = "\n\nand, as one sees from the rule for products,\n\n".join(BLOCKS)
    assert verdicts(text) == [("mse/identity", "sigmoid", *EXACT)]


@pytest.mark.parametrize("name", STYLES)
def test_claims_before_everything_else(name: str) -> None:
    """A page that begins with its results."""
    style = STYLES[name]
    text = write(style, gradients(style)).text
    head, *_ = text.split("$$", 1)
    blocks = [b for b in text[len(head) :].split("\n\n") if b.strip()]
    statements = len(style.forward) + 1
    turned = "\n\n".join([*blocks[statements:], *blocks[:statements]]) + "\n"
    one, other = (verified(t).documents[0].setups for t in (text, turned))
    assert [(s.name, s.hidden, [r.status for r in s.parameters]) for s in one] == [
        (s.name, s.hidden, [r.status for r in s.parameters]) for s in other
    ]
