"""`python -m tests.bench [PART ...]`: every measurement, or those named; JSON on stdout, a table on stderr.

Ratios are taken within one run, so that they mean the same on other machines; times do not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping

from . import building, evaluation, imports, load, reading, sizes, stack, startup, units, untils
from .rules import measure as rules
from .rules import windows

Result = Mapping[str, float | str]

PARTS: dict[str, Callable[[], Result]] = {
    "stack": stack.measure,
    "load": load.measure,
    "units": units.measure,
    "evaluation": evaluation.measure,
    "imports": imports.measure,
    "startup": startup.measure,
    "sizes": sizes.measure,
    "reading": reading.measure,
    "building": building.measure,
    "rules": rules.measure,
    "windows": windows.measure,
    "untils": untils.measure,
}


def main() -> int:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of: {', '.join(PARTS)} (default: all)")
    names = parser.parse_args().parts or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"there is no part '{unknown[0]}', but {', '.join(PARTS)}")
    machine: Result = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count() or 0}
    results: dict[str, Result] = {"machine": machine}
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        results[name] = PARTS[name]()
    for name, result in results.items():
        for what, value in result.items():
            print(f"{name:12} {what:44} {_shown(value):>12}", file=sys.stderr)
    print(json.dumps(results, indent=2))
    return 0


def _shown(value: float | str) -> str:
    return f"{value:,.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
