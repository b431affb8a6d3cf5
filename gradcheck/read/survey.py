"""A first look over all formulas of a document: which names are functions, which letters names."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.language.expression import Name
from gradcheck.read.brackets import closing
from gradcheck.read.cursor import Forward
from gradcheck.read.drafts import Draft
from gradcheck.read.known_names import (
    ACCENTS,
    FONTS,
    Known,
    head_key,
    layer_of,
    names_only,
    occurs_bare,
    text_of,
)
from gradcheck.read.lexer import GREEK_NAMES, Token
from gradcheck.read.words import LIKELY_FUNCTIONS, NEVER_FUNCTIONS


def survey(drafts: list[Draft]) -> Known:
    """Collect letters, definitions ``f(x) = …``, primed heads and names that are used bare."""
    known = Known()
    known.layered = _layered(drafts)
    for draft in drafts:
        for side in draft.sides:
            _side(side, known)
        if draft.relations and draft.relations[0].value in ("=", ":="):
            _definition(draft.sides[0], known)
            known.differentials = known.differentials or _is_differential(draft.sides[0])
    return known


def _layered(drafts: list[Draft]) -> set[tuple[str, str]]:
    """The names whose superscript counts layers, as base and accent: ``z^1``, ``a^2``.

    A document that defines ``z^1 = …`` means no power by it: then neither does any name that it
    writes with 1 or 0 above, nor any that stands with a digit above as a whole left side.
    """
    lefts: set[tuple[str, str]] = set()
    counted: set[tuple[str, str]] = set()
    evidence = False
    for draft in drafts:
        for place, side in enumerate(draft.sides):
            for base, layer, whole in _with_digit_above(side):
                is_left = whole and place == 0 and bool(draft.relations)
                if layer in "01":
                    counted.add(base)
                    evidence = evidence or is_left
                if is_left:
                    lefts.add(base)
    return lefts | counted if evidence else set()


def _with_digit_above(side: list[Token]) -> Iterator[tuple[tuple[str, str], str, bool]]:
    """Each name with ``^1`` or ``^{1}``: base and accent, the digit, whether it is all."""
    for at, token in enumerate(side):
        token.at = at
    for at, token in enumerate(side):
        if token.kind != "sup":
            continue
        above = side[at + 1 : at + 4]
        if len(above) == 3 and above[0].value == "{" and above[0].mate is above[2]:
            layer, rest = layer_of(above[1:2]), len(side) - at - 4
        else:
            layer, rest = layer_of(above[:1]), len(side) - at - 2
        start = _name_below(side, at) if layer is not None else None
        if layer is None or start is None:
            continue
        name = side[start]
        base, accent = name.value.split() if name.kind == "name" else (name.value, "")
        if base != "e":
            yield (base, accent), layer, start == 0 and rest == 0


def _name_below(side: list[Token], at: int) -> int | None:
    """Where the name stands that has the superscript at ``at``, past its subscript."""
    back = at - 1
    if back > 0 and side[back - 1].kind == "sub":
        back -= 2  # w_j^1
    elif side[back].kind == "close" and (opener := side[back].mate) is not None:
        back = opener.at - 2 if side[opener.at - 1].kind == "sub" else -1  # w_{ij}^1
    if back < 0:
        return None
    token = side[back]
    named = token.kind in ("word", "name")
    return back if named or (token.kind == "command" and token.value in GREEK_NAMES) else None


def _side(side: list[Token], known: Known) -> None:
    for at, token in enumerate(side):
        token.at = at
    for at, token in enumerate(side):
        if token.kind in ("sub", "sup"):
            known.indices.update(_letters_of(side, at))
    for at in (places := Forward(side)):
        if side[at].kind in ("sub", "sup"):
            places.go_on(_skip_script(side, at))
            continue
        head = _head(side, at)
        if head is None:
            continue
        name, order, after, resume = head
        _head_found(side, at, after, name, order, known)
        places.go_on(resume)


def _letters_of(side: list[Token], at: int) -> Iterator[str]:
    """The letters of the script at ``at``."""
    end = closing(side, at + 1) if at + 1 < len(side) and side[at + 1].value == "{" else None
    for token in side[at + 1 : at + 2 if end is None else end]:
        if token.kind == "word":
            yield from token.value


def _skip_script(side: list[Token], at: int) -> int:
    """Past a subscript; into a superscript, which may be a power with names in it."""
    if side[at].kind == "sup" or at + 1 >= len(side):
        return at + 1
    end = closing(side, at + 1) if side[at + 1].value == "{" else None
    return at + 2 if end is None else end + 1


def _head(side: list[Token], at: int) -> tuple[Name, int, int, int] | None:
    """A name with its scripts as far as functions go by them.

    Returns the name, its primes, where it ends, and where to look for the next name (a power
    may hold some).
    """
    token = side[at]
    if token.kind == "word" or (token.kind == "command" and token.value in GREEK_NAMES):
        base, accent = token.value, ""
    elif token.kind == "name":
        base, accent = [*token.value.split(), ""][:2]
    elif token.kind in ("text", "operator") and " " not in token.value:
        base, accent = token.value, ""
    else:
        return None
    subscript, order, resume, after = "", 0, 0, at + 1
    for place in (places := Forward(side, at + 1)):
        token = side[place]
        if token.kind == "prime":
            order += len(token.value)
        elif token.kind in ("sub", "sup") and place + 1 < len(side):
            follows = side[place + 1]
            end = closing(side, place + 1) if follows.value == "{" else None
            inner = [follows] if end is None else side[place + 2 : end]
            if token.kind == "sub":
                subscript = "".join(part.value for part in inner)
            elif any(part.kind == "prime" for part in inner):
                order += 1
            elif _holds_names(inner):
                resume = resume or place + 1
            places.go_on(place + 2 if end is None else end + 1)
        elif token.kind == "number" and token.start == side[place - 1].end and not subscript:
            subscript = token.value
        else:
            break
        after = places.next
    return Name(base, subscript, "", accent), order, after, resume or after


def _holds_names(inner: list[Token]) -> bool:
    return len(inner) > 1 and inner[0].kind not in ("open",)


def _head_found(
    side: list[Token], at: int, after: int, name: Name, order: int, known: Known
) -> None:
    if len(name.base) == 1 and not (name.base == "e" and after == at + 1):
        known.letters.add(name.base)
    elif len(name.base) == 2 and name.base[0] == "d":  # dw is about a w
        known.letters.add(name.base[1])
    elif _is_differentiated(side, at):
        known.words.add(name.base)
    follows = _after_font(side, after)
    if follows is not None and follows.kind == "prime" and follows.at + 1 < len(side):
        order += 1
        follows = side[follows.at + 1]
    key = head_key(name)
    if follows is not None and follows.value in ("(", "\\{") and follows.mate:
        if order and name.base not in NEVER_FUNCTIONS:
            known.primed.add(key)
        return
    if order and name.base in LIKELY_FUNCTIONS:
        known.primed.add(key)
    elif (
        not order
        and (at > 0 or after < len(side))
        and not _inside_own_bracket(side, at, name)
        and not _is_differentiated(side, at)
    ):
        known.bare.add(key)


def _is_differentiated(side: list[Token], at: int) -> bool:
    """Whether a d or ∂ stands before a name: ``dφ/dz`` may be a function's derivative."""
    back = at - 1
    if back > 0 and side[back].value == "{" and side[back - 1].value in ("dot", *FONTS):
        back -= 2
    before = side[back] if back >= 0 else None
    return before is not None and before.value in ("d", "partial", "dot")


def _after_font(side: list[Token], after: int) -> Token | None:
    """What follows a name, past the brace of a ``\\mathbf{…}`` that it stands in."""
    follows = side[after] if after < len(side) else None
    if follows is not None and follows.value == "{" and follows.kind == "close":
        opener = follows.mate
        if opener is not None and opener.at > 0 and side[opener.at - 1].value in FONTS:
            return side[after + 1] if after + 1 < len(side) else None
    return follows


def _inside_own_bracket(side: list[Token], at: int, name: Name) -> bool:
    """Whether it is one of the two σ of σ(1-σ): that tells nothing about σ(z)."""
    depth = 0
    for back in range(at - 1, max(-1, at - 40), -1):
        token = side[back]
        if token.kind == "close" and token.value == "(":
            depth += 1
        elif token.kind == "open" and token.value == "(":
            if depth == 0:
                return back > 0 and occurs_bare(name.base, [side[back - 1]])
            depth -= 1
    return False


def _is_differential(side: list[Token]) -> bool:
    """Whether a left side is ``d\\hat{y}`` or ``d\\theta_1``: a product would define nothing."""
    if len(side) < 2 or (side[0].kind, side[0].value) not in (("word", "d"), ("text", "d")):
        return False
    head = _head(side, 1) if side[1].value not in ACCENTS else None
    return side[1].value in ACCENTS or (head is not None and head[2] == len(side))


def _definition(side: list[Token], known: Known) -> None:
    """``f(x) = …``: a head, and a bracket with names only that ends the side; or ``ab = …``."""
    head = _head(side, 0) if side else None
    if head is None:
        return
    name, order, after, _ = head
    if after == len(side):
        known.words.add(name.base)
    if order or after >= len(side) - 1:
        return
    opener = side[after]
    if opener.value == "(" and opener.mate is side[-1] and names_only(side[after + 1 : -1]):
        known.definitions[head_key(name)] = text_of(side[after + 1 : -1])
