"""Three hundred seeds, and the same with code that is broken on purpose.

Runs are processes of their own: only there do sets have an order that can be had again. `make simulate` runs more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from .faults import FAULTS, time_is_not_caught_up
from .run import Plan, run
from .shrink import shrunk

SEEDS = 300
# A fault must be found within so many.
SEEDS_OF_A_FAULT = 200
ROOT = Path(__file__).parents[2]


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A process of runs."""
    paths = [ROOT, ROOT / "layers" / "segment_core", ROOT / "infra" / "local"]
    variables = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)


def in_parts(first: int, last: int) -> list[str]:
    """A range of seeds, parted for the processors that are there, two at most."""
    parts = min(2, os.cpu_count() or 1)
    size = -(-(last - first + 1) // parts)
    return [f"{start}-{min(start + size - 1, last)}" for start in range(first, last + 1, size)]


def test_what_is_stored_is_right_whatever_goes_wrong() -> None:
    with ThreadPoolExecutor() as pool:
        ended = [*pool.map(simulate, in_parts(0, SEEDS - 1))]

    failed = [run for run in ended if run.returncode]
    assert not failed, "\n".join(run.stdout + run.stderr for run in failed)


@pytest.fixture(scope="module")
def found() -> Mapping[str, Any]:
    """By fault, the seed at which it was found first, and by what."""
    names = [fault.__name__ for fault in FAULTS]
    half = len(names) // 2
    parts = [",".join(names[:half]), ",".join(names[half:])]
    with ThreadPoolExecutor() as pool:
        ended = [*pool.map(lambda part: simulate("--faults", part, f"0-{SEEDS_OF_A_FAULT - 1}"), parts)]
    lines = [json.loads(line) for one in ended for line in one.stdout.splitlines() if line.startswith("{")]
    return {line["fault"]: line for line in lines} | {"errors": "".join(one.stderr for one in ended)}


@pytest.mark.parametrize("fault", [fault.__name__ for fault in FAULTS])
def test_a_fault_is_found(fault: str, found: Mapping[str, Any]) -> None:
    assert fault in found, found["errors"]
    assert found[fault]["seed"] is not None
    assert "is not written right" not in found[fault]["by"]


def test_a_seed_is_the_same_run_in_every_process() -> None:
    once, twice = (simulate("7", "--log").stdout.rpartition(" s: ") for _ in range(2))

    assert once[2] == twice[2]
    assert once[0].rpartition(",")[0] == twice[0].rpartition(",")[0]
    assert "TransactWriteItems" in once[0]


def test_a_failing_run_is_had_with_fewer_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    time_is_not_caught_up(monkeypatch)
    failed = next(result for seed in range(SEEDS_OF_A_FAULT) if (result := run(Plan.of(seed))).differences)

    smallest = shrunk(failed)

    assert smallest.differences
    assert len(smallest.plan.steps) < len(failed.plan.steps) / 2
    assert run(smallest.plan).differences
