"""Signs of relation and of derivative, however they are set, as the one token that they are.

``\\mathrel{=}``, ``{=}``, ``\\overset{!}{=}``, ``\\colon =`` are relations, ``\\mathrm{\\partial}``
is ∂, and ``{\\partial L}/{\\partial w}`` is ``\\frac{\\partial L}{\\partial w}``. What stands above
or below a relation is a label and says nothing of the two sides.
"""

from __future__ import annotations

from gradcheck.language.derivative_signs import COMMANDS
from gradcheck.read.lexer import GREEK_NAMES, Token
from gradcheck.read.saying import is_verb

_WRAPPERS = frozenset(
    """mathrel mathbin mathop mathord mathinner mathrm mathit mathbf mathsf mathtt mathnormal
    boldsymbol bm pmb symbf bf rm it text textrm ensuremath""".split()
)
"""Commands that change how one sign looks, and not what it is."""
_ABOVE_RELATION = _WRAPPERS | frozenset(
    "hat widehat dot tilde overline underline overbrace underbrace".split()
)
_LABELLED = ("overset", "underset", "stackrel")
_STRETCHED = ("xlongequal", "xequal", "xlongequals")
_TAKES = ("command", "sup", "sub", "close", "operator", "macro", "text")
"""What may take a brace group that follows for its argument."""
_COMMANDS = ("command", "sup", "sub", "operator", "macro")
_GRADIENT = ("grad", "gradient")
_RELATIONS = {"=": "=", ":=": ":=", "≡": "=", "≔": ":=", "==": "="}


def plain_signs(tokens: list[Token]) -> list[Token]:
    """The tokens with every such sign as one token, at its own place."""
    signs = _Signs()
    for at, token in enumerate(tokens):
        follows = tokens[at + 1] if at + 1 < len(tokens) else None
        signs.take(_sign(token, follows))
    return signs.found if signs.held is None else [*signs.found, signs.held]


def _sign(token: Token, follows: Token | None) -> Token:
    """A sign that is typed as text or as an operator's name."""
    value = token.value.strip()
    place = token.start, token.end
    if token.kind == "text" and value in _RELATIONS:
        return Token("relation", _RELATIONS[value], *place)
    if token.kind == "text" and value == "∂":
        return Token("command", "partial", *place)
    if token.kind == "operator" and value == "d":
        return Token("text", "d", *place)
    if token.kind == "operator" and is_verb(value):
        return Token("text", value, *place)
    gradient = token.kind in ("text", "operator", "command") and value in _GRADIENT
    if gradient and follows is not None and follows.kind == "sub":
        return Token("command", "nabla", *place)
    return token


class _Signs:
    """The tokens so far, the brace groups among them, and what is passed over."""

    def __init__(self) -> None:
        self.found: list[Token] = []
        self.opened: list[int] = []  # where the braces stand that are open
        self.groups: dict[int, int] = {}  # where a group ends, where it began
        self.label = 0  # braces that are open in the label of a relation
        self.held: Token | None = None  # a ^ or _ behind a relation: a label may follow

    def take(self, token: Token) -> None:
        if self._is_label(token):
            return
        if token.kind == "open" and token.value == "{":
            self.opened.append(len(self.found))
            self.found.append(token)
        elif token.kind == "close" and token.value == "{" and self.opened:
            self._close(token)
        elif token.kind == "relation":
            self._relation(token)
        elif _is_sign(token) and self._before() in _WRAPPERS:
            self.found[-1] = token  # \mathrm\partial, \mathop:
        else:
            self.found.append(token)

    def _before(self, back: int = 1) -> str:
        """The command that stands before what comes next; nothing if none does."""
        at = len(self.found) - back
        return self.found[at].value if at >= 0 and self.found[at].kind == "command" else ""

    def _is_label(self, token: Token) -> bool:
        """Whether a token belongs to what stands above or below the relation before it."""
        if self.label:
            braces = token.value == "{"
            self.label += (token.kind == "open" and braces) - (token.kind == "close" and braces)
            return True
        if self.held is None:
            relation = bool(self.found) and self.found[-1].kind == "relation"
            hung = token.kind in ("sup", "sub") and token.end - token.start == 1  # no **
            self.held = token if relation and hung else None
            return self.held is not None
        held, self.held = self.held, None
        if token.kind == "open" and token.value == "{":
            self.label = 1
            return True
        self.found.append(held)
        return False

    def _relation(self, token: Token) -> None:
        before = self.found[-1] if self.found else None
        colon = before is not None and (before.kind, before.value) == ("mark", ":")
        if before is not None and colon and token.value in ("=", ":="):  # \colon =
            self.found[-1] = Token("relation", ":=", before.start, token.end)
            return
        self._drop_placeholder()
        if self._before() == "over":  # \buildrel \text{def} \over =
            built = next((k for k in range(len(self.found)) if self._is_built(k)), None)
            if built is not None:
                del self.found[built:]
        self.found.append(token)

    def _drop_placeholder(self) -> None:
        """``{} =``: the empty braces before a relation hold the place of what stands there."""
        pair = [(token.kind, token.value) for token in self.found[-2:]]
        before = self.found[-3].kind if len(self.found) > 2 else ""
        if pair == [("open", "{"), ("close", "{")] and before == "close":
            del self.found[-2:]

    def _is_built(self, at: int) -> bool:
        return (self.found[at].kind, self.found[at].value) == ("command", "buildrel")

    def _close(self, token: Token) -> None:
        start = self.opened.pop()
        inner = self.found[start + 1 :]
        before = self.found[start - 1] if start else None
        command = before.value if before is not None and before.kind == "command" else ""
        if len(inner) == 1 and _is_sign(inner[0]) and self._unwrapped(start, inner[0], command):
            return
        if command in _WRAPPERS and (words := _verb_of(inner)):
            del self.found[start - 1 :]
            self.found.append(Token("text", words, token.start, token.end))
            return
        argument = before is not None and before.kind in _TAKES
        if not inner and not argument:
            del self.found[start:]  # {} holds a place for a sign
            return
        stretched = self._stretched(start)
        if stretched is not None:
            del self.found[stretched:]
            self.found.append(Token("relation", "=", token.start, token.end))
            return
        if len(inner) == 1 and command == "partial" and _is_letter(inner[0]):
            self.found[start:] = inner  # \partial{b}_1
            return
        if self.groups.get(len(self.found) - 1) == start + 1 and _is_differential(inner[1:2]):
            del self.found[-1], self.found[start + 1]  # \frac{{\partial L}}{…}
        self.groups[len(self.found)] = start
        self.found.append(token)
        self._make_fraction(start)

    def _unwrapped(self, start: int, sign: Token, command: str) -> bool:
        """Put a sign that is alone in braces in the place of all that is about it."""
        relation = sign.kind == "relation"
        first = start
        if command in (_ABOVE_RELATION if relation else {*_WRAPPERS, "vec"}):
            first = start - 1
        elif relation and (labelled := self._labelled(start)) is not None:
            first = labelled
        elif start and self.found[start - 1].kind in (_TAKES if not relation else _COMMANDS):
            return False
        del self.found[first:]
        self.take(sign)
        return True

    def _labelled(self, start: int) -> int | None:
        """Where ``\\overset{…}`` begins, of which the group at ``start`` is the second argument."""
        opened = self.groups.get(start - 1)
        if opened is None or opened == 0:
            return None
        starred = self.found[opened - 1].value == "*"
        at = opened - 1 - starred
        fits = at >= 0 and self.found[at].kind == "command" and self.found[at].value in _LABELLED
        return at if fits else None

    def _stretched(self, start: int) -> int | None:
        """Where ``\\xlongequal[…]`` begins, of which the group at ``start`` is the argument."""
        at = start - 1
        if at > 0 and self.found[at].kind == "close" and self.found[at].value == "[":
            back = (k for k in range(at, 0, -1) if self.found[k].kind == "open")
            at = next((k for k in back if self.found[k].value == "["), 0) - 1
        fits = at >= 0 and self.found[at].kind == "command" and self.found[at].value in _STRETCHED
        return at if fits else None

    def _make_fraction(self, start: int) -> None:
        """``{\\partial L}/{\\partial w}``: the group that begins at ``start`` is the second."""
        if start < 3 or self.found[start - 1].kind != "divide":
            return
        first = self.groups.get(start - 2)
        if first is None or (first and self.found[first - 1].kind in _TAKES):
            return
        groups = self.found[first + 1 : first + 2], self.found[start + 1 : start + 2]
        if not all(map(_is_differential, groups)):
            return
        slash = self.found.pop(start - 1)
        self.found.insert(first, Token("command", "frac", slash.start, slash.end))
        self.groups = {end: at for end, at in self.groups.items() if end < first}
        self.groups[len(self.found) - 1] = start


def _is_sign(token: Token) -> bool:
    if token.kind in ("relation", "divide"):
        return True
    return (token.kind, token.value) in (
        *(("command", name) for name in COMMANDS), ("mark", ":")
    )  # fmt: skip


def _verb_of(inner: list[Token]) -> str:
    """The words of a group, if they say that two things are equal."""
    words = " ".join(token.value.strip() for token in inner)
    return words if all(t.kind in ("word", "text") for t in inner) and is_verb(words) else ""


def _is_letter(token: Token) -> bool:
    greek = token.kind == "command" and token.value in GREEK_NAMES
    return greek or token.kind in ("word", "name")


def _is_differential(first: list[Token]) -> bool:
    """Whether a group's first token is a ∂ or a d."""
    if not first:
        return False
    token = first[0]
    if token.kind == "word":
        return token.value[0] == "d"
    return (token.kind, token.value) in (("command", "partial"), ("text", "d"))
