"""Planted mistakes of one token in right documents: most are mended, and none mended wrongly."""

from __future__ import annotations

from gradcheck.evidence.symbolic import Outcome
from gradcheck.explain.mending import mend_side
from gradcheck.language.expression import Sum, contains
from tests.explain.mending.planted import planted, right_documents, wrong_claim


def test_mistakes_of_one_token_are_mended() -> None:
    tried = mended = 0
    for path in right_documents()[::2]:
        for mistake in planted(path, seed=5, number=2):
            found = wrong_claim(mistake)
            if found is None:
                continue
            case, claim = found
            tried += 1
            mend = mend_side(case.context(), case.left(claim), case.written(claim))
            if mend is None:
                continue
            forms = mistake.source.judge.forms
            model = forms.total if contains(mistake.original, Sum) else forms.one
            algebra = mistake.source.judge.algebra(model)
            decision = algebra.decide(mistake.original, mend.expression)
            assert decision.outcome is Outcome.EQUAL, (path.name, mistake.after, mend.replacement)
            mended += 1
    assert tried >= 30
    assert mended >= 0.8 * tried
