"""The result of a verification: one frozen tree of results, for every renderer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from gradcheck.configuration import Points
from gradcheck.document import Document, Span
from gradcheck.finding import Finding
from gradcheck.verdict import Constant, Verdict

if TYPE_CHECKING:
    from gradcheck.code.result import GradientReport
    from gradcheck.descent import Descent

CHAIN_RULE_ONLY = "chain rule only"
"""Status of a gradient that is written by other partials of the loss, and never in closed form."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step with its verdict; None is unjudged."""

    line: int
    column: int
    statement: int
    kind: str
    relation: str
    left: str
    right: str
    verdict: Verdict | None = None
    left_out: Constant | None = None
    sum_left_out: bool = False
    setup: str | None = None
    otherwise: tuple[tuple[str, Verdict], ...] = ()  # other readings, with the verdict by each
    idle: bool = (
        False  # both sides alike, or products of partials: it says of no gradient what it is
    )


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """The verdict on one closed-form claim, with what a reader needs to follow it.

    ``derived`` is the true gradient on the form the claim was judged against, ``quotient`` the
    simple factored claim ÷ truth in words ("extra factor x") where there is one, ``witness`` a
    point and both values at it.
    """

    span: Span
    line: int
    source: str
    verdict: Verdict
    left_out: Constant | None = None
    sum_left_out: bool = False
    reason: str = ""
    derived: str = ""
    quotient: str = ""
    witness: str = ""


@dataclass(frozen=True, slots=True)
class ParameterResult:
    """A row of a table. Errors are relative to the largest symbolic entry; None: not computed."""

    role: str
    source_name: str
    verdict: Verdict | None
    status: str  # in words: "exact", "up to 2/N, Σ", "not claimed", "chain rule only", …
    claim: ClaimResult | None  # the worst of `claims`, the one the row shows
    claims: tuple[ClaimResult, ...]
    derived_tex: str
    derived: str  # plain text, in the document's own names
    document_error: float | None = None
    numeric_error: float | None = None
    numeric_bound: float | None = None
    backprop_error: float | None = None
    worst_entry: tuple[int, ...] | None = None  # of the document's claim, else of the numeric
    note: str = ""  # why a number is missing ("lifting ambiguous: …", "another network")
    otherwise: tuple[tuple[str, Verdict], ...] = ()  # other readings, with the verdict by each


@dataclass(frozen=True, slots=True)
class SetupResult:
    """One table: a setup and its parameters."""

    name: str
    hidden: str
    line: int
    forward: tuple[str, ...]
    loss: str
    parameters: tuple[ParameterResult, ...]
    backprop: str  # "compared", or why not ("another network: …")
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparedGradient:
    """One parameter's gradient from three sources at the code's own point.

    The errors are the largest difference ÷ the largest symbolic entry, of the document's claim
    (completed by what it left out) and of the code's gradient; None: there is none.
    """

    role: str
    source_name: str
    code_name: str
    words: str  # which of them is wrong
    disagrees: bool = False  # the code is right by itself, and yet not what was derived
    document_error: float | None = None
    code_error: float | None = None


@dataclass(frozen=True, slots=True)
class CodeComparison:
    """Document, SymPy and the code that the front matter names; ``words`` say how, or why not."""

    target: str
    words: str
    setup: str | None = None  # None: not compared
    parameters: tuple[ComparedGradient, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """Everything about one document."""

    document: Document
    readings: tuple[str, ...]
    setups: tuple[SetupResult, ...]
    steps: tuple[StepResult, ...]
    findings: tuple[Finding, ...]
    formulas: int  # how many statements were found, read or not
    equations: tuple[Span, ...] = ()  # of the statements, in order
    descents: tuple[Descent | str, ...] = ()  # by the document's own update rules, if asked for
    comparisons: tuple[CodeComparison, ...] = ()  # with the code that its front matter names

    @property
    def path(self) -> str:
        return self.document.path

    @property
    def checked(self) -> int:
        """Gradient claims that were judged or should have been, and other claims that were.

        A right chain of partials says no gradient, a wrong one is wrong. 0 means that nothing was
        checked.
        """
        gradients = sum(len(row.claims) for setup in self.setups for row in setup.parameters)
        decided = (Verdict.EXACT, Verdict.CONVENTION, Verdict.WRONG)
        chains = (
            s
            for s in self.steps
            if s.kind == "claim" and s.verdict in decided
            if s.verdict is Verdict.WRONG or not s.idle
        )
        return gradients + sum(1 for _ in chains)


@dataclass(frozen=True, slots=True)
class InputError:
    """A named input that could not be read or held nothing to check.

    Line and column are None where it has no place in the file.
    """

    path: str
    message: str
    line: int | None = None
    column: int | None = None

    @classmethod
    def at(cls, document: Document, span: Span, message: str) -> Self:
        """One at a place in a document; a line of a notebook's cell is none of the file."""
        line, column = document.position(span.start)
        if document.cells:
            return cls(document.path, f"{document.place(line)}: {message}")
        return cls(document.file_of(line), message, document.within(line)[1], column)


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a run, with its exit status."""

    documents: Sequence[DocumentResult]
    errors: tuple[InputError, ...]
    strict: bool = False
    seed: int = 0
    sizes: tuple[int, int, int] = (3, 4, 5)  # features, hidden, samples
    code: tuple[GradientReport, ...] = ()  # gradient code that the user named
    points: Points = field(default_factory=Points)  # for classes
    interrupted: bool = False  # by the user: what is here is what was known then
    trusted: bool = True  # whether documents have a say about their own checking
    ordinary: tuple[str, ...] = ()  # files of folders that hold no gradient and speak of none
    not_found: tuple[InputError, ...] = ()  # those that speak of one, and yield none; why
    others: tuple[InputError, ...] = ()  # files of folders that are no documents, or unreadable

    @property
    def exit_status(self) -> int:
        """0, 1 or 2, as design.md's "Exit status" says."""
        from gradcheck.judgement import exit_status

        return exit_status(self)
