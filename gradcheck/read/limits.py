"""The limits of what is read, all in one place. What exceeds one is refused, and says so."""

from __future__ import annotations

FORMULAS = 2_000
"""Formulas in a document."""

CHARACTERS = 20_000
"""Code points in a formula."""

TOKENS = 5_000
"""Tokens in a formula."""

DEPTH = 64
"""Levels of nesting in a formula: brackets, exponents, signs, sums. Counted, not caught."""

DIGITS = 30
"""Digits in a number."""

EXPONENT = 64
"""Largest exponent that is a number."""

JOINING_WORDS = 8
"""Words between two blocks that one chain may run over (``= …`` / "which is" / ``= …``)."""
