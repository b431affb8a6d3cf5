"""Statements: what reading makes of a document, before anybody asks what it means."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Expression, Partial
from gradcheck.language.finding import Finding


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a side was not understood: the place of the trouble, the reason, what would help."""

    span: Span
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A derivative in a side that could not be read.

    It ``leads`` the side if only what looks different and means nothing stands before it, and
    ``ends`` it likewise; ``related`` tells that what follows it may be a relation that is not read.
    """

    partial: Partial
    leads: bool
    ends: bool
    related: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One member of a chain: its expression, or why there is none. Never both, never neither.

    ``seen`` are the derivatives in a side that could not be read.
    """

    span: Span
    expression: Expression | None = None
    unread: Unread | None = None
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """What stands between two sides: ``=``, ``:=``, ``<-``, ``!=``, ``~`` (approximately), ``<``,
    ``>``, ``<=``, ``>=``, ``in``, ``+=``, ``-=``, ``->`` (an arrow from a derivative): this
    spelling, whatever the LaTeX."""

    span: Span
    symbol: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One chain ``s0 = s1 = s2``: ``relations[k]`` stands between ``sides[k]`` and ``sides[k+1]``.

    ``origin`` tells how it was written: ``display``, ``inline``, ``prose`` (its left side stood in
    the text before the formula), ``plain`` (typed as plain text), ``table`` (its sides are cells of
    a table) or ``underbrace`` (the claim of an underbrace or overbrace label).
    ``notes`` say how something ambiguous was read (``a/b c`` as a/(b c)).
    """

    number: int
    span: Span
    sides: tuple[Side, ...]
    relations: tuple[Relation, ...]
    origin: str = "display"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadDocument:
    """What was read: the statements in document order, the prose between them, the findings.

    ``prose`` are the stretches outside formulas, code and comments, in order.
    """

    document: Document
    statements: tuple[Statement, ...]
    prose: tuple[Span, ...]
    findings: tuple[Finding, ...] = ()
    comments: tuple[Span, ...] = ()  # of HTML; one that nothing closes goes to the end
