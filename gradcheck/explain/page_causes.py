"""Helpers (δ_k) that stand for a derivative of the loss and are not it: the cause of wrong lines.

What a helper stands for shows where it is used: with a derivative in its place every line that is
wrong by it holds. One line that has a mend of its own accuses no definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradcheck.explain.page_edits import SideEdits
from gradcheck.explain.page_mends import PageMend, PageMends
from gradcheck.explain.page_writing import with_letters
from gradcheck.judge.page_verdicts import JudgedGradient, PageVerdicts
from gradcheck.language.document import Span
from gradcheck.language.expression import Expression, Name, Negate, Partial, transform, walk
from gradcheck.language.notation import to_text
from gradcheck.language.verdict import Verdict
from gradcheck.run.budget import SEARCH
from gradcheck.run.parts import attempt
from gradcheck.understand.bindings import Binding
from gradcheck.understand.page.assertions import Assertion
from gradcheck.understand.page.order import Defined
from gradcheck.understand.page.symbols import Unmeant

Wrong = tuple[Assertion, JudgedGradient | None]


@dataclass(frozen=True)
class HelperCause:
    """A helper's wrong definition, what it stands for, and the lines that are wrong by it."""

    span: Span
    statement: int
    words: str
    mend: PageMend | None
    following: frozenset[Span]


@dataclass(frozen=True)
class Causes:
    """Looks for helpers that explain the wrong lines of a page."""

    verdicts: PageVerdicts
    mends: PageMends

    def of(self, wrong: Sequence[Wrong]) -> tuple[HelperCause, ...]:
        """The causes, in document order."""
        return attempt(
            "the cause of wrong lines", lambda: tuple(self._all(wrong)), lambda _: (), share=SEARCH
        )

    def _all(self, wrong: Sequence[Wrong]) -> Iterator[HelperCause]:
        page = self.verdicts.page
        for array, several in page.versions.items():
            if len(several) != 1 or several[0].binding.span in page.layout.forward:
                continue
            users = [(a, i) for a, i in wrong if self._uses(a.right, array)]
            if not users or (len(users) == 1 and self.mends.of(*users[0]) is not None):
                continue
            found = self._accused(array, several[0], users)
            if found is not None:
                yield found

    def _uses(self, side: Expression, array: str) -> bool:
        return any(isinstance(node, Name) and self._array(node) == array for node in walk(side))

    def _array(self, name: Name) -> str:
        try:
            return self.verdicts.page.layout.array(name)[0]
        except Unmeant:
            return ""

    def _accused(self, array: str, defined: Defined, users: Sequence[Wrong]) -> HelperCause | None:
        binding = defined.binding
        loss = self.verdicts.page.order.loss_at(users[0][0].place)
        if loss is None:
            return None
        for stands_for in self._derivatives(defined, loss):
            if not all(self._explains(array, defined.head, stands_for, a) for a, _ in users):
                continue
            asserted = Assertion(
                binding.statement, binding.side, binding.span, binding.start, stands_for,
                binding.body,
            )  # fmt: skip
            mend = self.mends.of(asserted, None)
            words = f"{to_text(defined.head)} stands for {to_text(stands_for)}, and this is not it"
            following = frozenset(a.span for a, _ in users)
            return HelperCause(binding.span, binding.statement, words, mend, following)
        return None

    def _derivatives(self, defined: Defined, loss: Binding) -> Iterator[Expression]:
        """What a helper may stand for: the loss's derivative by a quantity with its axes."""
        edits = SideEdits(self.mends.around(loss.name), defined.head, defined.head.span)
        for name in edits.alike(defined.head):
            yield Partial(loss.name, name)
            yield Negate(Partial(loss.name, name))

    def _explains(
        self, array: str, head: Name, stands_for: Expression, asserted: Assertion
    ) -> bool:
        """Whether a wrong side holds with the derivative in the helper's place."""
        layout = self.verdicts.page.layout
        _, own = layout.array(head)

        def change(node: Expression) -> Expression:
            if not isinstance(node, Name) or self._array(node) != array:
                return node
            _, written = layout.array(node)
            given = dict(zip(own.letters, written.letters, strict=False))
            return transform(
                stands_for, lambda n: with_letters(layout, n, given) if isinstance(n, Name) else n
            )

        side = transform(asserted.right, change)
        judged = self.verdicts.judge.assertion(
            Assertion(
                asserted.statement,
                asserted.side,
                asserted.span,
                asserted.place,
                asserted.left,
                side,
                "",
                asserted.apart,
                asserted.together,
            )
        )
        return judged.verdict is Verdict.EXACT
