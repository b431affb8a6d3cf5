r"""Spellings of one claim, ∂L/∂b_1 = R: every way to write the partial, the relation, the right
side and what stands about them that authors of derivations use.

A spelling is a text in which ``@`` stands for the right side, and ``XX`` for what is left of it
behind its first factors. Whatever stands for it, a verifier says so or says that the gradient is
not read: it never passes in silence. In the lists ``P`` is the partial, ``A`` a chain of partials,
``¶`` the end of a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

RIGHT = "2(q - y) w_2"
WRONG = "2(q - y) w_2 x"
_FIRST = "2(q - y) "

NETWORK = r"""The network is

$$z = w_1 x + b_1$$

$$q = w_2 z + b_2$$

$$L = (q - y)^2$$

"""
BEFORE = (
    NETWORK
    + r"""Its gradients are

$$\frac{\partial L}{\partial w_2} = 2(q - y) z$$

$$\frac{\partial L}{\partial b_2} = 2(q - y)$$

$$\frac{\partial L}{\partial w_1} = 2(q - y) w_2 x$$

"""
)
"""The network, and three of its four gradients, right."""
AFTER = "\n\nThat is all.\n"
PARTIAL = r"\frac{\partial L}{\partial b_1}"
_CHAIN = r"\frac{\partial L}{\partial q} \frac{\partial q}{\partial z}"
_FOLDER = Path(__file__).resolve().parent


def spellings() -> Iterator[tuple[str, str]]:
    """Every spelling, with its name: the list and the line where it stands."""
    for number, partial in _lines("partials"):
        yield f"partials:{number}", f"$${partial} = @$$"
    for number, relation in _lines("relations"):
        whole = f"{PARTIAL} {relation} @"
        aligned = rf"\begin{{aligned}} {whole} \end{{aligned}}" if "&" in relation else whole
        yield f"relations:{number}", f"$${aligned}$$"
    for number, right in _lines("right_sides"):
        yield f"right_sides:{number}", f"$${PARTIAL} = {right}$$"
    for number, container in _lines("containers"):
        text = container.replace(" A ", f" {_CHAIN} ")
        yield f"containers:{number}", text.replace("P", PARTIAL)
    for number, line in _lines("plain_text"):
        yield f"plain_text:{number}", line


def document(spelling: str, right: str) -> str:
    """The whole document with the claim in one spelling."""
    text = spelling.replace("XX", right.removeprefix(_FIRST)).replace("@", right)
    return BEFORE + text + AFTER


def _lines(name: str) -> Iterator[tuple[int, str]]:
    text = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    for number, line in enumerate(text.split("\n")[:-1], 1):
        yield number, line.replace("¶", "\n")
