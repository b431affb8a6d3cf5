"""Derivations in index notation, right and with index mistakes, through the whole pipeline.

    python benchmarks/index_notation.py [--count 1000] [--seed 0x004d70f4] [--kind KIND] [--jobs 1]
    python benchmarks/index_notation.py --show SEED [--kind KIND]
    python benchmarks/index_notation.py --list wrong|proved|missed|undecided|… [--count …]

A seed draws a kind (one of twelve: several outputs, softmax, two hidden layers, batches, …), names,
a notation and a way of writing, and gives a right derivation; the same with one mistake planted is
its mutant. An oracle of its own has verified both by loops over the components and complex steps,
at sizes that differ and at equal ones: every step of a right one holds, every mutant has one that
does not, by more than a convention. Told side by side, for each kind and each mistake: how many are
exact, wrong, undecided, …; of right ones "wrong" is a false alarm, of mutants it is "found". A few
right ones leave the mean over the samples out: their verdict is "convention".
Exit status 1 if a right one is called wrong or a mistake is proved exact.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from multiprocessing import Pool
from pathlib import Path

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.indices.documents import draw, mutant
from benchmarks.indices.judging import Outcome, judged
from benchmarks.indices.kinds import KINDS
from benchmarks.indices.mistakes import MISTAKES

SEED = 0x004D70F4
"""The first eight hex digits of the commit at which index notation was begun."""

RIGHT = ("exact", "convention", "wrong", "undecided", "unread", "silent", "raises")
WRONG = ("found", "proved exact", "exact", "convention", "elsewhere", *RIGHT[3:])


def run(task: tuple[int, str]) -> tuple[Outcome, Outcome | None]:
    """A seed's right derivation and its mutant (None: no mistake could be planted)."""
    seed, kind = task
    right = draw(seed, kind)
    wrong = mutant(right)
    outcome = judged(right), judged(wrong) if wrong else None
    if seed % 20 == 0:
        gc.collect()
    return outcome


def right_table(outcomes: Sequence[Outcome]) -> str:
    """Right documents by kind, and what was said of their steps."""
    rows = []
    for kind in (*KINDS, ""):
        these = [each for each in outcomes if kind in ("", each.drawn.kind)]
        if not these:
            continue
        counts = Counter(each.verdict for each in these)
        steps = Counter(step for each in these for step in each.claims)
        total = sum(steps.values()) or 1
        open_ = counts["undecided"] + counts["unread"] + counts["silent"]
        rows.append(
            [
                kind or "all",
                len(these),
                *(counts[name] or "" for name in RIGHT),
                _share(open_, len(these)),
                total,
                steps["wrong"] or "",
                _share(total - steps["exact"] - steps["convention"] - steps["wrong"], total),
            ]
        )
    names = ["kind", "right", *RIGHT, "open %", "steps", "wrong", "open %"]
    return tabulate(rows, names, disable_numparse=True)


def wrong_table(outcomes: Sequence[Outcome], by: str) -> str:
    """Mutants by kind or by mistake."""
    names = KINDS if by == "kind" else MISTAKES
    rows = []
    for name in (*names, ""):
        these = [each for each in outcomes if name in ("", getattr(each.drawn, by))]
        if not these:
            continue
        counts = Counter(_fate(each) for each in these)
        proved = sum(each.proved for each in these)
        found = sum(each.found for each in these)
        shown = [found, proved, *(counts[fate] for fate in WRONG[2:])]
        rows.append(
            [
                name or "all",
                len(these),
                _share(found, len(these)),
                *(count or "" for count in shown),
                sum(bool(each.alarms) for each in these) or "",
            ]
        )
    heads = [by, "mutants", "found %", *WRONG, "alarms"]
    return tabulate(rows, heads, disable_numparse=True)


def conventions(outcomes: Sequence[Outcome]) -> str:
    """Whether those that leave the mean out are told so, and no others."""
    left_out = [each for each in outcomes if each.drawn.outline.left_out]
    told = sum(each.verdict == "convention" for each in left_out)
    exact = sum(each.verdict == "exact" for each in left_out)
    others = sum(each.verdict == "convention" for each in outcomes) - told
    return (
        f"{len(left_out)} right ones leave the mean or sum over the samples out: "
        f"{told} of them are convention, {exact} exact; {others} others are convention"
    )


def _fate(outcome: Outcome) -> str:
    return "found" if outcome.found else outcome.verdict


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}"


def show(seed: int, kind: str) -> None:
    """Both derivations of a seed, and everything that is said of them."""
    right = draw(seed, kind)
    for drawn in (right, mutant(right)):
        if drawn is None:
            print("No mistake could be planted.")
            continue
        outcome = judged(drawn)
        places = sorted(drawn.wrong)
        print(f"--- seed {seed:#010x}, {drawn.kind}: {drawn.mistake or 'right'}; {outcome.verdict}")
        print(outcome.text)
        if drawn.mistake:
            sides = [drawn.author.notation.statement(drawn.outline.statements[at]) for at in places]
            print("wrong:", *(" = ".join(each) for each in sides), sep="\n  ")
            print(
                f"found: {outcome.found}, proved exact: {outcome.proved}, alarms: {outcome.alarms}"
            )
        print(*outcome.said, sep="\n", end="\n\n")


def listed(outcomes: Iterable[Outcome], wanted: str) -> None:
    """The seeds of all outcomes of a sort."""
    for each in outcomes:
        sorts = {each.verdict, "right" if not each.drawn.mistake else "mutant"}
        sorts |= {"proved"} if each.proved else set()
        sorts |= {"missed"} if each.drawn.mistake and not each.found else set()
        sorts |= {"alarm"} if each.alarms else set()
        sorts |= {"GC190"} if each.contradicted else set()
        if set(wanted.split(",")) <= sorts:
            what = each.drawn.mistake or "right"
            print(f"{each.drawn.seed:#010x} {each.drawn.kind}: {what}: {each.verdict}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="right ones, and mutants")
    parser.add_argument("--seed", type=lambda text: int(text, 0), default=SEED, help="of the first")
    parser.add_argument("--kind", choices=tuple(KINDS), default="", help="only this kind")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--show", type=lambda text: int(text, 0), metavar="SEED")
    parser.add_argument("--list", metavar="SORT", help="seeds of a sort, as mutant,proved")
    options = parser.parse_args()
    if options.show is not None:
        show(options.show, options.kind)
        return 0
    tasks = [(options.seed + at, options.kind) for at in range(options.count)]
    if options.jobs > 1:
        with Pool(options.jobs, maxtasksperchild=50) as pool:
            pairs = list(pool.imap(run, tasks, 5))
    else:
        pairs = [run(task) for task in tasks]
    rights = [right for right, _ in pairs]
    wrongs = [wrong for _, wrong in pairs if wrong]
    if options.list:
        listed([*rights, *wrongs], options.list)
    print(
        right_table(rights), wrong_table(wrongs, "kind"), wrong_table(wrongs, "mistake"), sep="\n\n"
    )
    print(f"\n{conventions(rights)}")
    alarms = sum(each.verdict == "wrong" for each in rights)
    proved = sum(each.proved for each in wrongs)
    contradicted = sum(each.contradicted for each in (*rights, *wrongs))
    print(
        f"\nseed {options.seed:#010x}: {alarms} right ones called wrong, {proved} mistakes proved"
    )
    print(f"exact, {contradicted} documents at which the sources contradict each other (GC190)")
    return 1 if alarms or proved else 0


if __name__ == "__main__":
    sys.exit(main())
