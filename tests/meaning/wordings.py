"""Pages that differ only in the words around one gradient, and what is said of it."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
WORDINGS = [
    line
    for line in (HERE / "wordings.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
NETWORK = r"$$z = w x + b, \qquad p = \sigma(z), \qquad E = \frac12 (p - t)^2$$"
SIDES = {True: "(p - t) p (1 - p) x", False: "(p - t) p (1 + p) x"}
"""The right side of the gradient: right, and wrong."""


def page(wording: str, side: str) -> str:
    """The network, and one sentence with its gradient."""
    claim = rf"\frac{{\partial E}}{{\partial w}} = {side}"
    return f"{NETWORK}\n\n{wording.replace('CLAIM', claim).replace('SIDE', side)}\n"


def name_of(wording: str, is_right: bool) -> str:
    """What a wording is called in the list of those that do not come out yet."""
    return f"wording, {'right' if is_right else 'wrong'}: {wording}"


def said(path: Path) -> str:
    """Whether the gradient is called right, wrong, or something else."""
    import gradcheck

    report = gradcheck.verify(path)
    rows = [
        row.verdict.value if row.verdict else "none"
        for document in report.documents
        for setup in document.setups
        for row in setup.parameters
        if row.source_name == "w"
    ]
    wrong = [
        step.line for document in report.documents for step in document.steps
        if step.verdict is not None and step.verdict.value == "wrong"
    ]  # fmt: skip
    if rows == ["wrong"] and set(wrong) == {3} and report.exit_status == 1:
        return "wrong"
    if rows == ["exact"] and not wrong and report.exit_status == 0:
        return "right"
    return f"rows {rows}, wrong lines {wrong}, exit {report.exit_status}"
