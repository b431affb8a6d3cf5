"""The whole pipeline: documents in, report out, one call per arrow."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

from gradcheck import loading
from gradcheck.comparison import Evidence, Options
from gradcheck.derivation import understand
from gradcheck.directives import apply, parse_directives
from gradcheck.document import Document, Span
from gradcheck.evaluation.point import Sizes
from gradcheck.explanation import explain, setup_result, step_results
from gradcheck.finding import RULES, Finding
from gradcheck.hygiene import hygiene_findings
from gradcheck.judgement import UNREADABLE
from gradcheck.model import Derivation
from gradcheck.reading import read
from gradcheck.report import DocumentResult, InputError, Report
from gradcheck.statement import ReadDocument, Unread
from gradcheck.updates import update_findings


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
    empty = _nothing_checked(results, {str(path) for path in named})
    return Report(results, (*errors, *empty), strict, seed, sizes)


def verify_document(document: Document, options: Options, inline: bool = True) -> DocumentResult:
    """One document through every arrow: read, understand, compare, diagnose."""
    statements = read(document)
    derivation = understand(statements)
    evidence = [
        Evidence(setup, [step for step in derivation.steps if step.setup == k], document, options)
        for k, setup in enumerate(derivation.setups)
    ]
    sides = {side.span: side for s in statements.statements for side in s.sides}
    found = [finding for item in evidence for finding in explain(item, sides)]
    found += [*statements.findings, *derivation.findings]
    found += hygiene_findings(derivation, statements, document)
    conventions = {k: item.accepted for k, item in enumerate(evidence)}
    found += update_findings(derivation, document, conventions)
    found += _unread_sides(statements, found)
    findings = tuple(sorted(found, key=lambda f: (f.span.start, f.rule.code, f.message)))
    if inline:
        findings = apply(parse_directives(document), findings, _blocks(statements))
    return DocumentResult(
        document=document,
        readings=_readings(document, derivation),
        setups=tuple(setup_result(item) for item in evidence),
        steps=step_results(document, derivation, evidence),
        findings=findings,
        formulas=len(statements.statements),
    )


def _nothing_checked(results: Sequence[DocumentResult], named: set[str]) -> tuple[InputError, ...]:
    """An error for every named document in which nothing was checked, for all if that is all."""
    idle = [r for r in results if not r.checked and not _told(r)]
    if any(result.checked for result in results):
        idle = [r for r in idle if r.path in named or r.path == loading.STANDARD_INPUT]
    return tuple(_nothing(result) for result in idle)


def _told(result: DocumentResult) -> bool:
    """Whether a finding already says why nothing was checked."""
    return any(finding.rule.code == "GC006" for finding in result.findings)


def _nothing(result: DocumentResult) -> InputError:
    """Why nothing was checked in a document: its first error, if it has one."""
    first = next((f for f in result.findings if f.rule.code in UNREADABLE), None)
    if first is not None:
        line, column = result.document.position(first.span.start)
        return InputError(result.path, f"nothing checked: {first.message}", line, column)
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
