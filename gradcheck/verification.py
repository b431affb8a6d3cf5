"""The whole pipeline: documents in, report out, one call per arrow."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, TypeVar

from gradcheck.code.process import Answer, run_all
from gradcheck.code.target import file_of, named_in, split_targets, targets_of
from gradcheck.evidence.arrays.point import Sizes
from gradcheck.explain import (
    Otherwise,
    explain,
    explain_lost,
    failed_parts,
    in_findings,
    in_reading,
    in_setup,
    in_steps,
    other_readings,
    setup_result,
    step_results,
)
from gradcheck.explain.absence import sort_out
from gradcheck.explain.hygiene import hygiene_findings, without_bystanders
from gradcheck.explain.page_result import PageResult
from gradcheck.judge import Evidence, Options
from gradcheck.judge.page_verdicts import page_verdicts
from gradcheck.judge.updates import update_findings, with_substituted
from gradcheck.judge.worked import arithmetic_findings
from gradcheck.language.document import NOWHERE, Document, Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.model import Derivation
from gradcheck.language.problem import InputError
from gradcheck.language.statement import ReadDocument, Side, Unread
from gradcheck.language.verdict import Verdict
from gradcheck.project.configuration import Settings
from gradcheck.project.selection import is_selected
from gradcheck.project.selection import select as selected
from gradcheck.read import read
from gradcheck.read.files import loading
from gradcheck.read.files.directives import apply, parse_directives
from gradcheck.report.results import UNREADABLE, CodeComparison, DocumentResult, Report
from gradcheck.run.budget import DEFAULT, OverBudget, stage
from gradcheck.run.budget import budget as within_budget
from gradcheck.run.jobs import GRACE, STOPPED, TIMEOUT, in_parallel
from gradcheck.run.parts import Broken, attempt, failed, separately
from gradcheck.run.progress import Progress
from gradcheck.run.progress import progress as progress_of
from gradcheck.run.shelf import MANY, Shelf, pack
from gradcheck.understand import Instead, Passages, derive, settle
from gradcheck.understand.page import lent, page_of

if TYPE_CHECKING:
    from gradcheck.code.result import GradientReport
    from gradcheck.judge.against import Reference
    from gradcheck.report.descents import Descent


T = TypeVar("T")


@dataclass(frozen=True)
class Choices:
    """What the user chose for a run: the numbers, and which findings count."""

    options: Options
    inline: bool = True
    settings: Settings = field(default_factory=Settings)
    descent: bool = False
    reference: Reference | None = None  # the assignment that documents are judged against
    code: tuple[Answer, ...] = ()  # what came of the targets that the user named
    budget: float = DEFAULT  # seconds for a document


def verify(
    paths: Sequence[str | PathLike[str]] | str | PathLike[str],
    *,
    seed: int = 0,
    sizes: tuple[int, int, int] = (3, 4, 5),
    inline: bool = True,
    strict: bool = False,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    descent: bool = False,
    against: str | PathLike[str] | None = None,
    jobs: int = 1,
    settings: Settings | None = None,
    trusted: bool = True,
    timeout: float = TIMEOUT,
    budget: float | None = None,
    progress: Progress = False,
    gitignore: bool = False,
) -> Report:
    """Verify documents (files, folders of ``.md``, ``-`` for standard input) and gradient code.

    Code is named as ``FILE.py:NAME`` or ``package.module:NAME``; it runs in a child process, for
    at most ``timeout`` seconds. A document's front matter can name it too, ``code: FILE.py:NAME``;
    it runs only if ``paths`` name the same.

    ``sizes`` are features, hidden units and samples of the numbers; ``inline=False`` disregards
    comments in which a document declares its own mistakes; ``select`` and ``ignore`` are codes,
    or beginnings of codes, of the findings that are shown and count; ``descent`` adds a run of
    gradient descent by each document's own rules; ``against`` is a reference document that gives
    the forward equations, the loss and the setup; ``jobs`` are processes to share the documents
    among (0: as many as pay, apart from this one if there are several documents; 1: this very
    process, in which nothing can end a document that hangs; the result is the same). ``settings``
    are those of a project; ``trusted=False`` disregards whatever a document says about its own
    checking: comments and front matter; ``budget`` are the seconds that one document may cost:
    what is over it is not decided; ``progress`` shows how far it is (see `gradcheck.run.progress`);
    ``gitignore`` passes over what such files leave out of folders, but for strangers' documents.
    Bad input becomes an
    entry of ``Report.errors``; nothing is printed and nothing raised for it.
    """
    named = [paths] if isinstance(paths, str | PathLike) else list(paths)
    project = settings or Settings()
    if select or ignore:
        project = replace(project, select=tuple(select), ignore=tuple(ignore))
    report = Report((), (), strict, seed, sizes, points=project.points, trusted=trusted)
    files, targets, unnamed = split_targets([str(path) for path in named])
    found = loading.find_all(files, project.excludes, trusted, gitignore and trusted)
    documents = found.documents
    reference, problems = _reference(against)
    if problems:
        return replace(report, errors=(*problems, *unnamed, *found.errors))
    observed, odd = targets_of(documents)
    answers = run_all(targets, timeout, observed, progress)
    errors = (*unnamed, *found.errors, *odd, *(a.error for a in answers if a.error is not None))
    options = Options(seed=seed, sizes=Sizes(*sizes))
    choices = Choices(
        options, inline and trusted, project, descent, reference, answers, budget or project.budget
    )
    code = tuple(_chosen_code(a.report, choices) for a in answers if a.report is not None)
    if any(answer.interrupted for answer in answers):
        errors = (*errors, *(InputError(document.path, STOPPED) for document in documents))
        return replace(report, errors=errors, code=code, interrupted=True)
    results, broken = _each(documents, choices, jobs, progress)
    sorted_out = sort_out(results, found, _nothing)
    empty = _nothing_checked(sorted_out.results, found.held)
    stopped = any(error.message == STOPPED for error in broken)
    return replace(
        report,
        documents=sorted_out.results,
        errors=(*errors, *broken, *empty),
        code=code,
        interrupted=stopped,
        ordinary=sorted_out.ordinary,
        not_found=sorted_out.not_found,
        others=(*found.others, *found.unreadable),
    )


def _chosen_code(code: GradientReport, choices: Choices) -> GradientReport:
    """A report with the findings that were selected."""
    select, ignore = choices.settings.codes_for(file_of(code.target))
    found = [f for f in code.findings if is_selected(f.rule.code, select, ignore)]
    return replace(code, findings=tuple(found))


_SWEEP = 5
"""Documents of a class after which what hangs in circles is freed: else it waits for very long."""


def _each(
    documents: Sequence[Document], choices: Choices, jobs: int, shown: Progress
) -> tuple[Sequence[DocumentResult], tuple[InputError, ...]]:
    """Every document on its own: what breaks one does not stop the others."""
    many = len(documents) > MANY

    def one(index: int) -> DocumentResult | InputError | bytes:
        document = documents[index]
        try:
            result = verify_document(document, choices)
            if not many:
                return result
            if index % _SWEEP == 0:
                gc.collect(1)
            return pack(result)
        except OverBudget as over:
            return InputError(document.path, str(over))
        except Broken as broken:
            return InputError.at(document, broken.span, str(broken))
        except Exception as trouble:
            if os.environ.get("GRADCHECK_DEBUG"):
                raise
            return InputError(document.path, failed(trouble))

    def instead(index: int, why: str) -> InputError:
        return InputError(documents[index].path, why)

    if jobs != 1 and len(documents) > 1:
        import_module(
            "gradcheck.evidence.symbolic.gradient"
        )  # SymPy once, not once in every process
    with progress_of(shown, len(documents), " documents") as done:
        limit = choices.budget + GRACE
        found = in_parallel(one, len(documents), jobs, limit=limit, instead=instead, done=done)
    errors = tuple(item for item in found if isinstance(item, InputError))
    if many:
        return Shelf(item for item in found if isinstance(item, bytes)), errors
    return tuple(item for item in found if isinstance(item, DocumentResult)), errors


def _reference(
    path: str | PathLike[str] | None,
) -> tuple[Reference | None, tuple[InputError, ...]]:
    """What the reference document says, or what is wrong with it."""
    if path is None:
        return None, ()
    from gradcheck.judge.against import reference_of

    documents, errors = loading.load_all([str(path)])
    if errors:
        return None, errors
    reference = reference_of(documents[0])
    if not reference.has_loss:
        return None, (InputError(str(path), "the reference defines no loss to judge against"),)
    return reference, ()


def verify_document(document: Document, choices: Choices) -> DocumentResult:
    """One document through every arrow: read, understand, compare, explain.

    Raises `OverBudget` where the document's budget ends before there is anything to judge.
    """
    with within_budget(choices.budget), separately() as failures:
        statements, result = _verified(document, choices)
    told = [*result.findings, *failed_parts(document, failures)]
    return replace(result, findings=_chosen(told, statements, choices))


def _verified(document: Document, choices: Choices) -> tuple[ReadDocument, DocumentResult]:
    """What was read, and the result with everything that is to be told, failures excepted."""
    with stage("reading it"):
        statements = read(document)
    settled = _understood("the roles of the formulas", lambda: settle(statements))
    if settled is None:
        return statements, _merely_read(statements)

    def understood(instead: Instead) -> tuple[Derivation, list[Finding]]:
        derivation = derive(settled, instead)
        if choices.reference is None:
            return _substituted(derivation), []
        from gradcheck.judge.against import derive_against

        derivation, differences = derive_against(choices.reference.derivation, document, derivation)
        return _substituted(derivation), differences

    usual = _understood("the derivation", lambda: understood({}))
    if usual is None:
        return statements, _merely_read(statements)
    derivation, differences = usual
    evidence = [
        Evidence(setup, [s for s in derivation.steps if s.setup == k], document, choices.options)
        for k, setup in enumerate(derivation.setups)
    ]
    others = attempt(
        "the other readings",
        lambda: other_readings(derivation, evidence, lambda instead: understood(instead)[0]),
        lambda _: (),
    )
    told = _findings(statements, derivation, evidence, choices, differences)
    steps = step_results(document, derivation, evidence)
    result = DocumentResult(
        document=document,
        readings=_readings(document, derivation, evidence, others),
        setups=tuple(in_setup(setup_result(item), others) for item in evidence),
        steps=in_steps(steps, derivation.steps, others),
        findings=tuple(in_findings(told, others, derivation.steps)),
        formulas=len(statements.statements),
        equations=tuple(_blocks(statements)),
        descents=_descents(derivation, choices),
        comparisons=_comparisons(document, evidence, choices),
    )
    return statements, _with_axes(result, statements, settled, derivation, choices)


def _with_axes(
    result: DocumentResult,
    statements: ReadDocument,
    settled: Passages,
    derivation: Derivation,
    choices: Choices,
) -> DocumentResult:
    """The result with the verdicts found in order, and with the axes of every quantity."""

    def revised() -> DocumentResult:
        reference, seed = choices.reference, choices.options.seed
        alone = page_verdicts(page_of(statements), settled.functions, seed)
        if reference is None:
            return PageResult(result.document, derivation, alone).revised(result)
        page = page_of(*lent(statements, reference.read))
        if not page.layout.indexed:
            return result
        functions = {**settled.functions, **reference.functions}
        verdicts = page_verdicts(page, functions, seed)
        document = page.order.read.document
        return PageResult(document, derivation, verdicts, alone).revised(result)

    return attempt("the verdicts with axes", revised, lambda _: result)


def _understood(part: str, work: Callable[[], T]) -> T | None:
    """What the work gives, or None where it fails: what was read is kept then."""
    with stage("understanding it"):
        return attempt(part, work, lambda _: None, ends=True)


def _merely_read(statements: ReadDocument) -> DocumentResult:
    """A document that was read and could not be understood: no verdicts, what reading found."""
    return DocumentResult(
        document=statements.document,
        readings=(),
        setups=(),
        steps=(),
        findings=(*statements.findings, *_unread_sides(statements, statements.findings)),
        formulas=len(statements.statements),
        equations=tuple(_blocks(statements)),
    )


def _substituted(derivation: Derivation) -> Derivation:
    """The derivation with the gradients that only its updates substitute."""
    return attempt(
        "the gradients in the updates", lambda: with_substituted(derivation), lambda _: derivation
    )


def _findings(
    statements: ReadDocument,
    derivation: Derivation,
    evidence: Sequence[Evidence],
    choices: Choices,
    differences: Sequence[Finding] = (),
) -> list[Finding]:
    """Everything that is to be told about one document, differences from a reference included."""
    document = statements.document
    sides = {side.span: side for s in statements.statements for side in s.sides}
    found = [*differences]
    for item in evidence:
        tell = partial(_explained, item, derivation, sides, differences)
        found += _told_of("the explanation", tell, item.setup.span)
    conventions = {k: item.accepted for k, item in enumerate(evidence)}
    found += statements.findings
    found += _told_of(
        "what has no loss",
        lambda: explain_lost(document, derivation, choices.options),
        instead=derivation.findings,
    )
    found += _told_of("the symbols", lambda: hygiene_findings(derivation, statements, document))
    found += _told_of("the updates", lambda: update_findings(derivation, document, conventions))
    found += _told_of("the worked numbers", lambda: arithmetic_findings(derivation, document))
    undecided = {f.span for f in found if f.rule.code in _NAMES_IT}
    found = [f for f in found if f.rule.code != "GC303" or not _inside(f.span, undecided)]
    return without_bystanders(found + _unread_sides(statements, found), derivation, statements)


def _told_of(
    part: str,
    tell: Callable[[], Sequence[Finding]],
    span: Span = NOWHERE,
    instead: Sequence[Finding] = (),
) -> Sequence[Finding]:
    """The findings of one part, or what stands for them where it fails."""
    return attempt(part, tell, lambda _: instead, span)


def _explained(
    evidence: Evidence,
    derivation: Derivation,
    sides: Mapping[Span, Side],
    differences: Sequence[Finding],
) -> list[Finding]:
    """The findings of one setup; some follow from a definition that is not the reference's."""
    findings = explain(evidence, derivation, sides)
    if not differences:
        return findings
    from gradcheck.judge.against import following

    return following(findings, evidence, differences)


_NAMES_IT = ("GC005", "GC137")
"""Findings about an undecided gradient: they say which name nothing defines."""


def _inside(span: Span, others: set[Span]) -> bool:
    return any(other.start <= span.start and span.end <= other.end for other in others)


def _chosen(
    findings: Sequence[Finding], statements: ReadDocument, choices: Choices
) -> tuple[Finding, ...]:
    """The findings in document order, those that were selected, with the directives' say."""
    ordered = sorted(findings, key=lambda f: (f.span.start, f.rule.code, f.message))
    select, ignore = choices.settings.codes_for(statements.document.path)
    chosen = selected(tuple(dict.fromkeys(ordered)), select, ignore)
    if not choices.inline:
        return chosen
    with separately() as failures:
        marked = attempt("the directives", lambda: _directed(chosen, statements), lambda _: chosen)
    told = failed_parts(statements.document, failures)
    return selected((*marked, *told), select, ignore)


def _directed(findings: Sequence[Finding], statements: ReadDocument) -> tuple[Finding, ...]:
    """The findings as the document's directives would have them."""
    directives = parse_directives(statements.document, statements.comments)
    unseen = [f.span for f in statements.findings if f.rule.code in ("GC020", "GC021")]
    return tuple(apply(directives, findings, [*_blocks(statements), *unseen]))


def _descents(derivation: Derivation, choices: Choices) -> tuple[Descent | str, ...]:
    """Gradient descent by the document's own rules, if it was asked for."""
    if not choices.descent:
        return ()
    from gradcheck.explain.descent import descents

    return attempt(
        "the descent",
        lambda: descents(derivation, choices.options),
        lambda reason: (f"not run: {reason}",),
    )


def _comparisons(
    document: Document, evidence: Sequence[Evidence], choices: Choices
) -> tuple[CodeComparison, ...]:
    """Document, SymPy and the code that the front matter names, if it names any."""
    try:
        target = named_in(document)
    except loading.LoadError:  # reported with the inputs
        return ()
    if target is None:
        return ()
    from gradcheck.judge.three_ways import compare_three

    answer = next((a for a in choices.code if a.target.identity == target.identity), None)
    return attempt(
        "the comparison with code",
        lambda: compare_three(evidence, target, answer),
        lambda reason: (CodeComparison(target.text, f"not compared: {reason}"),),
    )


def _nothing_checked(results: Sequence[DocumentResult], held: Set[str]) -> tuple[InputError, ...]:
    """An error for every document in which nothing was checked, but for those of folders."""
    idle = [r for r in results if not r.checked and not _told(r) and r.path not in held]
    return tuple(_nothing(result) for result in idle)


def _told(result: DocumentResult) -> bool:
    """Whether a finding already says why nothing was checked."""
    return any(finding.rule.code in ("GC006", "GC191") for finding in result.findings)


def _nothing(result: DocumentResult) -> InputError:
    """Why nothing was checked in a document: its first error, if it has one."""
    telling = (*UNREADABLE, "GC006")
    first = next((f for f in result.findings if f.rule.code in telling), None)
    if first is not None:
        return InputError.at(result.document, first.span, f"nothing checked: {first.message}")
    if not result.formulas:
        return InputError(result.path, "no equations found: nothing to check")
    unread = next((step for step in result.steps if step.verdict is Verdict.UNREAD), None)
    if unread is None or result.document.cells:
        return InputError(result.path, "no gradient is claimed here (∂L/∂w = …): nothing to check")
    message = "no gradient is claimed in what could be read (∂L/∂w = …): nothing to check"
    line = result.document.within(unread.line)[1]
    return InputError(result.document.file_of(unread.line), message, line, unread.column)


def _readings(
    document: Document,
    derivation: Derivation,
    evidence: Sequence[Evidence],
    others: Sequence[Otherwise],
) -> tuple[str, ...]:
    """Every reading with its line, and what would be judged otherwise by another one."""
    return tuple(
        f"{document.place_of(reading.span)}: {reading.text}" + in_reading(reading, others, evidence)
        for reading in derivation.readings
    )


def _unread_sides(statements: ReadDocument, found: Sequence[Finding]) -> list[Finding]:
    """A finding for every side that was not read, where no gradient's finding names it already."""
    known = {finding.span for finding in found}
    result = []
    for statement in statements.statements:
        told = bool(statement.relations) and all(r.symbol == "in" for r in statement.relations)
        for side in statement.sides[: 1 if told else None]:  # y ∈ {0, 1}: nothing is claimed
            unread = side.unread
            if unread is not None and side.span not in known:
                result.append(_unread(side.span, unread))
    return result


def _unread(span: Span, unread: Unread) -> Finding:
    return Finding(RULES["GC001"], span, unread.reason, unread.hint or None)


def _blocks(statements: ReadDocument) -> list[Span]:
    return [statement.span for statement in statements.statements]
