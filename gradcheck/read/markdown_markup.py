"""What Markdown text holds beside formulas: comments, tags, links, and what is struck out."""

from __future__ import annotations

import re
import unicodedata

from gradcheck.language.document import Document, Span
from gradcheck.read.blocks import Scanner
from gradcheck.read.markdown_fences import FenceScanner
from gradcheck.read.markdown_layout import TAG, Layout
from gradcheck.read.markdown_page import FORMULA

_TEXT_TAG = re.compile(TAG)
_COMMENT = re.compile(r"<!--(?:-?>)?")
_ADDRESS = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*+>")
_OTHER_MARKUP = {"<?": "?>", "<![CDATA[": "]]>", "<!": ">"}
_TARGET = re.compile(
    r"\(\s*+(?:<[^<>\n]*+>|(?:[^\s()\\<]|\\.|\((?:[^\s()\\]|\\.)*+\))(?:[^\s()\\]|\\.|\((?:[^\s()\\]"
    r"|\\.)*+\))*+)?+(?:\s++(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|\((?:[^()\\]|\\.)*+\)))?+"
    r"\s*+\)",
    re.DOTALL,
)
"""What a link leads to and its title: neither is seen."""


class MarkupScanner(FenceScanner):
    """Passes over what is seen otherwise than it is written.

    Each of these methods is called with ``at`` just after what opens.
    """

    def __init__(self, document: Document, layout: Layout) -> None:
        super().__init__(document, layout)
        self._end = 0  # of what is scanned at once
        self._brackets: list[tuple[int, bool]] = []  # open ones, and whether for an image
        self._strokes: list[int] = []  # where something begins that may be struck out

    def _markup(self, opening: re.Match[str]) -> None:
        """Signs that mean something in text, and nothing in raw HTML."""
        if opening["bracket"]:
            self._brackets.append((opening.start(), opening["bracket"][0] == "!"))
        elif opening["target"] and self._brackets:
            start, image = self._brackets.pop()
            target = _TARGET.match(self.text, self.at, min(self._end, self.at + 1_000))
            if target and image:
                self._withdraw(start, target.end())
            elif target and FORMULA.search(target.group()):
                self._hide(target.start(), target.end())
        elif opening["struck"]:
            self._stroke(opening.start(), opening.end())

    def _stroke(self, start: int, end: int) -> None:
        """``~~``: what stands between two that lean against it is struck out."""
        before = self.text[start - 1] if start > self.leaf.start else " "
        after = self.text[end] if end < self._end else " "
        leaning_right = not after.isspace() and (
            not _is_mark(after) or before.isspace() or _is_mark(before)
        )
        leaning_left = not before.isspace() and (
            not _is_mark(before) or after.isspace() or _is_mark(after)
        )
        if leaning_left and self._strokes:
            opened = self._strokes.pop()
            held = FORMULA.search(self.text, opened, start)
            self._withdraw(opened, end)
            if held and not self._concealed:
                self._conceal("struck", Span(opened, end))
        elif leaning_right:
            self._strokes.append(start)

    def _angle(self, start: int) -> None:
        """``<``: a comment, a tag, an address, or a sign like any other."""
        html = self.leaf.kind == "html"
        if self.text.startswith("<!--", start):
            self._comment(start)
        elif self.text[start + 1] in "!?":
            opens = next(mark for mark in _OTHER_MARKUP if self.text.startswith(mark, start))
            closer = _OTHER_MARKUP[opens]
            close = self._find(closer, start + len(opens))
            if 0 <= close < self._end:
                self._hide(start, close + len(closer))
            elif html:
                self._hide(start, self._end)
        elif html or _TEXT_TAG.match(self.text, start, min(self._end, start + 2_000)):
            end = self._tag(start, not html)
            if FORMULA.search(self.text, start, end) or "∂" in self.text[start:end]:
                self._hide(start, end)
            self.at = max(self.at, end)
        else:
            address = _ADDRESS.match(self.text, start, min(self._end, start + 2_000))
            if address is not None and FORMULA.search(address.group()):
                self._hide(start, address.end())

    def _comment(self, start: int) -> None:
        """A comment ends where CommonMark ends it; within text, one that does not is text."""
        whole = _COMMENT.match(self.text, start)
        assert whole is not None
        close = whole.end() - 3 if whole.group() != "<!--" else self._find("-->", whole.end())
        html = self.leaf.kind == "html"
        if close < 0 or (close >= self._end and not html):
            if html:
                Scanner._unclosed(self, Span(start, start + 4), "the comment <!--")
                self.comments.append(Span(start, len(self.text)))
                self._hide(start, len(self.text))
            return
        self.comments.append(Span(start, close + 3))
        self._hide(start, close + 3)


def _is_mark(character: str) -> bool:
    """Whether it is punctuation or a sign, as CommonMark has them."""
    return unicodedata.category(character)[0] in "PS"
