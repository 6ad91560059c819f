"""All engines on the same customers and rules, one process each, and what their times come to as ratios."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from .. import settings
from .worker import ENGINES

ROOT = Path(__file__).parents[3]
PYTHON = str(Path(os.environ.get("TIDEMARK_BENCH_PYTHON", sys.executable)).absolute())
COUNTS = settings.whole_numbers("TIDEMARK_BENCH_RULES", 10, 100, 1_000, 10_000)
SECONDS = settings.number("TIDEMARK_BENCH_SECONDS", 4)
OURS, WITH_CHANGE = "ours", "ours, with change"
# A compiled expression for each rule is a habit, not a package.
PACKAGES = [engine for engine in ENGINES if engine not in ("eval", OURS, WITH_CHANGE)]

Cells = dict[tuple[str, str, int], Mapping[str, Any]]


def measure() -> dict[str, float | str]:
    """Microseconds for one customer and all rules, with their spread, and the ratios that matter."""
    cells: Cells = {}
    for set_, counts in (("dense", COUNTS), ("selective", [count for count in COUNTS if count == 1000])):
        for count in counts:
            for engine in ENGINES:
                found = _worker("worker", engine, str(count), set_, str(SECONDS))
                if found is not None:
                    print(f"  {set_} {count} {engine}: {_told(found)}", file=sys.stderr, flush=True)
                    cells[set_, engine, count] = found
    result: dict[str, float | str] = {
        f"{set_}, {count} rules, {engine}": _told(cell) for (set_, engine, count), cell in cells.items()
    }
    return result | _ratios({(engine, count): cell for (set_, engine, count), cell in cells.items() if set_ == "dense"})


def _ratios(cells: Mapping[tuple[str, int], Mapping[str, Any]]) -> dict[str, float | str]:
    cost = {place: _cost(cell) for place, cell in cells.items() if "us" in cell}
    result: dict[str, float | str] = {}
    for count in COUNTS:
        peers = {engine: cost[engine, count] for engine in PACKAGES if (engine, count) in cost}
        if peers:
            fastest = min(peers, key=peers.__getitem__)
            result[f"{count} rules: {fastest} / ours"] = peers[fastest] / cost[OURS, count]
        result[f"{count} rules: ours / json.loads of a record"] = cost[OURS, count]
        result[f"{count} rules: with change / without"] = cost[WITH_CHANGE, count] / cost[OURS, count]
    if {100, 10_000} <= set(COUNTS):
        result["10,000 rules / 100 rules"] = cost[OURS, 10_000] / cost[OURS, 100]
    index = _worker("index", str(max(COUNTS)))
    if index is not None:
        result[f"{max(COUNTS)} rules: index build / json.loads"] = index["build, s"] / index["json.loads, s"]
        result[f"{max(COUNTS)} rules: memory of the index, MB"] = index["memory, MB"]
        result[f"{max(COUNTS)} rules: what the process grows by, MB"] = index["process grows by, MB"]
    return result


def _cost(cell: Mapping[str, Any]) -> float:
    """The time in units of what `json.loads` takes for a record just after, in the same process.

    Processes run one after the other, and the machine may be twice as quick for one as for the next.
    """
    pairs = zip(cell["us"], cell["json.loads, us"], strict=True)
    return median(taken / loading for taken, loading in pairs)


def _told(cell: Mapping[str, Any]) -> str:
    if cell["wrong"]:
        return f"{cell['wrong']} of {cell['verified']} answers are wrong"
    times = cell["us"]
    return f"{median(times):,.1f} us ({min(times):,.1f}-{max(times):,.1f})"


def _worker(module: str, *arguments: str) -> Mapping[str, Any] | None:
    """What a process of its own found; None, and a word about it, where a package is missing."""
    command = [PYTHON, "-m", f"{__package__}.{module}", *arguments]
    # The engines' own environment knows nothing of ours.
    environment = os.environ | {"PYTHONPATH": str(ROOT / "layers" / "segment_core")}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    if "ModuleNotFoundError" in ran.stderr:
        print(f"  {arguments[0]} is not installed: make bench installs it", file=sys.stderr)
        return None
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    found: Mapping[str, Any] = json.loads(ran.stdout)
    return found
