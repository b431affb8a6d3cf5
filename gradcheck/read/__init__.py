"""Reading: from a document to statements, each side an expression or the reason why not."""

from __future__ import annotations

from gradcheck.read.reader import read

__all__ = ["read"]
