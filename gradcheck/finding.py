"""Findings, and the rules they come from: stable codes with kebab-case names."""

# ruff: noqa: E501, one rule a row

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.document import Span


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding. ``kind`` is the class of design.md (`calculus`, `notation`, …)."""

    code: str
    name: str
    kind: str
    severity: str  # error | warning | note
    summary: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell the author, at a place in the document.

    ``follows_from`` names the place of its cause ("line 11"). ``expected`` and ``ignored`` are
    the author's own words about it, in a directive; ``known`` is one of the baseline. ``derived`` is what should stand there,
    ``counterexample`` a point at which it fails, in words, and ``numpy`` the same as code to paste;
    a renderer shows them on lines of their own, so the message need not repeat them.
    """

    rule: Rule
    span: Span
    message: str
    suggestion: str | None = None
    follows_from: str | None = None
    expected: bool = False
    ignored: bool = False
    derived: str = ""
    counterexample: str = ""
    numpy: str = ""
    known: bool = False

    @property
    def fails(self) -> bool:
        """Whether it alone makes the run fail."""
        return self.rule.severity == "error" and not self.excused

    @property
    def excused(self) -> bool:
        """Whether it was declared, ignored, or is in the baseline."""
        return bool(self.mark)

    @property
    def mark(self) -> str:
        """What was said about it beforehand: "ignored", "expected", "known", or nothing."""
        if self.ignored:
            return "ignored"
        return "expected" if self.expected else "known" if self.known else ""


_TABLE = (
    ("GC001", "unread", "reading", "warning", "a side could not be understood"),
    ("GC002", "unread-gradient", "reading", "error", "a gradient could not be understood"),
    ("GC003", "unclosed-math", "reading", "error", "a formula is opened and never closed"),
    ("GC004", "limit", "reading", "error", "a formula or document exceeds a limit"),
    ("GC005", "undecided-gradient", "reading", "error", "a gradient could not be decided"),
    ("GC006", "no-loss", "reading", "error", "gradients are claimed, but no loss is defined"),
    ("GC007", "front-matter", "reading", "error", "the front matter could not be used"),
    ("GC008", "undecided-step", "reading", "warning", "a step could not be decided"),
    ("GC009", "over-budget", "reading", "warning", "something was left out to keep within the document's budget"),
    ("GC020", "hidden-formula", "reading", "warning", "a formula that a reader of the page does not see"),
    ("GC021", "struck-out", "reading", "warning", "a formula that is struck out in the text"),
    ("GC100", "hint", "calculus", "error", "something here does not hold; without --hint it is named"),
    ("GC101", "extra-factor", "calculus", "error", "the claim has a factor too many"),
    ("GC102", "missing-factor", "calculus", "error", "the claim lacks a factor"),
    ("GC103", "wrong-sign", "calculus", "error", "the claim has the wrong sign"),
    ("GC104", "wrong-constant", "calculus", "error", "a constant is left out of some gradients only"),
    ("GC105", "wrong-gradient", "calculus", "error", "the claim is not the gradient of this loss"),
    ("GC106", "wrong-factor", "calculus", "error", "one factor stands where another belongs"),
    ("GC110", "wrong-step", "calculus", "error", "a side does not equal the one before it"),
    ("GC120", "wrong-symbol", "transcription", "error", "one name stands where another belongs"),
    ("GC121", "other-bias", "transcription", "error", "the other layer's bias stands here"),
    ("GC122", "missing-activation-derivative", "calculus", "error", "the derivative of an activation is missing"),
    ("GC123", "doubled-activation-derivative", "calculus", "error", "the derivative of an activation stands twice"),
    ("GC124", "other-activation-derivative", "calculus", "error", "the derivative of another activation function"),
    ("GC125", "activation-prime", "calculus", "error", "a function where its derivative belongs, or the reverse"),
    ("GC126", "wrong-function", "transcription", "error", "one function stands where another belongs"),
    ("GC127", "product-for-composition", "calculus", "error", "a product where a function is applied"),
    ("GC128", "bracket", "transcription", "error", "a bracket is lost or closes at the wrong place"),
    ("GC129", "exponent", "transcription", "error", "an exponent is lost, added or another"),
    ("GC130", "constant-factor", "calculus", "error", "a constant factor is wrong"),
    ("GC131", "spurious-sum", "calculus", "error", "a sum over the samples where there is none"),
    ("GC132", "missing-sum", "calculus", "error", "a sum over the samples is missing"),
    ("GC133", "wrong-term", "calculus", "error", "a term too many"),
    ("GC134", "missing-term", "calculus", "error", "a term is missing"),
    ("GC135", "lost-operand", "transcription", "error", "something is missing after a multiplication sign"),
    ("GC136", "two-meanings", "notation", "error", "one name stands for two things"),
    ("GC137", "sum-index", "notation", "error", "the index or a bound of a sum is wrong"),
    ("GC140", "arithmetic", "calculus", "error", "the numbers of a worked example do not come out"),
    ("GC190", "internal-disagreement", "internal", "error", "the sources of evidence contradict each other: please report"),
    ("GC191", "part-failed", "internal", "error", "a part of gradcheck failed, the rest is kept: please report"),
    ("GC201", "constant-left-out", "convention", "note", "a constant is left out of all gradients alike"),
    ("GC202", "sum-left-out", "convention", "note", "the sum over the samples is left out"),
    ("GC301", "not-in-forward", "calculus", "warning", "a parameter never appears in the forward equations"),
    ("GC302", "sum-bounds", "notation", "warning", "a sum has one term too many for the count it is divided by"),
    ("GC303", "undefined-name", "notation", "warning", "a name is used that the document never defines"),
    ("GC304", "one-name-two-things", "notation", "warning", "one name stands for two things"),
    ("GC305", "shape-misfit", "notation", "warning", "a product does not fit the shapes stated in the text"),
    ("GC306", "changed-constant", "calculus", "warning", "the constant of the loss changes on the way, unannounced"),
    ("GC307", "sum-extent", "notation", "warning", "a sum is meant to take in terms that no bracket puts under it"),
    ("GC311", "other-definition", "calculus", "error", "a definition is not that of the reference"),
    ("GC312", "other-constant", "convention", "warning", "the loss differs from the reference's by a constant"),
    ("GC313", "not-derived", "calculus", "warning", "a setup of the reference is not derived here"),
    ("GC314", "left-open", "convention", "note", "the reference says which activation it is, the document leaves it open"),
    ("GC401", "update-target", "update", "error", "an update does not start from its own parameter"),
    ("GC402", "update-gradient", "update", "error", "an update uses another gradient than the one claimed"),
    ("GC403", "update-sign", "update", "error", "an update climbs where it should descend"),
    ("GC404", "update-rate", "update", "error", "an update lacks the learning rate that the others have"),
    ("GC405", "literal-rate", "update", "note", "a number stands where the learning rate belongs"),
    ("GC406", "missing-update", "update", "note", "a parameter is never updated, though the others are"),
    ("GC407", "no-rate", "update", "note", "an update has no learning rate"),
    ("GC408", "rates-differ", "update", "warning", "the parameters are updated with different learning rates"),
    ("GC409", "not-plain-descent", "update", "note", "an update is not plain gradient descent and is not judged"),
    ("GC501", "code-gradient", "calculus", "error", "the code's gradient is not that of its loss"),
    ("GC502", "code-undecided", "reading", "error", "the code's gradient could not be decided"),
    ("GC510", "not-deterministic", "reading", "warning", "the code gives another result every time"),
    ("GC511", "changes-input", "reading", "warning", "the code changes its input in place"),
    ("GC512", "leaves-domain", "reading", "note", "the loss has no value near the point"),
    ("GC513", "poor-point", "reading", "warning", "at this point the gradient cannot be seen"),
    ("GC514", "other-loss", "calculus", "error", "the code's gradient is that of a multiple of its loss"),
    ("GC515", "log-parameter", "calculus", "warning", "the code's gradient is right by the logarithm of a parameter"),
    ("GC516", "other-layout", "notation", "warning", "the code's gradient comes in another layout"),
    ("GC517", "low-precision", "reading", "warning", "the code's gradient loses its digits in the parameters' own type"),
    ("GC518", "declared-network", "reading", "error", "the declared network is not the loss"),
    ("GC519", "rough-loss", "reading", "warning", "the loss jumps or oscillates too fast for differences"),
    ("GC520", "transposed", "transcription", "error", "the gradient's numbers are right, their layout is not"),
    ("GC521", "code-factor", "calculus", "error", "the gradient is off by one constant factor"),
    ("GC522", "code-sign", "calculus", "error", "the gradient has the wrong sign"),
    ("GC523", "sum-for-mean", "calculus", "error", "a sum stands for a mean, or a mean for a sum"),
    ("GC524", "wrong-axis", "calculus", "error", "a sum or mean runs along the wrong axis"),
    ("GC525", "swapped", "transcription", "error", "entries, slices or gradients stand in each other's place"),
    ("GC526", "upstream-dropped", "calculus", "error", "the upstream gradient is dropped, or another is used"),
    ("GC527", "no-activation-derivative", "calculus", "error", "the derivative of an activation is missing in code"),
    ("GC528", "double-activation-derivative", "calculus", "error", "the derivative of an activation stands twice in code"),
    ("GC529", "wrong-activation-derivative", "calculus", "error", "an activation's derivative is another's, or at the wrong place"),
    ("GC530", "penalty-term", "calculus", "error", "the penalty's term is missing, too large or too much"),
    ("GC531", "sample-count", "calculus", "error", "a sample is missing, or counted twice"),
    ("GC532", "not-summed", "calculus", "error", "the samples are not summed"),
    ("GC533", "stale", "transcription", "error", "a slice or parameter holds the gradient of another"),
    ("GC534", "left-at-zero", "calculus", "error", "a gradient is left at zero"),
    ("GC535", "wrong-at-zero", "calculus", "error", "the gradient is wrong only where an entry is zero"),
    ("GC536", "wrong-at-ties", "calculus", "error", "the gradient is wrong only where entries are equal"),
    ("GC537", "wrong-where-saturated", "calculus", "error", "the gradient is wrong only where entries are large"),
    ("GC538", "altered-gradient", "calculus", "error", "the gradient is clipped, or its sign or size is lost"),
    ("GC539", "term-lost", "calculus", "error", "a term that runs over several entries is missing"),
    ("GC540", "factor-missing", "calculus", "error", "an array is missing as a factor"),
    ("GC541", "factor-too-many", "calculus", "error", "an array is there as a factor, and should not be"),
    ("GC542", "mask-missing", "calculus", "error", "a mask of the forward pass is missing in the gradient"),
    ("GC543", "operand-turned", "calculus", "error", "an operand of the gradient is transposed or flipped"),
    ("GC544", "part-lost", "calculus", "error", "the part that depends on one parameter is missing or wrong"),
    ("GC545", "broadcast", "calculus", "error", "shapes (n,) and (n, 1) are broadcast to (n, n)"),
    ("GC901", "unmet-expectation", "reading", "error", "an expectation that nothing meets"),
    ("GC902", "directive", "reading", "error", "a gradcheck comment that could not be understood"),
    ("GC903", "unused-ignore", "reading", "warning", "an ignore comment that matches nothing"),
)  # fmt: skip

RULES: dict[str, Rule] = {row[0]: Rule(*row) for row in _TABLE}
"""Every rule by its code."""
