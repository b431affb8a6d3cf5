"""Directives: comments in which an author declares the mistakes that are known.

``<!-- gradcheck: expect[GC101*2, GC105] reason -->``, on a line of its own, declares findings in
the equation block after it: they are still shown, marked expected, and do not fail the run. An
expectation that nothing meets is an error. ``<!-- gradcheck: ignore[GC203] reason -->`` silences
all findings of a code in that block; one that silences nothing is a warning. The verdicts and
counts stay in either case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gradcheck.language.document import Document, Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.read.formulas import find_formulas

_COMMENT = re.compile(r"<!--[ \t]*gradcheck\b")
_DIRECTIVE = re.compile(r"\s*gradcheck:\s*(expect|ignore)\s*\[([^\[\]]*)\]\s*(.*?)\s*", re.DOTALL)
_LINE_COMMENTS = {
    "latex": re.compile(r"^[ \t]*%+(?=[ \t]*gradcheck\b)(?P<inner>[^\n]*)", re.MULTILINE),
    "rst": re.compile(r"^[ \t]*\.\.(?=[ \t]+gradcheck:)(?P<inner>[^\n]*)", re.MULTILINE),
}
"""A comment that ends with its line, by the document's format."""
_BLANK_LINE = re.compile(r"\n[ \t\r]*(?=\n)")
_COMMENTS = re.compile(
    r"(?:\s+|<!--(?:-?>|.*?-->)|%[^\n]*|\.\. gradcheck:[^\n]*|\.\. math::|:[\w-]+:(?!`)[^\n]*)*",
    re.DOTALL,
)
"""What may stand between a directive and the formula that it is about, in any format."""
_CODE = re.compile(r"(GC\d{3})(?:\s*\*\s*([1-9]\d{0,2}))?")
_FORMS = {
    "markdown": "write '<!-- gradcheck: {}[GC101] reason -->' on a line of its own",
    "latex": "write '% gradcheck: {}[GC101] reason' on a line of its own",
    "rst": "write '.. gradcheck: {}[GC101] reason' on a line of its own",
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """``count`` findings of one code, declared at ``span``, in the block after it."""

    code: str
    count: int
    span: Span
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ignore:
    """All findings of one code in the block after ``span`` are silenced."""

    code: str
    span: Span
    reason: str = ""


@dataclass(frozen=True)
class Directives:
    """What the comments of one document declare, and what is wrong with the comments."""

    document: Document
    expectations: tuple[Expectation, ...] = ()
    findings: tuple[Finding, ...] = ()
    ignores: tuple[Ignore, ...] = ()


def parse_directives(document: Document, comments: Sequence[Span] | None = None) -> Directives:
    """All gradcheck comments of a document; those inside code are none.

    ``comments`` are those that reading found; without them the document is gone through again.
    """
    declared: list[Expectation | Ignore] = []
    findings: list[Finding] = []
    for span, inner in _comments(document, comments):
        found = _parsed(document, span, inner)
        if isinstance(found, Finding):
            findings.append(found)
        else:
            declared += found
    return Directives(
        document,
        tuple(item for item in declared if isinstance(item, Expectation)),
        tuple(findings),
        tuple(item for item in declared if isinstance(item, Ignore)),
    )


def apply(
    directives: Directives, findings: Sequence[Finding], blocks: Sequence[Span]
) -> tuple[Finding, ...]:
    """The findings, the declared ones marked expected, with the findings about the directives.

    ``blocks`` are the spans of all formulas. A directive speaks for the first one after it and
    for all that follow without a blank line between. Of more findings than are declared, the
    first ones are marked.
    """
    result = list(findings)
    added: list[Finding] = list(directives.findings)
    in_order = sorted(blocks)
    for expectation in directives.expectations:
        covered = _covered(directives.document, expectation.span.end, in_order)
        met = _matching(result, expectation.code, covered)
        for index in met[: expectation.count]:
            result[index] = replace(result[index], expected=True)
        if len(met) < expectation.count:
            added.append(_unmet(expectation, len(met)))
    for ignore in directives.ignores:
        covered = _covered(directives.document, ignore.span.end, in_order)
        silenced = _matching(result, ignore.code, covered)
        for index in silenced:
            result[index] = replace(result[index], ignored=True)
        if not silenced:
            added.append(_unused(ignore))
    return (*result, *added)


def _matching(findings: Sequence[Finding], code: str, covered: Span) -> list[int]:
    """The findings of a code in a block of which no directive has spoken yet, in order."""
    met = [
        index
        for index, finding in enumerate(findings)
        if finding.rule.code == code
        and not finding.expected
        and not finding.ignored
        and covered.start <= finding.span.start < covered.end
    ]
    return sorted(met, key=lambda index: findings[index].span.start)


def _comments(
    document: Document, comments: Sequence[Span] | None
) -> Iterator[tuple[Span, str | None]]:
    """Every gradcheck comment with what it holds; None for one that is never closed."""
    text = document.text
    by_line = _LINE_COMMENTS.get(document.format)
    if by_line is not None:
        for found in by_line.finditer(text, document.body_start):
            yield Span(*found.span()), found["inner"]
        return
    for comment in find_formulas(document).comments if comments is None else comments:
        if not _COMMENT.match(text, comment.start):
            continue
        if text.endswith("-->", comment.start, comment.end):
            yield comment, text[comment.start + len("<!--") : comment.end - len("-->")]
        else:
            yield Span(comment.start, _line_end(text, comment.start)), None


def _parsed(
    document: Document, span: Span, inner: str | None
) -> list[Expectation | Ignore] | Finding:
    """What one comment declares, or what is wrong with it."""

    def malformed(message: str, verb: str = "expect") -> Finding:
        return Finding(RULES["GC902"], span, message, _FORMS[document.format].format(verb))

    if inner is None:
        return malformed("this gradcheck comment is never closed")
    text = document.text
    before = text[text.rfind("\n", 0, span.start) + 1 : span.start]
    after = text[span.end : _line_end(text, span.end)]
    if before.strip() or after.strip():
        return malformed("a gradcheck comment must stand on a line of its own")
    comment = _DIRECTIVE.fullmatch(inner)
    if comment is None:
        return malformed("this gradcheck comment is not understood")
    verb, reason = comment[1], " ".join(comment[3].split())
    declared: list[Expectation | Ignore] = []
    for item in comment[2].split(","):
        code = _CODE.fullmatch(item.strip())
        if code is None:
            return malformed(f"{item.strip()[:40]!r} is not a finding code", verb)
        if code[1] not in RULES:
            return malformed(f"there is no finding {code[1]}", verb)
        if verb == "expect":
            declared.append(Expectation(code[1], int(code[2] or 1), span, reason))
        elif code[2]:
            message = "ignore silences all findings of a code; it takes no number"
            return malformed(message, verb)
        else:
            declared.append(Ignore(code[1], span, reason))
    return declared


def _covered(document: Document, offset: int, blocks: list[Span]) -> Span:
    """From the first block after the offset to the blank line after it.

    Within a chain that runs over several blocks, the block is what stands next in it.
    """
    text = document.text
    if any(block.start < offset < block.end for block in blocks):
        comments = _COMMENTS.match(text, offset)
        start = comments.end() if comments else offset
        block: Span | None = Span(start, start + 1)
    else:
        block = next((block for block in blocks if block.start >= offset), None)
    if block is None:
        return Span(len(text), len(text))
    blank = _BLANK_LINE.search(text, max(block.start, block.end - 1))
    return Span(block.start, blank.start() + 1 if blank else len(text) + 1)


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end


def _unmet(expectation: Expectation, met: int) -> Finding:
    code, count = expectation.code, expectation.count
    if met:
        message = f"{count} findings {code} are expected in the block below, {met} found"
        suggestion = f"write expect[{code}]" if met == 1 else f"write expect[{code}*{met}]"
    else:
        message = f"{code} is expected in the block below, and there is none"
        suggestion = "remove the expectation, or put it right above the block it is about"
    return Finding(RULES["GC901"], expectation.span, message, suggestion)


def _unused(ignore: Ignore) -> Finding:
    message = f"{ignore.code} is ignored in the block below, but there is none"
    suggestion = "remove the comment, or put it right above the block it is about"
    return Finding(RULES["GC903"], ignore.span, message, suggestion)
