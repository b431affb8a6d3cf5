"""The shape of the house: who may import whom, who may print, and what is never called."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import gradcheck

PACKAGE = Path(gradcheck.__file__).resolve().parent
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = (
    ("rules",),
    ("language",),
    ("run",),
    ("project",),
    ("evidence", "read"),
    ("code", "understand"),
    ("report",),
    ("judge",),
    ("explain",),
    ("verification",),
    ("command",),
)
"""The house: a room imports from the rows above its own, never from beside it or from below."""
DOORS = {"__init__", "__main__", "jax", "pytest_plugin", "scipy", "torch"}
"""Public names of the package: they define nothing, and nothing inside imports them."""
EVIDENCE = ("symbolic", "numeric", "arrays", "backprop", "field", "witness")
FORBIDDEN = {
    "symbolic": ("numeric", "arrays", "backprop", "field", "witness"),
    "numeric": ("symbolic", "arrays", "backprop", "field", "witness"),
    "arrays": ("symbolic", "backprop", "field", "witness"),
    "backprop": ("symbolic", "numeric", "arrays", "field", "witness"),
    "field": ("symbolic", "numeric", "arrays", "backprop", "witness"),
    "witness": ("symbolic", "numeric", "arrays", "backprop", "field"),
}
PRINTING = {"gradcheck.command.cli", "gradcheck.command.streams", "gradcheck.__main__"}
NAMESAKES: set[str] = set()
BUILTINS = {"eval", "exec", "__import__", "compile"}
NEVER_CALLED = {"sympify", "parse_expr", "lambdify", "eval", "exec"}


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports_of(path: Path, *, at_run_time: bool = True) -> Iterator[str]:
    """Every module named in an import, also inside functions; without type-only ones."""
    skipped: set[int] = set()
    for node in ast.walk(tree_of(path)):
        if id(node) in skipped:
            continue
        if at_run_time and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            skipped.update(id(inner) for child in node.body for inner in ast.walk(child))
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def id_of(path: Path) -> str:
    return name_of(path)


def source_of(module: str) -> str | None:
    """The source of evidence that a module belongs to."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["gradcheck", "evidence"] and len(parts) > 2 else None


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_sources_of_evidence_do_not_know_each_other(path: Path) -> None:
    source = source_of(name_of(path))
    if source is not None:
        for imported in imports_of(path, at_run_time=False):
            assert source_of(imported) not in FORBIDDEN[source], f"{source} imports {imported}"


def test_every_source_of_evidence_is_known() -> None:
    found = {source_of(name_of(path)) for path in MODULES} - {None}
    assert found == set(EVIDENCE) == set(FORBIDDEN)


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_numeric_knows_nothing_of_formulas(path: Path) -> None:
    if source_of(name_of(path)) == "numeric":
        formulas = ("sympy", "gradcheck.language.expression", "gradcheck.language.model")
        for imported in imports_of(path, at_run_time=False):
            assert not within(imported, formulas)


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_sympy_is_imported_by_symbolic_only(path: Path) -> None:
    if source_of(name_of(path)) != "symbolic":
        assert not any(within(imported, ("sympy",)) for imported in imports_of(path))


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "gradcheck" and len(parts) > 1 else None


def rank(room: str) -> int:
    return next(index for index, row in enumerate(ROOMS) if room in row)


def test_every_file_is_in_a_room_and_there_are_few() -> None:
    rooms = {room for row in ROOMS for room in row}
    found = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES}
    assert found == rooms | DOORS
    assert len(rooms) <= 15


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_imports_run_in_the_direction_of_the_arrows(path: Path) -> None:
    own = room_of(name_of(path))
    if own is None or own in DOORS:
        return
    for imported in imports_of(path, at_run_time=False):
        other = room_of(imported)
        assert imported != "gradcheck" and other not in DOORS, f"{name_of(path)} imports {imported}"
        if other is not None and other != own:
            assert rank(other) < rank(own), f"{name_of(path)} imports {imported}"


@pytest.mark.parametrize("door", sorted(DOORS - {"__init__", "__main__"}))
def test_a_door_defines_nothing(door: str) -> None:
    for node in tree_of(PACKAGE / f"{door}.py").body:
        assert isinstance(node, ast.Expr | ast.ImportFrom | ast.Assign), f"line {node.lineno}"


def modules_imported(path: Path, known: set[str]) -> set[str]:
    """The modules that it imports: ``from package import module`` is about the module."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else str(node.module) for name in whole}
    return found & known


def test_files_do_not_import_each_other_in_a_circle() -> None:
    known = {name_of(path) for path in MODULES}
    graph = {name_of(path): modules_imported(path, known) - {name_of(path)} for path in MODULES}
    list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


def test_no_name_of_a_file_has_two_meanings() -> None:
    inside = [p for p in MODULES if p.parent != PACKAGE and p.name != "__init__.py"]
    counts = Counter(path.name for path in inside)
    assert {name for name, count in counts.items() if count > 1} <= NAMESAKES


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    if name_of(path) in PRINTING:
        return
    exits = ("os._exit",) if name_of(path) != "gradcheck.run.lineage" else ()  # those of processes
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("print", "exit", "quit", "input"), f"line {node.lineno}"
        if isinstance(node, ast.Attribute):
            written = ast.unparse(node)
            assert written not in ("sys.exit", "sys.stdout", "sys.stderr", *exits)
        if isinstance(node, ast.Name):
            assert node.id != "SystemExit"


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_nothing_is_evaluated_as_python(path: Path) -> None:
    tree = tree_of(path)
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            forbidden = (BUILTINS - defined) | NEVER_CALLED
            assert node.func.id not in forbidden, f"{path}:{node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in NEVER_CALLED, f"{path}:{node.lineno}"
            assert ast.unparse(node.func.value) != "builtins", f"{path}:{node.lineno}"
        if isinstance(node, ast.ImportFrom):
            assert not NEVER_CALLED & {alias.name for alias in node.names}, str(path)


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_modules_have_a_docstring(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), f"{path} says nothing about itself"


HEAVY = ("numpy", "sympy", "mpmath", "yaml", "tabulate")


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import gradcheck", HEAVY),
        ("from gradcheck import __version__", HEAVY),
        ("import gradcheck.command.cli", HEAVY),
        ("import gradcheck.read", HEAVY),
        ("import gradcheck.understand", HEAVY),
        ("import gradcheck.report.renderers.json_format", HEAVY),
        ("import gradcheck.verification", ("sympy",)),
        ("import gradcheck; gradcheck.check_gradient", ("sympy", "mpmath", "gradcheck.read")),
    ],
)
def test_imports_are_cheap(statement: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys; {statement}; print(*sorted(set({heavy!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    assert done.stdout.strip() == ""


def test_the_library_s_names() -> None:
    assert {"Report", "__version__", "verify", "check_gradient"} <= set(gradcheck.__all__)
    for name in gradcheck.__all__:
        assert getattr(gradcheck, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gradcheck.nothing
