"""Write the committed reports, and the output that the README shows: ``python reports/make.py``.

One text file for every document in derivations/: what ``gradcheck verify`` prints about it, at
the default sizes and seed. Run it after a change that alters the output, and read the diff.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from gradcheck import verify
from gradcheck.finding import RULES
from gradcheck.rendering.catalogue import explanation
from gradcheck.rendering.text import render

ROOT = Path(__file__).resolve().parent.parent
SHOWN_FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_OUTPUT = re.compile(
    r"^(```console\n\$ gradcheck (verify|rule) (\S+)\n).*?^```$", re.MULTILINE | re.DOTALL
)


def documents(root: Path) -> list[Path]:
    """The documents to report on, relative to the checkout."""
    return sorted(path.relative_to(root) for path in (root / "derivations").glob("*.md"))


def report_text(document: Path) -> str:
    """What the command prints about one document; the working folder must be the checkout."""
    return f"$ gradcheck verify {document.as_posix()}\n\n{render(verify([str(document)]))}"


def readme_with_output(text: str, folder: Path) -> str:
    """The README with what the command prints today about the files that it shows.

    They are written to ``folder``, which must be the working folder.
    """
    for name, content in SHOWN_FILE.findall(text):
        (folder / name).write_text(content, encoding="utf-8")
    return SHOWN_OUTPUT.sub(lambda shown: f"{shown[1]}{_printed(shown[2], shown[3])}```", text)


def _printed(command: str, argument: str) -> str:
    return render(verify([argument])) if command == "verify" else explanation(RULES[argument])


def main() -> None:
    os.chdir(ROOT)
    folder = ROOT / "reports"
    reports = {folder / f"{path.stem}.txt": report_text(path) for path in documents(ROOT)}
    for old in set(folder.glob("*.txt")) - set(reports):
        old.unlink()
    readme = ROOT / "README.md"
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)
        reports[readme] = readme_with_output(readme.read_text(encoding="utf-8"), Path(empty))
        os.chdir(ROOT)
    for path, text in reports.items():
        path.write_text(text, encoding="utf-8", newline="\n")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
