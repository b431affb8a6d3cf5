"""Documents of the tests with a few signs of Markdown and HTML put in, by a seed."""

from __future__ import annotations

import random
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIGNS = (
    "<!--", "-->", "<!-->", "<!--->", "--", "```", "~~~", "```math\n", "````", "  ", "   ", "    ",
    "\t", "$", "$$", "\\$", "`", "<div hidden>", "</div>", "<div>", "<del>", "</del>", "~~", "<s>",
    "</s>", "<pre>", "</pre>", "<script>", "</script>", "<textarea>", "</textarea>", "<p hidden>",
    "</p>", '<span style="color:white">', "</span>", "<br>", "<a title='", "'>", "\\", "|", "<?",
    "?>", "\n", "\n\n", "- ", "1. ", "> ", "* * *\n", "# ", "---\n", "===\n", '[a](b "', "![",
    "](x)", "<x@y>", "http://a.b/$c$", "\n    ", "\n- ", "\n> ", "\n```\n", "\n<!--\n", "\n-->\n",
    "\n$$\n", "\n<div hidden>\n\n", "\n\n</div>\n\n",
)  # fmt: skip
FRONT = re.compile(r"---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
FOLDERS = ("derivations", "tests/findings", "tests/samples", "tests/notations")


def bodies() -> list[tuple[str, str]]:
    """Every Markdown document of the tests, without its front matter."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.md"))]
    texts = [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in paths]
    return [(name, FRONT.sub("", text, count=1)) for name, text in texts]


def mutant(text: str, chance: random.Random) -> str:
    """A text with one to three signs put in, most of them at the edge of something."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3))):
        edges = [found.start() for found in re.finditer(r"\n|\$\$?|`|<|(?<=\n)", text)]
        at = chance.choice(edges) if chance.random() < 0.7 else chance.randrange(len(text) + 1)
        if chance.random() < 0.3:
            at = text.rfind("\n", 0, at) + 1
        text = text[:at] + chance.choice(SIGNS) + text[at:]
    return text
