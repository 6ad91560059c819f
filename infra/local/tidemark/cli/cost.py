"""`tidemark cost`: what a month on AWS comes to."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from decimal import Decimal
from functools import partial

from segment_core.language.problems import shown
from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.errors import OK
from tidemark.cli.output import print_json
from tidemark.cost import PRICES_OF, Line, bill, month

_DESCRIPTION = """\
Prints what a month on AWS costs: capacity units as they were counted, times list prices, and estimates
for what was not counted. docs/cost.md says how.

  tidemark cost --events 1000000 --segments 50 --flips 2"""

# Digits that a person can read.
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_MOST = 10**12
_MOST_SEGMENTS = 10_000  # what a shop can be allowed to have, see docs/operating.md


def configure(parser: ArgumentParser) -> None:
    """The arguments of `tidemark cost`."""
    count = partial(_count, least=0, most=_MOST)
    parser.add_argument("--events", required=True, type=count, metavar="N", help="webhooks a month, of all shops")
    segments = partial(_count, least=0, most=_MOST_SEGMENTS)
    parser.add_argument("--segments", required=True, type=segments, metavar="M", help="segments of each shop")
    parser.add_argument(
        "--customers", type=count, metavar="C", help="customers of all shops (default: one for two events)"
    )
    shops = partial(_count, least=1, most=_MOST)
    parser.add_argument("--shops", type=shops, default=1, metavar="S", help="shops (default: %(default)s)")
    parser.add_argument(
        "--flips", type=_rate, metavar="F",
        help="enters and leaves for each event, time's included (default: 0.285 for each segment, as counted)",
    )  # fmt: skip
    arguments.add_json(parser)


def run(options: Namespace) -> int:
    """Print the bill."""
    lines = bill(month(options.events, options.segments, options.customers, options.shops, options.flips))
    total = sum((line.dollars for line in lines), Decimal(0))
    a_million = total / options.events * 1_000_000 if options.events else None
    if options.json:
        print_json(
            {
                "prices": PRICES_OF,
                "lines": [_as_json(line) for line in lines],
                "dollars_a_month": _dollars(total),
                "dollars_a_million_events": None if a_million is None else _dollars(a_million),
            }
        )
        return OK
    for line in lines:
        print(f"{line.what:32}{line.quantity:>20,.{line.places}f}{line.dollars:>14,.2f} USD")
    print(f"{'a month':32}{'':20}{total:>14,.2f} USD")
    if a_million is not None:
        print(f"{'a million events':32}{'':20}{a_million:>14,.2f} USD")
    print(f"\n{PRICES_OF}")
    return OK


def _as_json(line: Line) -> dict[str, str]:
    quantity, price = f"{line.quantity:.4f}", f"{line.price:.12f}"
    return {
        "what": line.what,
        "quantity": quantity.rstrip("0").rstrip("."),
        "price": price.rstrip("0"),
        "dollars": _dollars(line.dollars),
    }


def _dollars(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _count(text: str, least: int, most: int) -> int:
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"'{shown(text)}' is not a number of things: write a whole one, such as 1000000")
    if len(text) > 20 or not least <= int(text) <= most:
        raise ArgumentTypeError(f"{shown(text)} is not a number of them that can be: {least} to {most}")
    return int(text)


def _rate(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ArgumentTypeError(f"'{shown(text)}' is not a number of flips: write it like 2 or 0.5")
    return Decimal(text)


COMMAND = Command("cost", "what a month on AWS comes to", _DESCRIPTION, configure, run)
