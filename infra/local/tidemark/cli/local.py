"""`tidemark local`: the whole system of template.yaml on this machine, until it is stopped."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from segment_core.instants import iso
from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.errors import OK

if TYPE_CHECKING:
    from tidemark.stack.clock import StackClock

_DESCRIPTION = """\
Runs every function, table, stream, queue, schedule and route of template.yaml over HTTP on 127.0.0.1,
until Ctrl-C. The store is DynamoDB Local where Java 17 and Maven are there, else an in-process one
for small shops. With --at the clock stands still until it is moved:

  curl -X POST http://127.0.0.1:8787/_local/clock -d '{"to": "2026-04-01T00:00:00Z"}'"""


def configure(parser: ArgumentParser) -> None:
    """The arguments of `tidemark local`."""
    parser.add_argument(
        "--port", type=arguments.port, default=arguments.DEFAULT_PORT, metavar="N",
        help="port on 127.0.0.1; 0 lets the system choose (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep the data there (default: in memory)")
    parser.add_argument(
        "--store", choices=arguments.STORES, default="auto", help="where tables live (default: %(default)s)"
    )
    parser.add_argument("--at", type=arguments.instant, metavar="INSTANT", help="a clock that stands at this instant")


def run(options: Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    # The stack brings boto3, moto and a web server along; commands on files do without.
    from tidemark.cli.serving import running, until_stopped

    with running(data=options.data, store=options.store, port=options.port, clock=options.at) as stack:
        print(f"Tidemark is at {stack.url}", flush=True)
        for line in about_clock(stack.clock, options.at):
            print(line, flush=True)
        print(f"POST {stack.url}/_local/clock moves the clock", flush=True)
        print("Ctrl-C stops it", flush=True)
        until_stopped()
    return OK


def about_clock(clock: StackClock, wanted: datetime | None) -> Iterator[str]:
    """What time it is in the stack, and why not the `wanted` one: kept data has a clock, which never goes back."""
    now = clock.now()
    yield f"the clock stands at {iso(now)}" if clock.frozen else f"the clock runs; it is {iso(now)}"
    if wanted is not None and now > wanted:
        yield f"--at {iso(wanted)} is ignored: the clock of this data was later already and does not go back"


COMMAND = Command("local", "run the whole system on this machine", _DESCRIPTION, configure, run)
