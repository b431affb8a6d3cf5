"""What a search for the smallest edit comes back with."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.language.document import Span
from gradcheck.language.expression import Expression
from gradcheck.language.verdict import Constant
from gradcheck.rules import NAMES_OF_RULES as NAMES_OF_RULES
from gradcheck.rules import Rule

NOTHING = Constant()


@dataclass(frozen=True, slots=True)
class Mend:
    """The smallest edit of one side under which its step holds.

    ``span`` is the whole side, ``replacement`` its corrected text in the author's own letters,
    ``words`` name the edit ("remove the factor x"), ``rule`` is the kind of mistake and
    ``expression`` the corrected side, resolved. ``left_out`` is what the corrected side still
    leaves out, as the other gradients do (Constant(1): nothing).
    """

    span: Span
    replacement: str
    words: str
    rule: Rule
    expression: Expression
    edits: int
    left_out: Constant = NOTHING


@dataclass(frozen=True, slots=True)
class DefinitionMend:
    """One edit of a definition under which every failing claim holds: the root cause.

    ``key`` is the name whose definition is edited; the other fields are those of `Mend` for the
    definition's body. ``mended`` are the indices of the failing claims that hold with it.
    ``alternative``: one edit of the claim itself would do as well.
    """

    key: str
    span: Span
    replacement: str
    words: str
    rule: Rule
    expression: Expression
    mended: tuple[int, ...]
    alternative: bool = False
