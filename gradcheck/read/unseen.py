r"""What a formula holds and its reader does not see: letters in the colour of the paper, and the
equations in a ``\phantom``.
"""

from __future__ import annotations

import re
from dataclasses import replace

from gradcheck.language.document import Document, Span
from gradcheck.language.finding import Finding
from gradcheck.read.blocks import Block, Blocks
from gradcheck.read.concealment import concealed_finding
from gradcheck.read.html_elements import alike, colour_of
from gradcheck.read.macros import group_at

HIDING = re.compile(
    r"\\(?P<command>textcolor|mathcolor|color)(?![A-Za-z])\s*"
    r"(?:\[(?P<model>[A-Za-z]*)\]\s*)?\{(?P<colour>[^{}]{0,40})\}\s*"
    r"|\\[hv]?(?P<phantom>phantom)\s*(?=\{)"
)
_PAPER = re.compile(r"\\(?:f?colorbox|bbox|cellcolor|rowcolor|pagecolor)(?![A-Za-z])")
_EDGE = re.compile(
    r"\\(?:(?P<open>begin|left)|(?P<close>end|right)|(?P<end>color|normalcolor))(?![A-Za-z])"
    r"|(?P<cell>\\\\|&)|\\.|(?P<brace>[{}])",
    re.DOTALL,
)
_EQUATION = re.compile(r"[^\s{}&]\s*&?=\s*[^\s{}&]")
_NOTHING = re.compile(r"[\s.,;]*")
_LONGEST = 2_000
_UNCLEAR = "in some readers only part of this is in the colour of the paper: say it without"


def without_unseen(document: Document, found: Blocks) -> Blocks:
    """The formulas without what nobody sees of them, with a warning for every such part."""
    findings: list[Finding] = []
    formulas = []
    for block in found.formulas:
        hides = block.plain is None and HIDING.search(
            document.text, block.content.start, block.content.end
        )
        formulas.append(_seen(document.text, block, findings) if hides else block)
    if not findings:
        return found
    return replace(found, formulas=tuple(formulas), findings=(*found.findings, *findings))


def _seen(text: str, block: Block, findings: list[Finding]) -> Block:
    span = block.content
    papered = _PAPER.search(text, span.start, span.end)
    hidden: list[Span] = []
    problem = block.problem
    for found in HIDING.finditer(text, span.start, span.end):
        if hidden and found.start() < hidden[-1].end:
            continue
        if found["phantom"]:
            group = group_at(text, found.end(), _LONGEST)
            if group is not None and _EQUATION.search(text, group.start + 1, group.end - 1):
                findings.append(concealed_finding("hidden", Span(found.start(), group.end)))
        elif not papered and is_white(found["model"] or "", found["colour"]):
            place, clear = in_colour(text, found, span.end)
            place = _with_braces(text, place)
            hidden.append(place)
            findings.append(concealed_finding("hidden", place))
            problem = problem if clear else _UNCLEAR
    return replace(block, unseen=tuple(hidden), problem=problem)


def _with_braces(text: str, place: Span) -> Span:
    """With the braces about it, where they are there for nothing else."""
    before = text[max(0, place.start - 20) : place.start].rstrip()
    after = text[place.end : place.end + 20]
    behind = before[:-1].rstrip()
    alone = before.endswith("{") and (before[-2:-1].isspace() or behind[-1:] in ("", *"=+-*/(,&$"))
    if not alone or not after.lstrip().startswith("}"):
        return place
    start = text.rindex("{", 0, place.start)
    return Span(start, text.index("}", place.end) + 1)


def is_white(model: str, colour: str) -> bool:
    """Whether letters of this colour cannot be seen on paper."""
    word = colour.strip()
    if model == "HTML":
        word = f"#{word}"
    elif model in ("rgb", "gray", "RGB"):
        try:
            parts = [float(part[:8]) for part in word.split(",")]
        except ValueError:
            return False
        scale = 1 if model == "RGB" else 255
        parts = parts * 3 if len(parts) == 1 else parts
        word = f"rgb({','.join(str(round(min(max(part, 0), 255) * scale)) for part in parts)})"
    return alike(colour_of(word), colour_of("white"))


def in_colour(
    text: str, command: re.Match[str], stop: int, cells: bool = True
) -> tuple[Span, bool]:
    r"""What a command colours, and whether that is so for all readers; ``cells`` in a formula.

    ``\color`` goes on to the end of its group or cell; for old MathJax it takes one argument.
    """
    at = command.end()
    group = group_at(text, at, _LONGEST) if text[at : at + 1] == "{" else None
    if command["command"] != "color":
        end = min(stop, at + 1 if group is None else group.end)
        return Span(command.start(), end), group is not None
    end = _end_of_group(text, at, stop, cells)
    if group is None or group.end >= end:
        return Span(command.start(), end), True
    rest = _NOTHING.match(text, group.end, end)
    return Span(command.start(), end), rest is not None and rest.end() == end


def _end_of_group(text: str, at: int, stop: int, cells: bool) -> int:
    depth = 0
    for edge in _EDGE.finditer(text, at, stop):
        closes = edge["close"] or edge["brace"] == "}"
        if depth == 0 and (closes or edge["end"] or (cells and edge["cell"])):
            return edge.start()
        depth += bool(edge["open"] or edge["brace"] == "{") - bool(closes)
    return stop
