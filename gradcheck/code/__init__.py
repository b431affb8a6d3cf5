"""Gradient code: a loss and the gradient somebody wrote for it, as functions.

What runs code needs NumPy; the names below are imported when they are first used, so that the
results alone (`gradcheck.code.result`) cost nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck.code.case import BackwardCase, GradientCase
    from gradcheck.code.checking import assert_gradient, check_backward, check_gradient
    from gradcheck.code.gradient_rows import CodeFinding, GradientRow
    from gradcheck.code.layered import Layer, LayeredNetwork
    from gradcheck.code.result import GradientReport

__all__ = [
    "BackwardCase",
    "CodeFinding",
    "GradientCase",
    "GradientReport",
    "GradientRow",
    "Layer",
    "LayeredNetwork",
    "assert_gradient",
    "check_backward",
    "check_gradient",
]

_HOMES = {
    "BackwardCase": "case",
    "CodeFinding": "result",
    "GradientCase": "case",
    "GradientReport": "result",
    "GradientRow": "result",
    "Layer": "layered",
    "LayeredNetwork": "layered",
    "assert_gradient": "checking",
    "check_backward": "checking",
    "check_gradient": "checking",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'gradcheck.code' has no attribute {name!r}")
    return getattr(import_module(f"gradcheck.code.{_HOMES[name]}"), name)
