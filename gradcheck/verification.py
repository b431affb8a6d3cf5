"""The whole pipeline: documents in, report out, one call per arrow."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

from gradcheck import loading
from gradcheck.comparison import Options, compare_setup
from gradcheck.derivation import understand
from gradcheck.directives import apply, parse_directives
from gradcheck.document import Document, Span
from gradcheck.evaluation.point import Sizes
from gradcheck.finding import RULES, Finding
from gradcheck.model import Derivation
from gradcheck.reading import read
from gradcheck.report import DocumentResult, InputError, Report, SetupResult, StepResult
from gradcheck.statement import ReadDocument, Unread
from gradcheck.updates import update_findings
from gradcheck.verdict import Verdict


def verify(
    paths: Sequence[str | PathLike[str]] | str | PathLike[str],
    *,
    seed: int = 0,
    sizes: tuple[int, int, int] = (3, 4, 5),
    inline: bool = True,
    strict: bool = False,
) -> Report:
    """Verify documents: files, folders of ``.md``, ``-`` for standard input.

    ``sizes`` are features, hidden units and samples of the numbers; ``inline=False`` disregards
    comments in which a document declares its own mistakes. Bad input becomes an entry of
    ``Report.errors``; nothing is printed and nothing raised for it.
    """
    named = [paths] if isinstance(paths, str | PathLike) else list(paths)
    documents, errors = loading.load_all([str(path) for path in named])
    options = Options(seed=seed, sizes=Sizes(*sizes))
    results = tuple(verify_document(document, options, inline) for document in documents)
    empty = tuple(
        _nothing(result) for result in results if not result.checked and not _told(result)
    )
    return Report(results, (*errors, *empty), strict, seed, sizes)


def verify_document(document: Document, options: Options, inline: bool = True) -> DocumentResult:
    """One document through every arrow: read, understand, compare, diagnose."""
    statements = read(document)
    derivation = understand(statements)
    compared = [compare_setup(setup, document, options) for setup in derivation.setups]
    setups = tuple(result for result, _ in compared)
    found = [finding for _, findings in compared for finding in findings]
    found += statements.findings
    found += derivation.findings
    found += update_findings(derivation)
    found += _unread_sides(statements, found)
    findings = tuple(sorted(found, key=lambda f: (f.span.start, f.rule.code, f.message)))
    if inline:
        findings = apply(parse_directives(document), findings, _blocks(statements))
    return DocumentResult(
        document=document,
        readings=_readings(document, derivation),
        setups=setups,
        steps=_steps(document, derivation, setups),
        findings=findings,
        formulas=len(statements.statements),
    )


def _told(result: DocumentResult) -> bool:
    """Whether a finding already says why nothing was checked."""
    return any(finding.rule.code == "GC006" for finding in result.findings)


def _nothing(result: DocumentResult) -> InputError:
    if not result.formulas:
        return InputError(result.path, "no equations found: nothing to check")
    return InputError(result.path, "no gradient is claimed here (∂L/∂w = …): nothing to check")


def _readings(document: Document, derivation: Derivation) -> tuple[str, ...]:
    return tuple(
        f"line {document.line_of(reading.span)}: {reading.text}" for reading in derivation.readings
    )


def _unread_sides(statements: ReadDocument, found: Sequence[Finding]) -> list[Finding]:
    """A finding for every side that was not read, where no gradient's finding names it already."""
    known = {finding.span for finding in found}
    result = []
    for statement in statements.statements:
        for side in statement.sides:
            unread = side.unread
            if unread is not None and side.span not in known:
                result.append(_unread(side.span, unread))
    return result


def _unread(span: Span, unread: Unread) -> Finding:
    return Finding(RULES["GC001"], span, unread.reason, unread.hint or None)


def _blocks(statements: ReadDocument) -> list[Span]:
    return [statement.span for statement in statements.statements]


def _steps(
    document: Document, derivation: Derivation, setups: Sequence[SetupResult]
) -> tuple[StepResult, ...]:
    """Every step, in order; what could not be read says so."""
    found = []
    for step in derivation.steps:
        line, column = document.position(step.span.start)
        verdict = Verdict.UNREAD if step.unread is not None else None
        found.append(
            StepResult(
                line=line,
                column=column,
                statement=step.statement,
                kind=step.kind,
                relation=step.relation,
                left=step.left,
                right=step.right,
                verdict=verdict,
                setup=_name_of(step.setup, setups),
            )
        )
    return tuple(found)


def _name_of(index: int | None, setups: Sequence[SetupResult]) -> str | None:
    return setups[index].name if index is not None and index < len(setups) else None
