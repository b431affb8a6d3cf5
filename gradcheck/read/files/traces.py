r"""Signs of a gradient in a document's raw text: ∂, ``\nabla``, ``dL/dw``, the word "derivative".

They are looked for in the text as it stands, not in what was read of it: a document that shows one
and yields no claim is named, whatever the reader made of it; one that shows none is of another
matter. So they are wide: one too many costs a line, one too few is silence. Every pattern has
bounds: text of a stranger is searched in linear time.
"""

from __future__ import annotations

import re

from gradcheck.language import derivative_signs as signs

_SIGNS = (
    *signs.CHARACTERS,
    *signs.STYLED,
    *("gradient", "derivative", "&part;", "&nabla;"),
    *(f"\\{command}" for command in signs.COMMANDS),
    *(r"\prime", r"\u2202", r"\u2207"),  # the last two as JSON writes them
)
_COMMANDS = re.compile(rf"\\(?:{'|'.join(sorted(signs.TELLING))})(?![a-zA-Z])")
_UPRIGHT = re.compile(
    rf"\\(?:{'|'.join(signs.UPRIGHT_FONTS + signs.OTHER_FONTS)})\*?"
    r"\s{0,3}(?:\{\s{0,3}d\s{0,3}\}|d(?![a-zA-Z])|(?<=rm)\s{1,3}d)"
    r"|\{\s{0,3}(?:\\rm\s{1,3})?d\s{0,3}\}|\\(?:dd|dif|diff|differential)(?![a-zA-Z])|[ⅆⅾ𝑑𝐝𝖽]"
)
"""Ways to write the d of a differential."""
_LOOKS = re.compile(
    r"\\(?:displaystyle|textstyle|scriptstyle|left|right|big|Big|limits|nolimits|[,;:!> ])|~"
)
_FRACTION = re.compile(
    r"frac\s{0,3}\{{0,3}\s{0,3}d[^a-z][\s\S]{0,200}?\}\s{0,3}\{{0,3}\s{0,3}d"
    r"|frac\s{0,3}\{{0,3}\s{0,3}d[a-z]{0,20}[^{}]{0,200}\}\s{0,3}\{{0,3}\s{0,3}d"
    r"|frac\s{0,3}d\s{0,3}\{?\s{0,3}d|(?<![a-zA-Z])d[^{}]{0,60}\\over\s{0,3}\{?\s{0,3}d"
)
_NAME = r"[\\{(]{0,2}[^\W\d_][\w^{}\\\[\](),]{0,20}"
_QUOTIENT = re.compile(
    rf"(?<![\w/.-])(?P<above>d(?:\s?\^\s?\{{?\d\}}?)?\s{{0,2}}(?:{_NAME})?)\s{{0,2}}/\s{{0,2}}"
    rf"[({{]?(?P<below>d\s{{0,2}}{_NAME})(?!\w*[/-])(?!\.\w)"
)
_EQUATION = re.compile(rf"(?<![\w/.-])(?P<left>d\s?{_NAME})\s{{0,3}}&?\s{{0,3}}:?=(?!=)")
_PRIME = re.compile(r"\w(?:['’ʹ]{1,3}|\^\{?'{1,3}\}?)\s{0,2}[(=]|[^\W\d]′")
"""A prime where no apostrophe stands: ``f'(x)``, ``y' =``."""
_PRIMED = re.compile(
    r"(?:(?<![^\W\d_'’])[^\W\d_]\d{0,3}|\\[a-zA-Z]{1,20}|[})\]]|_\w{1,3})\s?(?:\^\s?\{?\s?)?['′’ʹ]"
    r"|\$[^$\n]{0,80}[^\W\d_]['’ʹ](?![^\W\d_])[^$\n]{0,80}\$"
)
"""A prime after a single letter, a command, an index or a bracket; after a word between dollars."""
_CONTRACTION = re.compile(r"\b(?:I['’](?:m|d|ll|ve|s)|[ldjnsLDJNSO]['’][^\W\d_]{2,})\b")
_FORMULA = re.compile(r"\$|\\[a-zA-Z(\[]|`{3}\s{0,3}\{?(?:math|latex|tex)|math:")
_BLANK = re.compile(r"\n[ \t\r]*\n")
_WORDS = frozenset(
    "daily damage data dataset datasets date dates datetime day days deb debug dec decade decimal "
    "deep def default defaults define delay delete demo demos dep deploy deps depth desc describe "
    "description design desk desktop dest destination dev develop development device devices devs "
    "dict dictionary diff dim dims dinner dir direction directory dirs disable disc dish disk "
    "display dist distance div dns do doc docker docs document documentation documents "
    "dog dom domain domains done door dose dot dots double down download downloads draft drafts "
    "drink drive driver drivers drop dump dumps duration during dvd dynamic dynamics".split()
)
"""Words of other matters that begin with d: ``dist/docs`` is a path, ``data = 3`` code."""


def speaks_of_gradients(text: str) -> bool:
    """Whether the raw text shows any sign of a derivative."""
    lower = text.lower()
    if any(sign in lower for sign in _SIGNS) or _COMMANDS.search(text):
        return True
    plain = _LOOKS.sub("", _UPRIGHT.sub("d", text.replace("\0", "")))
    return (
        _FRACTION.search(plain) is not None
        or any(
            not _are_words(*found.group("above", "below")) for found in _QUOTIENT.finditer(plain)
        )
        or any(not _are_words(found["left"]) for found in _EQUATION.finditer(plain))
        or _PRIME.search(plain) is not None
        or _has_prime(plain)
    )


def _are_words(*names: str) -> bool:
    return any(name.strip().lower() in _WORDS for name in names)


def _has_prime(text: str) -> bool:
    """Whether a name in a formula has a prime in a paragraph that shows a formula."""
    inside = False  # a display that goes on over blank lines
    for paragraph in _BLANK.split(text):
        if (inside or _FORMULA.search(paragraph)) and _PRIMED.search(
            _CONTRACTION.sub("", paragraph)
        ):
            return True
        inside ^= paragraph.count("$$") % 2 == 1
    return False
