"""Bystanders: formulas that have no part in any gradient. What is odd about them is not told."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from gradcheck.language.document import Span
from gradcheck.language.finding import Finding
from gradcheck.language.model import Derivation
from gradcheck.language.statement import ReadDocument, Statement

_TOKEN = re.compile(r"\\[a-zA-Z]+|[^\W\d_]+")
_NO_NAMES = frozenset(
    r"\frac \dfrac \tfrac \cfrac \left \right \big \Big \bigl \bigr \cdot \times \partial \nabla "
    r"\sum \prod \int \oint \lim \text \mathrm \mathbf \mathcal \boldsymbol \bm \operatorname \vec "
    r"\hat \bar \tilde \dot \ddot \begin \end \quad \qquad \tag \label \sqrt \exp \log \ln \sin "
    r"\cos \tan \tanh \infty \pi \equiv \approx \le \leq \ge \geq \ne \neq \in \to \rightarrow "
    r"\leftarrow \Rightarrow \forall \dots \ldots \cdots \pm \mp \over \prime \circ \odot \top "
    r"d exp log ln sin cos tan align aligned equation cases".split()
)
"""What every formula may hold: sharing it connects nothing."""


_CLAIMED = ("GC002", "GC006")
_DEEP = 8
"""Formulas within a formula that are looked at."""


def without_bystanders(
    findings: Iterable[Finding], derivation: Derivation, read: ReadDocument
) -> list[Finding]:
    """The findings, but for warnings about formulas that have no part in any gradient.

    A formula has part in one if it is a claim, or what the loss is computed from, or shares a name
    with such a formula. Where gradients are claimed and not understood, any may have part in them.
    """
    found = list(findings)
    warned = any(finding.rule.severity == "warning" for finding in found)
    if not warned or any(finding.rule.code in _CLAIMED for finding in found):
        return found
    formulas = _Formulas(read)
    used: set[str] = set()
    for span in _of_gradients(derivation):
        used |= formulas.names_around(span)

    def is_bystander(finding: Finding) -> bool:
        formula = formulas.around(finding.span)
        if finding.rule.severity != "warning" or formula is None:
            return False
        return not used & formulas.names_around(formula.span)

    return [finding for finding in found if not is_bystander(finding)]


def _of_gradients(derivation: Derivation) -> list[Span]:
    """Places in the formulas that gradients are claimed in, or derived from."""
    spans = [step.span for step in derivation.steps if step.kind == "claim" and not step.unread]
    for setup in derivation.setups:
        needed = setup.model.ancestors(setup.model.loss)
        spans += [source.span for source in setup.sources if source.key in needed]
        spans += [claim.span for claim in setup.claims]
    return spans


class _Formulas:
    """The formulas of a document by their places, with the names that they hold."""

    def __init__(self, read: ReadDocument) -> None:
        self._document = read.document
        self._statements = sorted(read.statements, key=lambda statement: statement.span)
        self._starts = [statement.span.start for statement in self._statements]

    def around(self, span: Span) -> Statement | None:
        """The formula that a place is in."""
        at = bisect_right(self._starts, span.start)
        near = self._statements[max(at - _DEEP, 0) : at]
        return next((s for s in reversed(near) if span.end <= s.span.end), None)

    def names_around(self, span: Span) -> set[str]:
        """The names in the formula around a place, and in the place itself if it is in none."""
        formula = self.around(span)
        names: set[str] = set()
        for token in _TOKEN.findall(self._document.source(formula.span if formula else span)):
            names |= {token} | (set(token) if len(token) == len("wx") else set())
        return names - _NO_NAMES
