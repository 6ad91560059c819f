"""What a cold start pays before the first line of work: fresh interpreters, taking turns.

Time is the processor's, so that whoever else uses the machine counts less, and a ratio is one of neighbouring runs.
"""

from __future__ import annotations

import os
import sys
from statistics import median

RUNS = 15
BARE, CLIENT = "bare interpreter", "boto3 dynamodb client"
PROGRAMS = {
    BARE: "pass",
    CLIENT: "import boto3; boto3.client('dynamodb', region_name='eu-west-1')",
    "language and evaluator": "import segment_core.language, segment_core.evaluator",
    "membership": "import segment_core.membership.evaluate",
}


def measure() -> dict[str, float | str]:
    """Milliseconds over a bare interpreter, and their ratio to a bare boto3 DynamoDB client: medians over all turns."""
    # The first turn fills the page cache and writes the .pyc files.
    turns = [{name: processor_seconds(program) for name, program in PROGRAMS.items()} for _ in range(RUNS + 1)][1:]
    result: dict[str, float | str] = {f"{BARE}, ms": median(turn[BARE] for turn in turns) * 1e3}
    for name in PROGRAMS:
        if name == BARE:
            continue
        result[f"{name}, ms"] = median(turn[name] - turn[BARE] for turn in turns) * 1e3
        if name != CLIENT:
            ratios = [(turn[name] - turn[BARE]) / (turn[CLIENT] - turn[BARE]) for turn in turns]
            result[f"{name} / {CLIENT}"] = median(ratios)
    return result


def processor_seconds(program: str) -> float:
    """Processor time of a fresh interpreter that runs the program."""
    # Credentials that cannot be found would be asked for over the network; byte code is what a layer ships.
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    environment = os.environ | dict.fromkeys(names, "none") | {"AWS_DEFAULT_REGION": "eu-west-1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", program], environment)
    _, status, used = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"a fresh interpreter ended with {os.waitstatus_to_exitcode(status)}: {program}")
    return used.ru_utime + used.ru_stime
