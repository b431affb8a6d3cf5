"""Right and wrong gradient code under gradcheck and under other checkers at their defaults.

    python benchmarks/code_verdicts.py [--easy 4] [--hard 3] [--first 0] [--peer-share 1] [--show]

Plants mistakes in the gradients of ``--easy`` × 15 well-scaled problems and of ``--hard`` × 233
problems under hard conditions (large and small inputs, an offset, kinks, saturation, optima,
float32, mixed scales), and checks the right gradients of all. The reference is analytic.

``caught``: called wrong. A miss counts as such where the mistake is above 1e-8 of an entry in a
well-scaled problem, or above the smallest error that the report calls visible in a hard one.
Checkers that are installed (benchmarks/peers.txt) judge the same gradients in the same run, every
``--peer-share``-th of the problems. Exit status 1 if gradcheck raises a false alarm, misses one
or leaves more than 5% undecided.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.verdicts.checkers import Checker, installed, report
from benchmarks.verdicts.mistakes import planted
from benchmarks.verdicts.problems import Gradient, Problem, easy, hard
from gradcheck.code import GradientReport

OWN = "gradcheck"
HARD_MISTAKES = 3  # of every hard problem
PARTS = 8  # of a seed, so that all processors have work


@dataclass
class Tally:
    """Counts by (checker, set, verdict); kinds of mistake; and what must not be, in words."""

    verdicts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    below: int = 0  # mistakes smaller than what the report says it sees
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.verdicts += other.verdicts
        self.kinds += other.kinds
        self.below += other.below
        self.reasons += other.reasons
        self.faults += other.faults


def visible(problem: Problem, wrong: Gradient, found: GradientReport) -> bool:
    """Whether the mistake is larger than what the report says would have been seen."""
    right, claimed = problem.gradient(problem.point), wrong(problem.point)
    if problem.well_scaled:
        return True
    for row in found.rows:
        off = np.abs(np.float64(claimed[row.name]) - right[row.name]).max(initial=0.0)
        if row.visible is None or off > row.visible:
            return True
    return False


def judge(problem: Problem, peers: dict[str, Checker], mistakes: int | None, seed: int) -> Tally:
    """The right gradient of one problem and so many mistakes, under all checkers."""
    tally = Tally()
    kind = "easy" if problem.well_scaled else "hard"
    where = f"{problem.name}, {problem.condition}, seed {seed}"
    own = report(problem, problem.gradient)
    _count(tally, own, f"{kind} right")
    if own.verdict.value == "wrong":
        tally.faults.append(f"false alarm: {where}\n{own}")
    for name, checker in peers.items():
        tally.verdicts[name, f"{kind} right", checker(problem, problem.gradient)] += 1
    for what, wrong in _some(list(planted(problem, seed)), mistakes, seed):
        own = report(problem, wrong)
        _count(tally, own, f"{kind} wrong")
        tally.kinds[what, own.verdict.value] += 1
        if own.verdict.value == "agrees":
            if visible(problem, wrong, own):
                tally.faults.append(f"missed: {what}: {where}\n{own}")
            else:
                tally.below += 1
        for name, checker in peers.items():
            tally.verdicts[name, f"{kind} wrong", checker(problem, wrong)] += 1
    return tally


def _some(
    mistakes: list[tuple[str, Gradient]], count: int | None, seed: int
) -> list[tuple[str, Gradient]]:
    if count is None or count >= len(mistakes):
        return mistakes
    chosen = np.random.default_rng(seed).choice(len(mistakes), size=count, replace=False)
    return [mistakes[k] for k in sorted(chosen)]


def _count(tally: Tally, found: GradientReport, which: str) -> None:
    tally.verdicts[OWN, which, found.verdict.value] += 1
    if found.verdict.value == "undecided":
        reasons = {row.note for row in found.rows if row.verdict.value == "undecided"}
        tally.reasons.update(reasons or {"no reason"})


def run(job: tuple[str, int, int, int]) -> Tally:
    """A part of one seed of the easy or the hard set; peers judge every ``share``-th problem."""
    which, seed, part, share = job
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    peers = installed() if share else {}
    tally = Tally()
    problems = easy(seed) if which == "easy" else list(hard(seed))
    for number, problem in list(enumerate(problems))[part::PARTS]:
        some = peers if share and number % share == 0 else {}
        mistakes = None if which == "easy" else HARD_MISTAKES
        tally.add(judge(problem, some, mistakes, 1000 * seed + number))
    return tally


def table(tally: Tally) -> str:
    """One row a checker."""
    rows = []
    for name in dict.fromkeys([OWN, *(name for name, _, _ in tally.verdicts)]):
        row: list[object] = [name]
        for which, verdict in (
            ("easy wrong", "wrong"), ("hard wrong", "wrong"),
            ("easy right", "wrong"), ("hard right", "wrong"),
        ):  # fmt: skip
            of = sum(n for (a, b, _), n in tally.verdicts.items() if (a, b) == (name, which))
            count = tally.verdicts[name, which, verdict]
            percent = f" ({100 * count / of:.1f}%)" if "wrong" in which and of else ""
            row.append(f"{count} of {of}{percent}")
        undecided = sum(
            n for (a, _, v), n in tally.verdicts.items() if a == name and v == "undecided"
        )
        rows.append([*row, undecided if name == OWN else ""])
    return tabulate(
        rows,
        [
            "checker", "caught, well scaled", "caught, hard", "false alarms, well scaled",
            "false alarms, hard", "undecided",
        ],
        disable_numparse=True,
    )  # fmt: skip


def by_kind(tally: Tally) -> str:
    """One row a kind of mistake, of gradcheck alone."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (kind, verdict), count in tally.kinds.items():
        counts[kind][verdict] += count
    return tabulate(
        [
            [kind, sum(c.values()), c["wrong"], c["undecided"], c["agrees"]]
            for kind, c in sorted(counts.items())
        ],
        ["mistake", "count", "caught", "undecided", "agrees"],
    )


def jobs(arguments: argparse.Namespace) -> Iterator[tuple[str, int, int, int]]:
    for which, seeds in (("hard", arguments.hard), ("easy", arguments.easy)):
        for seed in range(arguments.first, arguments.first + seeds):
            for part in range(PARTS):
                yield which, seed, part, arguments.peer_share


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--easy", type=int, default=4, help="seeds of 15 well-scaled problems")
    parser.add_argument("--hard", type=int, default=3, help="seeds of 233 hard problems")
    parser.add_argument("--first", type=int, default=0, help="the first of the seeds")
    parser.add_argument("--peer-share", type=int, default=1, help="0: gradcheck alone")
    parser.add_argument("--show", action="store_true", help="the reports behind the faults")
    arguments = parser.parse_args()
    tally = Tally()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(run, jobs(arguments)):
            tally.add(part)
    print(table(tally), by_kind(tally), sep="\n\n", end="\n\n")
    undecided = sum(n for (a, _, v), n in tally.verdicts.items() if a == OWN and v == "undecided")
    total = sum(n for (a, _, _), n in tally.verdicts.items() if a == OWN)
    print(f"undecided: {undecided} of {total} ({100 * undecided / total:.1f}%), allowed 5%")
    for reason, count in tally.reasons.most_common():
        print(f"  {count} parameters: {reason}")
    print(f"mistakes smaller than what the report says it sees: {tally.below}")
    print(f"false alarms and misses: {len(tally.faults)}")
    for fault in tally.faults:
        print(fault if arguments.show else "  " + fault.split("\n")[0])
    return int(bool(tally.faults) or undecided > 0.05 * total)


if __name__ == "__main__":
    sys.exit(main())
