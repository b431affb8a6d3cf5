"""Time of a check of gradient code, beside other checkers, and evaluations to locate mistakes.

    python benchmarks/code_speed.py [--budget 600] [--repeats 5] [--quick]

One run in one process and one thread, of a two-layer network (features, hidden, samples) =
(64, 32, 64) and (784, 128, 64): 2,113 and 100,609 parameters. First the network as declared
(`LayeredNetwork`), every entry checked, with verdict; then the same loss as a black box; then the
evaluations that locate planted mistakes among 100,609 entries. Peers: benchmarks/peers.txt; those
not installed are left out. One that would take more than ``--budget`` seconds is measured on its
first entries and extrapolated, which the table says. ``--quick`` leaves out the large size's peers
but SciPy. Exit status 1 if a figure that is asked for is not reached.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import numpy as np
from tabulate import tabulate

from gradcheck import GradientReport, LayeredNetwork, check_gradient
from gradcheck.language.verdict import Verdict

SIZES = {"small": (64, 32, 64), "large": (784, 128, 64)}
ASKED = {"small": 3.0, "large": 100.0}  # times as fast as the fastest peer
LEVELS = (1e-1, 1e-2, 1e-3, 1e-4)  # of the largest entry
MOST = {(1, True): 60, (1, False): 600, (20, True): 600, (20, False): 8000}
TRIED = 200  # entries on which a peer's time is estimated


class Network:
    """A two-layer network in plain NumPy, by a dict of parameters and by one flat array."""

    def __init__(self, features: int, hidden: int, samples: int) -> None:
        rng = np.random.default_rng(0)
        self.parameters = {
            "w_1": rng.standard_normal((hidden, features)) / np.sqrt(features),
            "b_1": 0.1 * rng.standard_normal(hidden),
            "w_2": rng.standard_normal(hidden) / np.sqrt(hidden),
            "b_2": np.array(0.1),
        }
        self.x = rng.standard_normal((samples, features))
        self.y = (rng.random(samples) < 0.5).astype(float)
        self.declared = LayeredNetwork.two_layers(self.x, self.y)
        self.flat = np.concatenate([array.ravel() for array in self.parameters.values()])
        self.calls = 0

    def loss(self, p: Any) -> Any:
        """The mean log loss; of complex numbers, too."""
        self.calls += 1
        a = 1 / (1 + np.exp(-(self.x @ p["w_1"].T + p["b_1"])))
        q = 1 / (1 + np.exp(-(a @ p["w_2"] + p["b_2"])))
        return np.mean(-self.y * np.log(q) - (1 - self.y) * np.log(1 - q))

    def gradient(self, p: Any) -> dict[str, Any]:
        a = 1 / (1 + np.exp(-(self.x @ p["w_1"].T + p["b_1"])))
        q = 1 / (1 + np.exp(-(a @ p["w_2"] + p["b_2"])))
        delta = (q - self.y) / len(self.y)
        inner = delta[:, None] * p["w_2"] * a * (1 - a)
        return {"w_1": inner.T @ self.x, "b_1": inner.sum(0), "w_2": delta @ a, "b_2": delta.sum()}

    def real(self, p: Any) -> float:
        return float(self.loss(p))

    def named(self, flat: Any) -> dict[str, Any]:
        found, start = {}, 0
        for name, array in self.parameters.items():
            found[name] = flat[start : start + array.size].reshape(array.shape)
            start += array.size
        return found

    def flat_loss(self, flat: Any) -> float:
        return float(self.loss(self.named(flat)))

    def flat_gradient(self, flat: Any) -> Any:
        return np.concatenate([np.ravel(part) for part in self.gradient(self.named(flat)).values()])

    def on_first(self, count: int) -> tuple[Callable[[Any], float], Any]:
        """The loss as a function of its first entries only, and their values."""

        def loss(part: Any) -> float:
            return self.flat_loss(np.concatenate([part, self.flat[count:]]))

        return loss, self.flat[:count]


def seconds(task: Callable[[], object], repeats: int = 1) -> float:
    """The shortest of some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


def scipy_seconds(network: Network, count: int) -> float:
    from scipy.optimize import check_grad

    loss, point = network.on_first(count)
    return seconds(
        lambda: check_grad(loss, lambda p: network.flat_gradient(network.flat)[:count], point)
    )


def numdifftools_seconds(network: Network, count: int) -> float:
    import numdifftools

    loss, point = network.on_first(count)
    return seconds(lambda: numdifftools.Gradient(loss)(point))


def torch_seconds(network: Network, count: int) -> float:
    import torch

    torch.set_num_threads(1)
    rest = [torch.from_numpy(np.array(array)) for array in network.parameters.values()]
    x, y = torch.from_numpy(network.x), torch.from_numpy(network.y)
    whole = torch.from_numpy(network.flat.copy())

    def loss(part: Any) -> Any:
        flat = torch.cat([part, whole[count:]])
        w_1, b_1, w_2, b_2 = (
            piece.reshape(like.shape)
            for piece, like in zip(flat.split([like.numel() for like in rest]), rest, strict=True)
        )
        q = torch.sigmoid(torch.sigmoid(x @ w_1.T + b_1) @ w_2 + b_2)
        return torch.mean(-y * torch.log(q) - (1 - y) * torch.log(1 - q))

    part = whole[:count].clone().requires_grad_()
    return seconds(lambda: torch.autograd.gradcheck(loss, (part,), fast_mode=False))


def autograd_seconds(network: Network, count: int) -> float:
    """Its `check_grads` looks along one random direction only; so once an entry."""
    import autograd.numpy as anp
    from autograd.test_util import check_vjp

    def loss(entry: Any) -> Any:
        flat = anp.concatenate(
            [network.flat[:count], anp.reshape(entry, (1,)), network.flat[count + 1 :]]
        )
        w_1, b_1, w_2, b_2 = network.named(flat).values()
        a = 1 / (1 + anp.exp(-(anp.dot(network.x, w_1.T) + b_1)))
        q = 1 / (1 + anp.exp(-(anp.dot(a, w_2) + b_2)))
        return anp.mean(-network.y * anp.log(q) - (1 - network.y) * anp.log(1 - q))

    at = float(network.flat[count % network.flat.size - 1])
    return seconds(lambda: [check_vjp(loss, at) for _ in range(count)])


PEERS = {
    "SciPy check_grad": scipy_seconds,
    "torch gradcheck, slow": torch_seconds,
    "autograd check_grads, an entry each": autograd_seconds,
    "numdifftools": numdifftools_seconds,
}


def peers(network: Network, budget: float, only: str | None) -> Iterator[tuple[str, float, str]]:
    """Name, seconds for every entry, and how these were come by."""
    total = network.flat.size
    for name, run in PEERS.items():
        if only is not None and name != only:
            continue
        try:
            run(network, 2)  # imports, and whatever it does once
        except ImportError:
            continue
        estimate = run(network, TRIED) * total / TRIED
        if estimate > budget or run is autograd_seconds:
            yield name, estimate, f"extrapolated from {TRIED} of {total} entries"
        else:
            yield name, run(network, total), "every entry"


def expect(report: GradientReport, verdict: Verdict) -> GradientReport:
    assert report.verdict is verdict, report
    return report


def an_evaluation(network: Network) -> tuple[float, float]:
    """Seconds an evaluation of the same loss of few entries, by gradcheck and by SciPy."""
    loss, point = network.on_first(TRIED)

    def gradient(part: Any) -> Any:
        return network.flat_gradient(np.concatenate([part, network.flat[TRIED:]]))[:TRIED]

    network.calls = 0
    own = seconds(lambda: expect(check_gradient(loss, gradient, point), Verdict.AGREES))
    return own / network.calls, scipy_seconds(network, TRIED) / (TRIED + 1)


def table_of_times(size: str, network: Network, options: argparse.Namespace) -> bool:
    """Declared and black box beside the peers; whether the figures asked for are reached."""
    parameters = network.parameters

    def declared() -> GradientReport:
        report = check_gradient(
            network.real, network.gradient, parameters, network=network.declared, progress=False
        )
        assert report.method == "incremental differences", report
        return expect(report, Verdict.AGREES)

    def black_box() -> GradientReport:
        report = check_gradient(network.real, network.gradient, parameters, progress=False)
        return expect(report, Verdict.AGREES)

    own = seconds(declared, options.repeats)
    only = "SciPy check_grad" if options.quick and size == "large" else None
    others = list(peers(network, options.budget, only))
    network.calls = 0
    box = seconds(black_box)
    calls, method = network.calls, black_box().method
    rows: list[list[object]] = [["gradcheck, declared", own, 1.0, declared().method]]
    rows += [[name, took, took / own, how] for name, took, how in others]
    rows.append(["gradcheck, black box", box, box / own, f"{method}, {calls} evaluations"])
    print(f"\n{size}: sizes {SIZES[size]}, {network.flat.size} parameters")
    print(tabulate(rows, ["checker", "seconds", "times as long", "how"], floatfmt=".4g"))
    if not others:
        return True
    fastest = min(took for _, took, _ in others)
    print(
        f"declared: {fastest / own:.1f} times as fast as the fastest peer (asked: {ASKED[size]:g})"
    )
    if "SciPy check_grad" in [name for name, _, _ in others]:
        first, theirs = an_evaluation(network)
        print(
            f"black box, entry by entry, on the first {TRIED} entries: {1e6 * first:.0f} µs an "
            f"evaluation, verdict included; SciPy {1e6 * theirs:.0f} µs"
        )
    return fastest / own >= ASKED[size]


def planted(
    network: Network, count: int, level: float, seed: int, analytic: bool
) -> tuple[int, bool]:
    """Evaluations until wrong entries are located, and whether exactly these were."""
    rng = np.random.default_rng(seed)
    largest = float(np.abs(network.flat_gradient(network.flat)).max())
    entries = rng.choice(network.flat.size, count, replace=False)
    error = np.zeros(network.flat.size)
    error[entries] = level * largest * rng.choice((-1.0, 1.0), count)
    off = network.named(error)

    def wrong(p: Any) -> dict[str, Any]:
        return {name: part + off[name] for name, part in network.gradient(p).items()}

    loss = network.loss if analytic else network.real
    report = check_gradient(loss, wrong, network.parameters, seed=seed, progress=False)
    found = {row.name: row.wrong_entries for row in report.rows if row.verdict is Verdict.WRONG}
    expected = {name: int(np.count_nonzero(part)) for name, part in off.items() if part.any()}
    told = all("entr" in row.note for row in report.rows if row.name in expected)
    return report.evaluations, found == expected and told


def table_of_evaluations(network: Network, seeds: int) -> bool:
    rows, good = [], True
    for analytic in (True, False):
        for count in (1, 5, 20):
            for level in LEVELS:
                runs = [planted(network, count, level, seed, analytic) for seed in range(seeds)]
                most = max(evaluations for evaluations, _ in runs)
                exact = sum(right for _, right in runs)
                asked = MOST.get((count, analytic))
                good &= exact == seeds and (asked is None or most <= asked)
                method = "complex step" if analytic else "differences"
                rows.append([method, count, f"{level:.0e}", most, asked, f"{exact} of {seeds}"])
    print(f"\nlocating wrong entries among {network.flat.size}, as a black box")
    headers = ["slopes by", "wrong", "error", "evaluations, most", "asked", "all found exactly"]
    print(tabulate(rows, headers))
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", type=float, default=600.0, help="seconds, of a peer")
    parser.add_argument("--repeats", type=int, default=5, help="of the declared check")
    parser.add_argument("--seeds", type=int, default=3, help="of planted mistakes")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    networks = {size: Network(*sizes) for size, sizes in SIZES.items()}
    good = [table_of_times(size, network, options) for size, network in networks.items()]
    good.append(table_of_evaluations(networks["large"], options.seeds))
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
