"""From the tokens of a formula to drafts of statements: rows, statements, sides, relations.

Only brackets of depth 0 count. A row that begins with a relation goes on with the chain before
it; one that begins with ``+`` or ``\\cdot`` goes on with the side before it.
"""

from __future__ import annotations

from gradcheck.language.derivative_signs import COMMANDS
from gradcheck.language.document import Span
from gradcheck.read.brackets import closing
from gradcheck.read.conditions import condition_in
from gradcheck.read.cursor import Forward, past, taken_off
from gradcheck.read.drafts import Draft
from gradcheck.read.lexer import Token
from gradcheck.read.saying import ends_clause, goes_on, is_verb
from gradcheck.read.words import CONDITIONS, PROSE, is_prose

_ROWS = {
    "align", "aligned", "alignat", "alignedat", "split", "gather", "gathered", "eqnarray",
    "multline", "cases", "equation", "displaymath", "math", "flalign", "dcases", "dmath",
    "xalignat", "xxalignat", "IEEEeqnarray", "empheq", "multlined", "rcases",
}  # fmt: skip
_TRANSPARENT = {"boxed", "fbox", "bbox", "mathbox"}
_OPERATORS = ("add", "multiply", "divide")
_ARROWS = ("→", "⇒", "⇔", "↦")
_OF_A_NAME = ("word", "name", "command", "text", "sub", "sup", "number", "open", "close", "prime")


def begins_derivative(side: list[Token]) -> bool:
    """Whether a side begins with a derivative, perhaps in brackets."""
    kept = [token for token in side[:6] if token.kind not in ("open", "mark", "text")]
    first = kept[0] if kept else None
    if first is None or first.kind not in ("command", "word"):
        return any(token.value == "d" for token in side[:1])
    if first.value == "frac":
        first = kept[1] if len(kept) > 1 else Token("text", "d", 0, 0)
    if first.value in COMMANDS:
        return True
    slash = any(token.kind == "divide" for token in side)
    return first.kind == "word" and first.value[0] == "d" and (kept[0] is not first or slash)


def split(tokens: list[Token]) -> list[Draft]:
    """The drafts of one formula, in order. Mates must be set (see `brackets.pair`)."""
    splitter = _Splitter(tokens)
    splitter.run()
    return splitter.drafts


class _Splitter:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        for at, token in enumerate(tokens):
            token.at = at
        self.drafts: list[Draft] = []
        self.row = 0
        self.columns = 0
        self.current = Draft([[]])
        self.pending: list[str] = []  # notes for the next statement
        self.dropped: set[int] = set()  # closing brackets of what is transparent
        self.spaced = False  # whether a wide space, and no comma, ended the last segment
        self.arrow: Token | None = None  # that ended the last segment
        self.said = False  # whether the current statement's relation is a verb
        self.punctuated = False  # whether a mark stood at the end of the last statement

    def run(self) -> None:
        for at in (places := Forward(self.tokens)):
            places.go_on(self._step(at))
        self._finish()

    def _step(self, at: int) -> int:
        token = self.tokens[at]
        kind = token.kind
        if kind == "relation":
            self.current.relations.append(token)
            self.current.sides.append([])
        elif (after := self._assigned(at)) is not None:
            return after
        elif kind in ("separator", "comma"):
            self._separator(token)
        elif kind == "row":
            self._row()
        elif kind == "column":
            self._column()
        elif at in self.dropped:
            pass
        elif kind == "comment":
            self.current.notes.append("a comment (%) was passed over")
        elif kind == "text":
            self._text(at)
        elif kind == "begin" and token.mate:
            return self._environment(at)
        elif kind == "command" and token.value in _TRANSPARENT:
            return self._box(at)
        elif kind == "open" and token.mate:
            return self._group(at)
        else:
            self.current.sides[-1].append(token)
        return at + 1

    def _separator(self, token: Token) -> None:
        if token.value == " " and (self.current.dangles or self._operator_last()):
            return  # a wide space after = or +
        if token.value in _ARROWS and not self.current.relations:
            self._finish()
            self.arrow = token
            return
        empty = not self.current.relations and not self.current.sides[0]
        apart = self.spaced if empty else True  # what stands behind a comma is something else
        self._finish()
        self.spaced = apart and token.value == " "
        if token.kind == "comma":
            self.pending = []

    def _assigned(self, at: int) -> int | None:
        """``w - \\eta g \\rightarrow w``: an update with its target on the right.

        The index after the target; None if what stands here is not that.
        """
        token, side = self.tokens[at], self.current.sides[-1]
        if (token.kind, token.value) != ("separator", "→") or self.current.relations:
            return None
        end = past(self.tokens, at + 1, len(self.tokens), lambda token: token.kind in _OF_A_NAME)
        target = self.tokens[at + 1 : end]
        length = len(target)
        begins = [(t.kind, t.value) for t in side[:length]] == [(t.kind, t.value) for t in target]
        if not target or not begins or len(side) == length or side[length].kind != "add":
            return None
        self.current.sides = [list(target), side]
        self.current.relations = [Token("relation", "<-", token.start, token.end)]
        return end

    def _operator_last(self) -> bool:
        side = self.current.sides[-1]
        return bool(side) and side[-1].kind == "add" and side[-1].value in "+-"

    def _row(self) -> None:
        self._finish()
        self.row += 1
        self.columns = 0

    def _column(self) -> None:
        """The second ``&`` of a row, the fourth …: two equations stand side by side."""
        self.columns += 1
        whole = bool(self.current.relations) and bool(self.current.sides[-1])
        if self.columns % 2 == 0 and whole:
            self._finish()

    def _text(self, at: int) -> None:
        token = self.tokens[at]
        after = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        if is_verb(token.value) and self._says(token):
            return
        if self.said and goes_on(token.value):
            self.current = Draft([[]], row=self.row)
            return
        side = self.current.sides[-1]
        hung = bool(side) and side[-1].kind in ("sub", "sup")  # w^\text{hidden layer}
        if hung or not is_prose(token.value):
            side.append(token)
            return
        names_a_side = (
            after is not None
            and after.kind == "relation"
            and not side
            and not self.current.relations
            and len(token.value.split()) <= 4
            and token.value.replace(" ", "").replace("-", "").isalpha()
            and token.value.split()[0].lower() not in CONDITIONS
            and is_prose(token.value, strict=False) is False
        )
        inside = (
            self.current.dangles
            or (bool(side) and side[-1].kind in _OPERATORS)
            or (after is not None and after.kind in ("multiply", "divide"))
        )
        says_what = (
            after is not None
            and after.kind == "relation"
            and not side
            and not self.current.relations
            and not all(word.lower().strip(",.:;") in PROSE for word in token.value.split())
        )
        if names_a_side or inside or says_what:
            side.append(token)
            return
        self._unless_clause_ends(token.value)
        self._finish()
        first = token.value.split()[0].lower().strip(",.:") if token.value.split() else ""
        if first in CONDITIONS:
            self.pending.append(f"under a condition: {token.value.strip()}")

    def _says(self, verb: Token) -> bool:
        """``\\frac{\\partial L}{\\partial w} \\text{ is } x``: the verb is a relation."""
        draft = self.current
        resumed = not draft.relations and not draft.sides[0] and bool(self.drafts) and self.spaced
        if resumed and not self.drafts[-1].relations and self.drafts[-1].row == self.row:
            draft = self.drafts[-1]
        if draft.relations or not begins_derivative(draft.sides[0]):
            return False
        if draft is not self.current:
            self.current = self.drafts.pop()
            self.spaced = False
        draft.relations.append(Token("relation", "=", verb.start, verb.end))
        draft.sides.append([])
        self.said = True
        return True

    def _unless_clause_ends(self, words: str) -> None:
        """``\\text{ is } x \\text{ times } y`` claims no x: what was said is dropped."""
        if self.said and self.current.relations and not ends_clause(words):
            self.current = Draft([[]], row=self.row)

    def _environment(self, at: int) -> int:
        token = self.tokens[at]
        assert token.mate is not None
        name = token.value.rstrip("*")
        pieces = bool(self.current.relations) or bool(self._content(self.current.sides[-1]))
        if (
            not self._has_rows(at)
            or (pieces and name == "array")
            or (name in ("cases", "dcases") and pieces)
        ):
            return self._take(at, token.mate.at + 1)
        self.dropped.add(token.mate.at)
        if pieces and self.tokens[at - 1].kind == "end":
            self._row()  # one below the other
        side = self.current.sides[-1]
        if side and side[-1].kind == "open" and side[-1].mate is None:
            side.pop()  # the brace of \left\{ \begin{aligned}
        return at + 1

    def _has_rows(self, at: int) -> bool:
        """Whether an environment is one of rows, or an array with a relation right inside."""
        name = self.tokens[at].value.rstrip("*")
        if name != "array":
            return name in _ROWS
        mate = self.tokens[at].mate
        assert mate is not None
        for inside in (places := Forward(self.tokens, at + 1, mate.at)):
            if self.tokens[inside].kind == "relation":
                return True
            if (end := closing(self.tokens, inside)) is not None:
                places.go_on(end + 1)
        return False

    @staticmethod
    def _content(side: list[Token]) -> list[Token]:
        return [token for token in side if not (token.kind == "open" and token.value == "\\{")]

    def _box(self, at: int) -> int:
        after = at + 1
        opener = self.tokens[after] if after < len(self.tokens) else None
        if opener is None or opener.value != "{" or opener.mate is None:
            self.current.sides[-1].append(self.tokens[at])
            return after
        if self._holds_chain(after):
            self.dropped.add(opener.mate.at)
            return after + 1
        return self._take(at, opener.mate.at + 1)

    def _group(self, at: int) -> int:
        token = self.tokens[at]
        assert token.mate is not None
        stop = token.mate.at + 1
        inner = self.tokens[at + 1 : at + 2]
        if token.value in "([" and inner and inner[0].kind == "text" and is_prose(inner[0].value):
            self.current.condition = self.current.condition or condition_in(
                self.tokens[at + 1 : token.mate.at]
            )
            return stop  # a remark: (\text{chain rule})
        side = self.current.sides[-1]
        takes_argument = side and (side[-1].kind in ("command", "sup", "sub", "begin", "operator"))
        if token.value == "\\{" and self.current.relations and self._holds_cases(at):
            return self._take(at, stop)
        braces = token.value in ("{", "\\{", ".") and not takes_argument and not side
        if braces and self._holds_chain(at):
            self.dropped.add(token.mate.at)
            return at + 1
        if token.value in ("(", "[", ".", "|", "\\{"):
            self._take_rows(at, stop)
            return stop
        return self._take(at, stop)

    def _holds_cases(self, at: int) -> bool:
        """Whether a brace with one side holds rows of a value and its condition, no equations."""
        opener, inside = self.tokens[at].mate, at + 1
        assert opener is not None
        begin = self.tokens[inside]
        if opener.value != "." or begin.kind != "begin" or begin.mate is None:
            return False
        row = self.tokens[inside + 1 : begin.mate.at]
        parting = ("column", "text", "separator", "comma", "relation")
        parted = next((token for token in row if token.kind in parting), None)
        return begin.mate.at == opener.at - 1 and parted is not None and parted.kind != "relation"

    def _take(self, at: int, stop: int) -> int:
        self.current.sides[-1] += self.tokens[at:stop]
        return stop

    def _take_rows(self, at: int, stop: int) -> None:
        """Take a round bracket; line breaks right inside it are layout."""
        side = self.current.sides[-1]
        for inside in (places := Forward(self.tokens, at, stop)):
            token = self.tokens[inside]
            if token.kind not in ("row", "column") and token.value != " ":
                side.append(token)
            strong = token.kind == "begin" or token.value == "{" or token.value == "\\{"
            if strong and (end := closing(self.tokens, inside)) is not None:
                side += self.tokens[inside + 1 : end + 1]
                places.go_on(end + 1)

    def _holds_chain(self, at: int) -> bool:
        """Whether a group has a relation, a row or an environment of rows right inside."""
        mate = self.tokens[at].mate
        assert mate is not None
        for inside in (places := Forward(self.tokens, at + 1, mate.at)):
            token = self.tokens[inside]
            if token.kind in ("relation", "row"):
                return True
            if token.kind == "begin":
                return self._has_rows(inside)
            if (end := closing(self.tokens, inside)) is not None:
                boxed = self.tokens[inside - 1].value in _TRANSPARENT
                if boxed and self._holds_chain(inside):
                    return True
                places.go_on(end + 1)
        return False

    def _finish(self) -> None:
        """End the current segment and decide what it belongs to."""
        draft, self.current = self.current, Draft([[]], row=self.row)
        self.said = False
        spaced, self.spaced = self.spaced, False
        arrow, self.arrow = self.arrow, None
        punctuated = bool(draft.sides[-1]) and draft.sides[-1][-1].kind == "mark"
        _strip_marks(draft)
        if not draft.relations and not draft.sides[0]:
            if self.drafts:
                last = self.drafts[-1]
                last.notes += draft.notes
                last.condition = last.condition or draft.condition
            return
        if _is_remark(draft):
            return
        draft.notes = self.pending + draft.notes
        self.pending = []
        draft.row = self.row
        before = self.drafts[-1] if self.drafts else None
        if before is not None and self._goes_on(before, draft):
            before.extend(draft)
        elif before is not None and arrow is not None and _points(before, draft):
            before.relations = [Token("relation", "->", arrow.start, arrow.end)]
            before.sides.append([])
            before.extend(draft)
        else:
            if before is not None and spaced and not self.punctuated and _may_go_on(before, draft):
                side = draft.sides[0]
                before.trailing = Span(side[0].start, side[-1].end)
            self.drafts.append(draft)
        self.punctuated = punctuated

    def _goes_on(self, before: Draft, draft: Draft) -> bool:
        if draft.leads or before.dangles:
            return True
        if draft.row == before.row:
            return False
        first, last = draft.sides[0][0], before.sides[-1][-1]
        if last.kind in _OPERATORS or first.kind in ("multiply", "divide"):
            return True
        return first.kind == "add" and (first.value == "+" or not draft.relations)


def _points(before: Draft, draft: Draft) -> bool:
    """Whether an arrow stands between a derivative and a formula: ``∂L/∂w → 0`` is a limit."""
    if before.relations or draft.relations or not begins_derivative(before.sides[0]):
        return False
    named = ("word", "name", "command")
    return any(token.kind in named and token.value != "infty" for token in draft.sides[0])


def _may_go_on(before: Draft, draft: Draft) -> bool:
    """Whether what follows a wide space in a row may belong to the side before it.

    ``= x \\quad w`` may be a product or two things; a label or a word in brackets is none.
    """
    if draft.relations or draft.row != before.row or not before.relations:
        return False
    side = draft.sides[0]
    first = side[0]
    if first.kind == "open" and first.mate is side[-1] and first.value in ("(", "["):
        inner = side[1:-1]
        return any(token.kind in (*_OPERATORS, "command", "sub") for token in inner)
    if first.kind in ("word", "text"):
        return not is_prose(first.value) and first.value.lower() not in PROSE
    return first.kind != "command" or first.value not in _SIGNS


_SIGNS = frozenset(
    "forall exists square blacksquare Box qed checkmark dots dagger ddagger because ref eqref "
    "cite hfill bigstar clubsuit triangle".split()
)
"""What stands behind a formula and is no part of it."""


def _strip_marks(draft: Draft) -> None:
    """Take labels (``5:``) off the front and punctuation off the end."""
    side = draft.sides[-1]
    for mark in taken_off(side, lambda token: token.kind == "mark"):
        if mark.value == "?":
            draft.notes.append("the author marks it with a question mark")
    first = draft.sides[0]
    if (
        len(first) > 2
        and first[0].kind in ("number", "word", "text")
        and (first[1].value == ":" or (first[0].kind == "number" and first[1].value == "."))
    ):
        draft.notes.append(f"labelled {first[0].value}")
        del first[:2]
    elif _is_numbered(draft):
        draft.notes.append(f"labelled {first[1].value}")
        del first[:3]
    elif len(first) > 1 and first[0].value in ("·", "*") and draft.relations:
        draft.notes.append("the mark before it is read as a list mark")
        del first[:1]


def _is_numbered(draft: Draft) -> bool:
    """Whether a statement begins with its number in brackets: ``(2) a = b``."""
    first = draft.sides[0]
    if not draft.relations or len(first) < 4 or first[1].kind != "number":
        return False
    opener, closing, after = first[0], first[2], first[3]
    return opener.value == "(" and opener.mate is closing and after.start > closing.end


def _is_remark(draft: Draft) -> bool:
    """A segment of words only, an equation's number in brackets, or a pair of names."""
    if draft.relations:
        return False
    side = draft.sides[0]
    if all(token.kind == "text" for token in side):
        return True
    if side[0].kind == "open" and side[0].mate is side[-1] and side[0].value in ("(", "["):
        inner = side[1:-1]
        if len(inner) == 1:
            return inner[0].kind in ("text", "number")
        return any(token.kind == "comma" for token in inner) and all(
            token.kind in (*_OF_A_NAME, "comma") and token.value != "frac" for token in inner
        )  # (x^{(i)}, y^{(i)}), a sample: nothing is claimed
    return all(token.kind == "command" and token.value == "dots" for token in side)
