"""Points for a class: what each input's gradients are worth by a policy, and what many share.

A gradient is right or wrong by its verdict alone: what a document says about its own checking
counts for nothing here. A mistake costs one gradient (error carried forward is counted once): the
one that it stands in, or the first that follows from it where it stands in none, in a definition
say; the others that are wrong only because of it have a share of their points. What could not be
decided or read, or has only a chain-rule form, is for a person to look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gradcheck.language.document import Span
from gradcheck.language.finding import Finding, Rule
from gradcheck.language.verdict import Verdict
from gradcheck.project.configuration import Points
from gradcheck.report.results import CHAIN_RULE_ONLY, DocumentResult, ParameterResult, Report

if TYPE_CHECKING:
    from gradcheck.code.result import GradientReport

CLASSES = (
    "calculus", "notation", "transcription", "convention", "update", "reading", "internal",
)  # fmt: skip
"""Classes of findings, as `Rule.kind` names them."""


@dataclass(frozen=True, slots=True)
class GradientGrade:
    """One gradient: ``share`` (0 to 1) of the ``worth`` points it has."""

    setup: str
    role: str
    source_name: str
    status: str  # as the table shows it
    share: float
    worth: float
    place: str = ""  # of the claim that the table shows
    follows_from: str | None = None
    unsure: bool = False  # a person has to look
    wrong: bool = False

    @property
    def points(self) -> float:
        """What it gets."""
        return self.share * self.worth


@dataclass(frozen=True, slots=True)
class Grade:
    """One document or target of gradient code: its gradients, and how many findings it has of
    each of `CLASSES`."""

    path: str
    total: float
    gradients: tuple[GradientGrade, ...]
    mistakes: dict[str, int]
    problem: str = ""  # why nothing could be graded

    @property
    def points(self) -> float:
        """The sum over the gradients."""
        return sum(gradient.points for gradient in self.gradients)

    @property
    def unsure(self) -> bool:
        """Whether a person has to look at it."""
        return bool(self.problem) or any(gradient.unsure for gradient in self.gradients)


@dataclass(frozen=True, slots=True)
class SharedMistake:
    """A mistake that several documents hold: its rule, where it strikes, and the places."""

    rule: Rule
    about: str  # "the gradient by w_1 (mse/identity)", "a definition or step"
    message: str  # of its first place
    places: tuple[tuple[str, str], ...]  # path and line

    @property
    def documents(self) -> int:
        """How many documents hold it."""
        return len({path for path, _ in self.places})


def grades(report: Report, points: Points) -> tuple[Grade, ...]:
    """A grade for every document and every target, and one of 0 points for every input that failed
    and for every file of a folder in which nothing could be graded: everybody has one.

    Gradient code is graded like a document: a gradient that agrees is right.
    """
    graded = {result.path: _grade(result, points) for result in report.documents}
    graded |= {result.target: _grade_of_code(result, points) for result in report.code}
    for error in (*report.errors, *report.not_found, *report.others):
        if error.path not in graded:
            graded[error.path] = Grade(error.path, points.total, (), _none(), error.message)
    for path in report.ordinary:
        graded.setdefault(path, Grade(path, points.total, (), _none(), NO_GRADIENT))
    return tuple(graded.values())


NO_GRADIENT = "no gradient was found in it"
"""Why a document that could be read has no points."""


def _none() -> dict[str, int]:
    return dict.fromkeys(CLASSES, 0)


def _grade(result: DocumentResult, points: Points) -> Grade:
    names = _names(result)
    rows = [
        (name, row)
        for name, setup in zip(names, result.setups, strict=True)
        for row in setup.parameters
    ]
    mistakes = _none()
    for finding in result.findings:
        if finding.follows_from is None and finding.rule.severity != "note":
            mistakes[finding.rule.kind] += 1
    if not rows:
        return Grade(result.path, points.total, (), mistakes, NO_GRADIENT)
    worth = points.total / len(rows)
    graded = [_gradient(result, name, row, worth, points) for name, row in rows]
    return Grade(result.path, points.total, tuple(_counted_once(graded)), mistakes)


def _counted_once(graded: list[GradientGrade]) -> Iterator[GradientGrade]:
    """The first gradient that follows from a mistake pays for it, unless another has."""
    paid = {item.place for item in graded if item.wrong and item.follows_from is None}
    for item in graded:
        if item.follows_from is None or item.follows_from in paid:
            yield item
        else:
            paid.add(item.follows_from)
            yield replace(item, share=0.0)


def _names(result: DocumentResult) -> list[str]:
    """The names of the setups, numbered where a document has one twice."""
    seen: Counter[str] = Counter()
    names = []
    for setup in result.setups:
        seen[setup.name] += 1
        number = seen[setup.name]
        names.append(setup.name if number == 1 else f"{setup.name} ({number})")
    return names


def _grade_of_code(result: GradientReport, points: Points) -> Grade:
    mistakes = _none()
    for finding in result.findings:
        if finding.rule.severity != "note":
            mistakes[finding.rule.kind] += 1
    share = {Verdict.AGREES: 1.0, Verdict.UNDECIDED: points.undecided}
    gradients = tuple(
        GradientGrade(
            "code",
            row.name,
            row.name,
            row.verdict.words,
            share.get(row.verdict, 0.0),
            points.total / len(result.rows),
            unsure=row.verdict is Verdict.UNDECIDED,
            wrong=row.verdict is Verdict.WRONG,
        )
        for row in result.rows
    )
    return Grade(result.target, points.total, gradients, mistakes)


def _gradient(
    result: DocumentResult, setup: str, row: ParameterResult, worth: float, points: Points
) -> GradientGrade:
    share, unsure, cause = 0.0, False, None
    if row.verdict is Verdict.EXACT:
        share = 1.0
    elif row.verdict is Verdict.CONVENTION:
        share = points.convention
    elif row.verdict in (Verdict.UNDECIDED, Verdict.UNREAD) or row.status == CHAIN_RULE_ONLY:
        share, unsure = points.undecided, True
    elif row.verdict is Verdict.WRONG:
        cause = _cause(result, row)
        share = points.follows if cause else 0.0
    return GradientGrade(
        setup,
        row.role,
        row.source_name,
        row.status,
        share,
        worth,
        result.document.place(row.claim.line) if row.claim else "",
        cause,
        unsure,
        row.verdict is Verdict.WRONG,
    )


def _cause(result: DocumentResult, row: ParameterResult) -> str | None:
    """Where the mistake was made, if every error of the gradient follows from one before it."""
    errors = [f for f in _on(result, row) if f.rule.severity == "error"]
    causes = [finding.follows_from for finding in errors]
    return causes[0] if causes and all(causes) else None


def _on(result: DocumentResult, row: ParameterResult) -> list[Finding]:
    """The findings within the claims of a row that do not hold."""
    spans = [claim.span for claim in row.claims if claim.verdict is row.verdict]
    return [finding for finding in result.findings if _inside(finding.span, spans)]


def _inside(span: Span, others: Iterable[Span]) -> bool:
    return any(other.start <= span.start < other.end for other in others)


def shared_mistakes(report: Report) -> tuple[SharedMistake, ...]:
    """First causes of error, alike by rule and by the gradient they strike, the commonest first."""
    groups: dict[tuple[str, str], list[tuple[Finding, str, str]]] = {}
    for result in report.documents:
        for finding in result.findings:
            if finding.rule.severity == "error" and finding.follows_from is None:
                about = _about(result, finding)
                line = result.document.position(max(finding.span.start, 0))[0]
                place = result.document.short_place(line)
                groups.setdefault((finding.rule.code, about), []).append(
                    (finding, result.path, place)
                )
    shared = [
        SharedMistake(
            found[0][0].rule,
            about,
            found[0][0].message,
            tuple((path, place) for _, path, place in found),
        )
        for (_, about), found in groups.items()
    ]
    return tuple(sorted(shared, key=lambda m: (-m.documents, m.rule.code, m.about)))


def _about(result: DocumentResult, finding: Finding) -> str:
    for setup in result.setups:
        for row in setup.parameters:
            if _inside(finding.span, [claim.span for claim in row.claims]):
                return f"the gradient by {row.role} ({setup.name})"
    return "an update" if finding.rule.kind == "update" else "a definition or a step"
