"""One wrong gradient in many spellings: is it wrong, or at least unread, in every one of them?

    python benchmarks/spelling.py [--only partials]

``lost`` are spellings in which the wrong claim does not make the run fail, ``accused`` those in
which the right one is called wrong. Both are listed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.spellings import RIGHT, WRONG, document, spellings
from gradcheck.judge import Options
from gradcheck.language.document import Document
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import DocumentResult, Report
from gradcheck.verification import Choices, verify_document


def verified(text: str) -> DocumentResult:
    """A document through the whole pipeline."""
    return verify_document(Document("spelling.md", text), Choices(Options()))


def outcome(spelling: str) -> str:
    """The verdict on the wrong claim in one spelling; or what is amiss."""
    wrong, right = (verified(document(spelling, side)) for side in (WRONG, RIGHT))
    if any(verdict is Verdict.WRONG for verdict in verdicts(right)):
        return "accused"
    if Report((wrong,), ()).exit_status != 1:
        return "lost"
    found = verdicts(wrong)
    order = (Verdict.WRONG, Verdict.UNREAD, Verdict.UNDECIDED)
    return next((verdict.value for verdict in order if verdict in found), "error")


def verdicts(result: DocumentResult) -> set[Verdict | None]:
    """The verdicts on steps and gradients of a document."""
    rows = {row.verdict for setup in result.setups for row in setup.parameters}
    return rows | {step.verdict for step in result.steps}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="the lists whose name begins with this")
    only = parser.parse_args().only
    start = time.process_time()
    counts: dict[str, Counter[str]] = {}
    amiss = 0
    for name, spelling in spellings():
        if not name.startswith(only):
            continue
        found = outcome(spelling)
        counts.setdefault(name.partition(":")[0], Counter())[found] += 1
        if found in ("lost", "accused"):
            amiss += 1
            print(f"{found}: {name}: {spelling!r}")
    columns = ("wrong", "unread", "undecided", "error", "lost", "accused")
    rows = [[name, *(count[column] for column in columns)] for name, count in counts.items()]
    print(tabulate(rows, headers=["", *columns]))
    print(f"{time.process_time() - start:.0f} s of CPU")
    return int(amiss > 0)


if __name__ == "__main__":
    sys.exit(main())
