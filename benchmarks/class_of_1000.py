"""A class of 1,000 documents: CPU time, memory, and the same output whatever the jobs.

    python benchmarks/class_of_1000.py [--count 1000] [--jobs 2] [--seed 5]

The documents are drawn as in the mutation campaign: right derivations, rewritten ones, and ones
with a planted mistake; one in a hundred is broken or hostile (binary, endless, too deep, not
UTF-8, an unclosed formula). Prints the CPU time of all processes, the largest memory of any one at
a tenth of the class and at all of it, and whether the JSON is that of one job. Exit status 1 if it
is not, or if a broken file stopped another.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.mutants.documents import draw  # noqa: E402
from benchmarks.mutants.mutations import mutants  # noqa: E402
from benchmarks.mutants.rewrites import rewritten  # noqa: E402
from benchmarks.mutants.writing import write  # noqa: E402

BROKEN = (
    b"\x00\x01\x02 binary",
    "größer".encode("latin-1"),
    b"$$ " + b"{" * 20_000,
    b"$$ 9^{9^{9^9}} = \\frac{\\partial L}{\\partial w} $$\n" * 50,
    b"$$ a = b and never closed",
    b"",
    b"$x$ " * 300_000,
)


def documents(seed: int, count: int) -> Iterator[bytes]:
    """Texts as files hold them; every hundredth is broken."""
    rng = random.Random(seed)
    made = 0
    turn = seed
    while made < count:
        turn += 1
        derivation, notation = draw(turn)
        texts = [write(derivation, notation).text]
        forms = rewritten(derivation, notation, rng, 2)
        texts += [write(form.derivation, form.notation).text for form in forms]
        wrong = mutants(derivation, notation, rng, 2)
        texts += [write(mutant.derivation, notation).text for mutant in wrong]
        for text in texts[: count - made]:
            made += 1
            broken = made % 100 == 50
            yield BROKEN[made // 100 % len(BROKEN)] if broken else text.encode()


def verified(folder: Path, jobs: int) -> tuple[str, float, float, float]:
    """JSON without the paths' folder, CPU seconds, wall seconds, largest memory in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [sys.executable, "-m", "gradcheck", "verify", "--isolated", "--format", "json"]
    files = sorted(str(path) for path in folder.iterdir())
    done = subprocess.run(
        [*command, "--jobs", str(jobs), *files],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if not done.stdout:
        sys.exit(done.stderr)
    return done.stdout, cpu, wall, after.ru_maxrss / 1024


def main() -> int:
    """Make the class, verify it, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as top:
        tenth, whole = Path(top) / "tenth", Path(top) / "whole"
        for folder in (tenth, whole):
            folder.mkdir()
        for number, text in enumerate(documents(options.seed, options.count)):
            (whole / f"{number:04}.md").write_bytes(text)
            if number < options.count // 10:
                (tenth / f"{number:04}.md").write_bytes(text)
        _, _, _, small = verified(tenth, options.jobs)
        text, cpu, wall, large = verified(whole, options.jobs)
        single, _, _, _ = verified(whole, 1)
    report = json.loads(text)
    told = {item["path"] for item in report["documents"]} | {e["path"] for e in report["errors"]}
    each = 1e3 * cpu / options.count
    print(f"{options.count} documents, {options.jobs} jobs: {each:.0f} ms of CPU a document")
    print(f"{wall:.0f} s in all; {len(report['errors'])} inputs could not be checked")
    print(f"largest process: {small:.0f} MB at a tenth of the class, {large:.0f} MB at all of it")
    print(f"the same output as one job's: {text == single}; every file told of: {len(told)}")
    return 0 if text == single and len(told) == options.count else 1


if __name__ == "__main__":
    sys.exit(main())
