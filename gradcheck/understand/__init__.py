"""Derivation: from statements to what they mean (definitions, setups, claims, updates).

``understand`` is the arrow: ``settle`` finds what holds in every reading of a document, ``derive``
makes the choices that are left. The rules of design.md, "How a document is understood", are in
`naming` (which spellings are one name), `bindings` (what a step defines), `activations` (which
function is meant), `segments` (which loss a passage is about), `modelling` (the forward equations
that count), `roles` (parameters, inputs, labels), `resolution` (what a side means), `claims`, and
`readings` (the closed list of charities).
"""

from __future__ import annotations

from gradcheck.understand.passages import Passages, settle
from gradcheck.understand.readings import Instead
from gradcheck.understand.understanding import derive, understand

__all__ = ["Instead", "Passages", "derive", "settle", "understand"]
