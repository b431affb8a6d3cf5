"""The corrected line of an update, in the author's own spelling."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcheck.judge.updates.written import Update, UpdateSide
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Name, walk
from gradcheck.language.notation import to_tex

_RELATIONS = {"<-": "\\leftarrow", ":=": ":=", "=": "=", "-=": "-=", "+=": "+="}


def corrected(
    update: Update,
    document: Document | None = None,
    head: str | None = None,
    edits: Sequence[tuple[Span, str]] = (),
    relation: str | None = None,
) -> str:
    """The update's line with another left side and other text at some places of its right side."""
    right = update.step.right
    offset = update.step.span.start
    for span, text in sorted(edits, key=lambda edit: -edit[0].start):
        start, end = span.start - offset, span.end - offset
        if 0 <= start <= end <= len(right):
            right = right[:start] + text + right[end:]
    left = head if head is not None else _left(update)
    symbol = relation or relation_text(update, document)
    return " ".join(f"{left} {symbol} {right}".split())


def _left(update: Update) -> str:
    return update.line.left if update.line is not None else update.step.left


def head_text(side: UpdateSide) -> str:
    """The target as its line writes it, without what says old or new."""
    written = side.line.left.strip()
    if side.increment:
        return _of_increment(written)
    return written if side.head == side.target else plain_text(side.target)


def target_text(update: Update) -> str:
    """The same for an update."""
    if update.increment:
        return _of_increment(_left(update))
    if update.head == update.target:
        return source_text(update, update.head)
    if update.start == update.target:
        return source_text(update, update.start)
    return plain_text(update.target)


def _of_increment(written: str) -> str:
    return re.sub(r"^\s*(\\(Delta|mathrm\{d\})\s*|d)", "", written).strip()


def plain_text(name: Name) -> str:
    """LaTeX as people write it: ``a_1``, not ``a_{1}``."""
    return re.sub(r"([_^])\{(\w)\}", r"\1\2", to_tex(name))


def relation_text(update: Update, document: Document | None) -> str:
    """The sign between the target and what it becomes, as the document writes it."""
    step = update.line or update.step
    known = _RELATIONS.get(step.relation, step.relation)
    if document is None or step.side != 1 or step.left_written is None:
        return known
    between = Span(step.left_written.span.end, step.span.start)
    written = document.source(between).replace("&", "").strip()
    return written if 0 < len(written) <= 20 else known


def source_text(update: Update, name: Name) -> str:
    """How the update's line writes a name."""
    for step in (update.step, update.line or update.step):
        for written, text, base in (
            (step.right_written, step.right, step.span.start),
            (step.left_written, step.left, None),
        ):
            if written is None:
                continue
            at = written.span.start if base is None else base
            for node in walk(written):
                if isinstance(node, Name) and node.key == name.key and node.span == name.span:
                    return text[node.span.start - at : node.span.end - at] or to_tex(name)
    return to_tex(name)
