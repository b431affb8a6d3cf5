"""The report as JUnit XML: a suite a document, a case a gradient and a case an equation found
wrong, so that test dashboards show what failed and where."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from xml.etree.ElementTree import Element, SubElement

from gradcheck.code.gradient_rows import CodeFinding
from gradcheck.code.result import GradientReport
from gradcheck.language.problem import InputError
from gradcheck.language.verdict import Verdict
from gradcheck.report.renderers.annotation import Annotation, annotated
from gradcheck.report.renderers.objections import idle, lost, objected, remarks
from gradcheck.report.renderers.terminal import visible
from gradcheck.report.renderers.wording import findings_on, mark_of
from gradcheck.report.results import CodeComparison, DocumentResult, ParameterResult, Report

_FAILING = (Verdict.WRONG, Verdict.UNREAD, Verdict.UNDECIDED)


def render(report: Report) -> str:
    """``testsuites``: a failing finding that no gradient's case shows is a case of its own."""
    root = Element("testsuites", name="gradcheck")
    found = annotated(report)
    for result in report.documents:
        own = [item for item in found if item.path == result.path and item.line is not None]
        _document(root, result, own, report.strict)
    for check in report.code:
        _code(root, check)
    for error in (*report.errors, *lost(report), *idle(report)):
        case = _input(root, error)
        SubElement(case, "error", message=_text(error.message), type="input")
    for remark in remarks(report):
        SubElement(_input(root, remark), "skipped", message=_text(remark.message))
    for element in [*root.findall("testsuite"), root]:
        _count(element)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _input(root: Element, error: InputError) -> Element:
    suite = SubElement(root, "testsuite", name=_text(error.path))
    return _case(suite, error.path, "input")


def _document(root: Element, result: DocumentResult, found: list[Annotation], strict: bool) -> None:
    suite = SubElement(root, "testsuite", name=_text(result.path))
    shown: set[int] = set()
    for setup in result.setups:
        for row in setup.parameters:
            case = _case(suite, f"{result.path}.{setup.name}", f"gradient {row.source_name}")
            shown |= _judge(case, result, row, found, strict)
    failing = ("error", "warning") if strict else ("error",)
    for item in found:
        if item.severity in failing and item.offset not in shown:
            case = _case(suite, result.path, f"{item.rule.code} {item.place}")
            _fail(case, f"{item.place}: {item.text}", item.source)
    for comparison in result.comparisons:
        _comparison(suite, comparison, result.path, strict)


def _comparison(suite: Element, comparison: CodeComparison, path: str, strict: bool) -> None:
    """A case a gradient that was compared with the code, or one that says why none was."""
    classname = f"{path}.{comparison.target}"
    if comparison.setup is None:
        case = _case(suite, classname, "comparison")
        if strict:
            _fail(case, comparison.words)
        else:
            SubElement(case, "skipped", message=_text(comparison.words))
    for row in comparison.parameters:
        case = _case(suite, classname, f"comparison {row.source_name}")
        if row.disagrees:
            _fail(case, row.words)


def _code(root: Element, check: GradientReport) -> None:
    """A case a parameter; an error that none of the failing ones shows is a case of its own."""
    suite = SubElement(root, "testsuite", name=_text(check.target))
    errors = [finding for finding in check.findings if finding.rule.severity == "error"]
    for row in check.rows:
        case = _case(suite, check.target, row.name)
        if row.verdict is not Verdict.AGREES:
            own = [f for f in errors if f.parameter in (row.name, None)]
            why = [row.note] if row.note else []
            _fail(case, row.verdict.words, "\n".join([*map(_words, own), *why]))
    failing = {row.name for row in check.rows if row.verdict is not Verdict.AGREES}
    shown = failing | {None} if failing else set()
    for finding in errors:
        if finding.parameter not in shown:
            _fail(_case(suite, check.target, finding.rule.code), _words(finding))


def _words(finding: CodeFinding) -> str:
    advice = f"; try: {finding.suggestion}" if finding.suggestion else ""
    return f"{finding.rule.code} {finding.message}{advice}"


def _judge(
    case: Element,
    result: DocumentResult,
    row: ParameterResult,
    found: list[Annotation],
    strict: bool,
) -> set[int]:
    """Fill in a gradient's case; the places of the findings it shows."""
    if objected(row, strict):
        _fail(case, f"{row.status} (strict)")
        return set()
    if row.verdict is None:
        SubElement(case, "skipped", message=_text(row.status))
        return set()
    if row.verdict not in _FAILING:
        return set()
    spans = [f.span for claim in row.claims for f in findings_on(result, claim.span)]
    places = {max(span.start, 0) for span in spans}
    told = [item for item in found if item.offset in places]
    words = mark_of(result, row)
    if words or (told and not any(item.severity == "error" for item in told)):
        SubElement(case, "skipped", message=_text(f"{row.status} ({words or 'known'})"))
        return places
    if not told and not any(finding.fails for finding in result.findings):
        SubElement(case, "skipped", message=_text(f"{row.status}, its findings are not selected"))
        return places
    where = result.document.place(row.claim.line) if row.claim else ""
    _fail(
        case,
        f"{where}: {row.status}",
        "\n".join(f"{item.place}: {item.rule.code} {item.text}" for item in told),
    )
    return places


def _case(suite: Element, classname: str, name: str) -> Element:
    return SubElement(suite, "testcase", classname=_text(classname), name=_text(name), time="0")


def _fail(case: Element, message: str, body: str = "") -> None:
    failure = SubElement(case, "failure", message=_text(message), type="gradcheck")
    failure.text = "\n".join(_text(line) for line in body.split("\n"))


def _count(element: Element) -> None:
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(1 for _ in element.iter(tag))))
    element.set("tests", str(sum(1 for _ in element.iter("testcase"))))
    if element.tag == "testsuites":
        del element.attrib["skipped"]  # the schema knows it on a suite only
    element.set("time", "0")


def _text(text: str) -> str:
    """Characters that XML cannot hold, as escapes."""
    return "".join(visible(character) for character in text)
