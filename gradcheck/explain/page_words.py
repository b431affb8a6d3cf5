"""Words for verdicts with axes: what is wrong, and where it shows."""

from __future__ import annotations

from gradcheck.explain.page_causes import HelperCause
from gradcheck.explain.page_mends import PageMend
from gradcheck.judge.in_order import JudgedPair
from gradcheck.judge.page_verdicts import JudgedGradient
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.notation import to_text
from gradcheck.understand.page.assertions import Assertion


def diagnosis(
    asserted: Assertion,
    item: JudgedGradient | None,
    judged: JudgedPair,
    mend: PageMend | None = None,
) -> Finding:
    """The finding of a wrong side, with what mends it."""
    if item is not None and judged.reason.startswith("wrong constant"):
        return Finding(RULES["GC104"], asserted.span, judged.reason)
    if item is not None:
        message = f"this is not the gradient by {to_text(item.claim.by)}"
        rule = RULES["GC105"]
    else:
        left = to_text(asserted.left)
        message = f"this does not equal {left if len(left) < 60 else 'the side before it'}"
        rule = RULES["GC110"]
    if mend is not None:
        return Finding(
            mend.rule, asserted.span, f"{message}: {mend.words}", mend.replacement,
            counterexample=witness_words(judged),
        )  # fmt: skip
    if judged.reason.startswith("the sum over"):
        return Finding(RULES["GC137"], asserted.span, f"{message}: {judged.reason}")
    if judged.misfit is not None:
        message += ": an index stands where another one belongs"
        rule = RULES["GC137"]
    return Finding(rule, asserted.span, message, counterexample=witness_words(judged))


def of_cause(cause: HelperCause) -> Finding:
    """The finding of a helper that is not what it stands for."""
    if cause.mend is None:
        return Finding(RULES["GC110"], cause.span, cause.words)
    words = f"{cause.words}: {cause.mend.words}"
    return Finding(cause.mend.rule, cause.span, words, cause.mend.replacement)


def witness_words(judged: JudgedPair) -> str:
    """An entry at which the sides differ, and both values."""
    decision = judged.decision
    if decision is None or decision.witness is None:
        return ""
    witness = decision.witness
    at = ", ".join(f"{letter} = {number}" for letter, number in sorted(witness.at.items()))
    place = f"at {at}: " if at else ""
    return f"{place}it is {witness.left:.6g}, the line gives {witness.right:.6g}"
