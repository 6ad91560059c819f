"""`tidemark import`: customer documents of a file into a stack, in batches, naming every line that is refused."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from segment_core import clock
from segment_core.errors import InvalidDocument
from segment_core.instants import iso
from tidemark.cli import arguments
from tidemark.cli.command import Command
from tidemark.cli.customer_file import CustomerFile
from tidemark.cli.errors import OK, PROBLEMS, CommandError
from tidemark.cli.output import Progress, print_json
from tidemark.cli.service import TOKEN_VARIABLE, Answer, Service, local_now, token_for

# What POST /imports takes in one request: documents, and bytes with room below a Lambda's 6 MB.
BATCH_DOCUMENTS = 100
BATCH_BYTES = 5_000_000

_DESCRIPTION = f"""\
Sends customer documents to POST /imports. Every line is checked here first: a bad one is named
on standard error and nothing of it is stored; the others are imported and the exit status is 1.

Documents that carry no as_of count as told when the file was last modified, or at --as-of (standard
input: when the command starts): what the store told later stays. Importing an unmodified file again
changes nothing, so an import that was cut off may simply be repeated. On a local stack whose clock is
before that, they count from its present; the command says so, and with which --as-of to repeat it.

The token is --token, else ${TOKEN_VARIABLE}, else (on this machine) one from the local stack."""


@dataclass
class Batch:
    """Lines that go out in one request: their numbers and their bytes, as they stand in the file."""

    numbers: list[int] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    size: int = 0

    def takes(self, line: bytes) -> bool:
        """Whether another line fits."""
        return len(self.lines) < BATCH_DOCUMENTS and self.size + len(line) < BATCH_BYTES

    def add(self, number: int, line: bytes) -> None:
        """Take the line in."""
        self.numbers.append(number)
        self.lines.append(line)
        self.size += len(line) + 1

    def body(self, as_of: datetime) -> bytes:
        """The request. The lines are JSON already; parsing and printing them again could round a number."""
        return b'{"as_of":"' + iso(as_of).encode() + b'","customers":[' + b",".join(self.lines) + b"]}"


def batches(file: CustomerFile) -> Iterator[Batch]:
    """The file's good lines in as few requests as the limits allow."""
    batch = Batch()
    for number, line, _ in file.documents():
        if not Batch().takes(line):
            file.refuse(number, InvalidDocument("", f"the document is larger than {BATCH_BYTES:,} bytes; split it"))
            continue
        if not batch.takes(line):
            yield batch
            batch = Batch()
        batch.add(number, line)
    if batch.lines:
        yield batch


def configure(parser: ArgumentParser) -> None:
    """The arguments of `tidemark import`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="NDJSON, a customer document a line; .gz too, - stdin")
    parser.add_argument("--url", required=True, type=arguments.base_url, metavar="URL", help="the stack's address")
    parser.add_argument(
        "--as-of", type=arguments.instant, metavar="INSTANT",
        help="when documents without an as_of of their own were told (default: when FILE was last modified)",
    )  # fmt: skip
    parser.add_argument("--token", metavar="T", help=f"a JWT with the scope events:write (else ${TOKEN_VARIABLE})")
    parser.add_argument(
        "--shop", metavar="S",
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
    file = CustomerFile(options.file)
    progress = Progress("customers imported")
    accepted = 0
    token, shop = token_for(options.url, options.token, options.shop)
    service = Service(options.url, token)
    as_of = options.as_of or _not_after(options.url, _told_at(options.file))
    for batch in batches(file):
        try:
            accepted += _send(service, batch, as_of, file, progress)
        except CommandError as error:
            progress.clear()
            raise CommandError(
                f"{error}\n{accepted:,} customers were accepted before that; importing the file again goes on: "
                "what is stored already stays as it is"
            ) from None
        progress.show(accepted)
    progress.clear()
    if options.json:
        print_json({"shop": shop, "accepted": accepted, "refused": sorted(file.refused, key=lambda line: line["line"])})
    else:
        into = f" into {shop}" if shop else ""
        print(f"{accepted:,} accepted{into}, {len(file.refused):,} refused")
    return PROBLEMS if file.refused else OK


def _advice(answer: Answer) -> str:
    """What to do about a refusal, where this command has an argument for it."""
    ahead = isinstance(answer.body, dict) and answer.body.get("code") == "as_of_in_future"
    return "; say with --as-of when the file was told" if ahead else ""


def _send(service: Service, batch: Batch, as_of: datetime, file: CustomerFile, progress: Progress) -> int:
    """Send one batch; returns how many documents were accepted. Refused ones are named by their line."""
    answer = service.repeat("POST", "/imports", batch.body(as_of))
    if answer.status != 202:
        raise CommandError(
            f"{service.url}/imports refused lines {batch.numbers[0]} to {batch.numbers[-1]}: "
            f"{answer.status} {answer.reason}{_advice(answer)}"
        )
    accepted = 0
    for result in answer.body["results"]:
        if result["status"] == "accepted":
            accepted += 1
            continue
        progress.clear()
        file.refuse(batch.numbers[result["index"]], InvalidDocument(result.get("path") or "", result["message"]))
    return accepted


COMMAND = Command("import", "import customers from a file into a stack", _DESCRIPTION, configure, run)
