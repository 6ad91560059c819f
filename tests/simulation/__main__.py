"""Runs of the simulation: `python -m tests.simulation 0-299`, or some seeds, or a part of one."""

from __future__ import annotations

import sys

from .run import Plan, run

if __name__ == "__main__":
    import time
    for seed in range(*map(int, sys.argv[1].split("-"))):
        t=time.time()
        r = run(Plan.of(seed))
        print(seed, r.calls, r.commits, r.events, f"{time.time()-t:.2f}s", sum(r.struck.values()), r.differences[:3], flush=True)
        if "-v" in sys.argv:
            print("\n".join(r.log))
