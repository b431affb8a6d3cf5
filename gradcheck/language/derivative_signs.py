"""How derivatives are written: the signs, the commands that make them, and the ways to set a d."""

from __future__ import annotations

CHARACTERS = {"∂": "partial", "∇": "nabla"}
"""Signs in text, and the commands that they are."""
STYLED = "𝛁𝛻𝜕𝜵𝝏𝞉"
"""The same signs, bold or slanted."""
COMMANDS = frozenset(CHARACTERS.values())

D, P = "d", r"\partial"
MACROS = {
    "pdv": P, "partialderivative": P, "pderivative": P, "dv": D, "odv": D, "derivative": D,
}  # fmt: skip
"""Of two arguments that may be more, in physics and derivatives; they mean the same everywhere."""
SHORT_MACROS = {"od": D, "pd": P, "tod": D, "tpd": P, "dod": D, "dpd": P}
"""Of commath and bropd."""
STARRED_MACROS = {
    "diffp": P, "difp": P, "difsp": P, "diff": D, "dif": D, "difs": D, "pderiv": P, "deriv": D,
}  # fmt: skip
"""Of diffcoeff, esdiff, derivatives and cool."""
TELLING = frozenset(
    name
    for name in {**MACROS, **SHORT_MACROS, **STARRED_MACROS}
    if name not in ("diff", "dif", "difs")
) | {"grad"}
"""Commands that are of a derivative wherever they stand; ``\\dif`` may be a d alone."""

UPRIGHT_FONTS = ("mathrm", "operatorname", "text", "textrm", "textup", "mathit", "mathsf", "rm")
"""Commands that a d is set by: ``\\mathrm{d}``, ``\\operatorname{d}``."""
OTHER_FONTS = ("mathbf", "mathup", "bm", "boldsymbol")
"""By these it is set too: that is seen, and not read as a derivative."""
SET_D = rf"\\(?:{'|'.join(UPRIGHT_FONTS)})\*?\s{{0,3}}\{{\s{{0,3}}d\s{{0,3}}\}}"
"""A d in a font of its own, as a pattern."""
SIGN = rf"(?:\\partial|{SET_D}|d)"
"""What stands above and below in a fraction that is a derivative, as a pattern."""
ABOVE = rf"\\[dt]?frac\s*\{{\s*{SIGN}"
"""The beginning of such a fraction."""
PRIMES = "'’ʹ′"
"""Marks of Lagrange's derivative."""
