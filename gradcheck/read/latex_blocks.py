r"""From a LaTeX file to its formulas: every math environment, and what TeX itself would not read.

Comments, ``verbatim`` and listings, the preamble and what stands between ``\iffalse`` and ``\fi``
hide what looks like a formula. Macros that stand for ``\begin{equation}`` open one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from gradcheck.language.derivative_signs import COMMANDS, TELLING
from gradcheck.language.document import Document, Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.read.blocks import Blocks, Scanner, is_escaped
from gradcheck.read.concealment import concealed_finding
from gradcheck.read.cursor import found_from, openings
from gradcheck.read.formula_macros import call_arguments, formula_macros
from gradcheck.read.latex_conditions import skipped_branches
from gradcheck.read.macros import DEFINITIONS, Macros, group_at
from gradcheck.read.unseen import HIDING, in_colour, is_white

_OPENING = re.compile(
    r"(?P<comment>%[^\n]*)"
    r"|\\begin\s*\{(?P<environment>[A-Za-z]+\*?)\}"
    r"|\\(?:verb\*?|(?:lst|mint)inline(?:\[[^\]\n]{0,400}\])?(?:\{\w+\}(?=[^\w\s]))?)(?P<verb>[^A-Za-z\s*])"
    r"|\\(?P<escaped>[^A-Za-z])"
    r"|\\(?P<command>[A-Za-z]+)"
    r"|(?P<display>\$\$)|(?P<inline>\$)",
    re.DOTALL,
)
_INLINE = 1_000
"""Code points of a listing within a line."""
_MATH = frozenset(
    "equation align gather multline eqnarray flalign alignat xalignat xxalignat displaymath math "
    "dmath empheq IEEEeqnarray".split()
)
_HIDDEN = frozenset(
    "verbatim Verbatim BVerbatim LVerbatim alltt lstlisting minted comment tikzpicture "
    "filecontents algorithmic code pycode tcblisting pgfpicture".split()
)
_DERIVATIVE = re.compile(rf"\\(?:{'|'.join(sorted(COMMANDS | TELLING))})(?![A-Za-z])")
_TYPESET = re.compile(r"&\s*=|\\(?:[dt]?frac|partial)(?![A-Za-z])")
"""Signs of mathematics, in an environment that nobody but the author knows."""
_TEXT = re.compile(r"\$|\\[\[(]|\\begin\s*\{")
_ARGUMENT = re.compile(r"\s*(?:\[[^\]\n]*\]|\{[^{}\n]*\})")
_OWN = re.compile(
    r"\\(?:re)?newenvironment\*?\s*\{(?P<name>[A-Za-z]+\*?)\}(?:\s*\[[^\]]{0,400}\])*\s*\{"
)
_OPENS = re.compile(r"\\\[|\$\$|\\begin\s*\{(?P<inner>[A-Za-z]+)\*?\}")
_COMMENT = re.compile(r"\\.|(?P<comment>%[^\n]*)", re.DOTALL)
_STRIKES = ("sout", "xout", "st")
_BOXED = re.compile(r"\\(?:pagecolor|f?colorbox|(?:row|cell)color)|tcolorbox|beamer|tikz|mdframed")
"""Signs that the paper is not white everywhere."""
_FILES = ("input", "include", "subfile", "import", "subimport")
_BODY = re.compile(r"(?m)^[^%\n]*\\begin\s*\{document\}")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_NO_FORMULA = "left out as TeX would: \\{} is false; set it to true, or verify what it hides apart"
_ALGORITHM = "an algorithm is not read: write the gradients that it uses as equations too"
_MAKES = "\\{} makes an equation of its own, which is not read: write the equation where it stands"
_OTHER_FILES = (
    "{}: named here and not read, since not in the document's folder or below it, too large or in "
    "a circle; verify it as well"
)
_FILE_NAME = re.compile(r"\s*\{([^{}\n]{1,60})\}(?:\s*\{([^{}\n]{1,60})\})?|[ ]+(\S{1,60})")


def latex_blocks(document: Document, macros: Macros) -> Blocks:
    """All formulas of a LaTeX file with the prose between them; unclosed ones are findings."""
    scanner = _Scanner(document, macros)
    scanner.run()
    return Blocks(tuple(scanner.formulas), tuple(scanner.prose), tuple(scanner.findings))


class _Scanner(Scanner):
    def __init__(self, document: Document, macros: Macros) -> None:
        body = _BODY.search(document.text)
        start = body.end() if body else document.body_start
        super().__init__(document, start, len(document.text))
        self.comments = [c.span() for c in _COMMENT.finditer(self.text) if c["comment"]]
        self.definitions = {place.start: place.end for place in macros.places}
        self.macros = macros
        self.makers = formula_macros(macros, _MATH)
        self.own: set[str] = set()
        for name, place in _own_environments(self.text):
            self.own.add(name)
            self.definitions[place.start] = place.end
        self.boxed = _BOXED.search(self.text) is not None
        self.files: dict[str, Span] = {}  # that are named and stand elsewhere
        self.told: dict[str, Span] = {}  # what is not read, with its first place
        ending = self._close("\\end{document}", self.at)
        self.stop = ending if ending >= 0 else self.stop
        self.skipped = {
            branch.span.start: branch
            for branch in skipped_branches(self.text, self.stop, self._is_hidden)
        }

    def run(self) -> None:
        """Scan the body once, from its first formula to its last."""
        for opening in openings(self, _OPENING, self.stop):
            if self._full:
                break
            kind = opening.lastgroup
            if kind == "comment":
                self._hide(opening.start(), opening.end())
            elif kind == "environment":
                self._environment(opening.start(), opening["environment"])
            elif kind == "verb":
                self._verbatim(opening)
            elif kind == "escaped":
                closer = {"[": "\\]", "(": "\\)"}.get(opening["escaped"])
                if closer:
                    self._delimited(opening.start(), closer, closer == "\\]")
            elif kind == "command":
                self._command(opening)
            else:
                self._delimited(opening.start(), opening.group(), kind == "display")
        self._prose_until(self.stop)
        if self.files:
            some = ", ".join(list(self.files)[:3]) + (" and others" if len(self.files) > 3 else "")
            self.told[_OTHER_FILES.format(some)] = next(iter(self.files.values()))
        self.findings += [
            Finding(RULES["GC001"], span, message) for message, span in self.told.items()
        ]

    def _verbatim(self, opening: re.Match[str]) -> None:
        braces = opening["verb"] == "{" and not opening.group().startswith("\\verb")
        group = group_at(self.text, self.at - 1, _INLINE) if braces else None
        close = self._find(opening["verb"], self.at) + 1 if group is None else group.end
        self._hide(opening.start(), max(close, self.at))

    def _environment(self, start: int, name: str) -> None:
        bare = name.rstrip("*")
        ends = self.makers.closes.items()
        closers = [f"\\end{{{name}}}", *(f"\\{macro}" for macro, e in ends if e == name)]
        places = [(self._close(closer, self.at), closer) for closer in closers]
        close, closer = min((place for place in places if place[0] >= 0), default=(-1, ""))
        known = bare in _MATH or bare in _HIDDEN
        if not known and (close < 0 or not self._is_typeset(name, close)):
            return
        if close < 0:
            self._unclosed(Span(start, self.at), self.text[start : self.at])
            return
        whole = Span(start, close + len(closer))
        if bare in _HIDDEN:
            if bare == "algorithmic" and _DERIVATIVE.search(self.text, self.at, close):
                self.told.setdefault(_ALGORITHM, Span(start, self.at))
            self._hide(whole.start, whole.end)
        elif known and self.text.startswith("\\begin", start) and closer.startswith("\\end"):
            self._formula(whole, whole, bare != "math")
        else:
            argument = _ARGUMENT.match(self.text, self.at, close) if not known else None
            self._formula(Span(argument.end() if argument else self.at, close), whole, True)

    def _is_typeset(self, name: str, close: int) -> bool:
        """Whether an environment of the author's holds a formula, and no text with formulas."""
        if _TEXT.search(self.text, self.at, close):
            return False
        return name in self.own or bool(_TYPESET.search(self.text, self.at, close))

    def _command(self, opening: re.Match[str]) -> None:
        name, start = opening["command"], opening.start()
        branch = self.skipped.get(start)
        if start in self.definitions:
            self._hide(start, self.definitions[start])
        elif branch is not None:
            if branch.switch and _TEXT.search(self.text, start, branch.span.end):
                self.told.setdefault(_NO_FORMULA.format(f"if{branch.switch}"), Span(start, self.at))
            self._hide(start, branch.span.end)
        elif name in _FILES:
            self._other_file(Span(start, self.at))
        elif name in self.makers.opens:
            arguments = self._arguments(start, name)
            self.at = arguments[-1].end if arguments else self.at
            self._environment(start, self.makers.opens[name])
        elif name in self.makers.whole:
            self._made(start, name)
        elif name in _STRIKES:
            self._unseen("struck", group_at(self.text, self.at))
        elif name in ("textcolor", "color"):
            found = HIDING.match(self.text, start)
            if found and not self.boxed and is_white(found["model"] or "", found["colour"]):
                place, _ = in_colour(self.text, found, self.stop, cells=False)
                self._unseen("hidden", place)
        elif name in self.makers.holds:
            self.told.setdefault(_MAKES.format(name), Span(start, self.at))

    def _unseen(self, kind: str, place: Span | None) -> None:
        """Pass over what is struck out, or written in the colour of the paper."""
        if place is not None and _TEXT.search(self.text, place.start, place.end):
            self.findings.append(concealed_finding(kind, place))
            self._hide(place.start, place.end)

    def _other_file(self, command: Span) -> None:
        name = _FILE_NAME.match(self.text, command.end)
        words = "/".join(part for part in name.groups() if part) if name else "another file"
        self.files.setdefault(words, command)

    def _arguments(self, start: int, name: str) -> list[Span] | None:
        """The arguments of the macro's call that was just met."""
        macro = self.macros.at(name, start)
        return None if macro is None else call_arguments(self.text, self.at, macro)

    def _made(self, start: int, name: str) -> None:
        """A call of a macro that makes its argument a formula."""
        arguments = self._arguments(start, name)
        place, display = self.makers.whole[name]
        if not arguments or len(arguments) <= place:
            self.told.setdefault(_MAKES.format(name), Span(start, self.at))
            return
        given = arguments[place]
        whole = Span(start, arguments[-1].end)
        self._formula(Span(given.start + 1, given.end - 1), whole, display)

    def _delimited(self, start: int, closer: str, display: bool) -> None:
        after = self.at
        close = self._close(closer, after)
        blank = _BLANK_LINE.search(self.text, after, self.stop)  # TeX, too, ends a formula here
        limit = blank.start() if blank else self.stop
        if close < 0 or close > limit:
            self._unclosed(Span(start, after), self.text[start:after])
            return
        self._formula(Span(after, close), Span(start, close + len(closer)), display)

    def _close(self, closer: str, at: int) -> int:
        """Where a delimiter stands next, before the end: not escaped, and in no comment."""
        for close in found_from(lambda place: self._find(closer, place), at):
            if close >= self.stop:
                break
            if not self._is_taken(closer, close):
                return close
        return -1

    def _is_taken(self, closer: str, at: int) -> bool:
        if closer[-1].isalpha() and self.text[at + len(closer) : at + len(closer) + 1].isalpha():
            return True  # the beginning of a longer name
        return self._in_comment(at) or (closer[0] == "$" and is_escaped(self.text, at))

    def _in_comment(self, at: int) -> bool:
        before = bisect_right(self.comments, (at, len(self.text))) - 1
        return before >= 0 and at < self.comments[before][1]

    def _is_hidden(self, at: int) -> bool:
        return self._in_comment(at) or self.macros.defines(at)


def _own_environments(text: str) -> Iterator[tuple[str, Span]]:
    r"""The environments that the document defines as a formula with something about it."""
    for match in islice(_OWN.finditer(text), DEFINITIONS):
        begins = group_at(text, match.end() - 1)
        ends = begins and group_at(text, begins.end)
        opens = begins and _OPENS.search(text, begins.start, begins.end)
        if ends and opens and (opens["inner"] is None or opens["inner"] in _MATH):
            yield match["name"], Span(match.start(), ends.end)
