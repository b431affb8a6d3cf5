"""Write down anew what is behind the fence, and say what changed.

    python tests/fence/record.py [--check] [--jobs N] [--only PART] [--material FILE]

Prints every input whose digests differ from those that stand, and which: verdicts, words or both.
``--check`` writes nothing and exits with 1 if anything changed; ``--only`` takes the inputs whose
names contain PART, and leaves the others as they are; ``--material`` writes what the digests are
made of, as JSON with a line a value, so that two states can be compared.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.fence.digests import RECORD, Material, changed, digests, recorded
from tests.fence.inputs import FAMILIES, Inputs


def everything() -> Inputs:
    """Every input behind the fence."""
    found: Inputs = {}
    for family in FAMILIES:
        found |= family()
    return found


INPUTS = everything()


def material_of(name: str) -> Material:
    """What the digests of one input are made of."""
    return INPUTS[name]()


def written(digests_by_name: dict[str, list[str]]) -> str:
    """The record: sorted, a line an input."""
    lines = [
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(pair)}"
        for name, pair in sorted(digests_by_name.items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", metavar="PART")
    parser.add_argument("--material", type=Path, metavar="FILE")
    options = parser.parse_args()
    names = [name for name in INPUTS if options.only in name]
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        made = dict(zip(names, pool.imap(material_of, names, chunksize=4), strict=True))
    old = recorded()
    new = {name: digests(material) for name, material in made.items()}
    kept = {} if not options.only else {n: pair for n, pair in old.items() if n in INPUTS}
    gone = sorted(set(old) - set(new) - set(kept))
    differences = {name: changed(old.get(name), new[name]) for name in sorted(new)}
    differences = {name: found for name, found in differences.items() if found}
    for name, found in [*differences.items(), *((name, ["gone"]) for name in gone)]:
        print(f"{name}: {', '.join(found)}")
    print(f"{len(new)} inputs, {len(differences)} changed, {len(gone)} gone")
    if options.material:
        text = json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True)
        options.material.write_text(text + "\n", encoding="utf-8")
    if options.check:
        return int(bool(differences or gone))
    RECORD.write_text(written(kept | new), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
