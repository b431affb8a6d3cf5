"""Symbol hygiene: names without meaning, names with two, bounds, shapes, constants that change."""

from __future__ import annotations

from gradcheck.document import Document
from gradcheck.finding import Finding
from gradcheck.hygiene.bystanders import without_bystanders
from gradcheck.hygiene.constants import changed_constants
from gradcheck.hygiene.functions import mistaken_functions
from gradcheck.hygiene.names import two_meanings, undefined_names
from gradcheck.hygiene.shapes import misfits
from gradcheck.hygiene.sums import bounds, extents
from gradcheck.model import Derivation
from gradcheck.statement import ReadDocument

__all__ = ["hygiene_findings", "without_bystanders"]


def hygiene_findings(
    derivation: Derivation, read: ReadDocument, document: Document
) -> list[Finding]:
    """What is untidy about a document's symbols, in document order: GC126, GC302 to GC307."""
    found = [
        *undefined_names(derivation),
        *two_meanings(derivation),
        *mistaken_functions(read),
        *bounds(derivation, document),
        *extents(derivation, document),
        *misfits(derivation, read, document),
        *changed_constants(derivation, document),
    ]
    return sorted(dict.fromkeys(found), key=lambda f: (f.span.start, f.rule.code, f.message))
