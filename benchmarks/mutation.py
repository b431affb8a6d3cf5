"""Single mistakes planted in right derivations: how many are found, and where, and mended.

    python benchmarks/mutation.py [--count 1000] [--rewrites 1000] [--seed 0] [--show KIND]

Draws right derivations in many notations, changes one token in each of ``count`` ways that an
oracle of its own (mpmath, random points) says change the meaning, and runs `gradcheck.verify`.
Then as many changes of form that keep the meaning, of which nothing may be called wrong.
``found``: a finding at the changed step, one that names it as cause, or for a constant a changed
`left_out`; ``first``: the first cause reported is at that step; ``mended``: a suggestion is made
that has the meaning of the original.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.mutants.campaign import Outcome, Tally, merge, run_seed
from benchmarks.mutants.mutations import KINDS

MUTANTS_EACH = 4
TARGETS = {"found": 99.0, "first": 95.0, "mended": 80.0}


def share(outcomes: Iterable[Outcome], name: str) -> float:
    """Percent of outcomes for which something holds."""
    values = [bool(getattr(outcome, name)) for outcome in outcomes]
    return 100.0 * sum(values) / len(values) if values else 100.0


def table(tally: Tally) -> str:
    rows = []
    for kind in (*KINDS, "all"):
        some = [outcome for outcome in tally.outcomes if kind in ("all", outcome.kind)]
        if some:
            columns = [f"{share(some, name):.1f}%" for name in ("found", "first")]
            offered = [outcome for outcome in some if outcome.suggested is not None]
            rows.append(
                [
                    kind,
                    len(some),
                    *columns,
                    f"{100 * len(offered) / len(some):.1f}%",
                    f"{share(some, 'suggested'):.1f}%",
                ]
            )
    return tabulate(rows, ["mutation", "count", "found", "first", "suggested", "mended"])


def show(tally: Tally, which: str) -> None:
    """The documents behind the numbers: missed | second | unmended | complaints."""
    for outcome in tally.outcomes:
        missed = not outcome.found
        second = not outcome.first
        unmended = not outcome.suggested
        if {"missed": missed, "second": second, "unmended": unmended}.get(which):
            print(f"--- {outcome.kind}, seed {outcome.seed}, line {outcome.line}")
            print(outcome.text.splitlines()[outcome.line - 1])
            print("\n".join(f"    {line}" for line in outcome.said) or "    nothing said")
    if which == "complaints":
        for complaint in tally.complaints:
            print(f"--- {complaint.kind}, seed {complaint.seed}")
            print("\n".join(f"    {line}" for line in complaint.said))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of the first derivation")
    parser.add_argument("--count", type=int, default=1000, help="mutants")
    parser.add_argument("--rewrites", type=int, default=1000, help="changes of form")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--show", choices=["missed", "second", "unmended", "complaints"])
    options = parser.parse_args()
    documents = max(options.count, options.rewrites, 1) // MUTANTS_EACH + 1
    each = [-(-options.count // documents), -(-options.rewrites // documents)]
    seeds = range(1000 * options.seed, 1000 * options.seed + documents)
    with ProcessPoolExecutor(options.jobs) as pool:
        counts = ([n] * documents for n in each)
        tally = merge(list(pool.map(run_seed, seeds, *counts, chunksize=4)))
    if options.show:
        show(tally, options.show)
    print(table(tally))
    print(
        f"{tally.rewrites} rewrites of {documents} documents, {len(tally.complaints)} with"
        " an error, a warning or a verdict of wrong, undecided or unread"
    )


if __name__ == "__main__":
    main()
