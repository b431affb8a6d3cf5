"""Symbol hygiene: names without meaning, names with two, bounds, shapes, constants that change."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gradcheck.explain.hygiene.bystanders import without_bystanders
from gradcheck.explain.hygiene.changed_constants import changed_constants
from gradcheck.explain.hygiene.shapes import misfits
from gradcheck.explain.hygiene.sums import bounds, extents
from gradcheck.explain.hygiene.undefined_names import two_meanings, undefined_names
from gradcheck.explain.hygiene.unread_functions import mistaken_functions
from gradcheck.language.document import Document
from gradcheck.language.finding import Finding
from gradcheck.language.model import Derivation
from gradcheck.language.statement import ReadDocument
from gradcheck.run.parts import attempt

__all__ = ["hygiene_findings", "without_bystanders"]


def hygiene_findings(
    derivation: Derivation, read: ReadDocument, document: Document
) -> list[Finding]:
    """What is untidy about a document's symbols, in document order: GC126, GC302 to GC307."""
    checks: dict[str, Callable[[], Iterable[Finding]]] = {
        "undefined names": lambda: undefined_names(derivation),
        "names with two meanings": lambda: two_meanings(derivation),
        "mistaken functions": lambda: mistaken_functions(read),
        "bounds of sums": lambda: bounds(derivation, document),
        "extents of sums": lambda: extents(derivation, document),
        "shapes": lambda: misfits(derivation, read, document),
        "constants that change": lambda: changed_constants(derivation, document),
    }
    found: dict[Finding, None] = {}
    for part, check in checks.items():
        found |= dict.fromkeys(attempt(part, check, lambda _: ()))
    return sorted(found, key=lambda f: (f.span.start, f.rule.code, f.message))
