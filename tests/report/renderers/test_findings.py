"""Findings for people: what, where, why and what instead, each once, causes first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradcheck.language.document import Document, Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.report.renderers.findings import findings
from gradcheck.report.renderers.terminal import WIDTH, Palette
from gradcheck.report.results import DocumentResult, Report

TEXT = "$$p = 1$$\n$$q = 2$$\n$$r = 3$$\n$$s = 4$$\n"


def made(code: str, place: str, message: str = "message", **more: object) -> Finding:
    start = TEXT.index(place)
    return Finding(RULES[code], Span(start, start + len(place)), message, **more)  # type: ignore[arg-type]


def lines_of(*found: Finding) -> list[str]:
    result = DocumentResult(Document("a.md", TEXT), (), (), (), found, formulas=4)
    return findings(result, Palette())


def heads(*found: Finding) -> list[str]:
    """The lines that begin a finding."""
    return [line.strip() for line in lines_of(*found) if "[GC" in line]


def test_a_finding_in_full() -> None:
    assert lines_of(made("GC101", "q = 2", "extra factor x", suggestion="q = 1")) == [
        "",
        "  error, line 2: extra factor x [GC101 extra-factor]",
        "       2 | $$q = 2$$",
        "         |   ^~~~~",
        "    try            q = 1",
    ]


def test_by_line_then_remarks_then_notes() -> None:
    found = heads(
        made("GC201", "p", "note"),
        made("GC001", "q", "remark"),
        made("GC401", "s", "fourth"),
        made("GC301", "r", "third"),
    )
    assert [line.split(" [")[0] for line in found] == [
        "warning, line 3: third",
        "error, line 4: fourth",
        "warning, not read: remark",
        "note, line 1: note",
    ]


def test_what_follows_stands_under_its_cause_in_one_line() -> None:
    lines = lines_of(
        made("GC105", "p", "first consequence", follows_from="line 2", suggestion="nothing"),
        made("GC101", "q", "cause"),
        made("GC105", "s", "second consequence", follows_from="line 2"),
        made("GC401", "r", "another"),
    )
    assert lines[:7] == [
        "",
        "  error, line 2: cause [GC101 extra-factor]",
        "       2 | $$q = 2$$",
        "         |   ^",
        "      line 1 follows from it: first consequence [GC105 wrong-gradient]",
        "      line 4 follows from it: second consequence [GC105 wrong-gradient]",
        "",
    ]


def test_a_consequence_without_its_cause_is_not_lost() -> None:
    found = made("GC105", "q", "consequence", follows_from="line 11")
    text = "\n".join(lines_of(found))
    assert "error, line 2: consequence [GC105 wrong-gradient]" in text
    assert "line 11" in text


def test_remarks_that_were_not_read_are_gathered_by_reason() -> None:
    assert lines_of(
        made("GC001", "p = 1", "struck out"),
        made("GC001", "q", "garbled"),
        made("GC001", "s = 4", "struck out"),
    ) == [
        "",
        "  warning, not read: struck out [GC001 unread]",
        "    line 1, column 3: p = 1",
        "    line 4, column 3: s = 4",
        "",
        "  warning, not read: garbled [GC001 unread]",
        "    line 2, column 3: q",
    ]


@pytest.mark.parametrize("code", ["GC001", "GC402"])
def test_many_findings_alike_are_counted(code: str) -> None:
    text = "\n".join(lines_of(*[made(code, "q")] * 2000))
    assert "and 1995 more" in text
    assert len(text) < 2_000


def test_two_findings_at_one_place_share_the_snippet() -> None:
    lines = lines_of(made("GC105", "q", "wrong"), made("GC301", "q", "not used"))
    assert len([line for line in lines if "| $$q" in line]) == 1
    assert len([line for line in lines if "[GC" in line]) == 2


def test_expected_is_said_and_ignored_is_not_shown() -> None:
    assert heads(made("GC101", "q", expected=True), made("GC101", "r", ignored=True)) == [
        "error (expected), line 2: message [GC101 extra-factor]"
    ]


def test_a_claim_that_is_wrong_is_explained_once(made_report: Report) -> None:
    """Its finding's message and the claim's quotient say the same here."""
    text = "\n".join(findings(made_report.documents[0], Palette()))
    for part in (
        "error (expected), line 5: extra factor x [GC101 extra-factor]",
        r"(\hat{y} - y) w_2 a_1 (1-a_1) x",
        "derived        2/N Σ (ŷ - y) w_2 a_1 (1 - a_1)",
        "for example    x = 2, y = 1: claimed 0.5, true 0.25",
    ):
        assert text.count(part) == 1
    assert text.count("extra factor x") == 1


def test_what_was_derived_is_not_said_twice(made_report: Report) -> None:
    document = made_report.documents[0]
    wrong = replace(
        document.findings[0], message="no; derived instead: 2/N Σ (ŷ - y) w_2 a_1 (1 - a_1)"
    )
    text = "\n".join(findings(replace(document, findings=(wrong,)), Palette()))
    assert text.count("2/N Σ (ŷ - y) w_2 a_1 (1 - a_1)") == 1
    assert "line 5: no [GC101 extra-factor]" in text


def test_a_finding_s_own_evidence_comes_first(made_report: Report) -> None:
    document = made_report.documents[0]
    own = replace(document.findings[0], derived="a_1", counterexample="at x = 1: 2, not 3")
    text = "\n".join(findings(replace(document, findings=(own,)), Palette()))
    assert "derived        a_1\n" in text
    assert "for example    at x = 1: 2, not 3" in text
    assert "claimed 0.5" not in text


def test_a_counterexample_as_code_only_where_wanted() -> None:
    code = "import numpy as np\n\nx = 1\n\x1bdef f(x):\n    return x\n"
    found = replace(made("GC101", "q"), numpy=code)
    result = DocumentResult(Document("a.md", TEXT), (), (), (), (found,), formulas=4)
    assert "import numpy" not in "\n".join(findings(result, Palette()))
    lines = findings(result, Palette(), numpy=True)
    assert "    import numpy as np" in lines
    assert "        return x" in lines
    assert "\x1b" not in "".join(lines)


def test_why_something_was_not_judged(made_report: Report) -> None:
    document = made_report.documents[0]
    rows = document.setups[0].parameters
    found = tuple(
        Finding(RULES[code], rows[index].claims[0].span, "not judged")
        for code, index in (("GC002", 2), ("GC005", 3))
    )
    text = "\n".join(findings(replace(document, findings=found), Palette()))
    assert r"why            \times without a right operand" in text
    assert "why            h is not defined" in text


def test_codes_and_names_stay_together() -> None:
    for length in range(60, 100):
        lines = lines_of(made("GC101", "q", "m" * (length // 2) + " " + "n" * (length // 2)))
        assert any("[GC101 extra-factor]" in line for line in lines)
        assert max(map(len, lines)) <= WIDTH


def test_hostile_messages_stay_on_their_line() -> None:
    lines = lines_of(made("GC101", "q", "a\x1b[2J\nb", suggestion="\u202e c"))
    assert not set("\x1b\n\u202e") & set("".join(lines))
