"""Finding formulas that are typed as plain text, in lines of prose and in code fences.

A line is read where it holds a relation and its words are those of mathematics; what signs of
mathematics show to be a formula, though a word in it is not known, is taken too, so that the reader
says that it is not read. Program code stays code, and prose with an ``=`` stays prose.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from gradcheck.language.derivative_signs import ABOVE
from gradcheck.language.document import Span
from gradcheck.language.names import LOSSES
from gradcheck.read.cursor import lines
from gradcheck.read.drawn import RULED, fractions
from gradcheck.read.plain_runs import GRADIENT, MARKS, PART, Run, belongs, runs_of
from gradcheck.read.plain_tokens import is_known
from gradcheck.read.saying import is_verb, is_verb_or_sign
from gradcheck.read.words import PROSE

_LINE_LIMIT = 2_000
_STRONG = re.compile(
    r"[∂∇∑√\u0370-\u03ff\u2080-\u209c\u00b2′ŷ½⊙]|.\u0302|\\(?:partial|d?frac|nabla|sigma|hat)\b"
    r"|\bd[A-Za-z]\w*\)?[ ]?/[ ]?\(?d[A-Za-z]\w*\b|\bd[A-Z][A-Za-z]*_d[A-Za-z]\w*\b"
)
_SUPPOSED = re.compile(
    r"\b(?:if|when|whenever|unless|for|suppose|assume|until)\s*\Z", re.IGNORECASE
)
_NOTHING = re.compile(r"[\s\u2500-\u259f|]*")
_OF_LOSS = re.compile(
    rf"\(?(?:[∂d]|{ABOVE}\s*|∇\S*\s+)\S*?"
    r"(?:[LJCEℒℓ]|loss|cost|err|mse|bce|\\ell|\\mathcal)",
    re.IGNORECASE,
)
_OF_PARAMETER = re.compile(
    r"(?:d|grad(?:ient)?_)(?P<letters>[WwBb]|theta|beta)_?(?P<digits>\d{0,2})"
    r"\s*:?=(?!=)(?=[^=\n]*[A-Za-z])"
)
"""``db_1 = …`` or ``grad_b1 = …``: what code calls the gradient by a weight or a bias."""
_NAMED = re.compile(rf"\b{_OF_PARAMETER.pattern}")
_ARROW = re.compile(r"\s*(?:[-=]>|[→⇒⟶⟹])\s*(?![^\n]*(?:[∂∇]|\bd\w+/d))(?=[^\n]*[A-Za-z])")
_ZERO = re.compile(r"=\s*0\s*$")
_CODE = re.compile(
    r"^\s*(?:def \w+\(|class \w+|import \w|from [\w.]+ import|for \w+ in |while .*:\s*$|return\b"
    r"|print\(|let \w+ ?=|var |const |function |#include|using |public |private |>>>|\$ |@\w+"
    r"|if .*:$)"
    r"|\b(?:np|torch|tf|jnp|plt|pd|self|math|nn|F)\.\w|[\w)\]]\.(?!T\b)[a-z_]+\(|;\s*$|\+\+|==|&&|\|\|"
    r"|\b(?:True|False|None|null|lambda \w+:)\b|\[:,|\w\[[\w:, -]+\]|\"\"\"",
    re.MULTILINE,
)
_FORWARD = re.compile(
    r"[A-Za-z]\w*(?:\s?\(\s*\w+\s*\))?\s*:?=\s*"
    r"(?:(?=.*[A-Za-z].*[-+*·/^(].*[A-Za-z])|[A-Za-z]+_?\d+\s*$)"
)
_VALUES = re.compile(
    r"[A-Za-z]_?\d?\s*=\s*[-−]?\d+(?:\.\d+)?"
    r"(?:,\s*(?:and\s+)?[A-Za-z]_?\d?\s*=\s*[-−]?\d+(?:\.\d+)?)+"
)
"""``x = 2, y = 1, w1 = 0.3``: the numbers of an example."""
_ASSIGNED = re.compile(r"^[ \t│|]*([A-Za-z]\w*)[ \t]*:?=(?!=)", re.MULTILINE)
_LOSS = re.compile(r"^[ \t]*(?:" + "|".join(sorted(LOSSES)) + r")[ \t]*=(?!=).*$", re.MULTILINE)
_DIFFERENTIAL = re.compile(r"^[ \t]*d_?([A-Za-z]\w*)[ \t]*=(?!=)", re.MULTILINE)
_LETTER = re.compile(r"(?<![A-Za-z])([A-Za-z])(?![A-Za-z])")
_BY = re.compile(r"\bd[A-Za-z]\w*[ ]?/[ ]?\(?d([A-Za-z])\b")
_TWO_LETTERS = re.compile(r"[-=+−*·(]\s*([a-z][A-Za-z])(?![\w])")
_INDENTED = re.compile(
    r"(?:\A|(?:\A|(?<=\n))[ \t]*\n)"
    r"(?P<block>(?:(?:[ ]{4}|\t)[^\n]*(?:\n|\Z)(?:[ \t]*\n(?=[ ]{4}|\t))*)+)"
)


@dataclass(frozen=True, slots=True)
class Plain:
    """A formula in plain text; ``problem`` says why it is not even to be tried."""

    span: Span
    problem: str = ""


def plain_formulas(
    text: str, fences: Sequence[Span], prose: Sequence[Span], code: Sequence[Span], alone: bool
) -> tuple[list[Plain], frozenset[str]]:
    """The formulas of fences, prose and code spans, in order; and the names of the fences.

    ``alone`` says that the document has no formula between dollars or the like: then a sentence may
    define names, and not only state gradients.
    """
    fences = [fence for fence in fences if not _CODE.search(text, fence.start, fence.end)]
    indented = [block for span in prose for block in _indented(text, span)]
    names = _defined(text, [*fences, *indented])
    indented = [block for block in indented if _is_all_formulas(text, block, names)]
    fences = sorted([*fences, *indented])
    prose = list(_without(prose, indented))
    shown = [line for span in prose for line in _lines(text, span) if _is_shown(text, line)]
    letters = frozenset(letter for line in shown for letter in _letters(text, line))
    names |= letters
    sentences = [run for span in prose for run in _in_prose(text, span, letters, alone)]
    sentences += [run for span in code for run in _in_prose(text, span, names, alone)]
    strong = [_shows_mathematics(text, fence, names) for fence in fences]
    together = "\n".join(text[fence.start : fence.end] for fence in fences)
    some = bool(sentences) or any(strong) or _is_backprop(together)
    if some and alone:
        sentences += [run for span in (*prose, *code) for run in _equations(text, span, names)]
    found = list(sentences)
    for fence, shows in zip(fences, strong, strict=True):
        if shows or (some and _is_all_formulas(text, fence, names)):
            found += _in_fence(text, fence, names)
    return sorted(found, key=lambda plain: plain.span), names


# fences


def _lines(text: str, span: Span) -> Iterator[Span]:
    for start, end in lines(text, span.start, span.end):
        if end - start <= _LINE_LIMIT:
            yield Span(start, end)


def _indented(text: str, span: Span) -> Iterator[Span]:
    """The blocks of a stretch of prose that are set off by four spaces."""
    for match in _INDENTED.finditer(text, span.start, span.end):
        if match["block"].strip():
            yield Span(match.start("block"), match.end("block"))


def _without(prose: Sequence[Span], blocks: Sequence[Span]) -> Iterator[Span]:
    """The prose without the blocks that lie in it; both are in order."""
    first = 0
    for span in prose:
        at = span.start
        following = bisect_left(blocks, span.end, first, key=lambda block: block.start)
        for block in blocks[first:following]:
            yield Span(at, block.start)
            at = block.end
        yield Span(at, span.end)
        first = following


def _defined(text: str, fences: Iterable[Span]) -> frozenset[str]:
    """The words of several letters that a fence sets equal to something, and all single letters."""
    found = set()
    for fence in fences:
        for match in _ASSIGNED.finditer(text, fence.start, fence.end):
            if not is_known(match[1], frozenset()) and match[1].lower() not in PROSE:
                found.add(match[1])
        found |= set(_letters(text, fence))
    return frozenset(found)


def _shows_mathematics(text: str, fence: Span, names: frozenset[str]) -> bool:
    """Whether some line has a relation, words of mathematics only, and a sign of mathematics."""
    return _is_backprop(text[fence.start : fence.end]) or any(
        _is_drawn(text, line, fence)
        or any(
            (run.readable and _STRONG.search(text, run.span.start, run.span.end))
            or (run.readable and _is_of_parameter(text, run.span, fence))
            or _has_arrow(text, run)
            or GRADIENT.match(text, run.span.start, run.span.end)
            for run in runs_of(text, line, names)
        )
        for line in _lines(text, fence)
    )


def _is_backprop(content: str) -> bool:
    """Whether a loss is computed, and then ``dw2 = …`` for two names or more that were used."""
    loss = _LOSS.search(content)
    if loss is None:
        return False
    used = set(re.findall(r"[A-Za-z]\w*", content[: loss.end()]))
    return sum(name in used for name in _DIFFERENTIAL.findall(content, loss.end())) > 1


def _is_drawn(text: str, line: Span, fence: Span) -> bool:
    """Whether a line is the middle of an equation with fractions over several lines."""
    content = text[line.start : line.end]
    rules = len(RULED.findall(content))
    alone = rules == 1 and not re.search(r"\w", content)
    read = rules == 1 and fractions(text, _with_neighbours(text, line, fence)) is not None
    return (rules > 1 or alone or read) and "=" in content and "∂" in text[fence.start : fence.end]


def _is_all_formulas(text: str, fence: Span, names: frozenset[str]) -> bool:
    """Whether some line can be read, and none holds words before a formula or instead of one."""
    some = False
    for line in _lines(text, fence):
        if not _NOTHING.fullmatch(text, line.start, line.end):
            runs = list(runs_of(text, line, names))
            if not runs or text[line.start : runs[0].span.start].strip(MARKS):
                return False
            some = some or any(run.readable for run in runs)
    return some


def _in_fence(text: str, fence: Span, names: frozenset[str]) -> Iterator[Plain]:
    """The formulas of a fence; a line that goes on with the one before it is part of it."""
    last: Run | None = None
    for line in _lines(text, fence):
        drawn = _is_drawn(text, line, fence)
        runs = () if drawn else runs_of(text, line, names)
        for run in runs:
            goes_on = run.opens or (not run.relates and last is not None and last.dangles)
            if last is not None and goes_on and _adjoin(text, last, run):
                whole = last.span.cover(run.span)
                last = replace(last, span=whole, dangles=run.dangles, relates=True)
                continue
            if last is not None and last.relates:
                yield Plain(last.span)
            shown = _STRONG.search(text, run.span.start, run.span.end)
            if _has_arrow(text, run):
                run = replace(run, relates=True)
            read = run.relates and (run.readable or shown)
            last = run if read or _is_gradient(text, run.span) else None
        if drawn:
            if last is not None and last.relates:
                yield Plain(last.span)
            last = None
            whole = _with_neighbours(text, line, fence)
            yield Plain(line, _DRAWN) if fractions(text, whole) is None else Plain(whole)
    if last is not None and last.relates:
        yield Plain(last.span)


def _is_gradient(text: str, span: Span) -> bool:
    """Whether a stretch is a gradient of the loss and nothing else."""
    source = text[span.start : span.end].strip()
    match = GRADIENT.match(source + "=")
    return match is not None and match.end() > len(source) and bool(_OF_LOSS.match(source))


def _is_of_parameter(text: str, span: Span, around: Span) -> bool:
    """Whether ``db_1 = …`` begins a span, and the document names b_1 elsewhere too."""
    found = _OF_PARAMETER.match(text, span.start, span.end)
    if found is None:
        return False
    name = found["letters"] + (rf"_?\{{?{found['digits']}" if found["digits"] else "")
    plain = re.compile(rf"(?<![A-Za-z_]){name}(?![\w])")
    before = plain.search(text, 0, around.start)
    return before is not None or plain.search(text, around.end) is not None


def _has_arrow(text: str, run: Run) -> bool:
    """Whether an arrow leads from a gradient of the loss to a formula: to be told, not judged."""
    source = text[run.span.start : run.span.end]
    arrow = _ARROW.search(source) if not run.relates else None
    head = Span(run.span.start, run.span.start + arrow.start()) if arrow is not None else None
    return head is not None and _is_gradient(text, head)


def _with_neighbours(text: str, line: Span, fence: Span) -> Span:
    """A line with the one above it and the one below."""
    start = max(fence.start, text.rfind("\n", 0, max(line.start - 1, 0)) + 1)
    end = text.find("\n", line.end + 1)
    return Span(start, min(fence.end, len(text) if end < 0 else end))


_DRAWN = "a fraction drawn over several lines that is not read: write it in one"


def _adjoin(text: str, first: Run, second: Run) -> bool:
    return not re.sub(r"[\s\u2500-\u259f|]", "", text[first.span.end : second.span.start])


# prose


def _in_prose(text: str, span: Span, names: frozenset[str], alone: bool) -> Iterator[Plain]:
    """The formulas in a stretch of prose: with a sign of mathematics, all of it understood."""
    subject: Span | None = None  # a gradient by itself: what follows may say what it is
    for line in _lines(text, span):
        goes_on = subject is not None and text[line.start : line.end].lstrip().startswith("=")
        if not goes_on and not _is_shown(text, line):
            continue
        if text[line.start : line.end].lstrip().startswith("|"):
            yield from _in_row(text, line)
            continue
        broken = line.end == span.end and text[line.end : line.end + 1] in ("$", "\\")
        for run in runs_of(text, line, names, sentence=True):
            ends = broken and not text[run.span.end : line.end].strip()
            if subject is not None and _is_predicate(text, subject, run):
                yield from (Plain(subject), Plain(run.span))
                subject = None
                continue
            subject = run.span if _is_gradient(text, run.span) else None
            source = text[run.span.start : run.span.end].rstrip()
            below = text[line.end : span.end].lstrip(" \t\r\n")[:1]
            dangles = source[-1] in "=←"
            broken_off = dangles and below and not text[run.span.end : line.end].strip()
            head = Span(run.span.start, run.span.start + len(source) - 1)
            if _has_arrow(text, run) or _names_gradient(text, line, run):
                yield Plain(run.span, _HALF if ends else "")
                continue
            if broken_off and _is_gradient(text, head):
                yield Plain(run.span, _BROKEN)
            if run.opens or not run.relates or not _STRONG.search(source) or dangles:
                continue
            gradient = GRADIENT.match(source) and not _ZERO.search(source)
            if gradient and (alone or _OF_LOSS.match(source)):
                yield Plain(run.span, _HALF if ends else "")
            elif run.readable and not ends and _is_stated(text, line, run, alone):
                yield Plain(run.span)
    after = _SAID_BEHIND.match(text, subject.end) if subject is not None else None
    if subject is not None and after is not None and is_verb_or_sign(after["words"]):
        yield Plain(subject)  # a formula between dollars, or a code span, says what it is


def _names_gradient(text: str, line: Span, run: Run) -> bool:
    """Whether ``db_1 = …`` is said, in a line that is no program's."""
    named = run.readable and _is_of_parameter(text, run.span, line)
    code = named and _CODE.search(text, line.start, line.end)
    return bool(named and not code) and not _SUPPOSED.search(text, line.start, run.span.start)


_SAID_BEHIND = re.compile(r"`*(?P<words>[^`$\\\n]{1,60})(?:[`$]|\\[(\[])")


def _is_predicate(text: str, subject: Span, run: Run) -> bool:
    """Whether a run says what the gradient before it is: "∂L/∂w is x", or ``= x`` below it."""
    between = text[subject.end : run.span.start]
    if run.opens:
        return run.relates and not between.strip()
    return not run.relates and is_verb(between) and not _is_gradient(text, run.span)


def _equations(text: str, span: Span, names: frozenset[str]) -> Iterator[Plain]:
    """Equations without a sign of mathematics: ``z1 = w1 * x + b1``, where others have one."""
    for line in _lines(text, span):
        table = text[line.start : line.end].lstrip().startswith("|")
        if table or _CODE.search(text, line.start, line.end):
            continue
        for run in runs_of(text, line, names, sentence=True):
            source = text[run.span.start : run.span.end]
            if not run.readable or run.opens or _STRONG.search(source):
                continue
            if _OF_PARAMETER.match(source):
                continue
            stated = _FORWARD.match(source) or _VALUES.fullmatch(source)
            if stated and not _SUPPOSED.search(text, line.start, run.span.start):
                yield Plain(run.span)


_BROKEN = "its right side stands on the next line: put it on one, or between dollars"
_HALF = "a formula half between dollars and half not: put all of it there"


def _is_stated(text: str, line: Span, run: Run, alone: bool) -> bool:
    """Whether what is no gradient is stated: by itself, or where all is typed as plain text."""
    start = run.span.start
    if text[start].isdigit() or GRADIENT.match(text, start, run.span.end):
        return False
    whole = not text[line.start : start].strip(MARKS)
    return (whole or alone) and not _SUPPOSED.search(text, line.start, start)


def _letters(text: str, span: Span) -> Iterator[str]:
    """The single letters, those of ``= wx + b``, and the w of ``dL/dw``."""
    for match in _LETTER.finditer(text, span.start, span.end):
        yield match[1]
    for match in _BY.finditer(text, span.start, span.end):
        yield match[1]
    for match in _TWO_LETTERS.finditer(text, span.start, span.end):
        if match[1].lower() not in PROSE:
            yield from match[1]


def _in_row(text: str, line: Span) -> Iterator[Plain]:
    """In a row of a table: a cell that is a gradient, and the formula in the cell beside it."""
    bars = [at for at in range(line.start, line.end) if text[at] == "|"] + [line.end]
    cells = []
    for before, after in pairwise(bars):
        content = text[before + 1 : after]
        start = before + 1 + len(content) - len(content.lstrip())
        cells.append(Span(start, start + len(content.strip())))
    for cell, beside in pairwise([*cells, Span(line.end, line.end)]):
        if not GRADIENT.match(text[cell.start : cell.end] + "="):
            continue
        yield Plain(cell)
        parts = list(PART.finditer(text, beside.start, beside.end))
        if parts and all(belongs(part, text, frozenset(), True) for part in parts):
            yield Plain(beside)


def _is_shown(text: str, line: Span) -> bool:
    """Whether a line has a sign of mathematics, or names a gradient as code does."""
    named = _STRONG.search(text, line.start, line.end) or _NAMED.search(text, line.start, line.end)
    return bool(named)
