"""From a document to its statements: all formulas first, then, knowing its names, all sides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Underbrace, walk
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.statement import ReadDocument, Relation, Seen, Side, Statement, Unread
from gradcheck.read import limits
from gradcheck.read.blocks import Block
from gradcheck.read.brackets import pair
from gradcheck.read.conditions import conditional, mark_conditions
from gradcheck.read.cursor import past
from gradcheck.read.drafting import begins_derivative, split
from gradcheck.read.drafts import Draft
from gradcheck.read.formulas import find_formulas
from gradcheck.read.known_names import Known
from gradcheck.read.lexer import Token, tokenize
from gradcheck.read.parser import parse_side
from gradcheck.read.resuming import seen_in
from gradcheck.read.rewriting import rewrite
from gradcheck.read.saying import said_between
from gradcheck.read.survey import survey
from gradcheck.read.tables import Row, equation_rows
from gradcheck.read.tokens import tokens_of
from gradcheck.read.words import PROSE
from gradcheck.run.parts import attempt, essential

_PROSE_LEFT = re.compile(
    r"(?P<left>(?:[∂d]\w+\s*/\s*[∂d]\w+|\w[\w'′]*(?:\s*\(\s*[\w\s,ŷ]{1,40}\))?))\s*"
    r"(?P<relation>:=|=|≔|←)\s*$"
)
_COMMENTS = {
    "markdown": re.compile(r"<!--(?:-?>|.*?-->)", re.DOTALL),
    "latex": re.compile(r"(?<!\\)%[^\n]*"),
    "rst": re.compile(r"^[ \t]*\.\. (?![\w:+.-]+::)[^\n]*", re.MULTILINE),
}
"""By the document's format."""


_APART = "a wide space parts this from what stands before it: one product, or two things?"
_JOIN = "without the wide space it is one product; behind a comma it is something else"


@dataclass(slots=True)
class _Entry:
    """A draft with where it stands, or a formula refused as a whole."""

    draft: Draft
    block: Block
    origin: str
    refused: Unread | None = None
    missing: Unread | None = None  # why it has no right side
    spans: list[Span] = field(default_factory=list)


def read(document: Document) -> ReadDocument:
    """Read all formulas of a document into statements; never raises for what they hold."""
    blocks = find_formulas(document)
    findings = list(blocks.findings)
    entries = _entries(document, blocks.formulas, findings)
    known = essential(
        "the survey of the names",
        survey,
        [entry.draft for entry in entries],
        [([entry.draft], entry.block.content) for entry in entries],
    )
    statements: list[Statement] = []
    for entry in entries:
        statements += attempt(
            "reading a formula",
            partial(_statements, document, entry, known, len(statements)),
            partial(_lost, entry, len(statements)),
            entry.block.content,
        )
    findings.sort(key=lambda finding: finding.span)
    return ReadDocument(document, tuple(statements), blocks.prose, tuple(findings), blocks.comments)


def _entries(
    document: Document, formulas: tuple[Block, ...], findings: list[Finding]
) -> list[_Entry]:
    entries: list[_Entry] = []
    before: Block | None = None
    rows = {row.left: row for row in equation_rows(document, formulas)}
    right = {row.right for row in rows.values()}
    lost = [finding.span for finding in findings]
    for block in formulas:
        if block in rows or block in right:
            entries += [_row(document, rows[block], findings)] if block in rows else []
            before = None
            continue
        drafts = _separated(document, block, findings)
        if isinstance(drafts, Unread):
            entries.append(_Entry(Draft([[]]), block, _origin(block), drafts))
            before = None
            continue
        for position, draft in enumerate(drafts):
            if (
                position == 0
                and block.plain is None
                and _prose_left(document, block, before, draft)
            ):
                entries.append(_Entry(draft, block, "prose"))
            elif position == 0 and before is not None and _said(document, entries, block, draft):
                pass
            elif (
                position == 0
                and entries
                and _joins(document, entries[-1], before, block, draft, lost)
            ):
                entries[-1].draft.extend(draft)
            else:
                entries.append(_Entry(draft, block, _origin(block)))
        before = block if drafts else None
    _mark_halves(document, entries, formulas)
    mark_conditions(document.text, [entry.draft for entry in entries if entry.refused is None])
    return entries


def _row(document: Document, row: Row, findings: list[Finding]) -> _Entry:
    """The equation that two cells of a table are; the other cell's place, if it is not read."""
    left = _separated(document, row.left, findings)
    right = None if row.right is None else _separated(document, row.right, findings)
    for refused in (left, right):
        if isinstance(refused, Unread):
            return _Entry(Draft([[]]), row.left, "table", refused)
    assert isinstance(left, list) and not isinstance(right, Unread)
    draft = left[0]
    if row.gradient:  # w in a column of gradients is dw
        first = draft.sides[0][0]
        draft.sides[0][0] = Token(first.kind, f"d{first.value}", first.start, first.end)
    if not draft.relations:
        at = (row.right or row.left).content.start
        draft.relations.append(Token("relation", "=", at, at))
        draft.sides.append([])
    if right is None:
        return _Entry(draft, row.left, "table", missing=Unread(row.left.content, row.reason))
    draft.extend(right[0])
    return _Entry(draft, row.left, "table")


def _origin(block: Block) -> str:
    if block.plain is not None:
        return "plain"
    return "display" if block.display else "inline"


def _separated(document: Document, block: Block, findings: list[Finding]) -> list[Draft] | Unread:
    """The drafts of one formula; one at which this fails is not read, and the others are."""
    return attempt(
        "reading a formula",
        partial(_drafts, document, block, findings),
        lambda reason: Unread(block.content, reason),
        block.content,
        ends=True,
    )


def _drafts(document: Document, block: Block, findings: list[Finding]) -> list[Draft] | Unread:
    span = block.content
    if block.problem:
        return Unread(span, block.problem)
    if span.end - span.start > limits.CHARACTERS:
        return _refuse(block, f"longer than {limits.CHARACTERS:,} characters", findings)
    tokens = tokens_of(document.text, block)
    if len(tokens) > limits.TOKENS:
        return _refuse(block, f"more than {limits.TOKENS:,} symbols", findings)
    if pair(tokens) > limits.DEPTH:
        return _refuse(block, f"nested more than {limits.DEPTH} levels deep", findings)
    return split(tokens)


def _refuse(block: Block, reason: str, findings: list[Finding]) -> Unread:
    message = f"the formula is {reason}: it was not read"
    findings.append(Finding(RULES["GC004"], block.outer, message))
    return Unread(block.content, reason)


def _joins(
    document: Document,
    entry: _Entry,
    before: Block | None,
    block: Block,
    draft: Draft,
    lost: Sequence[Span],
) -> bool:
    """Whether the first draft of a block goes on with the chain of the block before it."""
    if before is None or entry.refused is not None:
        return False
    if not (draft.leads or entry.draft.dangles):
        return False
    start = before.outer.end
    if any(start <= unclosed.start < block.outer.start for unclosed in lost):
        return False  # what it goes on with may stand there
    if block.outer.start - start > 2_000:
        return False
    between = _COMMENTS[document.format].sub("", document.text[start : block.outer.start])
    return len(between) <= 200 and len(between.split()) <= limits.JOINING_WORDS


def _said(document: Document, entries: Sequence[_Entry], block: Block, draft: Draft) -> bool:
    """Take a formula for the right side of the one before it, if the text between says so."""
    entry = entries[-1]
    left, right = entry.draft, draft.sides[0]
    between = Span(entry.block.outer.end, block.outer.start)
    if entry.refused is not None or draft.leads or left.dangles or not right:
        return False
    if not begins_derivative(left.sides[0]) or _is_zero(right):
        return False
    if between.end - between.start > _FAR or any(r.value not in _EQUAL for r in draft.relations):
        return False
    other = entries[-2].block.outer.end if len(entries) > 1 else document.body_start
    start = max(document.body_start, entry.block.outer.start - 4 * _FAR, other)
    beside = len(entries) > 1 and start == other and not entries[-2].draft.relations
    text = document.text
    said = said_between(
        text[start : entry.block.outer.start],
        _COMMENTS[document.format].sub("", text[between.start : between.end]),
        text[block.outer.end : block.outer.end + _FAR],
        block.display,
        beside,
    )
    if said is None or (said.in_words and (left.relations or _is_size(right, text, block))):
        return False
    if said.symbol == "->" and (left.relations or draft.relations):
        return False  # "therefore", between two equations
    place = between.start + said.start, between.start + said.end
    left.relations.append(Token("relation", said.symbol, *place))
    left.sides.append([])
    left.extend(draft)
    left.condition = left.condition or said.condition
    if said.doubt:
        entry.missing = Unread(block.content, said.doubt)
    return True


def _mark_halves(document: Document, entries: Sequence[_Entry], formulas: Sequence[Block]) -> None:
    """A derivative of which the text beside it says what it is: that is not read."""
    starts = {block.outer.start for block in formulas}
    for entry in entries:
        draft, end = entry.draft, entry.block.outer.end
        if entry.refused is not None or draft.relations or not begins_derivative(draft.sides[0]):
            continue
        found = _OUTSIDE.match(document.text, end, end + _FAR)
        if found is None or found.end() in starts or _ZERO.match(document.text, found.end()):
            continue
        kind = "sign" if found["sign"] else "verb"
        place = Token("relation", "=", *found.span(kind))
        draft.relations.append(place)
        draft.sides.append([])
        entry.missing = Unread(Span(place.end, found.end() + 1), _OUTSIDE_IT)


_OUTSIDE = re.compile(
    r"(?:[ \t*_`]|\r?\n(?!\s*\n))*"
    r"(?:(?P<sign>:=|=|≡)(?![=>])[ \t*_`]*(?=[^\s|])|(?P<verb>is|equals)[ \t]+`(?=[^`\s]))"
)
_ZERO = re.compile(r"0(?![.\w])")
_OUTSIDE_IT = "the right side stands outside of the formula: put all of it there"
_FAR = 120
"""Characters between two formulas of which one is said to equal the other."""
_EQUAL = ("=", ":=")


def _is_size(side: Sequence[Token], text: str, block: Block) -> bool:
    """``$3$ by $4$``: how large it is."""
    by = _BY.match(text, block.outer.end)
    return by is not None and all(token.kind == "number" for token in side)


_BY = re.compile(r"\s*(?:by|or|to)\b")


def _is_zero(side: Sequence[Token]) -> bool:
    """Whether a side is 0: a gradient that is 0 is a condition on the parameters."""
    return [token.value for token in side if token.kind != "mark"] == ["0"]


def _prose_left(document: Document, block: Block, before: Block | None, draft: Draft) -> bool:
    """Take the left side from the words just before the formula, if they end in ``NAME =``."""
    start = max(document.body_start, block.outer.start - 120)
    if before is not None:
        start = max(start, before.outer.end)
    text = document.text[start : block.outer.start]
    match = _PROSE_LEFT.search(text)
    if match is None or (match["left"].lower() in PROSE and len(match["left"]) > 1):
        return False
    tokens = rewrite(tokenize(document.text, start + match.start("left"), start + match.end()))
    pair(tokens)
    left = split(tokens)
    if len(left) != 1 or not left[0].dangles:
        return False
    relation = left[0].relations[-1]
    if draft.leads:
        draft.sides[0] = left[0].sides[0]
    else:
        draft.sides.insert(0, left[0].sides[0])
        draft.relations.insert(0, relation)
    return True


def _lost(entry: _Entry, before: int, reason: str) -> list[Statement]:
    """What stands for a formula that was not read at all."""
    return [_refused(entry, Unread(entry.block.content, reason), before)]


def _refused(entry: _Entry, unread: Unread, before: int, seen: tuple[Seen, ...] = ()) -> Statement:
    span = entry.block.content
    side = Side(span, unread=unread, seen=seen)
    return Statement(before + 1, span, (side,), (), entry.origin)


def _statements(document: Document, entry: _Entry, known: Known, before: int) -> list[Statement]:
    """What one formula says, numbered after so many others."""
    if entry.refused is not None:
        seen = seen_in(_tokens(document, entry.block), known) if entry.block.problem else ()
        return [_refused(entry, entry.refused, before, seen)]
    draft = entry.draft
    if not draft.relations and all(_names_function(tokens) for tokens in draft.sides):
        return []
    notes = list(dict.fromkeys(draft.notes))
    relations = tuple(Relation(token.span, token.value) for token in draft.relations)
    sides = tuple(
        _side(tokens, _place(draft, at), known, notes) for at, tokens in enumerate(draft.sides)
    )
    if draft.condition and relations:
        sides = (*sides[:-1], Side(sides[-1].span, unread=conditional(draft, sides[-1].span)))
    if draft.trailing is not None and relations:
        sides = (*sides[:-1], Side(sides[-1].span, unread=Unread(draft.trailing, _APART, _JOIN)))
    if entry.missing is not None:
        sides = (*sides[:-1], Side(entry.missing.span, unread=entry.missing))
    places = [side.span for side in sides] + [relation.span for relation in relations]
    span = Span(min(place.start for place in places), max(place.end for place in places))
    found = [Statement(before + 1, span, sides, relations, entry.origin, tuple(notes))]
    for side in sides:
        _underbraces(side, before, found)
    return found


def _side(tokens: list[Token], place: Span, known: Known, notes: list[str]) -> Side:
    """A side as read; if it could not be, with the derivatives that are seen in it."""
    side = parse_side(tokens, place, known, notes)
    if side.unread is None or not tokens:
        return side
    return replace(side, seen=seen_in(tokens, known))


def _tokens(document: Document, block: Block) -> list[Token]:
    """The tokens of a formula that is not to be tried as a whole; none if it is a large one."""
    if block.content.end - block.content.start > limits.CHARACTERS:
        return []
    tokens = tokens_of(document.text, block)
    for at, token in enumerate(tokens):
        token.at = at
    return tokens if pair(tokens) <= limits.DEPTH and len(tokens) <= limits.TOKENS else []


def _names_function(tokens: Sequence[Token]) -> bool:
    """Whether it is ``\\sigma(\\cdot)`` in a sentence: a function whose place is left open."""
    kinds = [token.kind for token in tokens]
    for at in range(len(kinds) - 2):
        end = past(kinds, at + 1, len(kinds), lambda kind: kind in ("multiply", "comma"))
        closes = end < len(kinds) and kinds[end] in ("close", "bar")
        if kinds[at] in ("open", "bar") and closes and end > at + 1:
            return True
    return False


def _place(draft: Draft, at: int) -> Span:
    """Where an empty side should have stood."""
    relations = draft.relations
    if at < len(relations):
        return Span(relations[at].start, relations[at].start)
    if relations:
        return Span(relations[-1].end, relations[-1].end)
    return Span(0, 0)


def _underbraces(side: Side, before: int, statements: list[Statement]) -> None:
    """The claims X = Y of ``\\underbrace{X}_{Y}``, each a statement of its own."""
    if side.expression is None:
        return
    for node in walk(side.expression):
        if isinstance(node, Underbrace) and node.label is not None:
            between = Span(node.operand.span.end, node.operand.span.end)
            statements.append(
                Statement(
                    before + len(statements) + 1,
                    node.span,
                    (Side(node.operand.span, node.operand), Side(node.label.span, node.label)),
                    (Relation(between, "="),),
                    "underbrace",
                )
            )
