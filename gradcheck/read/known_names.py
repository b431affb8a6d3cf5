"""What is a name: base, accents, subscripts and indices; and what a document says of its names."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from gradcheck.language.expression import Name
from gradcheck.language.names import LOSSES
from gradcheck.read.lexer import GREEK_NAMES, Token
from gradcheck.read.words import FUNCTION_WORDS, LIKELY_FUNCTIONS, NEVER_FUNCTIONS, WORDS

ACCENTS = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde",
    "widetilde": "tilde", "dot": "dot", "mathcal": "cal", "mathscr": "cal", "cal": "cal",
    "mathbb": "bb",
}  # fmt: skip
FONTS = frozenset(
    "mathbf boldsymbol mathrm mathit bm vec mathsf mathtt bf it rm pmb symbf symbfit overrightarrow"
    " mathnormal mathfrak operatorname underline ensuremath mathop mathord mathbin mathrel"
    " mathinner".split()
)
_INDEX_WORDS = frozenset("new old next prev true pred out in hat".split())
_INDEX_LETTERS = frozenset("l L t T".split())


@dataclass(slots=True)
class Known:
    """What a first look over the whole document says about its names."""

    letters: set[str] = field(default_factory=set)  # single letters that are names
    indices: set[str] = field(default_factory=set)  # letters that stand above or below a name
    words: set[str] = field(default_factory=set)  # runs of letters that are defined as one name
    definitions: dict[str, str] = field(default_factory=dict)  # head → its argument's text
    primed: set[str] = field(default_factory=set)  # heads of g'(z)
    bare: set[str] = field(default_factory=set)  # names used without a bracket after them
    layered: set[tuple[str, str]] = field(default_factory=set)  # base, accent: a^1 is no power
    differentials: bool = False  # d\hat{y} = … stands on a left side: it is one name

    def is_function(self, name: Name, order: int, arguments: list[Token]) -> bool:
        """Whether ``name(arguments)`` is an application; otherwise it is a product."""
        key = head_key(name)
        if order:
            return name.base not in NEVER_FUNCTIONS or key in self.definitions
        if occurs_bare(name.base, arguments):
            return False  # σ(1-σ)
        if has_comma(arguments):
            return True
        if key in self.definitions:
            return key not in self.bare or self.definitions[key] == text_of(arguments)
        if key in self.primed:
            return True
        if name.base in FUNCTION_WORDS or (name.base == "I" and name.subscript in ("d", "D")):
            return True
        if name.base in LIKELY_FUNCTIONS and not name.accent:
            return key not in self.bare or name.base == "sigma"  # σ(1-σ) is settled above
        return name.base in LOSSES and names_only(arguments)

    def is_function_name(self, name: Name) -> bool:
        """Whether a name with a prime but without a bracket is a function's derivative."""
        key = head_key(name)
        return (
            key in self.primed
            or key in self.definitions
            or name.base in FUNCTION_WORDS
            or (name.base in LIKELY_FUNCTIONS and not name.accent)
        )


def head_key(name: Name) -> str:
    """What a function goes by: its name without layer or sample index."""
    return Name(name.base, name.subscript, "", name.accent).key


def text_of(tokens: list[Token]) -> str:
    """The tokens as one string, to compare what is written."""
    return " ".join(token.value for token in tokens)


def has_comma(tokens: list[Token]) -> bool:
    """Whether a comma stands at depth 0."""
    depth = 0
    for token in tokens:
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
        elif depth == 0 and (token.kind == "comma" or token.value == ";"):
            return True
    return False


def names_only(tokens: list[Token]) -> bool:
    """Whether the tokens are one name, or names with commas between."""
    if not tokens or tokens[0].kind not in ("word", "name", "command", "text"):
        return False
    depth = 0
    for token in tokens:
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
        elif depth == 0 and token.kind == "command":
            if token.value not in GREEK_NAMES and token.value not in ACCENTS | dict.fromkeys(FONTS):
                return False
        elif depth == 0 and token.kind not in (
            "word", "name", "text", "comma", "sub", "sup", "number", "mark"
        ):  # fmt: skip
            return False
    return True


def occurs_bare(base: str, tokens: list[Token]) -> bool:
    """Whether a name stands among the tokens with neither a bracket nor a prime after it."""
    for token, after in zip(tokens, [*tokens[1:], None], strict=False):
        applied = after is not None and (after.kind == "prime" or after.value in "([")
        if token.kind in ("word", "command", "name") and token.value == base and not applied:
            return True
    return False


# reading a name from tokens -------------------------------------------------------------


def script_text(tokens: list[Token]) -> str | None:
    """A subscript or index as a string without spaces; None if it is more than that."""
    parts: list[str] = []
    for token in tokens:
        if token.kind in ("word", "number", "comma", "add"):
            parts.append(token.value)
        elif token.kind in ("text", "operator"):
            parts.append("".join(token.value.split()))
        elif token.kind == "name":
            parts.append(token.value.split()[0])
        elif token.kind == "command" and token.value in GREEK_NAMES:
            parts.append(token.value)
        elif token.kind == "command" and token.value in FONTS:
            continue
        elif token.kind in ("open", "close"):
            if token.value in ("(", "["):
                pair = {"(": "()", "[": "[]"}[token.value]
                parts.append(pair[0] if token.kind == "open" else pair[1])
        elif token.kind == "multiply" and len(tokens) == 1:
            parts.append("*")
        elif token.kind == "mark" and token.value in (":", "."):
            parts.append(token.value)
        elif token.kind == "sub":
            parts.append("_")
        elif token.kind == "relation" and token.value in "<>":
            parts.append(token.value)
        else:
            return None
    return "".join(parts)


def index_of(tokens: list[Token]) -> str | None:
    """The index that a superscript is (``(1)``, ``[l]``, ``new``, ``l-1``); None for a power."""
    if not tokens:
        return None
    first, last = tokens[0], tokens[-1]
    if len(tokens) == 1 and first.value == "+":
        return "+"  # w^+, what w becomes
    if all_bracketed(tokens):
        return None if _is_computed(tokens) else script_text(tokens)
    if first.kind == "open" and first.value == "\\{" and first.mate is last:
        inner = script_text(tokens[1:-1])
        return None if inner is None else "{" + inner + "}"
    if (first.value == "<" and last.value == "<" and first.mate is last) or (
        first.value == "<" and last.value == ">"
    ):
        inner = script_text(tokens[1:-1])
        return None if inner is None else f"<{inner}>"
    if len(tokens) == 1:
        return _single_index(first)
    shape = "".join(token.kind[0] for token in tokens)
    if shape == "wan" and tokens[0].value in _INDEX_LETTERS and tokens[2].value in ("1", "2"):
        text = "".join(token.value for token in tokens)
        return f"({text})" if tokens[0].value in "tT" else text
    return None


def layer_of(inner: list[Token]) -> str | None:
    """The layer that a superscript may count: one digit; whether it does, the document tells."""
    if len(inner) == 1 and inner[0].kind == "number" and len(inner[0].value) == 1:
        return inner[0].value
    return None


def is_transpose(inner: list[Token]) -> bool:
    """Whether a superscript is a transpose: ``T``, ``\\top``, ``\\mathrm T``."""
    if len(inner) == 1:
        return inner[0].value in ("T", "top", "intercal", "⊤") and inner[0].kind != "number"
    if len(inner) == 2 and inner[0].value in FONTS:
        return inner[1].value == "T"
    return len(inner) == 4 and inner[0].value in FONTS and inner[2].value == "T"


def all_bracketed(tokens: list[Token]) -> bool:
    """Whether the tokens are bracket groups only: ``[2](i)``."""
    closing: Token | None = None
    for token in tokens:
        if closing is not None:
            if token is closing:
                closing = None
        elif token.kind == "open" and token.value in ("(", "[") and token.mate is not None:
            closing = token.mate
        else:
            return False
    return closing is None


def _is_computed(tokens: list[Token]) -> bool:
    """Whether a bracket is an expression, ``(1-y)`` or ``(-z)``, and no index like ``(l-1)``."""
    for before, token in pairwise(tokens):
        if token.kind == "add" and before.kind != "word":
            return True
    at = [place for place, token in enumerate(tokens) if token.kind == "add"]
    return any(place + 1 >= len(tokens) or tokens[place + 1].kind != "number" for place in at)


def begins_with_index(tokens: list[Token]) -> bool:
    """Whether something stands after an index in brackets: ``(i)2``."""
    first = tokens[0]
    if first.kind != "open" or first.value not in ("(", "[") or first.mate is tokens[-1]:
        return False
    return first.mate is tokens[2] if len(tokens) > 2 else False


def _single_index(token: Token) -> str | None:
    if token.kind in ("text", "operator"):
        return None if token.value == "T" else "".join(token.value.split())
    if token.kind == "word":
        if token.value == "t":
            return "(t)"
        if token.value in _INDEX_WORDS or token.value in ("l", "L"):
            return token.value
    if token.kind == "multiply" and token.value == "*":
        return "*"
    return None


def time_subscript(subscript: str) -> str | None:
    """``w_{t+1}`` counts the steps of the descent: the index ``(t+1)``; None for any other."""
    return f"({subscript})" if subscript in ("t", "t+1", "t-1") else None


def split_run(run: str, known: Known) -> list[str]:
    """The names that a run of letters stands for: one word, or a product of known letters.

    Of ``wx`` one letter is enough: an x that a gradient has lost may stand nowhere else.
    """
    if len(run) == 1 or run in WORDS or run in FUNCTION_WORDS or is_code_gradient(run):
        return [run]
    if all(letter in known.letters for letter in run):
        return list(run)
    pair = len(run) == 2 and run not in known.words
    return list(run) if pair and (known.letters.intersection(run) or run[1] in "xX") else [run]


def is_code_gradient(run: str) -> bool:
    """``dW``, ``db``, ``dLoss``: the name that code gives to a gradient."""
    return run[0] == "d" and (len(run) == 2 or run[1:] in WORDS) and run != "do"
