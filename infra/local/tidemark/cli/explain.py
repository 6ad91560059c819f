"""`tidemark explain`: why one customer of a file belongs to a segment, or does not."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from segment_core.evaluator import Explanation, compile_query
from segment_core.facts.customer import Customer
from segment_core.instants import iso
from segment_core.language import check
from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.customer_file import CustomerFile
from tidemark.cli.errors import OK, PROBLEMS, CommandError
from tidemark.cli.output import print_json, print_remarks
from tidemark.cli.shop_file import ShopInQuestion

_DESCRIPTION = """\
Prints the tree of the query for one customer: for every part whether it holds, the value that it saw
(instants as the shop's clocks show them, in JSON in UTC), what is missing, what time alone brings next,
and the instant at which the part changes if nothing else happens. A customer who is not in the file, or a
bad line in it: exit status 1.

  tidemark explain --query "number_of_orders >= 3 AND last_order_date < -60d" --id 8401 \\
      --customers shop.ndjson --at 2026-03-01T05:00:00Z --zone America/New_York"""

# `in` stands before it already, or `out`.
_SEGMENT = re.compile(r"^in_segment\((.*)\)$", re.DOTALL)
_GROUPS = {"and": "all of these", "or": "any of these", "not": "not this"}


def configure(parser: ArgumentParser) -> None:
    """The arguments of `tidemark explain`."""
    arguments.add_evaluation(parser)
    parser.add_argument("--id", required=True, metavar="ID", help="the customer")


def run(options: Namespace) -> int:
    """Print the explanation; 1 if the customer is not there or any line was bad."""
    checked = check(options.query)
    print_remarks(checked.warnings)
    rule = compile_query(checked.query)
    file = CustomerFile(options.customers)
    question = ShopInQuestion(options, checked.query)
    customer = _find(options.id, file, question)
    explanation = rule.explain(customer, question.shop, options.at)
    if options.json:
        print_json(
            {
                "id": customer.id,
                "at": iso(options.at),
                "zone": question.shop.zone.key,
                "explanation": _as_json(explanation),
                "refused": file.refused,
            }
        )
    else:
        print(f"{customer.id} is {_verdict(explanation)} at {iso(options.at)}, {_until(explanation.until)}")
        for line in _lines(explanation, question.shop.zone, 0):
            print(line)
    return PROBLEMS if file.refused else OK


def _find(wanted: str, file: CustomerFile, question: ShopInQuestion) -> Customer:
    """The customer. The file is read to its end: all orders tell the currency, and bad lines are named."""
    found = None
    for customer in file.customers():
        question.see(customer)
        if customer.id == wanted:
            found = customer
    if found is None:
        raise CommandError(f"no customer '{wanted}' can be read in {file.path}")
    return found


def _lines(part: Explanation, zone: ZoneInfo, depth: int) -> Iterator[str]:
    said = [_GROUPS.get(part.kind) or _SEGMENT.sub(r"the segment \1", part.text)]
    if part.kind == "clause":
        said.append(f"saw {_local(part.seen, zone)}" if part.seen is not None else "saw nothing on file")
    if part.missing or part.ahead:
        said.append("; ".join(filter(None, (f"has {part.missing}" if part.missing else "", part.ahead))))
    if part.obstacle:
        said.append(part.obstacle)
    yield f"{'  ' * depth}{_verdict(part):<4}{' | '.join([*said, _until(part.until)])}"
    for child in part.children:
        yield from _lines(child, zone, depth + 1)


def _local(seen: datetime | str, zone: ZoneInfo) -> str:
    """What clocks in the zone show; at the ends of the calendar, where they show no date, what those of UTC do."""
    if isinstance(seen, str):
        return seen
    try:
        shown = seen.astimezone(zone)
    except OverflowError:
        shown = seen
    return shown.replace(tzinfo=None).isoformat(timespec="seconds")


def _verdict(part: Explanation) -> str:
    return "in" if part.member else "out"


def _until(until: datetime | None) -> str:
    return f"until {iso(until)}" if until else "until a fact changes it"


def _as_json(part: Explanation) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "text": part.text,
        "member": part.member,
        "until": iso(part.until) if part.until else None,
        "seen": iso(part.seen) if isinstance(part.seen, datetime) else part.seen,
        "missing": part.missing or None,
        "ahead": part.ahead or None,
        "obstacle": part.obstacle or None,
        "children": [_as_json(child) for child in part.children],
    }


COMMAND = Command("explain", "why a customer belongs, or does not", _DESCRIPTION, configure, run)
