"""Directives: declared findings are marked, everything undeclared and unmet is said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.document import Document, Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.read.files.directives import apply, parse_directives

EXPECT = "<!-- gradcheck: expect[GC101] known -->"
IGNORE = "<!-- gradcheck: ignore[GC101] known -->"


def blocks_of(text: str) -> list[Span]:
    """Every formula of the small texts here."""
    return [Span(*match.span()) for match in re.finditer(r"\$\$[^$]*\$\$|\$[^$]*\$", text)]


def findings_at(text: str, *wanted: tuple[str, str]) -> tuple[Finding, ...]:
    return tuple(
        Finding(RULES[code], Span(text.index(place), text.index(place) + len(place)), "made")
        for code, place in wanted
    )


def outcome(text: str, *wanted: tuple[str, str]) -> list[tuple[str, bool]]:
    directives = parse_directives(Document("a.md", text))
    result = apply(directives, findings_at(text, *wanted), blocks_of(text))
    return [(finding.rule.code, finding.expected) for finding in result]


def test_the_declared_finding_is_marked_and_no_other() -> None:
    text = f"$$a$$\n{EXPECT}\n\n$$b$$\n\n$$c$$\n"
    assert outcome(text, ("GC101", "a"), ("GC101", "b"), ("GC101", "c"), ("GC105", "b")) == [
        ("GC101", False),
        ("GC101", True),
        ("GC101", False),
        ("GC105", False),
    ]


def test_a_directive_speaks_for_all_formulas_up_to_the_blank_line() -> None:
    text = f"{EXPECT}\nwith $a$ and $b$\nthen $c$\r\n\r\nand $d$"
    assert outcome(text, ("GC101", "b$")) == [("GC101", True)]
    assert outcome(text, ("GC101", "c$")) == [("GC101", True)]
    assert ("GC901", False) in outcome(text, ("GC101", "d$"))


def test_a_chain_that_runs_over_blocks_is_one_block() -> None:
    text = f"{EXPECT}\n$$p$$\n\n$$= q$$\n\n$$r$$"
    chain = Span(text.index("p$$"), text.index("q$$") + 1)
    later = Span(text.index("r$$"), text.index("r$$") + 1)
    directives = parse_directives(Document("a.md", text))
    for place, expected in (("q$$", [True]), ("r$$", [False, False])):
        result = apply(directives, findings_at(text, ("GC101", place)), [chain, later])
        assert [finding.expected for finding in result] == expected


def test_a_directive_inside_a_chain_speaks_for_the_block_after_it() -> None:
    text = f"$$p$$\n\n{EXPECT}\n<!-- and why -->\n\n$$= q$$\n\n$$= r$$\n\n$$s$$"
    chain = Span(0, text.index("r$$") + 1)
    later = Span(text.index("s$$"), text.index("s$$") + 1)
    directives = parse_directives(Document("a.md", text))
    for place, expected in (("p$$", [False, False]), ("q$$", [True]), ("r$$", [False, False])):
        result = apply(directives, findings_at(text, ("GC101", place)), [chain, later])
        assert [finding.expected for finding in result] == expected


def test_counts() -> None:
    text = f"{EXPECT.replace('GC101', 'GC101*2')}\n$$a b c$$"
    two = [("GC101", True), ("GC101", True)]
    assert outcome(text, ("GC101", "b"), ("GC101", "c$")) == two
    assert outcome(text, ("GC101", "b")) == [("GC101", True), ("GC901", False)]
    assert outcome(text) == [("GC901", False)]


def test_more_than_declared_are_not_excused() -> None:
    text = f"{EXPECT}\n$$p q$$"
    assert outcome(text, ("GC101", "q"), ("GC101", "p ")) == [("GC101", False), ("GC101", True)]


def test_several_codes_and_several_directives() -> None:
    text = f"{EXPECT.replace('GC101', 'GC101 , GC105*1')}\n{EXPECT}\n$$p q$$"
    assert outcome(text, ("GC101", "p "), ("GC105", "p "), ("GC101", "q")) == [
        ("GC101", True),
        ("GC105", True),
        ("GC101", True),
    ]


def test_unmet_says_where_and_what_to_do() -> None:
    text = f"one\n  {EXPECT}\n$$a$$"
    document = Document("a.md", text)
    (finding,) = apply(parse_directives(document), (), blocks_of(text))
    assert document.position(finding.span.start) == (2, 3)
    assert "GC101" in finding.message
    assert finding.suggestion
    assert finding.fails


def ignored(text: str, *wanted: tuple[str, str]) -> list[tuple[str, bool]]:
    directives = parse_directives(Document("a.md", text))
    result = apply(directives, findings_at(text, *wanted), blocks_of(text))
    return [(finding.rule.code, finding.ignored) for finding in result]


def test_ignore_silences_all_of_a_code_in_its_block() -> None:
    text = f"$$a$$\n{IGNORE}\n$$b c$$\n\n$$d$$\n"
    found = ignored(
        text,
        ("GC101", "a$$"),
        ("GC101", "b c"),
        ("GC101", "c$$"),
        ("GC105", "b c"),
        ("GC101", "d$$"),
    )
    assert found == [
        ("GC101", False),
        ("GC101", True),
        ("GC101", True),
        ("GC105", False),
        ("GC101", False),
    ]


def test_what_is_ignored_does_not_fail() -> None:
    text = f"{IGNORE}\n$$a$$"
    directives = parse_directives(Document("a.md", text))
    (finding,) = apply(directives, findings_at(text, ("GC101", "a$$")), blocks_of(text))
    assert finding.ignored
    assert not finding.expected
    assert not finding.fails


def test_an_ignore_that_matches_nothing_is_a_warning() -> None:
    for text in (f"{IGNORE}\n$$a$$", f"$$a$$\n{IGNORE}"):
        document = Document("a.md", text)
        (finding,) = apply(parse_directives(document), (), blocks_of(text))
        assert finding.rule.code == "GC903"
        assert finding.rule.severity == "warning"
        assert "GC101" in finding.message
        assert finding.suggestion
        assert document.source(finding.span) == IGNORE


def test_what_is_expected_is_not_ignored_as_well() -> None:
    text = f"{EXPECT}\n{IGNORE}\n$$p q$$"
    directives = parse_directives(Document("a.md", text))
    found = apply(directives, findings_at(text, ("GC101", "p q"), ("GC101", "q$")), blocks_of(text))
    assert [(finding.expected, finding.ignored) for finding in found] == [
        (True, False),
        (False, True),
    ]


def test_several_codes_in_one_ignore() -> None:
    text = f"{IGNORE.replace('GC101', 'GC101, GC105')}\n$$a$$"
    (first, second) = parse_directives(Document("a.md", text)).ignores
    assert (first.code, second.code, first.reason) == ("GC101", "GC105", "known")
    assert ignored(text, ("GC105", "a$$")) == [("GC105", True), ("GC903", False)]


def test_nothing_after_the_directive() -> None:
    assert outcome(f"$$a$$\n{EXPECT}", ("GC101", "a")) == [("GC101", False), ("GC901", False)]


def test_a_reason_may_run_over_lines() -> None:
    text = "<!-- gradcheck: expect[GC101]\n  the bias\n  has none -->\n$$a$$"
    (expectation,) = parse_directives(Document("a.md", text)).expectations
    assert (expectation.code, expectation.count) == ("GC101", 1)
    assert expectation.reason == "the bias has none"


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- gradcheck: expect GC101 -->",
        "<!-- gradcheck: expcet[GC101] -->",
        "<!-- gradcheck expect[GC101] -->",
        "<!-- gradcheck: expect[] -->",
        "<!-- gradcheck: expect[GC101*0] -->",
        "<!-- gradcheck: expect[GC101*-1] -->",
        "<!-- gradcheck: expect[GC999] -->",
        "<!-- gradcheck: expect[extra-factor] -->",
        "<!-- gradcheck: expect[GC101,] -->",
        "<!--gradcheck:-->",
        "<!-- gradcheck: ignore[GC101*2] no number -->",
        "<!-- gradcheck: ignore[GC999] -->",
        "<!-- gradcheck: ignore GC101 -->",
        "<!-- gradcheck: expect[GC101] never closed",
        "see <!-- gradcheck: expect[GC101] not alone -->",
        "<!-- gradcheck: expect[GC101] not alone --> $x$",
    ],
)
def test_malformed(comment: str) -> None:
    directives = parse_directives(Document("a.md", f"{comment}\n$$a$$"))
    assert directives.expectations == directives.ignores == ()
    assert [finding.rule.code for finding in directives.findings] == ["GC902"]
    assert directives.findings[0].fails


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{EXPECT}\n```\n$$a$$",
        f"~~~~ markdown\n{EXPECT}\n~~~\n~~~~\n$$a$$",
        f"write `{EXPECT}` above it\n$$a$$",
        "<!-- an ordinary comment -->\n$$a$$",
        f"```\n{EXPECT}\n$$a$$",
    ],
)
def test_code_and_other_comments_are_no_directives(text: str) -> None:
    directives = parse_directives(Document("a.md", text))
    assert directives.expectations == directives.findings == ()


def test_after_a_fence_directives_count_again() -> None:
    text = f"```\ncode\n```\n{EXPECT}\n$$a$$"
    assert outcome(text, ("GC101", "a$$")) == [("GC101", True)]


def test_front_matter_holds_no_directives() -> None:
    text = f"---\ntitle: x\n# {EXPECT}\n---\n$$a$$"
    body = text.index("$$")
    assert parse_directives(Document("a.md", text, {}, body)).findings == ()


@given(st.text(alphabet="<!->` grad check:expect ignore[]GC101*,\n~$x", max_size=80))
def test_any_text_is_understood_or_found_fault_with(text: str) -> None:
    document = Document("a.md", f"<!-- gradcheck {text}")
    directives = parse_directives(document)
    assert directives.expectations or directives.ignores or directives.findings
    for finding in apply(directives, (), ()):
        assert 0 <= finding.span.start < finding.span.end <= len(document.text)
