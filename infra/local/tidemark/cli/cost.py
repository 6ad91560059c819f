"""`tidemark cost`: what a month on AWS comes to."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from decimal import Decimal, InvalidOperation

from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.errors import OK
from tidemark.cli.output import print_json
from tidemark.cost import PRICES_OF, Line, bill, month

_DESCRIPTION = """\
Prints what a month on AWS costs: capacity units as they were counted, times list prices, and estimates
for what was not counted. docs/cost.md says how.

  tidemark cost --events 1000000 --segments 50 --flips 2"""

_MOST = 10**12


def configure(parser: ArgumentParser) -> None:
    """The arguments of `tidemark cost`."""
    parser.add_argument("--events", required=True, type=_count, metavar="N", help="webhooks a month")
    parser.add_argument("--segments", required=True, type=_count, metavar="M", help="segments of a shop")
    parser.add_argument("--customers", type=_count, metavar="C", help="customers stored (default: one for two events)")
    parser.add_argument("--shops", type=_count, default=1, metavar="S", help="shops (default: %(default)s)")
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
        print(f"{line.what:32}{line.quantity:>20,.0f}{line.dollars:>14,.2f} USD")
    print(f"{'a month':32}{'':20}{total:>14,.2f} USD")
    if a_million is not None:
        print(f"{'a million events':32}{'':20}{a_million:>14,.2f} USD")
    print(f"\n{PRICES_OF}")
    return OK


def _as_json(line: Line) -> dict[str, str]:
    return {"what": line.what, "quantity": f"{line.quantity:.0f}", "dollars": _dollars(line.dollars)}


def _dollars(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 13 or int(text) > _MOST:
        raise ArgumentTypeError(f"'{text}' is not a number of things: write a whole one, such as 1000000")
    return int(text)


def _rate(text: str) -> Decimal:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal("NaN")
    if not rate.is_finite() or not 0 <= rate <= _MOST:
        raise ArgumentTypeError(f"'{text}' is not a number of flips: write it like 2 or 0.5")
    return rate


COMMAND = Command("cost", "what a month on AWS comes to", _DESCRIPTION, configure, run)
