"""Planted mistakes: one token of a right claim changed in the text, by rules of their own.

Nothing here uses the edits that the mending tries: the tokens are found by patterns on the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from gradcheck.explain.mending import MendContext
from gradcheck.judge.constants import accepted
from gradcheck.judge.forms import Forms
from gradcheck.judge.verdicts import Judge, JudgedClaim
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Expression, Name, Partial
from gradcheck.language.model import Claim, Derivation, Setup
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.read import read
from gradcheck.read.files.loading import load_all
from gradcheck.understand import understand

ROOT = Path(__file__).resolve().parents[3]
HELD = (Verdict.EXACT, Verdict.CONVENTION)
_NAME = re.compile(
    r"\\hat\{?\s?y\}?|\\delta(?:_\{?\w+\}?)?|[A-Za-z](?:_\{?\w+\}?)?(?:\^\{?[\[(]\w[\])]\}?)?"
)
_COMMAND = re.compile(r"\\(?:frac|sum|left|right|cdot|text|mathrm|sigma|tanh|boxed|partial|big)\b")


@dataclass(frozen=True)
class Judged:
    """A document with one of its setups judged."""

    document: Document
    derivation: Derivation
    setup: Setup
    judge: Judge
    items: tuple[JudgedClaim, ...]

    def context(self) -> MendContext:
        """The context, with the constant that those claims leave out that hold."""
        last: dict[str, Constant] = {}
        for item in self.items:
            if item.verdict in HELD:
                last[item.claim.parameter] = item.left_out or Constant()
        common = accepted(list(last.values())) if last else None
        return MendContext.of(self.setup, self.document, self.judge, common)

    def written(self, claim: Claim) -> Expression:
        """The side of a claim as it was written."""
        for step in self.derivation.steps:
            if (step.statement, step.side) == (claim.statement, claim.side):
                assert step.right_written is not None
                return step.right_written
        raise LookupError(claim)

    def left(self, claim: Claim) -> Partial:
        key = next(p.key for p in self.setup.model.parameters if p.role == claim.parameter)
        return Partial(Name(claim.loss or self.setup.model.loss), Name(key))


def load(path: str | Path) -> Document:
    documents, errors = load_all([str(path)])
    assert not errors
    return documents[0]


def document_of(text: str) -> Document:
    return Document("planted.md", text)


def judged(document: Document) -> list[Judged]:
    """Every setup of a document with all its claims judged."""
    derivation = understand(read(document))
    found = []
    for setup in derivation.setups:
        if setup.model_problem is not None:
            continue
        keys = {parameter.role: parameter.key for parameter in setup.model.parameters}
        judge = Judge(Forms(setup.model), keys)
        items = tuple(judge.judge(claim) for claim in setup.claims)
        found.append(Judged(document, derivation, setup, judge, items))
    return found


def right_documents() -> list[Path]:
    """The reference derivations and all samples without a mistake."""
    derivations = [ROOT / "derivations" / f"{n}.md" for n in ("logloss-sigmoid", "mse-sigmoid")]
    derivations.append(ROOT / "derivations" / "mse-tanh.md")
    return [*derivations, *sorted((ROOT / "tests" / "samples").glob("right-*.md"))]


def changed_sides(text: str, names: list[str]) -> Iterator[tuple[str, str]]:
    """The kind of mistake and the side with one token changed."""
    commands = [m.span() for m in _COMMAND.finditer(text)]
    tokens = [
        m
        for m in _NAME.finditer(text)
        if not any(s <= m.start() < e for s, e in commands)
        and not (m.start() and text[m.start() - 1] in "\\_^{" and m.group(0)[0] != "\\")
    ]
    for m in tokens:
        own = m.group(0)
        for other in names:
            if other != own:
                yield "symbol", text[: m.start()] + _apart(other, text[m.end() :])
        if text[m.end() : m.end() + 1] not in ("^", "'", "("):
            yield "exponent", text[: m.end()] + "^2" + text[m.end() :]
            factor = re.compile(r"(?:\\cdot|\\,|\s)\s*$").search(text[: m.start()])
            if factor and not re.search(r"[-+(]\s*$", text[: factor.start()]):
                yield "factor", (text[: factor.start()] + " " + text[m.end() :]).rstrip()
    for m in re.finditer(r"(?<![{_^])[-+](?!\d*\))", text):
        other = "+" if m.group(0) == "-" else "-"
        yield "sign", text[: m.start()] + other + text[m.end() :]
    for m in re.finditer(r"\^\{?2\}?", text):
        yield "exponent", text[: m.start()] + text[m.end() :]
    for m in re.finditer("'", text):
        yield "prime", text[: m.start()] + text[m.end() :]
    for m in re.finditer(r"\(([^()]*[-+][^()]*)\)", text):
        yield "bracket", text[: m.start()] + m.group(1) + text[m.end() :]
    for name in names:
        yield "factor", f"{text} {name}"
    if not text.startswith("-"):
        yield "sign", f"-{text}"


def _apart(name: str, rest: str) -> str:
    return name + (" " if name[-1].isalpha() and rest[:1].isalpha() else "") + rest


@dataclass(frozen=True)
class Planted:
    """A document with a mistake, the claim it is in, and the claim as it was."""

    path: Path
    kind: str
    before: str
    after: str
    document: Document
    claim: Claim
    original: Expression
    source: Judged


def planted(path: Path, seed: int, number: int) -> list[Planted]:
    """Some mistakes planted in the claims of a document that hold, drawn by a seed."""
    document = load(path)
    found: list[Planted] = []
    for case in judged(document):
        context = case.context()
        names = [context.spell(key) for key in context.keys]
        for item in case.items:
            if item.verdict not in HELD or item.claim.expression is None:
                continue
            span = item.claim.span
            before = document.source(span)
            for kind, after in changed_sides(before, names):
                text = document.text[: span.start] + after + document.text[span.end :]
                changed = replace(document, text=text)
                found.append(
                    Planted(
                        path, kind, before, after, changed, item.claim,
                        item.claim.expression, case,
                    )
                )  # fmt: skip
    Random(f"{seed} {path.name}").shuffle(found)
    return found[:number]


def wrong_claim(mistake: Planted) -> tuple[Judged, Claim] | None:
    """The claim with the mistake, judged anew; None if it is not wrong or not read as a claim."""
    for case in judged(mistake.document):
        for item in case.items:
            same = (item.claim.statement, item.claim.side) == (
                mistake.claim.statement,
                mistake.claim.side,
            )
            if same and item.verdict is Verdict.WRONG:
                return case, item.claim
    return None


def span_of(mistake: Planted) -> Span:
    start = mistake.claim.span.start
    return Span(start, start + len(mistake.after))
