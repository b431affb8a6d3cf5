"""The scan of Markdown against markdown-it-py: the same dollar formulas are seen on the page."""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import pytest

from gradcheck.language.document import Document, Span
from gradcheck.read.blocks import Blocks
from gradcheck.read.markdown_blocks import find_blocks
from tests.read.mutants import bodies, mutant
from tests.read.rendered import Page, bare, page

MUTANTS, AT_ONCE = 150, 15
DIALECT = re.compile(r"^[`:]{3,}\{|^%|^\([\w-]+\)=", re.MULTILINE)


def flat(text: str) -> str:
    """A formula without white space, the marks of quotes and the dollars about it."""
    return re.sub(r"[\s>`]", "", text).strip("$")


@dataclass
class Comparison:
    """What our scan and markdown-it-py see of one text, and what only one of them sees."""

    text: str

    @cached_property
    def blocks(self) -> Blocks:
        return find_blocks(Document("a.md", self.text))

    @cached_property
    def page(self) -> Page:
        return page(self.text)

    @cached_property
    def outer(self) -> list[Span]:
        """The formulas with their delimiters; a display of several equations is one."""
        spans: list[Span] = []
        for block in self.blocks.formulas:
            before = self.text[spans[-1].start : spans[-1].end] if spans else ""
            if before.startswith("$") and not before.endswith("$"):
                spans[-1] = Span(spans[-1].start, block.outer.end)
            elif block.plain is None:
                spans.append(block.outer)
        return spans

    def source(self, span: Span) -> str:
        return self.text[span.start : span.end]

    @cached_property
    def dollars(self) -> list[Span]:
        return [span for span in self.outer if self.text[span.start] == "$"]

    @cached_property
    def ours(self) -> Counter[str]:
        seen = Counter(flat(self.source(span)) for span in self.dollars)
        return seen - Counter(flat(content) for content in self.page.formulas)

    @cached_property
    def theirs(self) -> Counter[str]:
        seen = Counter(flat(content) for content in self.page.formulas if flat(content))
        return seen - Counter(flat(self.source(span)) for span in self.dollars)


def is_raw(found: Comparison) -> bool:
    """In an HTML block: Markdown passes it through, and MathJax typesets it on the page."""
    starts = [0, *(line.end() for line in re.finditer("\n", found.text))]
    inside = Counter(
        flat(found.source(span))
        for span in found.dollars
        if any(a <= bisect_right(starts, span.start) - 1 < b for a, b in found.page.raw)
    )
    return not found.ours - inside and not found.theirs


def is_spaced(found: Comparison) -> bool:
    r"""``$ x_1 $``: pandoc and GitHub show the dollars, MathJax the formula; we read it."""
    spaced = [s for s in found.dollars if re.search(r"^\$\s|\s\$$", found.source(s))]
    ends = [(found.text + "\n\n").find("\n\n", span.start) for span in spaced]
    near = [
        s
        for s in found.dollars
        if any(a.start <= s.start < z for a, z in zip(spaced, ends, strict=True))
    ]
    extra = found.ours - Counter(flat(found.source(span)) for span in near)
    behind = [flat(found.text[span.end : end]) for span, end in zip(spaced, ends, strict=True)]
    return not extra and all(any(one in b for b in behind) for one in found.theirs)


def is_told(found: Comparison) -> bool:
    """Behind a mark that nothing closes: an error says that what follows was not read."""
    return any(finding.rule.code == "GC003" for finding in found.blocks.findings)


def is_swallowed(found: Comparison) -> bool:
    """``$$ a $$ b``: the plugin goes on to the next line that ends with ``$$``."""
    return any("$$" in content for content in found.page.formulas)


def is_of_another_dialect(found: Comparison) -> bool:
    r"""What CommonMark does not know: notes and comments of MyST, and dollars within ``\[``."""
    others = [found.source(span) for span in found.outer if span not in found.dollars]
    held = "".join(map(flat, others))
    return bool(DIALECT.search(found.text)) or (
        not found.ours and all(one in held for one in found.theirs)
    )


KINDS = (is_raw, is_told, is_spaced, is_swallowed, is_of_another_dialect)


def assert_seen_alike(text: str, name: str) -> None:
    """No difference but those of the five kinds; and all that is read is shown."""
    found = Comparison(text)
    if found.ours or found.theirs:
        assert any(kind(found) for kind in KINDS), (name, text, found.ours, found.theirs)
    if not is_told(found) and not DIALECT.search(text):
        shown = bare(found.page.text)
        for block in found.blocks.formulas:
            source = text[block.content.start : block.content.end]
            forms = (source, re.sub("</?[a-z]+>", "", source))
            assert any(bare(form) in shown for form in forms), (name, text, source)


@pytest.mark.parametrize("part", range(8))
def test_every_document_is_seen_alike(part: int) -> None:
    for name, text in bodies()[part::8]:
        assert_seen_alike(text, name)


@pytest.mark.parametrize("part", range(MUTANTS // AT_ONCE))
def test_mutants_are_seen_alike(part: int) -> None:
    documents = [item for item in bodies() if len(item[1]) < 3_000]
    for seed in range(part * AT_ONCE, (part + 1) * AT_ONCE):
        chance = random.Random(seed)
        name, text = chance.choice(documents)
        assert_seen_alike(mutant(text, chance), f"{name}, seed {seed}")
