"""Runs gradcheck on mutants and rewrites and notes what it says: the one module that calls it."""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import gradcheck
from benchmarks.mutants import mutations, rewrites
from benchmarks.mutants.documents import draw
from benchmarks.mutants.latex import Notation, NotWritten, parse
from benchmarks.mutants.mutations import Mutant
from benchmarks.mutants.oracle import same_value
from benchmarks.mutants.terms import Derivation, Total
from benchmarks.mutants.writing import Written, write

BAD = ("wrong", "undecided", "unread")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one mutant. ``suggested`` is None where nothing was suggested."""

    kind: str
    found: bool
    first: bool
    suggested: bool | None
    constant: bool
    seed: int
    line: int
    text: str = ""
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Complaint:
    """A right document of which something else was said."""

    kind: str
    seed: int
    text: str
    said: tuple[str, ...]


@dataclass
class Tally:
    """All outcomes of a run."""

    outcomes: list[Outcome] = field(default_factory=list)
    rewrites: int = 0
    complaints: list[Complaint] = field(default_factory=list)


class Crash(Exception):
    """The checker itself failed: the text and what was raised."""


def report_of(text: str) -> gradcheck.report.results.DocumentResult:
    """The result for a text, by the public call on a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "derivation.md"
        path.write_text(text, encoding="utf-8")
        try:
            return gradcheck.verify([path]).documents[0]
        except Exception as failure:
            raise Crash(text, repr(failure)) from None


def complaints_of(result: gradcheck.report.results.DocumentResult) -> tuple[str, ...]:
    """Every error, warning and bad verdict, in words."""
    said = [
        f"line {result.document.line_of(finding.span)}: {finding.rule.code} {finding.message}"
        for finding in result.findings
        if finding.rule.severity != "note"
    ]
    said += [
        f"line {step.line}: {step.verdict.value}: {step.left} = {step.right}"
        for step in result.steps
        if step.verdict is not None and step.verdict.value in BAD
    ]
    for setup in result.setups:
        said += [
            f"{row.role}: {row.verdict.value}"
            for row in setup.parameters
            if row.verdict is not None and row.verdict.value in BAD
        ]
    return tuple(said)


def _left_out(result: gradcheck.report.results.DocumentResult) -> list[tuple[int, str]]:
    """The constants left out, step by step and gradient by gradient, each with its line."""
    steps = [(step.line, str(step.left_out)) for step in result.steps]
    rows = [
        (claim.line, f"{row.role} {claim.left_out}")
        for setup in result.setups
        for row in setup.parameters
        for claim in row.claims
    ]
    return [*steps, *rows]


def examine(
    mutant: Mutant, notation: Notation, right: Derivation, before: list[tuple[int, str]], seed: int
) -> Outcome:
    """One mutant through gradcheck."""
    written = write(mutant.derivation, notation)
    result = report_of(written.text)
    line = written.line(mutant.statement, mutant.side)
    lines = _lines_of(written, mutant)
    told = [finding for finding in result.findings if finding.rule.severity != "note"]
    causes = [finding for finding in told if finding.follows_from is None]
    at = [result.document.line_of(finding.span) in lines for finding in causes]
    named = any(_names(finding, lines) for finding in told)
    changed = [new for new in _left_out(result) if new not in before]
    found = any(at) or named or bool(mutant.constant and changed)
    first = at[0] if at else bool(mutant.constant and changed)
    return Outcome(
        kind=mutant.kind,
        found=found,
        first=first,
        suggested=_suggestion(mutant, notation, right, result),
        constant=mutant.constant,
        seed=seed,
        line=line,
        text=written.text,
        said=complaints_of(result),
    )


def _names(finding: gradcheck.language.finding.Finding, lines: tuple[int, ...]) -> bool:
    """Whether a finding elsewhere names the changed line as its cause or as an alternative."""
    message = finding.message.partition("with it")[0]  # what follows lists what would hold then
    text = f"{message} {finding.follows_from or ''}"
    return any(re.search(rf"\bline {line}\b", text) for line in lines)


def _lines_of(written: Written, mutant: Mutant) -> tuple[int, ...]:
    """The line of the changed side; for a left side, that of the step it begins."""
    own = written.line(mutant.statement, mutant.side)
    return (own,) if mutant.side else (own, written.line(mutant.statement, 1))


def _suggestion(
    mutant: Mutant,
    notation: Notation,
    right: Derivation,
    result: gradcheck.report.results.DocumentResult,
) -> bool | None:
    """Whether one of the suggestions means what was there before; None if there is none."""
    offered = [
        finding.suggestion
        for finding in result.findings
        if finding.suggestion and finding.rule.severity != "note" and finding.follows_from is None
    ]
    if not offered:
        return None
    return any(restores(text, mutant, notation, right) for text in offered)


def restores(text: str, mutant: Mutant, notation: Notation, right: Derivation) -> bool:
    """Whether a suggested line, read by the parser of this package, has the old meaning."""
    statement = right.statements[mutant.statement]
    sides = [
        side.body if isinstance(side, Total) and not side.written else side
        for side in statement.sides
    ]
    try:
        parsed = [parse(side, notation) for side in _sides(text)]
    except NotWritten:
        return False
    if len(parsed) == 2 and statement.kind == "update" and mutant.side:
        sides = [sides[0], sides[mutant.side]]  # an update is shown whole, without the chain
        mutant = replace(mutant, side=1)
    for start in range(len(sides) - len(parsed) + 1):
        window = sides[start : start + len(parsed)]
        inside = start <= mutant.side < start + len(parsed)
        if inside and all(
            same_value(right, old, new) for old, new in zip(window, parsed, strict=True)
        ):
            return True
    return False


def _sides(text: str) -> list[str]:
    """The sides of a line, without its dollars and row marks."""
    for mark in ("$", "&", r"\begin{aligned}", r"\end{aligned}", r"\\", "`"):
        text = text.replace(mark, "")
    parts = re.split(r":=|\\leftarrow|\\gets|=(?![^{]*\})", text)
    return [part.strip(" ,.") for part in parts if part.strip(" ,.")]


def run_seed(seed: int, mutants: int, rewritings: int) -> Tally:
    """One right derivation, its mutants and its rewrites."""
    derivation, notation = draw(seed)
    rng = random.Random(f"mutants {seed}")
    tally = Tally()
    written = write(derivation, notation)
    result = report_of(written.text)
    said = complaints_of(result)
    if said:
        tally.complaints.append(Complaint("as drawn", seed, written.text, said))
    before = _left_out(result)
    if mutants and not said:
        for mutant in mutations.mutants(derivation, notation, rng, mutants):
            try:
                tally.outcomes.append(examine(mutant, notation, derivation, before, seed))
            except Crash as crash:
                tally.complaints.append(Complaint("crash", seed, *_crashed(crash)))
    for item in rewrites.rewritten(derivation, notation, rng, rewritings):
        tally.rewrites += 1
        text = write(item.derivation, item.notation).text
        try:
            said = complaints_of(report_of(text))
        except Crash as crash:
            said = _crashed(crash)[1]
        if said:
            tally.complaints.append(Complaint(item.kind, seed, text, said))
    return tally


def _crashed(crash: Crash) -> tuple[str, tuple[str, ...]]:
    text, what = crash.args
    return text, (f"crash: {what}",)


def merge(tallies: Sequence[Tally]) -> Tally:
    whole = Tally()
    for tally in tallies:
        whole.outcomes += tally.outcomes
        whole.rewrites += tally.rewrites
        whole.complaints += tally.complaints
    return whole
