"""Networks in k scalar layers, right and wrong: CPU seconds, memory and verdicts of each.

    python benchmarks/deep_networks.py [--layers 2 4 8 16 32 64] [--show LAYERS]

Every layer is ``z_l = w_l a_{l-1} + b_l`` and ``a_l = σ(z_l)`` (or tanh, or softplus), the last one
a prediction under a squared error or the log loss; all gradients are written by deltas or in closed
form, right or with a mistake planted in one layer. Each document is verified in a process of its
own. Exit status 1 if a right network is not exact, a wrong one passes, or sources contradict each
other (GC190).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

ACTIVATIONS = {
    "sigmoid": (r"\sigma(z_{%d})", r"a_{%d} (1 - a_{%d})"),
    "tanh": (r"\tanh(z_{%d})", r"(1 - a_{%d}^2)"),
    "softplus": (r"\log(1 + e^{z_{%d}})", r"\sigma(z_{%d})"),
}
"""How an activation and its slope are written."""

LOSSES = {
    "mse": ("z_{%d}", r"\frac{1}{2} (\hat{y} - y)^2"),
    "logloss": (r"\sigma(z_{%d})", r"-y \log \hat{y} - (1 - y) \log(1 - \hat{y})"),
}
"""The prediction and the loss."""

FORMS = ("deltas", "closed")
MISTAKES = ("slope", "weight", "input", "sign")


@dataclass(frozen=True)
class Network:
    """One document: ``mistake`` is planted in the gradients of ``layer``; none by default."""

    layers: int
    activation: str = "sigmoid"
    loss: str = "mse"
    form: str = "deltas"
    mistake: str = ""
    layer: int = 0

    @property
    def text(self) -> str:
        """The document, in Markdown."""
        formulas = [*self._forward(), *self._gradients()]
        return "\n\n".join(f"$${formula}$$" for formula in formulas) + "\n"

    def _forward(self) -> Iterator[str]:
        value, _ = ACTIVATIONS[self.activation]
        prediction, loss = LOSSES[self.loss]
        for layer in range(1, self.layers + 1):
            yield f"z_{{{layer}}} = w_{{{layer}}} {_input(layer)} + b_{{{layer}}}"
            if layer < self.layers:
                yield f"a_{{{layer}}} = {value % layer}"
        yield rf"\hat{{y}} = {prediction % self.layers}"
        yield f"L = {loss}"

    def _gradients(self) -> Iterator[str]:
        delta = [r"(\hat{y} - y)"]
        for layer in range(self.layers, 0, -1):
            if layer < self.layers:
                delta += self._back(layer)
            written = " ".join(delta)
            if self.form == "deltas":
                yield rf"\delta_{{{layer}}} = {written}"
                delta = [rf"\delta_{{{layer}}}"]
                written = delta[0]
            before = _input(layer + (self.mistake == "input" and layer == self.layer))
            sign = "-" if self.mistake == "sign" and layer == self.layer else ""
            yield rf"\frac{{\partial L}}{{\partial w_{{{layer}}}}} = {sign}{written} {before}"
            yield rf"\frac{{\partial L}}{{\partial b_{{{layer}}}}} = {written}"

    def _back(self, layer: int) -> list[str]:
        """The factors that lead from the layer above to this one."""
        _, slope = ACTIVATIONS[self.activation]
        here = layer == self.layer
        weight = layer if here and self.mistake == "weight" else layer + 1
        factors = [f"w_{{{weight}}}"]
        if not (here and self.mistake == "slope"):
            factors.append(slope.replace("%d", str(layer)))
        return factors


def _input(layer: int) -> str:
    return "x" if layer == 1 else f"a_{{{layer - 1}}}"


def right(layers: int) -> Iterator[Network]:
    """All right networks of so many layers."""
    for activation, loss, form in product(ACTIVATIONS, LOSSES, FORMS):
        yield Network(layers, activation, loss, form)


def wrong(layers: int) -> Iterator[Network]:
    """Networks with one mistake, in a layer of the middle."""
    for form, mistake in product(FORMS, MISTAKES):
        yield Network(layers, form=form, mistake=mistake, layer=max(1, layers // 2))


@dataclass(frozen=True)
class Outcome:
    """What came of one document."""

    cpu: float
    memory: float
    verdicts: Counter[str]
    codes: Counter[str]
    failed: str

    def is_right(self, network: Network) -> bool:
        """Whether it is what the network deserves."""
        bad = self.failed or "GC190" in self.codes
        if network.mistake:
            return not bad and self.verdicts["wrong"] > 0
        return not bad and set(self.verdicts) == {"exact"}


def measured(command: list[str]) -> tuple[float, float, str]:
    """CPU seconds, the largest memory in MB, and the output of a process."""
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        _, _, usage = os.wait4(child.pid, 0)
        child.returncode = 0
        out.seek(0)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.read()


def verified(network: Network) -> Outcome:
    """Verify one network in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.md"
        file.write_text(network.text)
        command = [sys.executable, "-m", "gradcheck", "verify", "--isolated", "--format", "json"]
        cpu, memory, output = measured([*command, str(file)])
    try:
        report = json.loads(output)
    except ValueError:
        return Outcome(cpu, memory, Counter(), Counter(), output.strip()[-200:] or "no output")
    document = next(iter(report["documents"]), {"setups": [], "findings": []})
    rows = [row for setup in document["setups"] for row in setup["parameters"]]
    return Outcome(
        cpu,
        memory,
        Counter(str(row["verdict"]) for row in rows),
        Counter(finding["code"] for finding in document["findings"]),
        "; ".join(error["message"] for error in report["errors"]),
    )


def shown(network: Network, outcome: Outcome, unit: float) -> str:
    """One line of the table."""
    mistake = f"{network.mistake} in {network.layer}" if network.mistake else "right"
    said = ", ".join(f"{count} {word}" for word, count in sorted(outcome.verdicts.items()))
    codes = " ".join(f"{code}:{count}" for code, count in sorted(outcome.codes.items()))
    mark = "" if outcome.is_right(network) else "  <-- " + (outcome.failed or "not as it should be")
    return (
        f"{network.layers:>3} {network.activation:<8} {network.loss:<7} {network.form:<6} "
        f"{mistake:<13} {outcome.cpu:6.2f} s ({outcome.cpu / unit:4.1f} imports) "
        f"{outcome.memory:5.0f} MB   {said}  {codes}{mark}"
    )


def main() -> int:
    """Verify all networks of every size, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, nargs="+", default=[2, 4, 8, 16, 32, 64])
    parser.add_argument("--kind", choices=("right", "wrong", "all"), default="all")
    options = parser.parse_args()
    unit, memory, _ = measured([sys.executable, "-c", "import numpy, sympy"])
    print(f"import numpy, sympy: {unit:.2f} s of CPU, {memory:.0f} MB")
    failed = 0
    for layers in options.layers:
        networks = [*right(layers)] if options.kind != "wrong" else []
        networks += [*wrong(layers)] if options.kind != "right" else []
        for network in networks:
            outcome = verified(network)
            failed += not outcome.is_right(network)
            print(shown(network, outcome, unit), flush=True)
    print(f"{failed} are not as they should be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
