"""The shape of the house: who may import whom, who may print, and what is never called."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gradcheck

PACKAGE = Path(gradcheck.__file__).resolve().parent
MODULES = sorted(PACKAGE.rglob("*.py"))
EVIDENCE = {
    "symbolic": ("gradcheck.symbolic",),
    "numeric": ("gradcheck.numeric",),
    "evaluation": ("gradcheck.evaluation",),
    "backprop": ("gradcheck.backprop",),
}
FORBIDDEN = {
    "symbolic": ("numeric", "evaluation", "backprop"),
    "numeric": ("symbolic", "evaluation", "backprop"),
    "evaluation": ("symbolic", "backprop"),
    "backprop": ("symbolic", "numeric", "evaluation"),
}
ORDER = (
    ("budget", "lineage", "stopping"),
    (
        "document",
        "expression",
        "parts",
        "verdict",
        "jobs",
        "shelf",
        "progress",
        "signs",
        "gitignore",
        "formats",
        "rules",
    ),
    ("finding", "statement", "model"),
    ("selection",),
    ("configuration",),
    ("report", "front_matter"),
    ("inclusion", "notebooks", "folders"),
    ("loading", "directives", "reading", "numeric", "backprop"),
    ("derivation", "symbolic", "evaluation", "code"),
    ("scipy", "torch", "jax"),
    (
        "against",
        "comparison",
        "baseline",
        "destinations",
        "diagnosis",
        "grading",
        "hinting",
        "judgement",
    ),
    ("mending", "updates", "worked"),
    ("hygiene", "explanation", "descent", "absence"),
    ("verification",),
    ("rendering",),
    ("pytest_plugin",),
    ("arguments", "streams"),
    ("cli",),
)
"""The arrows of the design: a module imports from its own row or those above it."""
UNPLACED = {"notation", "shipped"}
"""Modules that any other may import."""
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


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_sources_of_evidence_do_not_know_each_other(path: Path) -> None:
    for source, packages in EVIDENCE.items():
        if not within(name_of(path), packages):
            continue
        for imported in imports_of(path, at_run_time=False):
            for other in FORBIDDEN[source]:
                assert not within(imported, EVIDENCE[other]), f"{source} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_numeric_knows_nothing_of_formulas(path: Path) -> None:
    if within(name_of(path), EVIDENCE["numeric"]):
        for imported in imports_of(path, at_run_time=False):
            assert not within(imported, ("sympy", "gradcheck.expression", "gradcheck.model"))


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_sympy_is_imported_by_symbolic_only(path: Path) -> None:
    if not within(name_of(path), EVIDENCE["symbolic"]):
        assert not any(within(imported, ("sympy",)) for imported in imports_of(path))


def rank(module: str) -> int | None:
    parts = module.split(".")
    if parts[0] != "gradcheck" or len(parts) == 1:
        return None
    return next((index for index, row in enumerate(ORDER) if parts[1] in row), None)


def test_every_module_has_its_place_in_the_house() -> None:
    placed = {name for row in ORDER for name in row} | {"__init__", "__main__"} | UNPLACED
    found = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES}
    assert found <= placed, f"add to ORDER: {sorted(found - placed)}"


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_imports_run_in_the_direction_of_the_arrows(path: Path) -> None:
    own = rank(name_of(path))
    if own is None:
        return
    for imported in imports_of(path):
        other = rank(imported)
        exit_status = (name_of(path), imported.split(".")[1:2]) == (
            "gradcheck.report",
            ["judgement"],
        )
        assert other is None or other <= own or exit_status, f"{name_of(path)} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    if name_of(path) in ("gradcheck.cli", "gradcheck.__main__", "gradcheck.streams"):
        return
    exits = ("os._exit",) if name_of(path) != "gradcheck.lineage" else ()  # those of processes
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
        ("import gradcheck.cli", HEAVY),
        ("import gradcheck.reading", HEAVY),
        ("import gradcheck.derivation", HEAVY),
        ("import gradcheck.rendering.json_format", HEAVY),
        ("import gradcheck.verification", ("sympy",)),
        ("import gradcheck; gradcheck.check_gradient", ("sympy", "mpmath", "gradcheck.reading")),
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
