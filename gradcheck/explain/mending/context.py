"""What a search for an edit needs to know of a setup: its names, its values, its algebra."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from gradcheck.explain.mending.mend import Mend
from gradcheck.explain.mending.values import Point, Resolve, draw_points
from gradcheck.language.document import Cell, Document, Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    Name,
    Number,
    Sum,
    contains,
    transform,
    walk,
)
from gradcheck.language.functions import BY_OUTPUT, slope_by_output
from gradcheck.language.model import Model, Setup
from gradcheck.language.notation import to_tex
from gradcheck.language.verdict import Constant
from gradcheck.read import limits
from gradcheck.read.brackets import pair
from gradcheck.read.drafting import split
from gradcheck.read.drafts import Draft
from gradcheck.read.expansion import tokens_expanded
from gradcheck.read.formulas import find_formulas, macros_in
from gradcheck.read.known_names import Known
from gradcheck.read.macros import Macros
from gradcheck.read.parser import parse_side
from gradcheck.read.rewriting import rewrite
from gradcheck.read.survey import survey
from gradcheck.read.tokens import tokens_of

if TYPE_CHECKING:
    from gradcheck.judge.verdicts import Judge

ONE = Number(Fraction(1))


@dataclass(frozen=True)
class MendContext:
    """One setup, as the search for edits sees it; build it once a setup with `of`.

    ``accepted`` is the constant that the other gradients of the setup leave out, so that a mended
    side may leave it out too: Constant(1) if they leave out nothing, None if nothing is known (no
    other gradient holds), when any constant of `Constant`'s kind will do.
    """

    document: Document
    setup: Setup
    judge: Judge
    accepted: Constant | None = None

    @classmethod
    def of(
        cls, setup: Setup, document: Document, judge: Judge, accepted: Constant | None = None
    ) -> MendContext:
        """The context of a setup with the judge that its claims were judged by."""
        return cls(document, setup, judge, accepted)

    def leaving_out(self, accepted: Constant | None) -> MendContext:
        """The same setup with another constant that a mended side may leave out."""
        return self._sharing(replace(self, accepted=accepted))

    def with_text(self, text: str) -> MendContext:
        """The same setup with more text after the document's own, whose places stay valid."""
        document = replace(self.document, text=self.document.text + text)
        return self._sharing(replace(self, document=document))

    def _sharing(self, other: MendContext) -> MendContext:
        for name in ("points", "_resolved", "_known", "_spellings"):
            other.__dict__[name] = getattr(self, name)
        return other

    @property
    def model(self) -> Model:
        return self.setup.model

    def resolve(self, written: Expression) -> Expression:
        """What a written side means. Raises the resolver's Unresolved."""
        assert self.setup.resolve is not None
        return self.setup.resolve(written)

    @cached_property
    def _resolved(self) -> dict[Expression, Expression | Exception]:
        return {}

    def _resolve_once(self, written: Expression) -> Expression:
        """The same, kept: the three points ask for the same leaves."""
        found = self._resolved.get(written)
        if found is None:
            try:
                found = self.resolve(written)
            except ValueError as trouble:
                found = trouble
            except Exception as trouble:
                if type(trouble).__name__ != "Unresolved":
                    raise
                found = trouble
            self._resolved[written] = found
        if isinstance(found, Exception):
            raise found
        return found

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Where variants are tried; fewer than three means that nothing can be tried."""
        resolve: Resolve = self._resolve_once
        return draw_points(self.judge.forms.one, resolve)

    @cached_property
    def answers(self) -> dict[tuple[str, Span], Mend | None]:
        """What was suggested for a side against a left side, so that it is searched once."""
        return {}

    # -- names --------------------------------------------------------------------------------

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The names that an author may have meant: of the model, each node by every name."""
        model = self.model
        found = [parameter.key for parameter in model.parameters]
        found += [*model.inputs, *model.labels]
        found += [key for key in model.definitions if key != model.loss]
        return tuple(dict.fromkeys(found))

    @cached_property
    def counts(self) -> tuple[str, ...]:
        """The sample count and other constants."""
        model = self.model
        counts = (model.sample_count,) if model.sample_count else ()
        return tuple(dict.fromkeys((*counts, *model.constants)))

    def named(self, key: str) -> Name:
        """The name with this key, as an expression of the document."""
        return self.model.names.get(key, Name(key))

    @cached_property
    def _spellings(self) -> dict[str, str]:
        return {key: self._spelling(name) for key, name in self.model.names.items()}

    @cached_property
    def indexed(self) -> dict[str, str]:
        """Names as the definitions write them with an index of the samples: ``\\hat{y}_i``."""
        found: dict[str, str] = {}
        for source in self.setup.sources:
            for node in walk(source.written):
                if isinstance(node, Name) and node.span.start >= 0:
                    text = " ".join(self.document.source(node.span).split())
                    if len(_letters(text)) > len(_letters(to_tex(node))):
                        found.setdefault(node.key, text)
        return found

    def spell(self, key: str) -> str:
        """The name in the author's own letters."""
        found = self._spellings.get(key)
        return found if found is not None else to_tex(Name(key))

    def _spelling(self, name: Name) -> str:
        """How the document first writes a name, without an index of the samples."""
        source = " ".join(self.document.source(name.span).split())
        source = re.sub(r"(\^\{?\d\}?|[²³])$", "", source) if not name.superscript else source
        tex = to_tex(Name(name.base, name.subscript, name.superscript, name.accent, name.qualifier))
        same = _letters(source) == _letters(tex)
        if source.startswith("\\") and source[1:] in self._macros.table:
            return source
        plain = bool(source) and not source.isascii() and "_" not in source and len(source) < 4
        return source if same or plain else tex

    # -- derivatives of activations -----------------------------------------------------------

    @cached_property
    def activations(self) -> dict[str, Apply]:
        """The names that are a function's value: ``a_1`` with ``σ(z_1)``, resolved."""
        return {
            key: body
            for key, body in self.model.definitions.items()
            if isinstance(body, Apply) and not body.order and len(body.arguments) == 1
        }

    @cached_property
    def written_activations(self) -> dict[str, Apply]:
        """The same as the author wrote them: ``a_1`` with ``g(z_1)``."""
        return {
            source.key: source.written
            for source in self.setup.sources
            if source.key in self.activations and isinstance(source.written, Apply)
        }

    def slopes(self, spell: Callable[[str], str]) -> list[tuple[str, Expression, str]]:
        """Derivatives of activations, as the author may write them: key, expression, text."""
        found: list[tuple[str, Expression, str]] = []
        for key, application in self.activations.items():
            name, spelled = self.named(key), spell(key)
            for row in BY_OUTPUT:
                if row.name == application.function.key:
                    slope = slope_by_output(row, name)
                    text = row.written.format(spelled, squared(spelled))
                    found.append((key, slope, f"({text})" if isinstance(slope, Add) else text))
            written = self.written_activations.get(key)
            if written is not None:
                head = self.document.source(written.function.span).strip()
                argument = written.arguments[0]
                text = f"{head}'({self.document.source(argument.span)})"
                primed = Apply(written.function, (argument,), 1)
                found.append((key, primed, text))
        return found

    # -- reading back -------------------------------------------------------------------------

    @cached_property
    def _known(self) -> Known:
        """What the document as a whole says about its names."""
        return known_names(self.document)

    @cached_property
    def _macros(self) -> Macros:
        """The document's macros, for texts that stand nowhere in it."""
        return macros_in(self.document).nowhere()

    def read_side(self, text: str) -> Expression | None:
        """A side as it would be read in this document, canonical; None if it is not one side."""
        return self.read_part(text, Span(0, len(text)))

    def read_part(self, text: str, span: Span) -> Expression | None:
        """The same for a part of a text; spans count from the text's beginning."""
        tokens = rewrite(tokens_expanded(text, span, self._macros))
        if len(tokens) > limits.TOKENS or pair(tokens) > limits.DEPTH:
            return None
        drafts = split(tokens)
        if len(drafts) != 1 or len(drafts[0].sides) != 1 or drafts[0].relations:
            return None
        side = parse_side(drafts[0].sides[0], span, self._known, [])
        return None if side.expression is None else self._canonical(side.expression)

    def _canonical(self, expression: Expression) -> Expression:
        resolver = getattr(self.setup.resolve, "__self__", None)
        naming = getattr(resolver, "naming", None)
        if naming is None:
            return expression

        def change(node: Expression) -> Expression:
            return naming.canonical(node) if isinstance(node, Name) else node

        return transform(expression, change)

    # -- proving ------------------------------------------------------------------------------

    def holds(self, left: Expression, mended: Expression) -> Constant | None:
        """What a mended side leaves out if it holds against ``left``; None if it does not.

        Decided by the algebra and confirmed by the evaluation at points, both on the form that a
        claim is judged on. Only `acceptable` constants count.
        """
        from gradcheck.evidence.arrays.precise import Outcome as Check
        from gradcheck.evidence.symbolic import Outcome

        forms = self.judge.forms
        if contains(left, Sum) and not contains(mended, Sum):
            left = without_sums(left)
        model = forms.total if contains(mended, Sum) else forms.one
        decision = self.judge.algebra(model).decide(left, mended, shown=False)
        if decision.outcome not in (Outcome.EQUAL, Outcome.CONSTANT):
            return None
        left_out = decision.left_out or Constant()
        if not self.acceptable(left_out):
            return None
        check = self.judge.evaluator(model).compare(left, mended, left_out)
        return left_out if check.outcome is Check.AGREE else None

    def acceptable(self, constant: Constant) -> bool:
        """Whether a mended gradient may leave this out."""
        if self.accepted is None or constant.is_one:
            return True
        return (constant.rational, constant.power) == (
            self.accepted.rational,
            self.accepted.power,
        )

    def reach(self, key: str) -> frozenset[str]:
        """All names that a name is computed from."""
        return self.model.below(key) if key in self.model.definitions else frozenset()

    def above(self, key: str) -> frozenset[str]:
        """All definitions that are computed from a name, its own included."""
        return self.model.above(key)


def known_names(document: Document) -> Known:
    """What a document as a whole says about its names."""
    return _names_of(document.text, document.body_start, document.format, document.cells)


@lru_cache(maxsize=4)
def _names_of(text: str, body_start: int, kind: str, cells: tuple[Cell, ...]) -> Known:
    """The reader's survey of a document; the setups of one document share it."""
    document = Document("", text, body_start=body_start, format=kind, cells=cells)
    drafts: list[Draft] = []
    for block in find_formulas(document).formulas:
        tokens = tokens_of(text, block)
        if len(tokens) <= limits.TOKENS and pair(tokens) <= limits.DEPTH:
            drafts.extend(split(tokens))
    return survey(drafts)


def without_sums(expression: Expression) -> Expression:
    """One sample's part of something: the sum signs go."""
    return transform(expression, lambda node: node.body if isinstance(node, Sum) else node)


def squared(spelled: str) -> str:
    """A name squared; one that has an upper index gets brackets."""
    return f"({spelled})^2" if "^" in spelled else f"{spelled}^2"


def _letters(text: str) -> str:
    """The letters of a name alone, so that ``W1``, ``W_1`` and ``W_{1}`` are one spelling."""
    return re.sub(r"\\text|\\mathrm|\\mathbf|\\boldsymbol|[\\{}_\s]", "", text)
