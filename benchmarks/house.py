"""The shape of the house in figures: rooms, arrows, circles, the walk of one document, sizes.

    python benchmarks/house.py [--document FILE] [--list]

What is counted:

room           a top-level folder or module of the package; one that defines nothing itself, but
               gives names from elsewhere, is a door (as ``__init__`` and ``__main__`` are)
arrow          one room imports another, wherever the import stands; imports for types only count
               too, and are also told apart: what is known by type is known
circle         rooms (or files) that can be reached from each other along imports
stay           the files of the package in the order in which `verify_document` first calls a
               function of theirs; consecutive ones of one room are one stay
climb back     a stay in a room that was left before
code lines     lines without blanks, comments and docstrings (of attributes as well)
long           functions of more than 50 code lines, files of more than 400
namesakes      names of files that occur twice or more, doors and ``__init__.py`` aside

``--list`` names what is counted. The walk is taken in a process that verified the document before.
"""

from __future__ import annotations

import argparse
import ast
import io
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PACKAGE = ROOT / "gradcheck"
NO_ROOMS = {"__init__", "__main__"}
DOCUMENT = ROOT / "derivations" / "source-003.md"
LONGEST_FUNCTION, LONGEST_FILE = 50, 400

Graph = dict[str, set[str]]


@dataclass(frozen=True)
class File:
    """A module of the package, parsed."""

    path: Path
    text: str = field(repr=False)

    @property
    def parts(self) -> tuple[str, ...]:
        return self.path.relative_to(PACKAGE).with_suffix("").parts

    @property
    def name(self) -> str:
        parts = self.parts[:-1] if self.parts[-1] == "__init__" else self.parts
        return ".".join(("gradcheck", *parts))

    @property
    def room(self) -> str:
        return self.parts[0]

    @cached_property
    def is_door(self) -> bool:
        """Whether it is a way in, and no room."""
        if len(self.parts) > 1:
            return False
        own = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return self.room in NO_ROOMS or not any(isinstance(node, own) for node in self.tree.body)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def code_lines(self) -> set[int]:
        """The lines with code on them."""
        lines: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.string.strip() and token.type != tokenize.COMMENT:
                lines.update(range(token.start[0], token.end[0] + 1))
        blank = {n for n, line in enumerate(self.text.splitlines(), 1) if not line.strip()}
        told = {n for node in docstrings(self.tree) for n in lines_of(node)}
        return lines - blank - told

    def functions(self) -> Iterator[tuple[str, int]]:
        """Every function with its code lines, those of functions inside it included."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{self.name}.{node.name}", len(self.code_lines & set(lines_of(node)))

    def imports(self, modules: set[str], *, types: bool) -> set[str]:
        """The modules of the package that it imports, also inside functions."""
        skipped: set[int] = set()
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if id(node) in skipped:
                continue
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test) and not types:
                skipped.update(id(inner) for child in node.body for inner in ast.walk(child))
            elif isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                named = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= named & modules or {node.module}
                if named - modules:
                    found.add(node.module)
        return (found & modules) - {self.name}


def docstrings(tree: ast.Module) -> Iterator[ast.AST]:
    """Strings that stand alone: docstrings of modules, classes, functions and attributes."""
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield node


def lines_of(node: ast.AST) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)  # type: ignore[attr-defined]


def circles(graph: Graph) -> list[list[str]]:
    """Groups of nodes that reach each other, by size."""
    reach = {node: reached(graph, node) for node in graph}
    groups = {tuple(sorted(b for b in reach[a] if a in reach[b])) for a in graph if a in reach[a]}
    return sorted(map(list, groups), key=len, reverse=True)


def reached(graph: Graph, start: str) -> set[str]:
    """All that can be reached from a node in one step or more."""
    seen: set[str] = set()
    stack = [*graph.get(start, ())]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(graph.get(node, ()))
    return seen


def between_rooms(files: Iterable[File], *, types: bool) -> Graph:
    """Which room imports which."""
    room = {file.name: file.room for file in files if not file.is_door}
    graph: Graph = {name: set() for name in room.values()}
    for file in files:
        if not file.is_door:
            known = file.imports(set(room), types=types)
            graph[file.room] |= {room[module] for module in known} - {file.room}
    return graph


def between_files(files: Iterable[File], *, types: bool) -> Graph:
    """Which file imports which; a package's own file stands for itself."""
    names = {file.name for file in files}
    return {file.name: file.imports(names, types=types) for file in files}


def shown(groups: list[list[str]]) -> list[str]:
    return [", ".join(group) for group in groups]


def walk(document: Path) -> list[str]:
    """The files in the order in which `verify_document` first calls a function of theirs."""
    from gradcheck import verification
    from gradcheck.language.document import Document

    read = Document(str(document), document.read_text(encoding="utf-8"))
    choices = verification.Choices(verification.Options())
    verification.verify_document(read, choices)  # imports and caches
    order: dict[str, None] = {}

    def called(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            order.setdefault(frame.f_code.co_filename, None)

    sys.setprofile(called)
    try:
        verification.verify_document(read, choices)
    finally:
        sys.setprofile(None)
    inside = [Path(name) for name in order if name.startswith(str(PACKAGE))]
    return [str(path.relative_to(PACKAGE).with_suffix("")) for path in inside]


def stays(order: list[str]) -> list[str]:
    """The rooms of a walk, each named once for a stay."""
    rooms = [name.split("/")[0] for name in order]
    return [room for room, before in zip(rooms, ["", *rooms], strict=False) if room != before]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--document", type=Path, default=DOCUMENT)
    parser.add_argument("--list", action="store_true", help="name what is counted")
    options = parser.parse_args()
    paths = sorted(PACKAGE.rglob("*.py"))
    files = [File(path, path.read_text(encoding="utf-8")) for path in paths]
    for title, items in figures(files, options.document).items():
        print(f"{title:<44}{items if isinstance(items, int) else len(items):>8}")
        if options.list and not isinstance(items, int):
            print(*(f"    {item}" for item in items), sep="\n")


def figures(files: list[File], document: Path) -> dict[str, int | list[str]]:
    """What is counted, by its name: a number, or the things themselves."""
    known, run = (between_rooms(files, types=types) for types in (True, False))
    arrows = [f"{one} -> {other}" for one in sorted(known) for other in sorted(known[one])]
    taken = stays(walk(document))
    functions = [(name, size) for file in files for name, size in file.functions()]
    inside = [f for f in files if not f.is_door and f.parts[-1] not in NO_ROOMS]
    named = Counter(file.path.name for file in inside)
    return {
        "files": len(files),
        "code lines": sum(len(file.code_lines) for file in files),
        "rooms": sorted(known),
        "arrows between rooms": arrows,
        "  of a run, without imports for types": sum(map(len, run.values())),
        "circles of rooms": shown(circles(known)),
        "  of rooms, of a run": shown(circles(run)),
        "circles of files": shown(circles(between_files(files, types=True))),
        "  of files, of a run": shown(circles(between_files(files, types=False))),
        f"stays, {document.name}": taken,
        "  in so many rooms": sorted(set(taken)),
        "climbs back": [room for at, room in enumerate(taken) if room in taken[:at]],
        "functions": len(functions),
        f"functions over {LONGEST_FUNCTION} code lines": [
            f"{name}: {size}" for name, size in functions if size > LONGEST_FUNCTION
        ],
        f"files over {LONGEST_FILE} code lines": long_files(files, code=True),
        f"files over {LONGEST_FILE} lines": long_files(files, code=False),
        "namesakes": [f"{name}: {n}" for name, n in sorted(named.items()) if n > 1],
    }


def long_files(files: list[File], *, code: bool) -> list[str]:
    """Files over the limit, in code lines or in all lines."""
    sizes = [(f.name, len(f.code_lines) if code else f.text.count("\n")) for f in files]
    return [f"{name}: {size}" for name, size in sizes if size > LONGEST_FILE]


if __name__ == "__main__":
    main()
