"""Damaged sample documents through the whole pipeline: every one must end, soon, and in order.

    python benchmarks/mutants_end.py [--count 20000] [--seed 0] [--jobs 1] [--replay SEED]

Each mutant is a sample document with one to four random edits (characters, tokens, lines, braces,
two documents in one). It is verified in a process that is ended if it takes more than a minute.
Told are, each with the seed that makes it again: what hangs or dies, what raises, what takes more
than two seconds of CPU, and what the sources of evidence contradict each other about (GC190).
Exit status 1 if there is any. ``--replay`` writes one mutant to the standard output and verifies
it here, with the traceback of what it raises.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from time import process_time, thread_time

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.mutants.damage import Damaged, Sample, damaged, samples  # noqa: E402
from gradcheck.judge import Options  # noqa: E402
from gradcheck.read.files.loading import LoadError, load  # noqa: E402
from gradcheck.run.budget import OverBudget  # noqa: E402
from gradcheck.verification import Choices, verify_document  # noqa: E402

SLOW = 2.0
"""Seconds of CPU that a mutant may take."""
HANGS = 60.0
"""Seconds after which a mutant is ended."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What came of a mutant that is not in order."""

    kind: str
    seed: int
    words: str


def verified(mutant: Damaged, folder: Path) -> Iterator[Trouble]:
    """One mutant through the pipeline, as the command line would have it."""
    path = folder / f"mutant{Path(mutant.path).suffix}"
    path.write_bytes(mutant.text.encode("utf-8", "surrogatepass"))
    began = process_time()
    try:
        result = verify_document(load(str(path)), Choices(Options()))
    except (LoadError, OverBudget) as told:
        if isinstance(told, OverBudget):
            yield Trouble("over budget", mutant.seed, f"{mutant}: {told}")
        return
    except Exception as trouble:
        place = traceback.extract_tb(trouble.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        said = f"{type(trouble).__name__} at {where}: {str(trouble)[:80]}"
        yield Trouble("exception", mutant.seed, f"{said} ({mutant})")
        return
    took = process_time() - began
    if took > SLOW:
        yield Trouble("slow", mutant.seed, f"{took:.1f} s ({mutant})")
    for finding in result.findings:
        if finding.rule.code == "GC190":
            message = f"{result.document.place_of(finding.span)}: {finding.message}"
            yield Trouble("GC190", mutant.seed, f"{message[:120]} ({mutant})")


def _work(seeds: Sequence[int], documents: Sequence[Sample], told: Connection) -> None:
    """Verify the mutants of these seeds one after the other and tell of each."""
    with tempfile.TemporaryDirectory() as folder:
        for done, seed in enumerate(seeds):
            told.send(list(verified(damaged(seed, documents), Path(folder))))
            if done % 20 == 0:
                gc.collect()


def watched(seeds: Sequence[int], documents: Sequence[Sample]) -> Iterator[Trouble]:
    """The troubles of these seeds; what hangs or dies costs itself only."""
    forked = get_context("fork")
    at = 0
    while at < len(seeds):
        here, there = forked.Pipe(duplex=False)
        worker = forked.Process(target=_work, args=(seeds[at:], documents, there))
        worker.start()
        there.close()
        try:
            while at < len(seeds) and here.poll(HANGS):
                yield from here.recv()
                at += 1
                if at % 100 == 0:
                    print(f"{at} of {len(seeds)}", file=sys.stderr, flush=True)
            words = "hangs"
        except EOFError:
            words = "dies"
        if at < len(seeds):
            yield Trouble(words, seeds[at], str(damaged(seeds[at], documents)))
            at += 1
        worker.kill()
        worker.join()
        here.close()


def replay(seed: int, documents: Sequence[Sample]) -> None:
    """Show one mutant, and what comes of it."""
    mutant = damaged(seed, documents)
    print(mutant.text)
    print(mutant, file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"mutant{Path(mutant.path).suffix}"
        path.write_bytes(mutant.text.encode("utf-8", "surrogatepass"))
        began = thread_time()
        result = verify_document(load(str(path)), Choices(Options()))
        print(f"{thread_time() - began:.2f} s", file=sys.stderr)
        for finding in result.findings:
            place = result.document.place_of(finding.span)
            print(f"{place}: {finding.rule.code} {finding.message}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000, help="mutants")
    parser.add_argument("--seed", type=int, default=0, help="of the first mutant")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--replay", type=int, metavar="SEED", help="show one mutant")
    options = parser.parse_args()
    documents = samples(ROOT)
    if options.replay is not None:
        replay(options.replay, documents)
        return 0
    seeds = range(options.seed, options.seed + options.count)
    found: list[Trouble] = []

    def watch(share: Sequence[int]) -> None:
        for trouble in watched(share, documents):
            found.append(trouble)
            print(f"{trouble.kind}: seed {trouble.seed}: {trouble.words}", flush=True)

    shares = [seeds[k :: options.jobs] for k in range(options.jobs)]
    threads = [Thread(target=watch, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kinds = sorted({trouble.kind for trouble in found})
    counts = [f"{sum(item.kind == kind for item in found)} {kind}" for kind in kinds]
    print(
        f"{options.count} mutants of {len(documents)} documents: {', '.join(counts) or 'all end'}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
