"""`tidemark demo`: the local stack with a generated shop, its story, and then the stack to play with."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.errors import OK

_DESCRIPTION = """\
Starts the local stack, fills it with a shop of invented customers and two years of their orders, and
tells what happens to ten segments: when an order arrives, when a tag is removed, and when nothing
happens but a month passes. Then it keeps serving, so that you can try it yourself."""


def _customers(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 2 <= int(text) <= 100_000:
        raise ArgumentTypeError(f"'{text}' is not a number of customers: 2 to 100000")
    return int(text)


def configure(parser: ArgumentParser) -> None:
    """The arguments of `tidemark demo`."""
    parser.add_argument("--exit", action="store_true", help="end after the story, with status 0")
    parser.add_argument(
        "--customers", type=_customers, metavar="N", help="how many customers (default: 2000, on moto 100)"
    )
    parser.add_argument(
        "--port", type=arguments.port, default=arguments.DEFAULT_PORT, metavar="N",
        help="port on 127.0.0.1; 0 lets the system choose (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--store", choices=arguments.STORES, default="auto", help="where tables live (default: auto)")


def run(options: Namespace) -> int:
    """Tell the story; then serve until stopped, unless asked to end."""
    from tidemark.cli.serving import running, until_stopped
    from tidemark.demo.shop import OPENING
    from tidemark.demo.story import default_customers, tell, try_it

    print("Starting the stack and filling the shop: a minute or two ...", file=sys.stderr, flush=True)
    with running(data=None, store=options.store, port=options.port, clock=OPENING) as stack:
        tell(stack, options.customers or default_customers(stack.store))
        if not options.exit:
            try_it(stack)
            until_stopped()
    return OK


COMMAND = Command("demo", "a shop with a story, to look at and to try", _DESCRIPTION, configure, run)
