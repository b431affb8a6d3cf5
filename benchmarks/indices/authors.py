"""Authors: names, notation, and how a page is laid out."""

from __future__ import annotations

import random
from dataclasses import dataclass

from benchmarks.indices.kinds import Outline
from benchmarks.indices.terms import Entry, Statement
from benchmarks.indices.writing import Notation

LOSSES = ["E", "E", "L", "J", "C", r"\ell"]
COUNTS = {
    "feature": ["D", "I", "d", "F"],
    "hidden": ["H", "J", "M"],
    "second": ["G", "P", "Q"],
    "output": ["K", "O", "C"],
    "sample": ["N", "N", "m", "n"],
}
FORWARD = ["Forward pass:", "The units compute", "The network is", "Definitions:", ""]
BACKWARD = ["Gradients:", "Backward pass:", "Differentiating gives", "By the chain rule", ""]
ONE_HOT = [
    r"The targets are one-hot, $\sum_{%s} %s = 1$.",
    r"The targets sum to one: $\sum_{%s} %s = 1$.",
]


@dataclass(frozen=True)
class Author:
    """A notation and a layout."""

    notation: Notation
    title: str
    block: str  # dollars, brackets, align, inline
    forward: str
    backward: str
    share: str
    loss_first: bool = False
    stacked: bool = False  # the sides of a chain under each other


def author(rng: random.Random, outline: Outline) -> Author:
    """An author for a derivation; the names do not meet."""
    taken = {index.letter for index in outline.indices}
    bases, layers = _names(rng, outline, taken)
    counts: dict[str, str] = {}
    used = taken | set(bases.values()) | set(counts.values())
    for axis, choices in COUNTS.items():
        free = [letter for letter in choices if letter not in used] or ["R", "S"]
        counts[axis] = rng.choice(free)
        used.add(counts[axis])
    notation = Notation(
        bases,
        layers,
        counts,
        _prefixes(bases) if outline.numerals else {},
        input_first=rng.random() < 0.3,
        comma=rng.random() < 0.15,
        sample_above=not layers and rng.random() < 0.4,
        bounds=rng.random() < 0.5,
        product=rng.choice([" ", " ", r" \, ", r" \cdot "]),
        bracket=rng.choice(["", "", "left", "Big"]),
        logarithm=rng.choice([r"\log", r"\ln"]),
        exponential=rng.random() < 0.25,
        half=rng.choice(["frac", "tight"]),
    )
    share = ""
    if outline.sums_to_one:
        share = _share(rng, outline, notation)
    return Author(
        notation,
        title=rng.choice(["# Backpropagation", "# Gradients", "## Derivation", ""]),
        block=rng.choice(["dollars", "dollars", "brackets", "align", "inline", "prose"]),
        forward=rng.choice(FORWARD),
        backward=rng.choice(BACKWARD),
        share=share,
        loss_first=rng.random() < 0.15,
        stacked=rng.random() < 0.4,
    )


def _prefixes(bases: dict[str, str]) -> dict[str, str]:
    """The h and o of net_{h1}, \\delta_{o1}: where two layers share a name."""
    return {
        f"{name}{layer}": "ho"[layer - 1]
        for name in "zhd"
        for layer in (1, 2)
        if bases[f"{name}1"] == bases[f"{name}2"]
    }


def _share(rng: random.Random, outline: Outline, notation: Notation) -> str:
    label = next(index for index in outline.indices if index.axis == "output")
    sample = tuple(index for index in outline.indices if index.axis == "sample")
    written = notation.entry(Entry("y", (*sample, label)))
    return rng.choice(ONE_HOT) % (label.letter, written)


def _names(
    rng: random.Random, outline: Outline, taken: set[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """What every quantity is called, and its upper number if layers are numbered so."""
    depth = outline.network.depth if outline.network else 1
    scalar = outline.network is not None and outline.network.axes[-1] is None
    loss = rng.choice([letter for letter in LOSSES if letter not in taken])
    called = [("t", "o"), ("y", r"\hat{y}"), ("t", "y"), ("y", "p"), ("d", "o")]
    label, output = rng.choice(called)  # d_n may be a label where d is an index as well
    names = {"loss": loss, "y": label, "x": "x", "lambda": r"\lambda", "part": loss}
    if not outline.numerals and rng.random() < (0, 0, 0.35, 0.5)[depth]:
        return _numbered(rng, names, depth, output, taken)
    weights = rng.choice([["w", "v", "u"], ["v", "w", "u"], ["u", "w", "v"], ["W", "V", "U"]])
    weights = weights if depth > 1 else [rng.choice(["w", "W", r"\theta"])]
    hidden = rng.choice([["h", "g"], ["a", "h"], ["h", "a"]])
    inner = rng.choice([["z", "z", "z"], ["u", "s", "q"], ["z", "s", "r"], [r"\text{net}"] * 3])
    biases = rng.choice([["b", "c", "d"], ["b", "c", "f"], ["b", "b", "b"]])
    if scalar or outline.numerals:
        inner, biases = ["z", "r", "s"], ["b", "c", "f"]
    if outline.numerals:
        return _by_number(rng, names, weights, label, output)
    if rng.random() < 0.2 and not scalar and label != "y" and depth < 3:
        hidden, output = ["y", "y"], "y"
    for layer in range(1, depth + 1):
        names[f"w{layer}"] = weights[layer - 1]
        names[f"b{layer}"] = biases[layer - 1]
        names[f"z{layer}"] = inner[layer - 1]
        names[f"h{layer}"] = output if layer == depth else hidden[layer - 1]
        names[f"d{layer}"] = r"\delta"
    return _apart(names, taken, label, depth), {}


def _by_number(
    rng: random.Random, names: dict[str, str], weights: list[str], label: str, output: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Names for neurons by number: h1 and o1 where the layers share a letter."""
    together = rng.random() < 0.4
    names["loss"] = rng.choice([names["loss"], names["loss"] + r"_{total}"])
    for layer in (1, 2):
        names[f"w{layer}"] = weights[layer - 1]
        names[f"b{layer}"] = "bc"[layer - 1]
        names[f"z{layer}"] = r"net" if together else "zs"[layer - 1]
        names[f"h{layer}"] = r"out" if together else ("h", output)[layer - 1]
        names[f"d{layer}"] = r"\delta"
    return names, {}


def _apart(names: dict[str, str], taken: set[str], label: str, depth: int) -> dict[str, str]:
    """The names, one that is a letter already used changed for a free one."""
    spare = [letter for letter in ("r", "s", "q", "f", "g", "A", "B", "S") if letter not in taken]
    kinds: dict[str, str] = {}
    for name, base in list(names.items()):
        kind = name[0] if name[-1].isdigit() else name
        clash = base in taken or kinds.setdefault(base, kind) not in (kind, "loss", "part")
        if clash and name not in ("x", "y"):
            names[name] = next(letter for letter in spare if letter not in names.values())
            kinds[names[name]] = kind
    return names


def _numbered(
    rng: random.Random, names: dict[str, str], depth: int, output: str, taken: set[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """One letter for all layers, with the layer's number above."""
    left, right = rng.choice([("(", ")"), ("(", ")"), ("[", "]")])
    value = rng.choice([letter for letter in "ahs" if letter not in taken])
    weight = rng.choice(["w", "W", r"\theta"])
    layers: dict[str, str] = {}
    for layer in range(1, depth + 1):
        for name, base in (("w", weight), ("b", "b"), ("z", "z"), ("h", value), ("d", r"\delta")):
            names[f"{name}{layer}"] = base
            layers[f"{name}{layer}"] = f"{left}{layer}{right}"
    if rng.random() < 0.5 and output != names["y"]:
        names[f"h{depth}"] = output
        del layers[f"h{depth}"]
    return names, layers


Lines = list[list[int]]
"""For every statement the lines of its sides, from 1; the first is that of the head."""


def page(author: Author, statements: tuple[Statement, ...]) -> tuple[str, Lines, list[list[str]]]:
    """The text, the lines of every statement, and its sides as written."""
    written = [author.notation.statement(each) for each in statements]
    sheet = Sheet(author, [author.title, ""] if author.title else [], [[] for _ in statements])
    order = list(range(len(statements)))
    defined = [place for place in order if statements[place].kind in ("definition", "loss")]
    rest = [place for place in order if place not in defined]
    if author.loss_first:
        defined.reverse()
    for group, word in ((defined, author.forward), (rest, author.backward)):
        sheet.write([(place, written[place], statements[place]) for place in group], word)
        if group is defined and author.share:
            sheet.lines += [author.share, ""]
    return "\n".join(sheet.lines).rstrip() + "\n", sheet.at, written


Row = tuple[int, list[str], Statement]


@dataclass
class Sheet:
    """A page while it is written."""

    author: Author
    lines: list[str]
    at: Lines

    def write(self, rows: list[Row], word: str) -> None:
        """One group of formulas, each on lines of its own."""
        if word:
            self.lines += [word, ""]
        if self.author.block == "align" and len(rows) > 1:
            self._align(rows)
        elif self.author.block == "prose":
            for row in rows:
                self._sentence(row)
        else:
            for place, sides, _ in rows:
                opened, closed, gap = BLOCKS.get(self.author.block, BLOCKS["dollars"])
                self._line(place, sides, f"{opened}{' = '.join(sides)}{closed}")
                self.lines += [""] * gap
            self.lines += [""] * (self.author.block == "inline")

    def _line(self, place: int, sides: list[str], text: str) -> None:
        self.lines.append(text)
        self.at[place] = [len(self.lines)] * len(sides)

    def _align(self, rows: list[Row]) -> None:
        self.lines += ["$$", r"\begin{align}"]
        for place, (head, *sides), _ in rows:
            end = "" if place == rows[-1][0] else r" \\"
            if not self.author.stacked:
                self._line(place, [head, *sides], f"{head} &= {' = '.join(sides)}{end}")
                continue
            first = len(self.lines) + 1
            for number, side in enumerate(sides):
                last = number == len(sides) - 1
                shown = "" if number else f"{head} "
                self.lines.append(f"{shown}&= {side}" + (end if last else r" \\"))
            self.at[place] = [first, *range(first, first + len(sides))]
        self.lines += [r"\end{align}", "$$", ""]

    def _sentence(self, row: Row) -> None:
        place, sides, statement = row
        word = _words(statement)
        choice = WORDS[word][(place + len(self.author.title)) % len(WORDS[word])]
        self._line(place, sides, choice % f"${' = '.join(sides)}$")
        self.lines.append("")


BLOCKS = {"dollars": ("$$", "$$", 1), "brackets": (r"\[ ", r" \]", 1), "inline": ("- $", "$", 0)}
WORDS = {
    "z": ["The net input is %s.", "Let %s.", "with %s,"],
    "h": ["The units compute %s.", "where %s", "and %s is its value."],
    "loss": ["We minimise %s.", "The error is %s.", "Let %s be the loss."],
    "part": ["where %s", "with %s,"],
    "helper": ["Let %s.", "With the error term %s we have:", "Write %s."],
    "claim": ["Then %s.", "Hence %s.", "It follows that %s.", "So %s.", "We get %s,"],
}
"""How a sentence goes around a formula."""


def _words(statement: Statement) -> str:
    if statement.kind != "definition":
        return statement.kind
    assert isinstance(statement.head, Entry)
    name = statement.head.name.rstrip("0123456789")
    return name if name in WORDS else "h"
