"""Time of `gradcheck verify`, as a multiple of importing its two large dependencies.

    python benchmarks/verify_time.py [--runs 7] [PATH ...]

Runs `python -m gradcheck verify PATH…` (without a path: the documents that ship with the package)
and `python -c "import numpy, sympy"` in turns, each in a process of its own, and prints the median
of each with minimum and maximum, and the ratio of the medians. The exit status of verify does not
matter here, unless it could not check anything (2).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def seconds(command: list[str]) -> tuple[float, int]:
    """Wall time and exit status of a process; its output goes nowhere."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    start = time.perf_counter()
    done = subprocess.run(
        command, capture_output=True, env={**os.environ, "PYTHONPATH": path}, check=False
    )
    elapsed = time.perf_counter() - start
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.decode()}")
    return elapsed, done.returncode


def line(label: str, times: list[float]) -> str:
    """Median, minimum and maximum in milliseconds."""
    middle, low, high = (1e3 * f(times) for f in (statistics.median, min, max))
    return f"{label:<30} median {middle:7.0f} ms   min {low:7.0f}   max {high:7.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", metavar="PATH", help="documents instead of the shipped")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    verify = [sys.executable, "-m", "gradcheck", "verify", *options.paths]
    imports = [sys.executable, "-c", "import numpy, sympy"]
    seconds(verify), seconds(imports)  # once for the disk and the compiled files
    times: dict[str, list[float]] = {"verify": [], "imports": []}
    status = 0
    for _ in range(options.runs):
        elapsed, status = seconds(verify)
        times["verify"].append(elapsed)
        times["imports"].append(seconds(imports)[0])
    ratios = [v / i for v, i in zip(times["verify"], times["imports"], strict=True)]
    print(line(f"gradcheck verify (exit {status})", times["verify"]))
    print(line("import numpy, sympy", times["imports"]))
    ratio = statistics.median(times["verify"]) / statistics.median(times["imports"])
    print(
        f"ratio of the medians {ratio:.2f}   run by run min {min(ratios):.2f} max {max(ratios):.2f}"
    )


if __name__ == "__main__":
    main()
