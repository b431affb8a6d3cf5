"""Gradient code: a loss and the gradient somebody wrote for it, as functions."""

from gradcheck.code.case import BackwardCase, GradientCase
from gradcheck.code.checking import assert_gradient, check_backward, check_gradient
from gradcheck.code.layered import Layer, LayeredNetwork
from gradcheck.code.result import CodeFinding, GradientReport, GradientRow

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
