"""Write the committed reports: ``python reports/make.py``, from anywhere in the checkout.

One text file for every document in derivations/: what ``gradcheck verify`` prints about it, at
the default sizes and seed. Run it after a change that alters the output, and read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

REPORTS = Path(__file__).resolve().parent


def documents(root: Path) -> list[Path]:
    """The documents to report on, relative to the checkout."""
    return sorted(path.relative_to(root) for path in (root / "derivations").glob("*.md"))


def report_text(document: Path) -> str:
    """What the command prints about one document; the working folder must be the checkout."""
    from gradcheck import verify
    from gradcheck.rendering.text import render

    return f"$ gradcheck verify {document.as_posix()}\n\n{render(verify([str(document)]))}"


def main() -> None:
    root = REPORTS.parent
    os.chdir(root)
    reports = {REPORTS / f"{path.stem}.txt": report_text(path) for path in documents(root)}
    for old in set(REPORTS.glob("*.txt")) - set(reports):
        old.unlink()
    for path, text in reports.items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(path.relative_to(root))


if __name__ == "__main__":
    main()
