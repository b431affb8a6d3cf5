"""What is suggested for the transcribed source documents."""

from __future__ import annotations

from gradcheck.explain.mending import mend_side, mend_unread
from gradcheck.language.verdict import Verdict
from gradcheck.read import read
from tests.explain.mending.planted import ROOT, judged, load


def suggestions(name: str) -> list[tuple[str, str, str]]:
    """Side, corrected side and rule of all that is wrong or not read and can be mended."""
    document = load(ROOT / "derivations" / f"{name}.md")
    statements = read(document).statements
    found = []
    for case in judged(document):
        for item in case.items:
            claim, context = item.claim, case.context()
            if item.verdict is Verdict.WRONG:
                mend = mend_side(context, case.left(claim), case.written(claim))
            elif claim.expression is None:
                side = statements[claim.statement - 1].sides[claim.side]
                mend = mend_unread(context, case.left(claim), side)
            else:
                continue
            if mend is not None:
                found.append((document.source(mend.span), mend.replacement, mend.rule.name))
    return found


def test_source_003() -> None:
    found = {old: (new, rule) for old, new, rule in suggestions("source-003")}
    assert found == {
        r"(a_2 - y) w_2 \cdot a_1(1-a_1) x": (r"(a_2 - y) w_2 \cdot a_1(1-a_1)", "extra-factor"),
        r"(a_2 - y) \cdot w_2 \cdot (1 - y^2) \times": (
            r"(a_2 - y) \cdot w_2 \cdot (1 - a_1^2) \times x",
            "lost-operand",
        ),
        r"(a_2 - y) \cdot w_2 \cdot (1 - y^2)": (
            r"(a_2 - y) \cdot w_2 \cdot (1 - a_1^2)",
            "wrong-symbol",
        ),
    }


def test_source_004() -> None:
    ((old, new, rule),) = suggestions("source-004")
    assert old.endswith(r"a_1 (1 - a_1) \times")
    assert new in (f"{old} X", f"{old} x")
    assert rule == "lost-operand"


def test_nothing_to_mend() -> None:
    assert suggestions("source-000") == suggestions("source-001") == []
