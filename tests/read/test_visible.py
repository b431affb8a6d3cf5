"""What a reader of the page sees is read, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradcheck
from gradcheck.language.document import Document
from gradcheck.read import read
from tests.read.shown import reading, shown

NOTES = {"hidden": ["GC020"], "struck": ["GC021"], "": []}


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("<!--> $a$ -->", "a"),
        ("<!---> $a$ -->", "a"),
        ("x <!--> $a$ -->", "a"),
        ("x <!---> $a$ -->", "a"),
        ("<!-- $a$ --> $b$", "b"),
        ("<!-- $a$\n\n$b$\n-->\n$c$", "c"),
        ("x <!-- $a$\n$b$ --> $c$", "c"),
        ("x <!-- $a$\n\n$b$ -->", "a ; b"),  # not closed in its paragraph: text
        ("x <!-- y -- > $a$ --> $b$", "b"),
    ],
)
def test_comments_end_as_in_commonmark(text: str, seen: str) -> None:
    assert " ; ".join(shown(text)) == seen


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("```\n$a$\n```\n$b$", "b"),
        ("   ```\n$a$\n   ```\n$b$", "b"),
        ("x\n    ~~~\n$a$\n    ~~~", "a"),  # four spaces: a line of the paragraph
        ("```\n$a$\n    ```\n$b$\n```\n$c$", "c"),
        ("````\n```\n$a$\n````\n$b$", "b"),
        ("```\n$a$\n~~~\n$b$\n```\n$c$", "c"),
        ("``` a`b\n$a$\n```", "a"),
        ("~~~ a`b\n$a$\n~~~\n$b$", "b"),
        ("- x\n\n  ```\n  $a$\n  ```\n- $b$", "b"),
        ("1. x\n\n       $a$\n\n   $b$", "b"),
        ("> ```\n> $a$\n> ```\n> $b$", "b"),
        ("x\n\n    $a$\n\n$b$", "b"),
        ("x\n    $a$", "a"),  # goes on with the paragraph
        ("- x\n\n    $a$", "a"),
        ("- x\n\n      $a$", ""),
        ("\t$a$\n\n$b$", "b"),
        ("$$\n\n    a = b\n\n$$", "a = b"),
    ],
)
def test_code_is_what_commonmark_has_as_code(text: str, seen: str) -> None:
    assert " ; ".join(shown(text)) == seen


def test_a_display_ends_with_the_quote_that_holds_it() -> None:
    text = "> $$\n> a = b\n\n$c$"
    assert [finding.rule.code for finding in reading(text).findings] == ["GC003"]
    assert shown(text) == ["c"]


def test_a_tag_in_a_formula_without_dollars_is_a_tag() -> None:
    text = "\\[ a = b <div hidden> = c \\]\n\n$d$"
    assert [finding.rule.code for finding in reading(text).findings] == ["GC003", "GC020"]
    assert shown(text) == []


def test_an_indented_gradient_is_told() -> None:
    found = reading("x\n\n    $\\frac{\\partial L}{\\partial w} = x$\n")
    assert [finding.rule.code for finding in found.findings] == ["GC001"]
    assert "four spaces" in found.findings[0].message


def test_spaces_make_no_code_of_a_text_that_nobody_renders() -> None:
    text = "x\n\n    $a = b$\n\n$c$"
    assert len(read(Document("a.txt", text)).statements) == 2
    assert len(read(Document("a.md", text)).statements) == 1


@pytest.mark.parametrize("tag", ["pre", "script", "style", "textarea"])
def test_dollars_where_nothing_is_typeset(tag: str) -> None:
    assert shown(f"<{tag}>\n$a = b$\n\n$c = d$\n</{tag}>\n\n$e$") == ["e"]
    assert shown(f"x <{tag}>$a = b$</{tag}> $e$") == ["e"]


@pytest.mark.parametrize(
    ("text", "read", "told"),
    [
        ("<div hidden>\n\n$a$\n\n</div>\n\n$b$", "b", "hidden"),
        ("<div hidden>\n\n$a$\n\n<div>\n\n$b$\n\n</div>\n\n</div>\n\n$c$", "c", "hidden"),
        ("<div hidden>$a$</div>\n\n$b$", "b", "hidden"),
        ("<div hidden>\n\nnothing\n\n</div>\n\n$b$", "b", ""),
        ("<DIV class='x' HIDDEN='hidden'>\n\n$a$\n\n</DIV>\n\n$b$", "b", "hidden"),
        ("<div style='Display : NONE'>\n\n$a$\n\n</div>\n\n$b$", "b", "hidden"),
        ("<div hidden>\n\n$a$", "", "hidden"),
        ("<p hidden>\n\n$a$", "a", ""),  # a paragraph ends where the next one begins
        ("> <div hidden>\n>\n> $a$\n\n$b$", "b", "hidden"),
        ("x <span style='visibility:hidden'>$a$</span> $b$", "b", "hidden"),
        ("x <span style='color:white'>$a$</span> $b$", "b", "hidden"),
        ("x <span style='color: #FEFEFE;'>$a$</span> $b$", "b", "hidden"),
        ("x <span style='color:rgb(255, 255, 255)'>$a$</span> $b$", "b", "hidden"),
        ("x <span style='color:white;background:black'>$a$</span> $b$", "a ; b", ""),
        ("x <span style='background-color:black;color:black'>$a$</span> $b$", "b", "hidden"),
        ("x <span style='color:white'><b style='color:red'>$a$</b></span> $b$", "a ; b", ""),
        ("x <span style='color:red'>$a$</span> $b$", "a ; b", ""),
        ("x <span style='color:var(--ink);background:var(--paper)'>$a$</span>", "a", ""),
        ("x <font color=white>$a$</font> $b$", "b", "hidden"),
        ("x <span style='opacity:0'>$a$</span> $b$", "b", "hidden"),
        ("x <span style='opacity:0.5'>$a$</span> $b$", "a ; b", ""),
        ("x <span style='font-size:0'>$a$</span> $b$", "b", "hidden"),
        ("x <span hidden>$a$\n\n$b$", "b", "hidden"),  # ends with its paragraph
        ("<details><summary>x</summary>\n\n$a$\n\n</details>", "a", ""),
        ("<template>\n\n$a$\n\n</template>\n\n$b$", "b", "hidden"),
        ("x ~~$a$~~ $b$", "b", "struck"),
        ("x ~~$a~~b$ $c$", "(* a b) ; c", ""),  # in a formula they are spaces
        ("x ~~ $a$ ~~ $b$", "a ; b", ""),
        ("x <del>$a$</del> $b$", "b", "struck"),
        ("x <s>$a$\n\n$b$</s> $c$", "c", "struck"),
        ("<del>\n\n$a$\n\n</del>\n\n$b$", "b", "struck"),
        ("x <span style='text-decoration: line-through'>$a$</span> $b$", "b", "struck"),
        ('x <img alt="$a$"> $b$', "b", ""),
        ("x ![$a$](p.png) $b$", "b", ""),
        ('x [y](z "$a$") $b$', "b", ""),
        ("x [$a$](z) $b$", "a ; b", ""),
        ('[x]: y "$a$"\n\n$b$', "b", ""),
        ("x <http://y/$a$> $b$", "b", ""),
        ("x `$a$` \\$a$ $b$", "b", ""),
        ("x $a = \\textcolor{white}{b =} c$", "a = c", "hidden"),
        ("x $a = b {\\color{white} = c}$", "a = b", "hidden"),
        ("x $\\color{#fff} a = b$ $c$", "c", "hidden"),
        ("x $a = \\color{red}{b}$", "a = b", ""),
        ("x $a = \\phantom{x = y} b$", "a = b", "hidden"),
        ("x $\\phantom{a =} b = c$", "b = c", ""),
    ],
)
def test_what_is_hidden_or_struck_out_is_told_and_not_read(text: str, read: str, told: str) -> None:
    assert " ; ".join(shown(text)) == read
    assert [finding.rule.code for finding in reading(text).findings] == NOTES[told]


@pytest.mark.parametrize(
    ("text", "read", "told"),
    [
        (r"\sout{so $a=b$} $c=d$", ["c = d"], ["GC021"]),
        (r"\textcolor{white}{so $a=b$} $c=d$", ["c = d"], ["GC020"]),
        (r"{\color{white} so $a=b$} $c=d$", ["c = d"], ["GC020"]),
        (r"\textcolor{red}{so $a=b$} $c=d$", ["a = b", "c = d"], []),
        (r"\colorbox{black}{\textcolor{white}{$a=b$}} $c=d$", ["a = b", "c = d"], []),
        (r"\begin{align}a&=b\textcolor{white}{=c}\end{align}", ["a = b"], ["GC020"]),
    ],
)
def test_latex(text: str, read: list[str], told: list[str]) -> None:
    assert shown(text, "latex") == read
    assert [finding.rule.code for finding in reading(text, "latex").findings] == told


FORWARD = "$$\\hat{y} = w x + b$$\n\n$$L = \\frac{1}{2} (\\hat{y} - y)^2$$\n\n"
RIGHT = "$\\frac{\\partial L}{\\partial w} = (\\hat{y} - y) x$"
WRONG = "$\\frac{\\partial L}{\\partial w} = (\\hat{y} - y) x^2$"
CONCEALED = [
    "<div hidden>\n\n{}\n\n</div>",
    "<span style='color:white'>{}</span>",
    "~~{}~~",
    "<del>{}</del>",
    "<!-- {} -->",
    "<script>\n{}\n</script>",
    '<img alt="{}">',
]


def gradient_of(text: str, tmp_path: Path) -> list[str]:
    """The verdicts of the steps about the gradient."""
    path = tmp_path / "a.md"
    path.write_text(text)
    (document,) = gradcheck.verify([path]).documents
    return [str(step.verdict) for step in document.steps if "partial L" in step.left]


@pytest.mark.parametrize("about", CONCEALED)
def test_what_is_concealed_decides_nothing(about: str, tmp_path: Path) -> None:
    for seen, unseen in ((RIGHT, WRONG), (WRONG, RIGHT)):
        alone = gradient_of(f"{FORWARD}{seen}\n", tmp_path)
        assert len(alone) == 1
        for text in (
            f"{FORWARD}{about.replace('{}', unseen)}\n\n{seen}\n",
            f"{FORWARD}{seen}\n\n{about.replace('{}', unseen)}\n",
        ):
            assert gradient_of(text, tmp_path) == alone, text


def test_a_concealed_definition_binds_no_name(tmp_path: Path) -> None:
    hidden = "<div hidden>\n\n$$L = (\\hat{y} - y)^3$$\n\n</div>\n\n"
    assert gradient_of(FORWARD + hidden + RIGHT, tmp_path) == gradient_of(FORWARD + RIGHT, tmp_path)
