"""Runs of the simulation: `python -m tests.simulation 0-299`; with `--faults`, code that is broken on purpose.

Without a fixed PYTHONHASHSEED sets have another order in each process, and a seed another run: so it is fixed here.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from . import faults, report
from .run import Plan, run
from .shrink import shrunk

_SAY_EVERY_SECONDS = 20.0


def main(arguments: Sequence[str]) -> int:
    """0 if nothing was found."""
    asked = _parser().parse_args(arguments)
    if asked.faults:
        return _break(asked.faults, asked.seeds)
    failed = 0
    counted: Counter[str] = Counter()
    began = said = time.monotonic()
    for number, seed in enumerate(asked.seeds, 1):
        plan = Plan.of(seed)
        if asked.steps is not None:
            plan = plan.only({int(one) for one in asked.steps.split(",") if one}, asked.troubles.split(","))
        result = run(plan)
        counted.update({"calls": result.calls, "commits": result.commits, "events": result.events})
        counted.update({f"{kind} (trouble)": times for kind, times in result.struck.items()})
        if asked.log:
            print("\n".join(result.log))
        if result.differences:
            failed += 1
            print(report.of(result, result if asked.steps is not None else shrunk(result)), flush=True)
            if failed >= asked.most:
                break
        if time.monotonic() - said > _SAY_EVERY_SECONDS:
            said = time.monotonic()
            print(f"... {number} of {len(asked.seeds)} seeds, {failed} failed, {said - began:.0f} s", flush=True)
    print(f"{number} seeds, {failed} failed, {time.monotonic() - began:.0f} s: {json.dumps(counted)}")
    return min(failed, 1)


def _break(names: str, seeds: Iterable[int]) -> int:
    """Say for each fault at which seed it was found first, and by what."""
    missed = 0
    for fault in faults.FAULTS:
        if names != "all" and fault.__name__ not in names.split(","):
            continue
        found: dict[str, object] = {"fault": fault.__name__, "seed": None}
        with faults.patched(fault):
            for seed in seeds:
                if differences := run(Plan.of(seed)).differences:
                    found |= {"seed": seed, "by": differences[0]}
                    break
        missed += found["seed"] is None
        print(json.dumps(found), flush=True)
    return min(missed, 1)


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulation")
    parser.add_argument("seeds", type=_seeds, help="FROM-TO, or one")
    parser.add_argument("--steps", help="only these steps of the story, by number")
    parser.add_argument("--troubles", default="", help="with --steps: only these kinds of trouble")
    parser.add_argument("--log", action="store_true", help="show every call of the last part of a run")
    parser.add_argument("--most", type=int, default=3, help="stop after so many seeds that fail")
    parser.add_argument("--faults", help="break the code on purpose: names of faults parted by commas, or all")
    return parser


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        command = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606
    sys.exit(main(sys.argv[1:]))
