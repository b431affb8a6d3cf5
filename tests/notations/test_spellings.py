"""One claim in many spellings: it is judged, or its gradient is unread; what is none is no claim."""

from __future__ import annotations

import pytest

from benchmarks.spelling import outcome, verdicts, verified
from benchmarks.spellings import AFTER, BEFORE, NETWORK, PARTIAL, RIGHT, WRONG, document, spellings
from gradcheck.language.document import Document
from gradcheck.language.verdict import Verdict
from gradcheck.read import read
from gradcheck.report.results import DocumentResult, ParameterResult, Report, exit_status
from gradcheck.understand import understand

ALL = list(spellings())
P = f"${PARTIAL}$"
Q = r"$\frac{\partial L}{\partial q}$"
CHAIN = (
    r"\frac{\partial L}{\partial q} \frac{\partial q}{\partial z} \frac{\partial z}{\partial b_1}"
)


def row(result: DocumentResult) -> ParameterResult:
    """The row of the gradient by b_1."""
    return next(r for s in result.setups for r in s.parameters if r.role == "b_1")


def codes(result: DocumentResult) -> list[str]:
    return [finding.rule.code for finding in result.findings]


def status(result: DocumentResult) -> int:
    return exit_status(Report((result,), ()))


def test_there_are_enough_spellings() -> None:
    assert len({spelling for _, spelling in ALL}) > 900


@pytest.mark.parametrize("part", range(4))
def test_no_spelling_passes_in_silence(part: int) -> None:
    """By what is understood, without algebra; ``benchmarks/spelling.py`` judges all of them."""
    lost = []
    for name, spelling in ALL[part::64]:
        derivation = understand(read(Document("a.md", document(spelling, WRONG))))
        claims = [c for setup in derivation.setups for c in setup.claims if c.parameter == "b_1"]
        steps = [s for s in derivation.steps if s.kind == "claim" and "b_1" in s.left]
        if not claims and not steps:
            lost.append((name, spelling))
    assert not lost


@pytest.mark.parametrize(("name", "spelling"), ALL[5::97], ids=[name for name, _ in ALL[5::97]])
def test_the_wrong_claim_fails_and_the_right_one_is_never_wrong(name: str, spelling: str) -> None:
    assert outcome(spelling) in ("wrong", "unread", "undecided"), name


@pytest.mark.parametrize(
    "spelling",
    [
        "$$P {=} @$$", r"$$P \mathrel{=} @$$", r"$$P \colon= @$$", r"$$P \overset{(1)}{\equiv} @$$",
        r"$$P \text{ is } @$$", r"$$P \text{ is equal to } @, \quad z = w_1 x + b_1$$",
        r"$$\pdv{L}{b_1} = @$$", r"$$\left(\frac{\mathrm{\partial} L}{\mathrm{\partial} b_1}\right) = @$$",
        r"$${\partial L}/{\partial b_1} = @$$", r"$$\frac{\operatorname{d} L}{\operatorname{d} b_1} = @$$",
        "$$D_{b_1} L = @$$", "$$L'(b_1) = @$$",
        "$P$ = $@$", "$P$ is $@$.", "$P$ equals\n\n$$@$$", "The gradient $P$:\n\n$$@$$",
        "So $P$ is **$@$**, and that is it.", "∂L/∂b_1 is $@$.", "∂L/∂b_1 equals @", "(∂L/∂b_1) = @",
        "```\n∂L/∂b_1\n  = ∂L/∂q ∂q/∂z\n  = @\n```",
    ],
)  # fmt: skip
def test_it_is_read(spelling: str) -> None:
    spelling = spelling.replace("P", PARTIAL)
    assert row(verified(document(spelling, WRONG))).verdict is Verdict.WRONG
    assert row(verified(document(spelling, RIGHT))).verdict is Verdict.EXACT


@pytest.mark.parametrize(
    "spelling",
    [
        r"$$\foo{P} = @$$", r"$$P \foo @$$", r"$$P \foo{=} @$$", r"$$\D{L}{b_1} = @$$",
        r"$$\frac{\foo L}{\foo b_1} = @$$", r"$${\partial L \atop \partial b_1} = @$$",
        r"$$\langle P \rangle = @$$", r"$$P = \foo @$$", "$P$ = $2$ $(q - y)$ $@$",
        "$P$ = @", "`∂L/∂b_1` is `@`", "∂L/∂b_1 =\n@", "**∂L/∂b_1** = @", "$P$ is $@$ if $x > 0$.",
        r"$$\frac{\partial L}{\partial b_2} = 2(q - y) \land P = @$$",
    ],
)  # fmt: skip
def test_it_is_not_read_and_the_row_says_so(spelling: str) -> None:
    for right in (WRONG, RIGHT):
        result = verified(document(spelling.replace("P", PARTIAL), right))
        assert row(result).verdict is Verdict.UNREAD
        assert status(result) == 1
        assert Verdict.WRONG not in verdicts(result)


def test_a_partial_of_something_else_is_an_unread_step() -> None:
    result = verified(BEFORE + r"$$\foo{\frac{\partial z}{\partial b_1}} = x$$" + AFTER)
    assert (codes(result), status(result)) == (["GC001"], 0)
    assert result.steps[-1].verdict is Verdict.UNREAD


def test_a_parameter_that_only_an_unread_claim_names_has_its_row() -> None:
    text = r"$$L = (c x - y)^2$$" + "\n\n" + r"$$\foo \frac{\partial L}{\partial c} = 2 (c x - y)$$"
    (setup,) = verified(text).setups
    assert [(r.source_name, r.verdict) for r in setup.parameters] == [("c", Verdict.UNREAD)]


MENTIONS = [
    f"{P} is $x$ times {Q}.", f"As training goes on, {P} → $0$.", "∂L/∂b_1 → 0",
    f"where {P} is the gradient.", f"The transpose of {P} is $x$.", f"The sign of {P} is $x$.",
    f"The product of {Q} and {P} is $x$.", f"If {P} is $x$, the bias grows.",
    f"{P} is $x$ as large as {Q}.", f"{P} is not $x$.", f"At the minimum {P} is $0$.",
    f"Multiplying {P} by $x$ gives $w_2$.", f"Differentiating {P} gives $x$.",
    f"{P} is of the order of $x$.", f"{P} depends on $x$.", f"{P} is $2$ by $3$.",
    f"We now compute {P}:", f"The first factor of {P}:\n\n$$2(q - y)$$",
    f"Both {P} and {Q} are needed; $x$ is the input.", "the partial ∂L/∂b_1 is x times ∂L/∂q.",
    "∂L/∂b_1 is the gradient.", rf"$${PARTIAL} \text{{ is }} x \text{{ times }} y$$",
    rf"$${PARTIAL} \to 0$$", f"- {P}: the gradient.",
]  # fmt: skip


@pytest.mark.parametrize("sentence", MENTIONS)
def test_a_partial_that_is_mentioned_is_no_claim(sentence: str) -> None:
    result = verified(BEFORE + sentence + AFTER)
    assert (codes(result), row(result).verdict, status(result)) == ([], None, 0)


@pytest.mark.parametrize("arrow", [r"\to", r"\Rightarrow", r"\iff", "→"])
def test_an_arrow_is_not_judged_and_a_warning_says_so(arrow: str) -> None:
    result = verified(BEFORE + f"$${PARTIAL} {arrow} {WRONG}$$" + AFTER)
    assert (codes(result), row(result).verdict, status(result)) == (["GC008"], None, 0)


def test_what_is_nearly_equal_is_not_judged() -> None:
    exact = f"$${PARTIAL} = {RIGHT}$$\n\n"
    nearly = f"$${PARTIAL} \\approx {WRONG}$$"
    alone, beside = verified(BEFORE + nearly + AFTER), verified(BEFORE + exact + nearly + AFTER)
    assert (codes(alone), row(alone).verdict, status(alone)) == (["GC005"], Verdict.UNDECIDED, 1)
    assert (codes(beside), row(beside).verdict, status(beside)) == (["GC008"], Verdict.EXACT, 0)
    number = verified(BEFORE + exact + f"$${PARTIAL} \\approx 0.3$$" + AFTER)
    assert codes(number) == []


@pytest.mark.parametrize(
    ("claim", "shown"),
    [
        (f"{PARTIAL} = {PARTIAL}", "not claimed"),
        ("db_1 = db_1", "not claimed"),
        (f"{PARTIAL} = db_1", "not claimed"),
        (f"{PARTIAL} = {CHAIN}", "chain rule only"),
        (rf"\frac{{\partial L}}{{\partial z}} = \frac{{\partial L}}{{\partial z}}, {PARTIAL} = {CHAIN}", "chain rule only"),
        (f"2 (q - y) = 2 (q - y), {PARTIAL} = {PARTIAL}", "not claimed"),
    ],
)  # fmt: skip
def test_a_tautology_is_no_answer(claim: str, shown: str) -> None:
    result = verified(f"{NETWORK}$${claim}$$\n")
    assert (row(result).status, row(result).verdict, result.checked) == (shown, None, 0)
    assert status(result) == 2
    with_others = verified(f"{BEFORE}$${claim}$$\n")
    assert (row(with_others).verdict, status(with_others)) == (None, 0)


def test_a_wrong_chain_stays_wrong() -> None:
    wrong = CHAIN.replace(r"\partial q}{\partial z}", r"\partial q}{\partial w_2}")
    result = verified(f"{NETWORK}$${PARTIAL} = {wrong}$$\n")
    assert (result.steps[-1].verdict, status(result)) == (Verdict.WRONG, 1)


def test_a_tautology_before_the_answer_takes_nothing_from_it() -> None:
    for right, verdict in ((WRONG, Verdict.WRONG), (RIGHT, Verdict.EXACT)):
        result = verified(f"{BEFORE}$${PARTIAL} = {PARTIAL} = {right}$$\n")
        assert row(result).verdict is verdict
        assert [step.verdict for step in result.steps[-2:]] == [None, verdict]


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        (r"\cancel{x} 2(q - y) w_2", Verdict.EXACT),
        (r"2(q - y) \cancel{w_2}", Verdict.EXACT),
        (r"2(q - y) w_2 x \cancel{x}", Verdict.WRONG),
    ],
)
def test_what_is_struck_out_means_the_same_in_step_and_row(right: str, verdict: Verdict) -> None:
    result = verified(f"{BEFORE}$${PARTIAL} = {right}$$\n")
    assert (row(result).verdict, result.steps[-1].verdict) == (verdict, verdict)
