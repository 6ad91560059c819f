"""`tidemark import`: facts of a file into a stack, in batches, naming every line that is refused."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from segment_core import clock
from segment_core.errors import InvalidDocument
from segment_core.instants import iso
from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.errors import OK, PROBLEMS, CommandError
from tidemark.cli.import_formats import FORMATS, source
from tidemark.cli.kept_place import SUFFIX, Keeper, Place
from tidemark.cli.output import Progress, print_json
from tidemark.cli.service import TOKEN_VARIABLE, Answer, Service, local_now, token_for
from tidemark.cli.source_file import STANDARD_INPUT, SourceFile

# What POST /imports takes in one request: documents, and bytes with room below a Lambda's 6 MB.
BATCH_DOCUMENTS = 100
BATCH_BYTES = 5_000_000

# The code with which it does not take orders of guests of a shop that does not want them.
_GUESTS_ARE_NOBODY = "guests_are_no_customers"

_DESCRIPTION = f"""\
Sends customer documents to POST /imports: those of an NDJSON file, or made of what Shopify exports
(customers or orders as CSV, the result of a bulk operation as JSONL). Every line is checked here
first: a bad one is named on standard error and nothing of it is stored; the others are imported and
the exit status is 1.

Orders of guests are no mistake: they become customers where the shop's setting guests_are_customers
is on, else they are left out and counted.

How far it came is kept in FILE{SUFFIX}; if it is cut off, the same command goes on there.

Documents that carry no as_of count as told when the file was last modified, or at --as-of (standard
input: when the command starts): what the store told later stays. Importing an unmodified file again
changes nothing. On a local stack whose clock is before that, they count from its present; the
command says so, and with which --as-of to repeat it.

The token is --token, else ${TOKEN_VARIABLE}, else (on this machine) one from the local stack."""


@dataclass
class Batch:
    """Lines that go out in one request: their numbers, how many orders they tell of, and their bytes as they stand."""

    numbers: list[int] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    size: int = 0

    def takes(self, line: bytes) -> bool:
        """Whether another line fits."""
        return len(self.lines) < BATCH_DOCUMENTS and self.size + len(line) < BATCH_BYTES

    def add(self, number: int, line: bytes, orders: int) -> None:
        """Take the line in, which tells of so many orders."""
        self.numbers.append(number)
        self.orders.append(orders)
        self.lines.append(line)
        self.size += len(line) + 1

    def body(self, as_of: datetime) -> bytes:
        """The request. The lines are JSON already; parsing and printing them again could round a number."""
        return b'{"as_of":"' + iso(as_of).encode() + b'","customers":[' + b",".join(self.lines) + b"]}"


def batches(file: SourceFile, after: int = 0) -> Iterator[Batch]:
    """The file's good lines in as few requests as the limits allow, without as many as were sent before."""
    batch = Batch()
    for number, line, customer in islice(file.documents(), after, None):
        if not Batch().takes(line):
            file.refuse(number, InvalidDocument("", f"the document is larger than {BATCH_BYTES:,} bytes; split it"))
            continue
        if not batch.takes(line):
            yield batch
            batch = Batch()
        batch.add(number, line, len(customer.orders))
    if batch.lines:
        yield batch


def configure(parser: ArgumentParser) -> None:
    """The arguments of `tidemark import`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="what to import; .gz too, - is standard input")
    parser.add_argument(
        "--format", choices=FORMATS, metavar="FORMAT",
        help=f"{', '.join(FORMATS)} (default: as the first line of FILE looks; of standard input: documents)",
    )  # fmt: skip
    parser.add_argument(
        "--customers", type=Path, metavar="CSV", help="for shopify-orders: the export of customers, which has their ids"
    )
    parser.add_argument("--restart", action="store_true", help="begin at the beginning, whatever was kept")
    parser.add_argument("--url", required=True, type=arguments.base_url, metavar="URL", help="the stack's address")
    parser.add_argument(
        "--as-of", type=arguments.instant, metavar="INSTANT",
        help="when documents without an as_of of their own were told (default: when FILE was last modified)",
    )  # fmt: skip
    parser.add_argument("--token", metavar="T", help=f"a JWT with the scope events:write (else ${TOKEN_VARIABLE})")
    parser.add_argument(
        "--shop", type=arguments.shop, metavar="S",
        help=f"the shop (default: that of the token given, else {arguments.DEFAULT_SHOP})",
    )  # fmt: skip
    arguments.add_json(parser)


def _told_at(path: Path) -> datetime:
    """When a file was last modified, so that it is the same in every import of it; now, for what is no file."""
    if not path.is_file():
        return clock.now()
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _not_after(url: str, told_at: datetime) -> datetime:
    """`told_at`, or the present of a local stack at that address if that is earlier: later facts would lose to it."""
    now = local_now(url)
    if now is None or told_at <= now:
        return told_at
    print(
        f"the stack's clock is at {iso(now)}, before the file was modified: documents without an as_of count from "
        f"then (to repeat this import: --as-of {iso(now)})",
        file=sys.stderr,
    )
    return now


def run(options: Namespace) -> int:
    """Import the file; 1 if any line was refused, here or by the service."""
    file = source(options.file, options.format, options.customers)
    token, shop = token_for(options.url, options.token, options.shop)
    keeper = Keeper(_beside(options.file))
    of = _identity(options, shop)
    place = None if options.restart else keeper.find(of)
    if place is None:
        place = Place(of, options.as_of or _not_after(options.url, _told_at(options.file)))
    else:
        print(f"going on after {place.sent:,} documents that were sent before", file=sys.stderr)
        file.refused += place.refused
    _send_all(Service(options.url, token), file, place, keeper)
    keeper.forget()
    if options.json:
        refused = sorted(file.refused, key=itemgetter("line"))
        print_json({
            "shop": shop, "accepted": place.accepted, "left_out": file.left_out + place.guests,
            "strangers": file.strangers, "refused": refused,
        })  # fmt: skip
    else:
        into = f" into {shop}" if shop else ""
        print(f"{place.accepted:,} accepted{into}, {len(file.refused):,} refused{_of_nobody(file, place)}")
        if file.strangers:
            print(f"orders of nobody in {options.customers}, by e-mail address and phone number: {file.strangers:,}")
    return PROBLEMS if file.refused else OK


def _of_nobody(file: SourceFile, place: Place) -> str:
    """How many orders were left out, if any, and how many of these the shop's setting would let in."""
    if not file.left_out + place.guests:
        return ""
    known = f"; {place.guests:,} with an e-mail address would count with guests_are_customers" if place.guests else ""
    return f", {file.left_out + place.guests:,} left out (orders of guests{known})"


def _send_all(service: Service, file: SourceFile, place: Place, keeper: Keeper) -> None:
    """Send what was not sent before, and keep the place after each batch."""
    progress = Progress("documents imported")
    for batch in batches(file, place.sent):
        try:
            _send(service, batch, file, place, progress)
        except CommandError as error:
            progress.clear()
            raise CommandError(
                f"{error}\n{place.accepted:,} customers were accepted before that; the same command goes on after them"
            ) from None
        keeper.keep(place)
        progress.show(place.accepted)
    progress.clear()


def _beside(path: Path) -> Path | None:
    return None if path == STANDARD_INPUT else path.with_name(path.name + SUFFIX)


def _identity(options: Namespace, shop: str | None) -> dict[str, Any]:
    """What is imported where; a place that was kept counts for nothing else."""
    paths = [path for path in (options.file, options.customers) if path is not None and path.is_file()]
    files = [[str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns] for path in paths]
    as_of = iso(options.as_of) if options.as_of else None
    return {"files": files, "format": options.format, "url": options.url, "shop": shop, "as_of": as_of}


def _advice(answer: Answer) -> str:
    """What to do about a refusal, where this command has an argument for it."""
    ahead = isinstance(answer.body, dict) and answer.body.get("code") == "as_of_in_future"
    return "; say with --as-of when the file was told" if ahead else ""


def _send(service: Service, batch: Batch, file: SourceFile, place: Place, progress: Progress) -> None:
    """Send one batch, and count in `place` what became of it. Refused documents are named by their line."""
    answer = service.repeat("POST", "/imports", batch.body(place.as_of))
    if answer.status != 202:
        raise CommandError(
            f"{service.url}/imports refused lines {batch.numbers[0]} to {batch.numbers[-1]}: "
            f"{answer.status} {answer.reason}{_advice(answer)}"
        )
    for result in answer.body["results"]:
        if result["status"] == "accepted":
            place.accepted += 1
            continue
        if result["code"] == _GUESTS_ARE_NOBODY:
            place.guests += batch.orders[result["index"]]
            continue
        progress.clear()
        file.refuse(batch.numbers[result["index"]], InvalidDocument(result.get("path") or "", result["message"]))
        place.refused.append(file.refused[-1])
    place.sent += len(batch.lines)


COMMAND = Command("import", "import facts from a file into a stack", _DESCRIPTION, configure, run)
