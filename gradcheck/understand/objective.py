"""Whether what a page derives is to become small or large: updates go down, or up.

The words near the objective say so; its form must bear them out, for much is maximised on a page
(a margin, a slope) that is not what it derives. Where words and form leave it open, neither sense
of an update is called wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.language.model import Sense
from gradcheck.language.statement import ReadDocument
from gradcheck.understand.bindings import Binding
from gradcheck.understand.extent import Extent, extent_of
from gradcheck.understand.modelling import SegmentModel
from gradcheck.understand.segments import Segment

_LARGE = re.compile(
    r"\bmaximi[sz]\w*|\bmaximum[- ](?:likelihood|a posteriori)|\bascen[dt]\w*|\bhill[- ]climb\w*"
    r"|\bas (?:large|high|big) as possible",
    re.I,
)
_SMALL = re.compile(
    r"\bminimi[sz]\w*|\bdescen[dt]\w*|\bas (?:small|low) as possible"
    r"|\b(?:negative|minus)(?: the)?[- ](?:\w+ )?(?:log[- ]?)?likelihood|\bcross[- ]entropy",
    re.I,
)
_REWARD = re.compile(
    r"\b(?:log[- ]?)?likelihood|\breward|\bexpected return|\bpolicy gradient|\butility\b"
    r"|\bevidence lower bound|\bELBO\b",
    re.I,
)
"""What is made large where nothing else is said."""

_EXPECTED = re.compile(r"\\mathbb\s*\{?\s*E\b|\\(?:operatorname|mathrm|E)\s*\{\s*E\s*\}|𝔼")
_NEAR = 120
"""How far from its verb an objective is named."""


@dataclass(frozen=True)
class Words:
    """What the words of a stretch say of an objective."""

    large: bool
    small: bool
    reward: bool

    @property
    def go_up(self) -> bool:
        return self.large or self.reward


def sense_of(
    segment: Segment, segments: Sequence[Segment], found: SegmentModel, read: ReadDocument
) -> Sense:
    """The sense of the updates of a segment's loss, by the words since another one's claims."""
    start, end = _stretch(segment, segments, len(read.document.text))
    words = _words(read, start, end)
    if not words.go_up:
        return Sense.DOWN
    extent = extent_of(found.model)
    if _is_below(extent):
        return Sense.DOWN
    if _is_below(-extent):
        return Sense.UP if words.large or not words.small else Sense.OPEN
    if words.small and not words.large:
        return Sense.DOWN
    sure = words.large and not words.small and _is_named(read, start, end, segment.loss)
    return Sense.UP if sure else Sense.OPEN


def _stretch(segment: Segment, segments: Sequence[Segment], length: int) -> tuple[int, int]:
    others = [s for s in segments if s.loss.span != segment.loss.span]
    ends = [c.position for s in others for c in s.claims if c.position < segment.loss.start]
    starts = [s.loss.start for s in others if s.loss.start > segment.loss.start]
    return max(ends, default=0), min(starts, default=length)


def sense_without_loss(read: ReadDocument) -> Sense:
    """The sense of updates on a page whose objective is not known."""
    words = _words(read, 0, len(read.document.text))
    expected = any(_EXPECTED.search(read.document.source(s.span)) for s in read.statements)
    if words.large or ((words.reward or expected) and not words.small):
        return Sense.OPEN
    return Sense.DOWN


def _words(read: ReadDocument, start: int, end: int) -> Words:
    text = " ".join(_prose(read, start, end))
    plain = _SMALL.sub(" ", text)  # a negative likelihood is no likelihood
    return Words(bool(_LARGE.search(plain)), bool(_SMALL.search(text)), bool(_REWARD.search(plain)))


def _prose(read: ReadDocument, start: int, end: int) -> Sequence[str]:
    spans = (s for s in read.prose if s.start < end and s.end > start)
    return [read.document.text[max(s.start, start) : min(s.end, end)] for s in spans]


def _is_below(extent: Extent) -> bool:
    """Whether values have a least, and no largest."""
    return extent.low > -math.inf and extent.high == math.inf


def _is_named(read: ReadDocument, start: int, end: int, loss: Binding) -> bool:
    """Whether the objective is what a verb is about: it is defined, or named, right behind."""
    text = read.document.text
    called = re.escape(read.document.source(loss.name.span))
    for verb in _LARGE.finditer(text, start, end):
        sentence = _END.split(text[verb.end() - 1 : verb.end() + _NEAR])[0]
        if 0 <= loss.start - verb.end() < len(sentence):
            return True
        if called and re.search(rf"\$\s*{called}(?![A-Za-z])", sentence):
            return True
    return False


_END = re.compile(r"(?<=\w)[.!?](?=\s)")
