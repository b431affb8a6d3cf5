"""Kill runs at random moments: what is lost, and which processes are left?

    python benchmarks/killed.py                 20 times SIGTERM and 10 times SIGKILL, two jobs
    python benchmarks/killed.py --jobs 1 --seed 7 --times 50

Every run verifies the sample documents. After SIGTERM the report must be there, on the standard
output and in a file, with every document either verified as it is in a whole run or named as
interrupted. After SIGKILL nothing can be reported. Neither may leave a process, half a file, or a
traceback. The exit status is 1 if one does.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MARK = "GRADCHECK_BENCHMARK_KILLED"
"""An environment variable that all processes of a run inherit, and are known by."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--documents", type=int, default=60)
    options = parser.parse_args()
    paths = sorted(map(str, (ROOT / "tests" / "samples").glob("*.md")))[: options.documents]
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole, seconds = _whole(folder, paths, options.jobs)
        print(f"{len(paths)} documents, --jobs {options.jobs}, {seconds:.1f} s undisturbed")
        faults = 0
        for number in [signal.SIGTERM] * options.times + [signal.SIGKILL] * (options.times // 2):
            moment = draw.uniform(0.0, seconds)
            told, wrong = _one(folder, paths, options.jobs, number, moment, whole)
            print(f"{number.name} after {moment:5.2f} s: {told}", *wrong, sep="; ")
            faults += bool(wrong)
    print("nothing lost, nothing left" if not faults else f"{faults} runs with faults")
    return 1 if faults else 0


def _whole(folder: Path, paths: list[str], jobs: str) -> tuple[dict[str, Any], float]:
    """Every document's result in a run that nobody disturbs, and the seconds that it takes."""
    began = time.monotonic()
    with _started(folder, paths, jobs, "whole") as process:
        output, _ = process.communicate()
    seconds = time.monotonic() - began
    return {document["path"]: document for document in json.loads(output)["documents"]}, seconds


def _one(
    folder: Path, paths: list[str], jobs: str, number: int, moment: float, whole: dict[str, Any]
) -> tuple[str, list[str]]:
    """What came of a run that was sent a signal, and what is wrong with that."""
    mark = f"{number}-{moment}"
    (folder / "out.json").unlink(missing_ok=True)
    with _started(folder, paths, jobs, mark) as process:
        time.sleep(moment)
        process.send_signal(number)
        output, errors = process.communicate()
    wrong = []
    if "Traceback" in errors or "internal error" in errors:
        wrong.append(errors.strip()[-300:])
    end = time.monotonic() + 10
    while (left := _left(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    if left:
        wrong.append(f"{len(left)} processes left: {left}")
    if number == signal.SIGKILL:
        return f"status {process.returncode}", wrong
    if list(folder.glob(".*")):
        wrong.append("half a file left")
    told, lost = _kept(folder, output, errors, paths, process.returncode, whole)
    return told, wrong + lost


def _kept(
    folder: Path,
    output: str,
    errors: str,
    paths: list[str],
    status: int,
    whole: dict[str, Any],
) -> tuple[str, list[str]]:
    """How many documents a report still has, and what it lost."""
    if status == -signal.SIGTERM and not output:
        return "ended before it listened", []
    if not output and "interrupted before there was a result" in errors:
        return f"status {status}, nothing was begun", []
    try:
        report = json.loads(output)
        written = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        return f"status {status}", [f"no report: {problem}"]
    wrong = [] if report == written else ["file and output differ"]
    kept = {document["path"]: document for document in report["documents"]}
    stopped = {e["path"] for e in report["errors"] if e["message"].startswith("interrupted")}
    if set(kept) | stopped != set(paths) or set(kept) & stopped:
        wrong.append("not every document is accounted for")
    if any(kept[path] != whole[path] for path in kept):
        wrong.append("a result is another one")
    if status != 128 + signal.SIGTERM and (status < 0 or stopped):
        wrong.append("the exit status does not tell")
    return f"status {status}, {len(kept)} kept, {len(stopped)} interrupted", wrong


def _started(folder: Path, paths: list[str], jobs: str, mark: str) -> subprocess.Popen[str]:
    output = f"json={folder / 'out.json'}"
    command = [sys.executable, "-m", "gradcheck", "verify", "--isolated", "--jobs", jobs]
    return subprocess.Popen(
        [*command, "--format", "json", "--output", output, *paths],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), MARK: mark},
    )


def _left(mark: str) -> list[int]:
    """Processes of a run that are still there (Linux)."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in place.read_bytes().split(b"\0"):
                found.append(int(place.parent.name))
        except OSError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main())
