"""What each function loads before its first event, and what the language and the evaluator load: no more than is known.

Start-up is paid at every cold start, and one import among the first lines of a module can bring a hundred others. So
what is loaded is written down; a change that means to load more, or less, writes it anew and shows it in its diff:

    .venv/bin/python -m tests.unit.test_imports
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers" / "segment_core"
KNOWN = ROOT / "tests" / "cases" / "imports.txt"

PURE = "language and evaluator"
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))

# Slow to load, and of no use before anything is asked: `dataclasses` loads `inspect`, `calendar` loads `locale`.
SLOW = {"calendar", "dataclasses", "inspect", "ipaddress", "json", "locale", "sysconfig", "urllib", "zoneinfo"}

_PROGRAM = """
import sys
before = set(sys.modules)
sys.path[:0] = {path!r}
import {modules}
print(*sorted(set(sys.modules) - before))
"""


@pytest.mark.parametrize("name", [PURE, *FUNCTIONS])
def test_what_is_loaded_is_what_is_known(name: str) -> None:
    known = _read(KNOWN.read_text("utf-8"))
    assert _shown(name, _loaded(name)) == known[name], f"if it is meant to be so: {sys.executable} -m {__name__}"


def test_nothing_is_known_of_what_there_is_no_more() -> None:
    assert list(_read(KNOWN.read_text("utf-8"))) == [PURE, *FUNCTIONS]


def test_the_language_and_the_evaluator_do_without_what_is_slow() -> None:
    # Not loaded by the interpreter itself, as it does where a package is installed in place.
    assert not SLOW & _loaded(PURE, "-I", "-S")


def _loaded(name: str, *options: str) -> set[str]:
    """The modules that a fresh interpreter loads for a function's handler, or for the language and the evaluator."""
    modules = "segment_core.language, segment_core.evaluator" if name == PURE else "app"
    path = [str(CORE), *([] if name == PURE else [str(ROOT / "functions" / name)])]
    program = _PROGRAM.format(path=path, modules=modules)
    done = subprocess.run([sys.executable, *options, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def _shown(name: str, loaded: Iterable[str]) -> list[str]:
    """Our modules by package, and the names of others' packages; the standard library differs between versions."""
    ours: dict[str, list[str]] = {}
    others = set()
    for module in sorted(loaded):
        package, _, last = module.rpartition(".")
        top = module.partition(".")[0]
        if top == "segment_core":
            ours.setdefault(package or top, []).append(last)
        elif top not in sys.stdlib_module_names and not top.startswith("_") and top != "app":
            others.add(top)
    return [" ".join(("packages:", *sorted(others))), *(f"{package}: {' '.join(ours[package])}" for package in ours)]


def _read(text: str) -> dict[str, list[str]]:
    """Name to its lines."""
    parts = [part.splitlines() for part in text.split("\n\n")]
    return {first: [line.strip() for line in lines] for first, *lines in parts}


def _written(known: Mapping[str, Iterable[str]]) -> str:
    return "\n\n".join("\n    ".join((name, *lines)) for name, lines in known.items()) + "\n"


if __name__ == "__main__":
    KNOWN.write_text(_written({name: _shown(name, _loaded(name)) for name in (PURE, *FUNCTIONS)}), "utf-8")
