"""The report as JUnit XML: a suite a document, a case a gradient and a case an equation found
wrong, so that test dashboards show what failed and where."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from xml.etree.ElementTree import Element, SubElement

from gradcheck.rendering.annotation import Annotation, annotated
from gradcheck.rendering.terminal import visible
from gradcheck.rendering.wording import findings_on, mark_of
from gradcheck.report import DocumentResult, ParameterResult, Report
from gradcheck.verdict import Verdict

_FAILING = (Verdict.WRONG, Verdict.UNREAD, Verdict.UNDECIDED)


def render(report: Report) -> str:
    """``testsuites``: a failing finding that no gradient's case shows is a case of its own."""
    root = Element("testsuites", name="gradcheck")
    found = annotated(report)
    for result in report.documents:
        own = [item for item in found if item.path == result.path and item.line is not None]
        _document(root, result, own)
    for check in report.code:
        suite = SubElement(root, "testsuite", name=_text(check.target))
        for row in check.rows:
            case = _case(suite, check.target, row.name)
            if row.verdict is not Verdict.AGREES:
                _fail(case, row.verdict.words, row.note or f"largest error {row.largest_error}")
    for error in report.errors:
        suite = SubElement(root, "testsuite", name=_text(error.path))
        case = _case(suite, error.path, "input")
        SubElement(case, "error", message=_text(error.message), type="input")
    for element in [*root.findall("testsuite"), root]:
        _count(element)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _document(root: Element, result: DocumentResult, found: list[Annotation]) -> None:
    suite = SubElement(root, "testsuite", name=_text(result.path))
    shown: set[int] = set()
    for setup in result.setups:
        for row in setup.parameters:
            case = _case(suite, f"{result.path}.{setup.name}", f"gradient {row.source_name}")
            shown |= _judge(case, result, row, found)
    for item in found:
        if item.severity == "error" and item.offset not in shown:
            case = _case(suite, result.path, f"{item.rule.code} {item.place}")
            _fail(case, f"{item.place}: {item.text}", item.source)


def _judge(
    case: Element, result: DocumentResult, row: ParameterResult, found: list[Annotation]
) -> set[int]:
    """Fill in a gradient's case; the places of the findings it shows."""
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
    if not told:  # its findings were not selected
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


def _fail(case: Element, message: str, body: str) -> None:
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
