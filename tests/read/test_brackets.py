"""Brackets pair without recursion, whatever stands between them."""

from __future__ import annotations

import random

import pytest

from gradcheck.language.document import Document
from gradcheck.read import read

STRAY = (
    r"$$\hat{y}(x = w x} + b$$",
    r"$$\left( a \right\} + {b$$",
    r"$$\left\{ a . \right) {b} }$$",
    r"$${ \left. ( } \right. )} } [$$",
)


@pytest.mark.parametrize("text", STRAY)
def test_brackets_that_do_not_pair_are_read_or_refused(text: str) -> None:
    assert read(Document("page.md", text)).statements is not None


@pytest.mark.parametrize("seed", range(40))
def test_any_brackets_end(seed: int) -> None:
    draw = random.Random(seed)
    parts = (r"\left.", r"\right.", r"\left(", r"\right)", r"\left\{", r"\right\}", *"{}()[]ab=.")
    for _ in range(10):
        text = " ".join(draw.choice(parts) for _ in range(12))
        assert read(Document("page.md", f"$${text}$$")) is not None
