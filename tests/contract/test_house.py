"""The rules that keep the house good to live in, checked on the code itself."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import framelens

PACKAGE = Path(framelens.__file__).parent

#: Rooms from left to right; a module imports only from its own level or from the left.
LEVELS = [
    {"errors", "settings"},
    {"data"},
    {"metrics", "training", "callbacks"},
    {
        "evaluation",
        "inspecting",
        "arguments",
        "bands",
        "book",
        "by_epoch",
        "epoch_changes",
        "merging",
        "reading",
        "analysis",
        "curves",
        "presentation",
        "comparison",
        "slices",
        "marks",
        "mark_files",
        "tables",
        "tables_comparison",
        "tables_curves",
        "tables_errors",
        "tables_events",
        "tables_intervals",
        "tabular",
        "sureness",
        "summary",
        "diagnosis",
    },
    {"widgets", "report", "scale"},
    {"demo", "cli", "option_names"},
]
#: The façade opens what stands to its right, inside the methods that need it, and nowhere else.
FACADE = {
    "presentation": {"widgets", "report"},
    "comparison": {"widgets", "report"},
    "evaluation": {"scale"},
    "merging": {"scale"},
}


def _modules():
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _level(room: str) -> int:
    return next(number for number, rooms in enumerate(LEVELS) if room in rooms)


def _imported(tree: ast.AST):
    """Give (room, line, is it at module level and executed) of every import from the package."""
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and getattr(block.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    top = {id(node) for node in ast.iter_child_nodes(tree)}
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        names = []
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "framelens":
            parts = (node.module or "").split(".")
            names = [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name.split(".")[1] for a in node.names if a.name.startswith("framelens.")]
        for name in names:
            if not name.startswith("__"):
                yield name, node.lineno, id(node) in top


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    room = _room(path)
    for target, line, at_top in _imported(ast.parse(path.read_text(encoding="utf-8"))):
        if target in FACADE.get(room, ()) and not at_top:
            continue
        assert _level(target) <= _level(room), f"{path.name}:{line} imports {target}, which stands to the right"


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            docstring = ast.get_docstring(node, clean=False) or ""
            length = node.end_lineno - node.lineno + 1 - docstring.count("\n")
            assert length <= 60, f"{node.name} has {length} lines"


def test_the_checklist_takes_an_evaluation_and_imports_none():
    for path in (PACKAGE / "diagnosis").rglob("*.py"):
        assert "evaluation" not in {name for name, *_ in _imported(ast.parse(path.read_text(encoding="utf-8")))}, (
            path.name
        )


def test_metrics_know_only_numpy_and_the_dataset():
    for path in (PACKAGE / "metrics").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            for name in names:
                root = name.split(".")[0]
                assert root in {"numpy", "framelens"} or root in sys.stdlib_module_names, f"{path.name}: {name}"


def test_what_another_module_imports_is_promised():
    """``__all__`` tells the reader of a module which of its names others rely on."""
    trees = {_module(path): ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}
    found = {
        f"{node.module}.{name.name}"
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in trees and node.module != "framelens"
        for name in node.names
        if f"{node.module}.{name.name}" not in trees and name.name not in _promised(trees[node.module])
    }
    assert not found


def _module(path: Path) -> str:
    return ".".join(("framelens", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


def _promised(tree: ast.Module) -> set[str]:
    """Return the names in ``__all__``, or every text of it where it is put together."""
    values = [node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"]
    return {part.value for node in values for part in ast.walk(node.value) if isinstance(part, ast.Constant)}


def test_public_names_are_these():
    assert sorted(framelens.__all__) == [
        "Comparison",
        "DataError",
        "Evaluation",
        "FramelensError",
        "History",
        "MissingExtraError",
        "OptionError",
        "compare",
        "epoch_charts",
        "evaluate",
        "formats",
        "inspect",
        "options",
        "read_run",
        "strip_widget_state",
        "watch",
    ]
    for name in framelens.__all__:
        assert getattr(framelens, name).__doc__


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'evalute'"):
        framelens.evalute  # noqa: B018


def test_import_loads_nothing_heavy():
    """The kernel of a notebook pays for what it uses."""
    code = "import sys, framelens; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    loaded = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    heavy = {"pandas", "bqplot", "duckdb", "PIL", "anywidget", "ipywidgets", "sklearn", "IPython"}
    assert heavy & set(loaded.stdout.split()) == set()
