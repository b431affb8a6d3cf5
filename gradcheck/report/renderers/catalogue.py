"""The rules for people: a table of all, and one explained with a bad and a good example."""

from __future__ import annotations

from gradcheck.language.finding import RULES, Rule
from gradcheck.report.renderers.terminal import WIDTH, Palette, labelled, wrapped
from gradcheck.rules import EXPLANATIONS

_PLAIN = Palette()
_HEADERS = ("code", "name", "class", "severity", "what it says")


def overview() -> str:
    """Every rule in a row, by code, in lines of at most 100 columns."""
    rules = sorted(RULES.values(), key=lambda rule: rule.code)
    rows = [(rule.code, rule.name, rule.kind, rule.severity, rule.summary) for rule in rules]
    widths = [max(map(len, column)) for column in zip(_HEADERS, *rows, strict=True)]
    room = WIDTH - sum(width + 2 for width in widths[:-1])
    rule_off = tuple("-" * min(width, room) for width in widths)
    lines: list[str] = []
    for *facts, last in (_HEADERS, rule_off, *rows):
        first = "".join(f"{text:<{width}}  " for text, width in zip(facts, widths, strict=False))
        lines += wrapped(last, first)
    return "\n".join([*lines, "", "'gradcheck rule CODE' explains one, with an example."]) + "\n"


def explanation(rule: Rule) -> str:
    """One rule: what it means, a document that gives it, one that does not, what to do."""
    entry = EXPLANATIONS.get(rule.code)
    lines = [f"{rule.code} {rule.name}: {rule.summary}", ""]
    lines += labelled("class", rule.kind, _PLAIN)
    lines += labelled("severity", f"{rule.severity}: {_CONSEQUENCE[rule.severity]}", _PLAIN)
    if entry is not None:
        lines += ["", *wrapped(entry.meaning, "")]
        if entry.reference:
            lines += ["", "Reference, given with --against:", "", *_indented(entry.reference)]
        if entry.bad:
            lines += ["", "Bad:", "", *_indented(entry.bad)]
        if entry.good:
            lines += ["", "Good:", "", *_indented(entry.good)]
        lines += ["", *wrapped(f"What to do: {entry.remedy}", "")]
    return "\n".join(lines) + "\n"


_CONSEQUENCE = {
    "error": "the run fails, unless it is declared",
    "warning": "the run fails only with --strict",
    "note": "something to know; the run does not fail for it",
}


def _indented(text: str) -> list[str]:
    return [f"    {line}".rstrip() for line in text.strip("\n").split("\n")]
