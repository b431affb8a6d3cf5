"""Write the list of documents and wordings that do not come out as they must yet.

    python tests/meaning/pending.py [--check]

``--check`` writes nothing: exit status 1 if something does not come out that is not listed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import gradcheck
from tests.meaning.outcome import CASES, FOLDER, PENDING, differences, pending
from tests.meaning.wordings import SIDES, WORDINGS, name_of, page, said

HEAD = """\
# Documents and wordings of tests/meaning that do not come out as they must yet; each is an expected
# failure of its own. Written by: python tests/meaning/pending.py
"""


def failing() -> Iterator[tuple[str, str]]:
    """What does not come out as it must, and how."""
    for case in CASES:
        found = differences(case, gradcheck.verify(FOLDER / case["file"]))
        if found:
            yield case["file"], "; ".join(found)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.md"
        for wording in WORDINGS:
            for is_right, side in SIDES.items():
                path.write_text(page(wording, side), encoding="utf-8")
                told = said(path)
                if told != ("right" if is_right else "wrong"):
                    yield name_of(wording, is_right), told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    found = dict(failing())
    for name, how in found.items():
        print(f"{name}: {how}")
    total = len(CASES) + 2 * len(WORDINGS)
    print(f"{total - len(found)} of {total} come out as they must")
    if options.check:
        return 1 if set(found) - pending() else 0
    PENDING.write_text(HEAD + "".join(f"{name}\n" for name in sorted(found)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
