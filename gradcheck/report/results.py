"""The result of a verification: one frozen tree of results, for every renderer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gradcheck.language.document import Document, Span
from gradcheck.language.finding import Finding
from gradcheck.language.problem import InputError
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.project.configuration import Points

if TYPE_CHECKING:
    from gradcheck.code.result import GradientReport
    from gradcheck.report.descents import Descent

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
    axes: tuple[str, ...] = ()  # in words, one an axis; empty where names are numbers
    given: tuple[str, ...] = ()  # names of its equations that nothing defines or trains
    abstract: tuple[str, ...] = ()  # functions that may be any


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
    unjudged: tuple[str, ...] = ()  # what has no verdict, and why
    forward: tuple[str, ...] = ()  # what is defined, where there is no loss and so no setup
    axes: tuple[str, ...] = ()  # … and its axes

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
        return exit_status(self)


def exit_status(report: Report) -> int:
    """0, 1 or 2 (design.md, "Exit status").

    1: an unexpected `wrong`, error-level finding, or gradient `unread` or `undecided`; else 2: a
    named input could not be read or held nothing to check, a folder's file speaks of gradients and
    yields none (``strict``, or not ``trusted``), or nothing at all was checked; else 0.
    Each of the failing verdicts has an error-level finding, so the findings decide; gradient code
    fails by its verdict too, whatever findings were selected. With
    ``strict``, conventions, unread side remarks and gradients not claimed fail too.
    """
    if any(_fails(document) for document in report.documents) or any(map(code_fails, report.code)):
        return 1
    if report.strict and any(_lax(document) for document in report.documents):
        return 1
    failed = report.errors or missed(report) or not is_anything_checked(report)
    return 2 if failed else 0


def is_anything_checked(report: Report) -> bool:
    """Whether any gradient or other claim was judged: a run without one is no pass."""
    return bool(report.code) or any(document.checked for document in report.documents)


def missed(report: Report) -> bool:
    """Whether gradients that were not found fail the run."""
    return bool(report.not_found) and (report.strict or not report.trusted)


UNREADABLE = ("GC003", "GC004")
"""A document that is broken or too large: where nothing could be checked, status 2 says so."""


def _fails(document: DocumentResult) -> bool:
    """Whether an unexpected error was found; of a document with nothing to check only real ones."""
    if any(row.disagrees for item in document.comparisons for row in item.parameters):
        return True
    return any(
        finding.fails and (document.checked > 0 or finding.rule.code not in UNREADABLE)
        for finding in document.findings
    )


def _lax(document: DocumentResult) -> bool:
    """Whether a document holds what only ``--strict`` objects to."""
    rows = [row for setup in document.setups for row in setup.parameters]
    unexpected = [f for f in document.findings if not f.excused]
    return (
        any(finding.rule.severity == "warning" for finding in unexpected)
        or any(claim.verdict is Verdict.CONVENTION for row in rows for claim in row.claims)
        or any(row.verdict is None for row in rows)
        or any(comparison.setup is None for comparison in document.comparisons)
    )


def code_fails(code: GradientReport) -> bool:
    """Whether gradient code is wrong or not decided, or has another error to be told."""
    error = any(finding.rule.severity == "error" for finding in code.findings)
    return error or code.verdict is not Verdict.AGREES


def count_steps(document: DocumentResult) -> dict[str, int]:
    """Steps by verdict; ``steps`` is the sum of the other counts."""
    counts = Counter(
        step.verdict.value if step.verdict is not None else "unjudged" for step in document.steps
    )
    names = ("exact", "convention", "wrong", "undecided", "unread", "unjudged")
    return {"steps": len(document.steps), **{name: counts[name] for name in names}}


def count_gradients(document: DocumentResult) -> dict[str, int]:
    """Parameters by verdict; ``unclaimed`` are those never claimed or in chain-rule form only."""
    rows: list[ParameterResult] = [row for s in document.setups for row in s.parameters]
    counts = Counter(row.verdict.value if row.verdict is not None else "unclaimed" for row in rows)
    names = ("exact", "convention", "wrong", "undecided", "unread", "unclaimed")
    return {"gradients": len(rows), **{name: counts[name] for name in names}}
