"""What a cold start pays before the first line of work: fresh interpreters, taking turns."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

RUNS = 9

PROGRAMS = {
    "bare interpreter": "pass",
    "boto3 dynamodb client": "import boto3; boto3.client('dynamodb', region_name='eu-west-1')",
    "language and evaluator": "import segment_core.language, segment_core.evaluator",
    "membership": "import segment_core.membership.evaluate",
}


def measure() -> dict[str, float | str]:
    """Milliseconds over a bare interpreter, and their ratio to a bare boto3 DynamoDB client."""
    taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for run in range(RUNS + 1):
        for name, program in PROGRAMS.items():
            seconds = _run(program)
            # The first turn fills the page cache and writes the .pyc files.
            if run:
                taken[name].append(seconds)
    bare = median(taken.pop("bare interpreter"))
    extra = {name: median(times) - bare for name, times in taken.items()}
    client = extra["boto3 dynamodb client"]
    result: dict[str, float | str] = {"bare interpreter, ms": bare * 1e3}
    for name, seconds in extra.items():
        result[f"{name}, ms"] = seconds * 1e3
        result[f"{name} / boto3 dynamodb client"] = seconds / client
    return result


def _run(program: str) -> float:
    # Credentials that cannot be found would be asked for over the network.
    environment = os.environ | {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    return time.perf_counter() - started
