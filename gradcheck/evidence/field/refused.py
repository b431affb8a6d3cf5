"""Why something cannot be decided in the field."""

from __future__ import annotations


class Refused(ValueError):
    """What the field has no answer to: a typed ``kind``, and words for the report."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind
        self.words = words

    def __str__(self) -> str:
        return f"{self.kind}: {self.words}"
