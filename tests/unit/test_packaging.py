"""How the code may hang together: what is pure stays pure, nothing goes in circles, and the lock is what is shipped."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers" / "segment_core"
COMMAND = ROOT / "infra" / "local"

# The pure part and all that it may import beside the standard library.
PURE = ("language", "calendar", "evaluator", "rules", "facts", "ingest", "nearest", "record")
IMPURE = {"boto3", "botocore", "pydantic", "aws_lambda_powertools", "moto", "flask"}

LINES = 500

# The layout that was agreed on, and what tools put beside it.
TOP_LEVEL = re.compile(
    r"functions|layers|infra|events|tests|docs|template\.yaml|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md"
    r"|SECURITY\.md|Makefile|pyproject\.toml|samconfig\.toml|requirements\.txt|\..+"
)


def _modules(root: Path) -> dict[str, Path]:
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(root.rglob("*.py"))
    }


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(name: str, path: Path, *, lazy: bool) -> Iterator[str]:
    """The absolute names that a module imports; those inside of functions, or for types alone, only if `lazy`."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    nodes = ast.walk(_tree(path)) if lazy else _eager(_tree(path).body)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _eager(body: list[ast.stmt]) -> Iterator[ast.AST]:
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            yield from _eager([child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)])


@cache
def _graph() -> dict[str, set[str]]:
    """Module to the modules of ours that it imports when it is imported."""
    modules = _modules(CORE) | _modules(COMMAND)

    def known(imported: str) -> str | None:
        # `from package import name` imports a module or something in one.
        parent = imported.rpartition(".")[0]
        return next((module for module in (imported, parent) if module in modules), None)

    return {
        name: {found for imported in _imports(name, path, lazy=False) if (found := known(imported))} - {name}
        for name, path in modules.items()
    }


@pytest.mark.parametrize("part", PURE)
def test_the_pure_part_loads_nothing_of_aws_or_pydantic(part: str) -> None:
    """All its modules, in an interpreter that has loaded nothing yet."""
    names = [name for name in _modules(CORE) if f"{name}.".startswith(f"segment_core.{part}.")]
    assert names
    program = f"""if True:
        import importlib, json, sys
        for name in {names!r}:
            importlib.import_module(name)
        print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
    """
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(json.loads(run.stdout))
    assert "segment_core" in loaded
    assert not loaded & IMPURE


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert tuple(TopologicalSorter(_graph()).static_order())


def test_the_core_knows_neither_functions_nor_the_command() -> None:
    for name, path in _modules(CORE).items():
        roots = {imported.partition(".")[0] for imported in _imports(name, path, lazy=True)}
        assert not roots & {"functions", "tidemark", "infra", "tests", "app"}, name


def test_only_the_store_talks_to_dynamodb() -> None:
    """The others that hold a client have a service of their own: queues, the bus, the parameter store."""
    holders = {
        name
        for name, path in _modules(CORE).items()
        if any(imported.partition(".")[0] == "boto3" for imported in _imports(name, path, lazy=True))
    }
    assert "segment_core.store.client" in holders
    assert all(name.startswith("segment_core.runtime.") for name in holders - {"segment_core.store.client"})


def test_functions_do_not_import_each_other() -> None:
    for path in sorted(ROOT.glob("functions/*/*.py")):
        roots = {imported.partition(".")[0] for imported in _imports("app", path, lazy=True)}
        assert not roots & {"functions", "tidemark", "infra", "tests", "app", "boto3"}, path.parent.name


def test_a_function_is_one_file() -> None:
    """The local stack loads all of them into one process: siblings of the same name would be mixed up."""
    assert {path.name for path in ROOT.glob("functions/*/*.py")} == {"app.py"}


def test_no_module_holds_more_than_can_be_read_at_once() -> None:
    paths = [path for top in ("functions", "infra", "layers", "tests") for path in (ROOT / top).rglob("*.py")]
    long = {str(path.relative_to(ROOT)) for path in paths if len(path.read_text("utf-8").splitlines()) > LINES}
    assert paths
    assert not long


def test_every_module_says_what_it_is() -> None:
    modules = {**_modules(CORE), **_modules(COMMAND)}
    silent = [name for name, path in modules.items() if path.stat().st_size and not ast.get_docstring(_tree(path))]
    assert not silent


def test_the_top_level_holds_what_was_agreed() -> None:
    ignored = {"build"} | {path.name for path in ROOT.glob("*.egg-info")}
    assert not {path.name for path in ROOT.iterdir() if not TOP_LEVEL.fullmatch(path.name)} - ignored


def _pins(path: Path) -> dict[str, frozenset[str]]:
    """`name==version` to the hashes of its files."""
    blocks = re.split(r"\n(?=\S)", path.read_text(encoding="utf-8"))
    return {
        found[0]: frozenset(re.findall(r"--hash=(sha256:[0-9a-f]{64})", block))
        for block in blocks
        if (found := re.match(r"[a-z0-9._-]+==\S+", block))
    }


def test_the_layer_ships_the_very_files_that_are_tested() -> None:
    tested, shipped = _pins(ROOT / "requirements.txt"), _pins(CORE / "requirements.txt")
    assert shipped.items() <= tested.items()
    assert {"aws-lambda-powertools", "pydantic", "tzdata"} <= {pin.partition("==")[0] for pin in shipped}


def test_everything_is_pinned_to_hashes_and_to_no_place() -> None:
    for path in (ROOT / "requirements.txt", CORE / "requirements.txt"):
        assert all(_pins(path).values()), path
        text = path.read_text(encoding="utf-8")
        assert "://" not in text, path
        assert not re.search(r"^--", text, re.MULTILINE), path
