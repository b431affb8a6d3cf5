"""Write the committed reports, and the output that the README and docs/ show: ``python
reports/make.py``.

One text file for every document in derivations/: what ``gradcheck verify`` prints about it, at
the default sizes and seed. Run it after a change that alters the output, and read the diff.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gradcheck import verify
from gradcheck.report.renderers.text import render
from reports.examples import missing, pages, with_output


def documents(root: Path) -> list[Path]:
    """The documents to report on, relative to the checkout."""
    return sorted(path.relative_to(root) for path in (root / "derivations").glob("*.md"))


def report_text(document: Path) -> str:
    """What the command prints about one document; the working folder must be the checkout."""
    return f"$ gradcheck verify {document.as_posix()}\n\n{render(verify([str(document)]))}"


def page_text(page: Path) -> str:
    """A page with the output of its examples; as it is where something it needs is missing."""
    text = page.read_text(encoding="utf-8")
    if missing(text):
        return text
    with tempfile.TemporaryDirectory() as empty:
        return with_output(text, Path(empty))


def main() -> None:
    os.chdir(ROOT)
    folder = ROOT / "reports"
    reports = {folder / f"{path.stem}.txt": report_text(path) for path in documents(ROOT)}
    for old in set(folder.glob("*.txt")) - set(reports):
        old.unlink()
    reports |= {page: page_text(page) for page in pages()}
    for path, text in reports.items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
