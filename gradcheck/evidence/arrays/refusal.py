"""Why no number is given."""

from __future__ import annotations


class NotEvaluated(Exception):
    """No number can be given; the message is the reason, for the report."""


class LiftingAmbiguous(NotEvaluated):
    """The indices of an expression cannot be known without guessing."""
