"""Formulas typed as plain text: what is read, with its place, and what stays prose or code."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.language.document import Document
from gradcheck.language.statement import Statement
from gradcheck.read import limits, read
from gradcheck.read.plain_tokens import is_known, tokenize_plain
from tests.read.shown import shown


def statements(text: str) -> tuple[Statement, ...]:
    return read(Document("a.md", text)).statements


def fence(*lines: str, language: str = "") -> str:
    return "\n".join([f"```{language}", *lines, "```", ""])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("∂L/∂W₂ = (ŷ − y)·h₁", "(d L W_2) = (* (+ hat(y) (- y)) h_1)"),
        ("dL/dw1 = (a2 - y) * w2 * a1", "(d L w_1) = (* (+ a_2 (- y)) w_2 a_1)"),
        ("dL_dw_1 = -2*(y - y_hat)*x", "(d L w_1) = (- (* 2 (+ y (- hat(y))) x))"),
        ("dLdw = yhat1 δ_2", "(d L w) = (* hat(y)_1 delta_2)"),
        ("∂E/∂w5 = out_o1 (1 - out_o1)", "(d E w_5) = (* out_o1 (+ 1 (- out_o1)))"),
        ("σ′(z₁) = σ(z₁)(1 − σ(z₁))",
         "(call sigma' z_1) = (* (call sigma z_1) (+ 1 (- (call sigma z_1))))"),
        ("σ'(z1) = sigmoid_prime(z1)", "(call sigma' z_1) = (call sigmoid' z_1)"),
        ("δ = 1/(1 + exp(-z))", "delta = (/ 1 (+ 1 (call exp (- z))))"),
        ("δ = e^-z + e^(-2z) + e⁻ᶻ", "delta = (+ (^ e (- z)) (^ e (- (* 2 z))) (^ e (- z)))"),
        ("δ = a1**2 + a1^10 + a1²", "delta = (+ (^ a_1 2) (^ a_1 10) (^ a_1 2))"),
        ("L = ½(ŷ − y)² / 2m", "L = (/ (* (/ 1 2) (^ (+ hat(y) (- y)) 2)) (* 2 m))"),
        ("L = (1/N) Σᵢ₌₁ᴺ (ŷᵢ − yᵢ)²",
         "L = (* (/ 1 N) (sum i 1 N (^ (+ hat(y)_i (- y_i)) 2)))"),
        ("δ = sum_i x_i + sqrt(y)", "delta = (+ (sum i _ _ x_i) (call sqrt y))"),
        ("L = -(y log p + (1-y) ln(1-p)) ρ",
         "L = (- (* (+ (* y (call log p)) (* (+ 1 (- y)) (call log (+ 1 (- p))))) rho))"),
        ("δ = W2.T @ d + w1x", "delta = (+ (* (T W_2) d) (* w_1 x))"),
        ("a⁽²⁾ = σ(z^(2)) + v^[1]", "a^(2) = (+ (call sigma z^(2)) v^[1])"),
        ("∂L/∂w_out = y_pred x_hidden_1", "(d L w_out) = (* y_pred x_hidden,1)"),
        ("| ∂L/∂w = 2 x |", "(d L w) = (* 2 x)"),
        ("║ ∂L/∂w = 2 x ║", "(d L w) = (* 2 x)"),
        ("Step 2: ∂L/∂w = 2 x      (chain rule)", "(d L w) = (* 2 x)"),
        ("∂L/∂w = 2 x  # the first = layer", "(d L w) = (* 2 x)"),
        ("∂L/∂w = 2 x   [chain rule]", "(d L w) = (* 2 x)"),
        ("∂L/∂w = 2 x   (Sigmoid function)", "(d L w) = (* 2 x)"),
        ("a ∂L/∂w ≠ 2 x   ?", "(* a (d L w)) != (* 2 x)"),
        ("∂L/∂w = 2 x   ← the gradient", "(d L w) = (* 2 x)"),
        ("w ← w − η ∂L/∂w", "w <- (+ w (- (* eta (d L w))))"),
        ("w := w - lr * δ", "w := (+ w (- (* lr delta)))"),
        ("(∂L)/(∂w_1) = 2(p-t)", "(d L w_1) = (* 2 (+ p (- t)))"),
        ("(dL)/(dw_1) = dL/(dz)", "(d L w_1) = (d L z)"),
        ("δ = w_{hid} x_{hidden,1} + x_{ij}", "delta = (+ (* w_hid x_hidden,1) x_ij)"),
        (r"δ = σ(z)\, (1 − σ(z)) \cdot \frac{1}{2}",
         "delta = (* (call sigma z) (+ 1 (- (call sigma z))) (/ 1 2))"),
        (r"\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1",
         "(d L w_2) = (* (+ hat(y) (- y)) a_1)"),
        ("0.245 − 1 = −0.755 δ", "(+ 49/200 (- 1)) = (- (* 151/200 delta))"),
    ],
)  # fmt: skip
def test_a_line_of_a_fence(line: str, expected: str) -> None:
    assert shown(fence(line)) == [expected]


@pytest.mark.parametrize("language", ["latex", "tex"])
def test_a_fence_of_latex(language: str) -> None:
    bare = fence(r"\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1", language=language)
    assert shown(bare) == ["(d L w_2) = (* (+ hat(y) (- y)) a_1)"]
    delimited = fence(r"\begin{align}", r"z &= w x \\", r"&= b", r"\end{align}", "and $h = 1$",
                      language=language)  # fmt: skip
    assert shown(delimited + "\n$y = 2$") == ["z = (* w x) = b", "h = 1", "y = 2"]
    assert shown(fence(r"\newcommand{\d}{x}", language=language)) == []


def test_a_line_that_goes_on_belongs_to_the_one_before() -> None:
    text = fence(
        "│ ∂L/∂w = ∂L/∂z · ∂z/∂w │", "│       = 2 ·           │", "│   x                   │"
    )
    assert shown(text) == ["(d L w) = (* (d L z) (d z w)) = (* 2 x)"]
    assert shown(fence("∂L/∂w = (a", "   − b)", "∂L/∂b = 1")) == [
        "(d L w) = (+ a (- b))",
        "(d L b) = 1",
    ]


def test_words_that_the_fence_defines_are_names() -> None:
    text = fence("hid = σ(z)", "dL/dw = hid * (1 - hid)", "z = wx + b")
    assert shown(text) == [
        "hid = (call sigma z)",
        "(d L w) = (* hid (+ 1 (- hid)))",
        "z = (+ (* w x) b)",
    ]


@pytest.mark.parametrize(
    "line", ["∂L/∂w = (a − y) slope x", "∂L/∂w = slope·x", "∂L/∂w = (a − y) ·", "∂L/∂w = (a"]
)
def test_what_a_formula_holds_and_nobody_knows_is_not_passed_over(line: str) -> None:
    (statement,) = statements(fence(line))
    assert statement.sides[0].expression is not None
    assert statement.sides[1].unread is not None


def test_a_drawn_fraction_without_its_denominator_is_not_read() -> None:
    text = fence("∂L    ∂L   ∂a", "-- = -- · --", "∂w    ∂a")
    (statement,) = statements(text)
    assert statement.sides[0].unread is not None
    assert "several lines" in statement.sides[0].unread.reason


@pytest.mark.parametrize(
    "text",
    [
        fence("dw = np.dot(x, δ)"),
        fence("import numpy", "dL_dw = 2 * x"),
        fence("for i in range(3):", "    dL_dw = 2 * x"),
        fence("∂L = 2 * x", language="python"),
        fence("learning_rate = 0.1", "epochs = 5"),
        fence("x = 5", "y = x + 1"),
        fence("loss = 0.3"),
        "    x = 5\n    y = x + 1\n",
        "The area a = b holds, and x = 5 as well.",
        "At the minimum ∂L/∂w = 0, so it stops.",
        "What ∂L/∂w = a number of words means.",
        "Let ∂L/∂w = … for now.",
        "If ŷ = y the loss is nothing.",
        "10 · 2 = 20 and 5² = 25",
        "Set `dL/dw` and `x = 3`.",
    ],
)
def test_what_is_no_formula(text: str) -> None:
    assert shown(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Then ∂L/∂w = 2x as before.", ["(d L w) = (* 2 x)"]),
        ("- **∂L/∂w = 2·x**", ["(d L w) = (* 2 x)"]),
        ("1. dL/dw = 2*x", ["(d L w) = (* 2 x)"]),
        ("> ∂L/∂w = 2·x.", ["(d L w) = (* 2 x)"]),
        ("So `∂L/∂w = 2·x` holds", ["(d L w) = (* 2 x)"]),
        ("With z₁ = wx and a = σ(z₁), ∂L/∂w = x",
         ["z_1 = (* w x)", "a = (call sigma z_1)", "(d L w) = x"]),
        ("Hidden: z1 = w1 * x + b1 and the activation  a1 = σ(z1), then `a2 = w2 * a1`",
         ["z_1 = (+ (* w_1 x) b_1)", "a_1 = (call sigma z_1)", "a_2 = (* w_2 a_1)"]),
        ("Let n = 5 and p = q, then `t = 3` and ∂L/∂w = x", ["(d L w) = x"]),
        ("$y$ for z1 = w1 * x + b1, then ∂L/∂w = x", ["y", "(d L w) = x"]),
        ("$x$ and z₁ = 2 x\n\nThen ∂L/∂w = x", ["x", "(d L w) = x"]),
        ("∂L/∂w = 2 $x$", ["UNREAD", "x"]),
        ("| ∂L/∂w | 2·x |\n|---|---|\n| ∂L/∂b | 2 |", ["(d L w) = (* 2 x)", "(d L b) = 2"]),
        ("| g | f |\n|---|---|\n| ∂L/∂w | two · x |", ["(d L w) = UNREAD"]),
        ("    z₁ = w·x\n\ntext\n\n    ∂L/∂w = x\n", ["z_1 = (* w x)", "(d L w) = x"]),
        (fence("∂L/∂w = x\n∂L/∂b = 1", language="math"), ["(d L w) = x", "(d L b) = 1"]),
        (fence(r"\frac{∂L}{∂w} = x", language="math"), ["(d L w) = x"]),
    ],
)  # fmt: skip
def test_in_prose(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


def test_places_are_those_of_the_file() -> None:
    document = Document("a.md", "Hello\n\n```\n│ ∂L/∂w₁ = 2·x₁ │\n```\n")
    (statement,) = read(document).statements
    assert statement.origin == "plain"
    spans = [side.span for side in statement.sides]
    assert [document.source(span) for span in spans] == ["∂L/∂w₁", "2·x₁"]
    assert [document.position(span.start) for span in spans] == [(4, 3), (4, 12)]


def test_too_many_lines_are_told() -> None:
    document = Document("a.md", fence(*["∂L/∂w = x"] * (limits.FORMULAS + 5)))
    result = read(document)
    assert len(result.statements) == limits.FORMULAS
    assert [finding.rule.code for finding in result.findings] == ["GC004"]


@pytest.mark.parametrize("word", ["slope", "the", "np", "do", "x1y2z", "gradient"])
def test_words_that_no_formula_is_written_with(word: str) -> None:
    assert not is_known(word, frozenset()) or word == "x1y2z"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="abdwxy12_ ∂σŷ₁²ᵀ·−+-*/^()[]=.,T'\n│√Σ½ᵢ₌", max_size=40))
def test_every_sign_of_a_line_is_kept(text: str) -> None:
    tokens = tokenize_plain(text, 0, len(text), frozenset("wx"))
    assert all(0 <= token.start <= token.end <= len(text) for token in tokens)
    covered = {at for token in tokens for at in range(token.start, token.end)}
    left = {text[at] for at in range(len(text)) if at not in covered}
    assert left <= set(" \n│|_")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="abdwxy12_ ∂σŷ₁²ᵀ·−+-*/^()[]=.,T'`|$~\n│", max_size=60))
def test_any_fence_can_be_read(text: str) -> None:
    for whole in (f"```\n{text}\n```\n", text):
        for statement in statements(whole):
            assert len(statement.sides) == len(statement.relations) + 1


BACKPROP = ["h = tanh(w*x + b)", "L = (h - y)**2", "dh = 2*(h - y)", "db = dh * (1 - h**2)"]


def test_code_like_differentials_show_a_fence_to_be_mathematics() -> None:
    assert len(statements(fence(*BACKPROP))) == 4
    assert len(statements(fence(*BACKPROP[:2]) + "\n" + fence(*BACKPROP[2:]))) == 4


@pytest.mark.parametrize(
    "lines",
    [
        BACKPROP[:2],  # nothing is derived
        [BACKPROP[0], *BACKPROP[2:]],  # no loss
        [*BACKPROP[:2], "dt = 0.1", "dx = 0.2*dt"],  # a step of time
        [BACKPROP[0], "loss = ((h - y)**2).mean()", *BACKPROP[2:]],  # program code
    ],
)
def test_other_fences_stay_code(lines: list[str]) -> None:
    assert statements(fence(*lines)) == ()


@pytest.mark.parametrize(
    ("line", "unread"),
    [
        ("∂L/∂w = (a − y)·x if w·x + b > 0, else 0", True),
        ("∂L/∂w = (a − y)·x when h > 0", True),
        ("ReLU′(z) = 1 if z > 0 else 0", True),
        ("∂L/∂w = (a − y)·x for η > 0", False),
        ("∂L/∂w = (a − y)·x for all z", False),
    ],
)
def test_what_is_said_under_a_condition_is_not_read_as_said_of_all(line: str, unread: bool) -> None:
    side = statements(fence("L = ½(a − y)²", line))[1].sides[1]
    assert (side.expression is None) == unread
