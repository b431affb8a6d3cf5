"""From the text of a formula to tokens with their places.

What carries no meaning (spaces, ``\\left``, ``\\,``, ``\\tag{1}``) yields no token; whatever else
stands there yields one, known or not, so that nothing is dropped without notice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator

from gradcheck.language.derivative_signs import CHARACTERS
from gradcheck.language.document import Span
from gradcheck.read.cursor import Forward
from gradcheck.read.words import QUALIFIERS


class Token:
    """A token: its kind, what it stands for, its place; ``mate`` is the bracket it pairs with.

    Kinds: ``number``, ``word`` (a run of Latin letters), ``name`` (one letter of another script
    or with an accent of its own), ``command``, ``macro`` (of the document's own), ``text``,
    ``open``, ``close``, ``begin``, ``end``, ``add``, ``multiply``, ``divide``, ``relation``,
    ``separator``, ``row``, ``column``, ``sup``, ``sub``, ``prime``, ``bar``, ``mark``
    (punctuation), ``comma``, ``refused`` (a macro; the value says why), ``other``.
    """

    __slots__ = ("at", "end", "kind", "mate", "start", "value")

    def __init__(self, kind: str, value: str, start: int, end: int) -> None:
        self.kind = kind
        self.value = value
        self.start = start
        self.end = end
        self.mate: Token | None = None
        self.at = -1  # its index among the tokens being parsed

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def __repr__(self) -> str:
        return f"{self.kind}:{self.value}"


GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon",
    "ζ": "zeta", "η": "eta", "θ": "theta", "ϑ": "vartheta", "κ": "kappa", "λ": "lambda",
    "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta",
    "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "ℓ": "ell",
    "∞": "infty",
}  # fmt: skip
GREEK_NAMES = frozenset(GREEK.values()) | {
    "varepsilon", "varphi", "varrho", "varsigma", "iota", "Sigma", "Pi", "Upsilon", "upsilon",
    "omicron", "hbar", "Im", "Re", "aleph", "imath", "jmath",
}  # fmt: skip
ACCENT_MARKS = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot"}

_SIMPLE: dict[str, tuple[str, str]] = {
    "+": ("add", "+"), "-": ("add", "-"), "−": ("add", "-"), "–": ("add", "-"),
    "*": ("multiply", "*"), "·": ("multiply", "·"), "⋅": ("multiply", "·"), "∙": ("multiply", "·"),
    "•": ("multiply", "·"), "×": ("multiply", "×"), "∗": ("multiply", "*"), "⊙": ("multiply", "⊙"),
    "∘": ("multiply", "∘"), "⊗": ("multiply", "⊗"), "@": ("multiply", "@"),
    "/": ("divide", "/"), "\u2044": ("divide", "/"), "÷": ("divide", "/"), "∕": ("divide", "/"),
    "(": ("open", "("), ")": ("close", "("), "[": ("open", "["), "]": ("close", "["),
    "{": ("open", "{"), "}": ("close", "{"),
    "=": ("relation", "="), "≔": ("relation", ":="), "≕": ("relation", "="), "≡": ("relation", "="),
    "≜": ("relation", "="), "≝": ("relation", ":="), "⩴": ("relation", ":="),
    "≐": ("relation", "="), "≗": ("relation", "="), "≙": ("relation", "="),
    "≛": ("relation", "="), "←": ("relation", "<-"), "≠": ("relation", "!="),
    "≈": ("relation", "~"), "≃": ("relation", "~"), "∝": ("relation", "~"),
    "<": ("relation", "<"), ">": ("relation", ">"), "≤": ("relation", "<="),
    "≥": ("relation", ">="), "∈": ("relation", "in"),
    "→": ("separator", "→"), "⇒": ("separator", "⇒"), "⟹": ("separator", "⇒"),
    "∴": ("separator", "∴"), "∵": ("separator", "∵"), "⇔": ("separator", "⇔"),
    "⟺": ("separator", "⇔"), "↦": ("separator", "↦"), "⟶": ("separator", "→"),
    ",": ("comma", ","), ";": ("mark", ";"), ".": ("mark", "."), "?": ("mark", "?"),
    ":": ("mark", ":"), "!": ("other", "!"), "…": ("command", "dots"), "⋯": ("command", "dots"),
    "^": ("sup", "^"), "_": ("sub", "_"), "&": ("column", "&"), "|": ("bar", "|"),
    "‖": ("bar", "‖"), "∥": ("bar", "‖"), "'": ("prime", "'"), "′": ("prime", "'"),
    "’": ("prime", "'"), "″": ("prime", "''"),
    **{sign: ("command", name) for sign, name in CHARACTERS.items()},
    "∑": ("command", "sum"), "Σ": ("command", "sum"),
    "√": ("command", "sqrt"),
    "ℒ": ("name", "L cal"), "𝓛": ("name", "L cal"), "ℝ": ("name", "R bb"), "𝔼": ("name", "E bb"),
}  # fmt: skip

_COMMANDS: dict[str, tuple[str, str]] = {
    "cdot": ("multiply", "·"), "cdotp": ("multiply", "·"), "bullet": ("multiply", "·"),
    "times": ("multiply", "×"), "ast": ("multiply", "*"), "star": ("multiply", "*"),
    "odot": ("multiply", "⊙"), "circ": ("multiply", "∘"), "otimes": ("multiply", "⊗"),
    "div": ("divide", "/"), "slash": ("divide", "/"),
    "coloneqq": ("relation", ":="), "coloneq": ("relation", ":="),
    "colonequals": ("relation", ":="), "eqqcolon": ("relation", "="), "eqcolon": ("relation", "="),
    "equalscolon": ("relation", "="),
    "defeq": ("relation", ":="), "eqdef": ("relation", ":="), "Coloneqq": ("relation", ":="),
    "coloncolonequals": ("relation", ":="), "circeq": ("relation", "="),
    "eqcirc": ("relation", "="), "doteqdot": ("relation", "="), "Doteq": ("relation", "="),
    "risingdotseq": ("relation", "="), "fallingdotseq": ("relation", "="),
    "triangleq": ("relation", "="), "equiv": ("relation", "="), "doteq": ("relation", "="),
    "leftarrow": ("relation", "<-"), "gets": ("relation", "<-"),
    "longleftarrow": ("relation", "<-"), "Leftarrow": ("relation", "<-"),
    "neq": ("relation", "!="), "ne": ("relation", "!="), "approx": ("relation", "~"),
    "simeq": ("relation", "~"), "sim": ("relation", "~"), "cong": ("relation", "~"),
    "propto": ("relation", "~"), "le": ("relation", "<="), "leq": ("relation", "<="),
    "leqslant": ("relation", "<="), "ge": ("relation", ">="), "geq": ("relation", ">="),
    "geqslant": ("relation", ">="), "lt": ("relation", "<"), "gt": ("relation", ">"),
    "in": ("relation", "in"),
    "quad": ("separator", " "), "qquad": ("separator", " "),
    "Rightarrow": ("separator", "⇒"), "implies": ("separator", "⇒"),
    "Longrightarrow": ("separator", "⇒"), "iff": ("separator", "⇔"),
    "Leftrightarrow": ("separator", "⇔"), "Longleftrightarrow": ("separator", "⇔"),
    "rightarrow": ("separator", "→"), "to": ("separator", "→"),
    "longrightarrow": ("separator", "→"),
    "leadsto": ("separator", "→"), "rightsquigarrow": ("separator", "→"),
    "mapsto": ("separator", "↦"), "therefore": ("separator", "∴"), "because": ("separator", "∵"),
    "newline": ("row", "\\"), "cr": ("row", "\\"),
    "prime": ("prime", "'"), "colon": ("mark", ":"), "vcentcolon": ("mark", ":"),
    "ratio": ("mark", ":"), "mid": ("bar", "|"), "vert": ("bar", "|"),
    "Vert": ("bar", "‖"), "lbrace": ("open", "\\{"), "rbrace": ("close", "\\{"),
    "lbrack": ("open", "["), "rbrack": ("close", "["), "lparen": ("open", "("),
    "rparen": ("close", "("), "lvert": ("open", "|"), "rvert": ("close", "|"),
    "lVert": ("open", "‖"), "rVert": ("close", "‖"), "langle": ("open", "<"),
    "rangle": ("close", "<"), "ldots": ("command", "dots"), "cdots": ("command", "dots"),
    "vdots": ("command", "dots"), "dotsc": ("command", "dots"), "dotsb": ("command", "dots"),
    "dfrac": ("command", "frac"), "tfrac": ("command", "frac"), "cfrac": ("command", "frac"),
    "nicefrac": ("command", "frac"), "sfrac": ("command", "frac"), "flatfrac": ("command", "frac"),
    "dd": ("text", "d"), "dif": ("text", "d"), "differential": ("text", "d"),
}  # fmt: skip

_RELATIONS = {
    ":=": ("relation", ":="), "=:": ("relation", "="), "<-": ("relation", "<-"),
    "<=": ("relation", "<="),
    ">=": ("relation", ">="), "!=": ("relation", "!="), "+=": ("relation", "+="),
    "-=": ("relation", "-="), "==": ("relation", "="), "->": ("separator", "→"),
    "=>": ("separator", "⇒"), "==>": ("separator", "⇒"), "-->": ("separator", "→"),
}  # fmt: skip

_DELIMITERS = {
    "(": "(", ")": "(", "[": "[", "]": "[", "\\{": "\\{", "\\}": "\\{", "\\lbrace": "\\{",
    "\\rbrace": "\\{", "|": "|", "\\vert": "|", "\\lvert": "|", "\\rvert": "|", "\\|": "‖",
    "\\Vert": "‖", "\\lVert": "‖", "\\rVert": "‖", "\\lbrack": "[", "\\rbrack": "[",
    ".": ".", "<": "<", ">": "<", "\\langle": "<", "\\rangle": "<",
}  # fmt: skip

_SPACING = (
    "displaystyle|textstyle|scriptstyle|scriptscriptstyle|limits|nolimits|nonumber|notag"
    "|thinspace|enspace|medspace|thickspace|negthinspace|bigl?|bigr|Bigl?|Bigr|biggl?|biggr"
    "|Biggl?|Biggr|bigm|Bigm|middle|allowbreak|hfill|null|strut|mathstrut|centering|noindent"
    "|boldmath|tiny|scriptsize|footnotesize|small|normalsize|large|Large|LARGE|huge|Huge|nobreak"
    "|protect|relax|qedhere"
)
_SUBSCRIPTS = dict(
    zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-=()aehijklmnoprstuvx", strict=True)
)
_SUPERSCRIPTS = dict(
    zip(
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾⊤ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ",
        "0123456789+-()TabcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW",
        strict=True,
    )
)
_SMALL_ABOVE = "".join(_SUPERSCRIPTS)
_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_LAYOUT = (
    rf"(?:tag|label|phantom|hphantom|vphantom|class|cssId|require)\*?\s*{_GROUP}"
    r"|(?:color|textcolor|mathcolor|colorbox)\s*(?:\[[^\[\]]*\]\s*)?\{[^{}]*\}"
    r"|fcolorbox\s*(?:\[[^\[\]]*\]\s*)?\{[^{}]*\}\s*\{[^{}]*\}"
    r"|l?eqno\s*(?:\([^()]*\)|\{[^{}]*\})"
    r"|(?:displaylines|l?eqalign(?:no)?)(?=\s*\{)"
    r"|(?:uncover|visible|alert|onslide|pause)(?![A-Za-z])(?:\s*<[^<>{}\n]*>)?"
    r"|(?:MoveEqLeft|splitdfrac)(?![A-Za-z])(?:\[\d*\])?"
)
"""What shows but does not mean: numbers and labels, colours, Plain TeX's rows, what beamer uncovers
step by step (all of it is there in the end)."""
_LENGTH = re.compile(r"\{?\s*(?<![\d.])(?P<number>-?[\d.]+)\s*(?P<unit>[a-z]+)")
_WIDE = {"em": 0.9, "ex": 2, "pt": 9, "mu": 16, "mm": 3, "cm": 0.3, "in": 0.12, "px": 12}
"""From what length on, in each unit, a space sets two things apart."""
_TEXT_FONTS = "text(?:rm|bf|it|sf|tt|normal|sc|up|md)?|mbox|hbox|intertext|shortintertext"
_TOKEN = re.compile(
    rf"(?P<space>\s+|~|\\[,;:!>\s/]|\\(?:{_SPACING})(?![A-Za-z])|[\u2062\u2009\u200b])"
    r"|(?P<word>[A-Za-z]+(?![\u0302\u0303\u0304\u0307]))"
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+(?![\d.]))?|\.\d+)"
    rf"|\\(?P<skip>{_LAYOUT})"
    r"|(?P<number_of_it>\(\\#[\w:.-]+\))"  # as R Markdown numbers equations
    r"|(?P<stacked>\\(?:overset|stackrel|underset)\s*\{(?:[^{}]|\{[^{}]*\})*\}\s*\{\s*=\s*\})"
    r"|(?P<gap>\\(?:hspace|hskip|mspace|vspace|x(?:R|r|l|L)ightarrow|xrightarrow|xRightarrow)\*?"
    r"\s*(?:\[[^\[\]]*\]\s*)?\{[^{}]*\}"
    r"|\\(?:m?kern|[hm]skip)\s*-?[\d.]+\s*(?:pt|mu|em|ex|cm|mm|in|px))"
    rf"|\\(?:{_TEXT_FONTS})\*?\s*\{{(?P<text>[^{{}}]*(?:\{{[^{{}}]*\}}[^{{}}]*)*)\}}"
    r"|\\(?:mathrm|mathit|mathsf|mathtt|mathnormal|operatorname|rm)\*?\s*\{\s*"
    r"(?P<roman>[A-Za-z][A-Za-z0-9 _.-]*)\}"
    r"|\\begin\s*\{(?P<begin>[A-Za-z]+\*?)\}(?:(?<=at\})\{\d*\}|(?<=at\*\})\{\d*\}"
    r"|(?<=array\})\{[^{}]*\}|(?<=array\*\})\{[^{}]*\}|\s*\[[tbc]\]|(?<=empheq\})(?:\[[^\]]*\])?\{[a-z]+\*?(?:=\d)?\})?"
    r"|\\end\s*\{(?P<end>[A-Za-z]+\*?)\}"
    r"|(?P<row>\\\\\*?(?:\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|cm|mm|px|in|\\baselineskip)\s*\])?)"
    r"|\\(?P<side>left|right)\s*(?P<delimiter>\\[{}|]|\\[lr]?[vV]ert|\\[lr]brac[ek]|\\[lr]angle"
    r"|[()\[\]|.<>])"
    r"|\\(?P<command>[A-Za-z]+)"
    r"|(?P<escaped>\\.)"
    r"|(?P<relation>:=|=:|<-(?![\d\s]*[\d(])|<=|>=|!=|\+=|-=|==>|==|-->|->|=>)"
    r"|(?P<comment>%[^\n]*)"
    r"|(?P<sub>[₀-₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ]+)"
    rf"|(?P<sup>[{_SMALL_ABOVE}]+)"
    r"|(?P<other>.[\u0302\u0303\u0304\u0307]?)",
    re.DOTALL,
)
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_NEVER_OWN = frozenset("label tag nonumber notag begin end left right text intertext".split())
"""Commands that mean what they always mean, even where a document defines them anew."""
_SIZES = re.compile(rf"\\(?:{_SPACING}|bf|it|rm|sc|sf|tt|upshape|itshape)(?![A-Za-z])\s*")
"""How a text is set, inside it: ``\\text{\\tiny H}`` is H."""
_FORMULA_ONLY = re.compile(r"\s*\$((?:[^$\\]|\\.)+)\$\s*", re.DOTALL)
_TAKES_LETTER = frozenset(
    "frac sqrt hat widehat bar overline tilde widetilde dot mathbf boldsymbol bm vec mathcal mathbb"
    " mathrm mathit mathsf".split()
)
_WHOLE_SUBSCRIPTS = QUALIFIERS | frozenset("next prev total last first prime".split())
_QUOTE = re.compile(r"(?m)^[ \t]*>")


def tokenize(
    text: str, start: int, end: int, quoted: bool = False, own: Container[str] = ()
) -> list[Token]:
    """The tokens of ``text[start:end]``; with ``quoted``, ``>`` at a line's start is layout.

    ``own`` are the commands to which the document gives a meaning of its own: they are ``macro``
    tokens, whatever they mean elsewhere.
    """
    if quoted:
        part = _QUOTE.sub(lambda match: " " * len(match.group()), text[start:end])
        text, offset = part, start
        start, end = 0, len(part)
    else:
        offset = 0
    tokens: list[Token] = []
    for match in _matches(text, start, end, own):
        if match.re is _COMMAND:
            tokens.append(Token("macro", match[1], match.start() + offset, match.end() + offset))
            continue
        kind = match.lastgroup or ""
        if kind in ("space", "skip", "number_of_it"):
            continue
        _emit(tokens, kind, match, match.start() + offset, match.end() + offset)
    return tokens


def _matches(text: str, start: int, end: int, own: Container[str]) -> Iterator[re.Match[str]]:
    """One match after the other, those of ``own`` commands by `_COMMAND`."""
    if not own:
        yield from _TOKEN.finditer(text, start, end)
        return
    for at in (places := Forward(text, start, end)):
        match = _COMMAND.match(text, at, end)
        if match is None or match[1] not in own or match[1] in _NEVER_OWN:
            match = _TOKEN.match(text, at, end)
        assert match is not None  # any character is one
        yield match
        places.go_on(match.end())


def _emit(tokens: list[Token], kind: str, match: re.Match[str], start: int, end: int) -> None:
    value = match[kind] if kind else match.group()
    before = tokens[-1] if tokens else None
    if before is not None and len(value) > 1 and kind in ("word", "number"):
        first = _argument_length(value, kind, before, tokens)
        if first < len(value):
            tokens.append(Token(kind, value[:first], start, start + first))
            tokens.append(Token(kind, value[first:], start + first, end))
            return
    if kind == "text" and (inner := _FORMULA_ONLY.fullmatch(value)) is not None:
        _formula_in_text(tokens, match, inner, start, end)
    elif kind == "text":
        tokens.append(Token(kind, _SIZES.sub("", value), start, end))
    elif kind in ("word", "number", "begin", "end", "row", "comment"):
        tokens.append(Token(kind, value, start, end))
    elif kind == "roman":
        is_operator = match.group().startswith("\\operatorname")
        tokens.append(Token("operator" if is_operator else "text", value.strip(), start, end))
    elif kind == "gap":
        if _is_wide(value):
            tokens.append(Token("separator", " ", start, end))
    elif kind == "stacked":
        tokens.append(Token("relation", "=", start, end))
    elif kind == "delimiter":
        opens = match["side"] == "left"
        tokens.append(Token("open" if opens else "close", _DELIMITERS[value], start, end))
    elif kind == "command":
        tokens.append(Token(*_COMMANDS.get(value, ("command", value)), start, end))
    elif kind == "escaped":
        tokens.append(Token(*_escaped(value[1]), start, end))
    elif kind == "relation":
        tokens.append(Token(*_RELATIONS[value], start, end))
    elif kind in ("sub", "sup"):
        _small_characters(tokens, kind, value, start)
    elif value not in _SIMPLE and "\u2044" in unicodedata.normalize("NFKD", value):
        _fraction_character(tokens, unicodedata.normalize("NFKD", value), start, end)
    else:
        tokens.append(Token(*_character(value), start, end))


def _formula_in_text(
    tokens: list[Token], match: re.Match[str], inner: re.Match[str], start: int, end: int
) -> None:
    """``\\mbox{$a = b$}`` is ``{a = b}``."""
    moved = start - match.start()
    content = match.start("text") + inner.start(1), match.start("text") + inner.end(1)
    tokens.append(Token("open", "{", start, content[0] + moved))
    inside = tokenize(match.string, *content)
    tokens += [Token(t.kind, t.value, t.start + moved, t.end + moved) for t in inside]
    tokens.append(Token("close", "{", content[1] + moved, end))


def _is_wide(gap: str) -> bool:
    """Whether a space sets two things apart; one whose length cannot be told does."""
    length = _LENGTH.search(gap)
    if length is None or length["number"].count(".") > 1 or not length["number"].strip("-."):
        return True
    return abs(float(length["number"])) >= _WIDE.get(length["unit"], 0)


def _fraction_character(tokens: list[Token], plain: str, start: int, end: int) -> None:
    """``½`` is ``\\frac{1}{2}``, all of it at its own place."""
    tokens.append(Token("command", "frac", start, end))
    for part in plain.split("\u2044"):
        tokens.append(Token("open", "{", start, end))
        tokens.append(Token("number", part or "1", start, end))
        tokens.append(Token("close", "{", start, end))


def _argument_length(value: str, kind: str, before: Token, tokens: list[Token]) -> int:
    """How many characters of a run the token before it takes: in TeX one, to authors often all."""
    if before.kind == "command" and before.value == "frac" and kind == "number":
        return 1 if len(value) == 2 and value.isdigit() else len(value)
    if kind == "number":
        return len(value)
    if before.kind == "sup" or (before.kind == "command" and before.value in _TAKES_LETTER):
        return len(value) if before.kind == "sup" and value in _WHOLE_SUBSCRIPTS else 1
    if before.kind == "sub":
        base = tokens[-2] if len(tokens) > 1 else None
        whole = (
            value.isupper()
            or value in _WHOLE_SUBSCRIPTS
            or (base is not None and base.kind in ("word", "text") and len(base.value) > 1)
            or all(letter in "ijklmnpq" for letter in value)
        )
        return len(value) if whole else 1
    return len(value)


def _escaped(character: str) -> tuple[str, str]:
    known = {"{": ("open", "\\{"), "}": ("close", "\\{"), "|": ("bar", "‖"), "_": ("sub", "_"),
             "*": ("multiply", "*"), "^": ("sup", "^"), "=": ("relation", "=")}  # fmt: skip
    return known.get(character, ("other", "\\" + character))


def _small_characters(tokens: list[Token], kind: str, value: str, start: int) -> None:
    """``₁₂`` is ``_{12}``, ``⁻¹`` is ``^{-1}``, each character at its own place."""
    table = _SUBSCRIPTS if kind == "sub" else _SUPERSCRIPTS
    tokens.append(Token(kind, "^" if kind == "sup" else "_", start, start))
    tokens.append(Token("open", "{", start, start))
    plain = "".join(table[character] for character in value)
    for part in re.finditer(r"\d+|.", plain):
        place = (start + part.start(), start + part.end())
        piece = part.group()
        if piece.isdigit():
            tokens.append(Token("number", piece, *place))
        elif piece.isalpha():
            tokens.append(Token("word", piece, *place))
        else:
            tokens.append(Token(*_SIMPLE[piece], *place))
    tokens.append(Token("close", "{", start + len(value), start + len(value)))


def _character(character: str) -> tuple[str, str]:
    if character in _SIMPLE:
        return _SIMPLE[character]
    if character in GREEK:
        return "command", GREEK[character]
    decomposed = unicodedata.normalize("NFKD", character)
    if len(decomposed) == 2 and decomposed[1] in ACCENT_MARKS:
        base = GREEK.get(decomposed[0], decomposed[0])
        return "name", f"{base} {ACCENT_MARKS[decomposed[1]]}"
    if len(decomposed) == 1 and decomposed != character:  # 𝑥, 𝐖: letters of a mathematical font
        if decomposed.isascii() and decomposed.isalpha():
            return "word", decomposed
        if decomposed in GREEK:
            return "command", GREEK[decomposed]
        return _SIMPLE.get(decomposed, ("other", character))
    return "other", character
