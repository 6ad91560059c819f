"""How long each function takes to start: its handler imported as Lambda would from the built layer, in fresh processes.

The layer's own code is built with its byte code; packages are those of this interpreter, which has their byte code.
A process that has imported its handler still makes clients when the first event comes: the second figure has the one
of DynamoDB that every function makes, as the unit of comparison does.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from .imports import BARE, CLIENT, PROGRAMS, processor_seconds

ROOT = Path(__file__).parents[2]
RUNS = 9
_CLIENT = "from segment_core.store.client import client; client()"


def measure() -> dict[str, float | str]:
    """For each function: milliseconds over a bare interpreter, and their ratio to a bare boto3 DynamoDB client.

    Of each program the fastest turn counts: whoever else uses the machine only adds to one.
    """
    functions = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    with TemporaryDirectory() as built:
        _build(Path(built))
        programs = {BARE: PROGRAMS[BARE], CLIENT: PROGRAMS[CLIENT]}
        for name in functions:
            begin = (
                f"import sys; sys.path[:0] = [{str(Path(built) / 'python')!r}, {str(Path(built) / name)!r}]; import app"
            )
            programs |= {name: begin, f"{name} with a client": f"{begin}; {_CLIENT}"}
        turns = [{name: processor_seconds(program) for name, program in programs.items()} for _ in range(RUNS + 1)][1:]
    fastest = {name: min(turn[name] for turn in turns) for name in programs}
    client = fastest[CLIENT] - fastest[BARE]
    result: dict[str, float | str] = {f"{CLIENT}, ms": client * 1e3}
    for name in list(programs)[2:]:
        taken = fastest[name] - fastest[BARE]
        result |= {f"{name}, ms": taken * 1e3, f"{name} / {CLIENT}": taken / client}
    return result


def _build(target: Path) -> None:
    """Our code and its byte code as `sam build` makes them, and the functions."""
    layer = ["make", "-C", str(ROOT / "layers" / "segment_core"), "code", "bytecode"]
    subprocess.run([*layer, f"ARTIFACTS_DIR={target}", f"PYTHON={sys.executable}"], check=True, capture_output=True)
    for app in (ROOT / "functions").glob("*/app.py"):
        (target / app.parent.name).mkdir()
        (target / app.parent.name / "app.py").write_bytes(app.read_bytes())
