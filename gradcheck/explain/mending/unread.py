"""The lost operand of a side that ends in a multiplication sign (``… (1 - a_1) \\times``)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gradcheck.explain.mending.context import ONE, MendContext
from gradcheck.explain.mending.edits import Edit
from gradcheck.explain.mending.mend import NAMES_OF_RULES, Mend
from gradcheck.explain.mending.side_search import SideSearch, Variant, spine_of, unit_of
from gradcheck.explain.mending.tree import Path, places, replaced
from gradcheck.language.document import NOWHERE, Span
from gradcheck.language.expression import Expression, Name
from gradcheck.language.finding import Rule
from gradcheck.language.notation import to_text
from gradcheck.language.statement import Side

_DANGLING = re.compile(r"nothing follows the [×·*]")


def is_dangling(reason: str) -> bool:
    """Whether a side was refused because nothing follows a multiplication sign."""
    return _DANGLING.match(reason) is not None


def mend_unread(context: MendContext, left: Expression, side: Side) -> Mend | None:
    """What a side lacks after a dangling multiplication sign, so that it equals ``left``.

    Every name of the model is tried there, and the sign without anything after it, alone and with
    one edit elsewhere in the side. None where the side was refused for another reason, or where
    nothing fits.
    """
    unread = side.unread
    if unread is None or not is_dangling(unread.reason) or not context.keys:
        return None
    filler = context.spell(context.keys[0])
    own, at = context.document.source(side.span), unread.span.end - side.span.start
    text = f"{own[:at]} {filler}{own[at:]}"
    start = len(context.document.text) + 2
    longer = context.with_text("\n\n" + text)
    span = Span(start, start + len(text))
    written = longer.read_part(longer.document.text, span)
    if written is None:
        return None
    place = next((p for p, n in places(written) if n.span.start == start + at + 1), None)
    if place is None:
        return None
    operator = Span(start + unread.span.start - side.span.start, start + at + 1 + len(filler))
    search = LostOperand(longer, left, written, whole=span, place=place, operator=operator)
    if not search.possible:
        return None
    found = search.suggestion(search.singles()) or search.suggestion(search.pairs())
    return None if found is None else replace(found, span=side.span)


@dataclass
class LostOperand(SideSearch):
    """A search in which one edit is given: what stands in the place of the lost operand."""

    whole: Span = NOWHERE
    place: Path = ()
    operator: Span = NOWHERE  # the dangling sign with the filler after it

    @property
    def span(self) -> Span:
        return self.whole

    def operands(self) -> list[Edit]:
        """Every name that may have been lost, and nothing."""
        sign = to_text(Name("×"))
        context = self.context
        filler = Span(self.operator.end - len(context.spell(context.keys[0])), self.operator.end)
        found = []
        for key in context.keys:
            name = context.named(key)
            words = f"{to_text(name)} is missing after the {sign}"
            change = ((filler, context.spell(key)),)
            found.append(Edit(self.place, name, change, "lost-operand", words, 1))
        words = f"remove the {sign}"
        found.append(Edit(self.place, ONE, ((self.operator, ""),), "lost-operand", words, 2))
        return found

    def singles(self) -> list[Variant]:
        found = []
        for edit in self.operands():
            values = self.values(replaced(self.written, edit.path, edit.node))
            constant = None if values is None else self.left_out(values)
            if constant is not None:
                found.append(Variant((edit,), constant))
        return found

    def pairs(self) -> list[Variant]:
        """An operand with one edit elsewhere; edits of other factors multiply what it changes."""
        if self.base is None or self.truth is None:
            return []
        spine = set(spine_of(self.written))
        factors = [(e, v) for e, v in self.tried if e.path and self._is_other_factor(e, spine)]
        found: list[Variant] = []
        for operand in self.operands():
            half = self.values(replaced(self.written, operand.path, operand.node))
            if half is None:
                continue
            for edit, values in factors:
                known = zip(self.truth, self.base, half, values, strict=True)
                constant = self.constant_of(tuple(t * b / (h * v) for t, b, h, v in known))
                if constant is not None:
                    found.append(Variant((operand, edit), constant))
        return found

    def _is_other_factor(self, edit: Edit, spine: set[Path]) -> bool:
        unit = unit_of(edit, spine)
        return self.place in spine and unit is not None and unit != self.place

    def _words(self, variant: Variant) -> tuple[Rule, str]:
        words = "; ".join(dict.fromkeys(edit.words for edit in variant.edits))
        return NAMES_OF_RULES["lost-operand"], words
