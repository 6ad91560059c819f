"""Walking through DynamoDB's export of the customers table in place of the roster.

An export has many files, so as many workers read it side by side, and none of them asks the table who is there. Only
ids are taken from it: every customer is evaluated on the facts of now. Whoever came after the export was made was
evaluated under the new definitions already, since these were saved before it.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import IO, Any, NamedTuple

from segment_core.errors import NotUnderstood
from segment_core.membership.budget import SecondsLeft
from segment_core.membership.jobs import PAGE, Paced, walk_customers
from segment_core.model.segment import Job
from segment_core.store import jobs
from segment_core.store.profiles import customer_in_roster
from segment_core.store.tables import Tables


class Found(NamedTuple):
    """A customer, and how many lines of the file had been read when it was found."""

    customer: str
    line: int


def customers(file: IO[bytes], shop: str, after: int) -> Iterator[Found]:
    """The shop's customers in one file of an export, beyond its first `after` lines.

    A file is gzip, with `{"Item": {…}}` in DynamoDB's own notation on each line. Raises NotUnderstood for another one.
    """
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if number > after and (customer := _customer(line, number, shop)) is not None:
                yield Found(customer, number)


def _customer(line: str, number: int, shop: str) -> str | None:
    try:
        return customer_in_roster(json.loads(line)["Item"], shop)
    except (ValueError, TypeError, KeyError) as error:
        raise NotUnderstood(f"line {number} is no item of an export in DYNAMODB_JSON") from error


def walk(
    tables: Tables,
    shop: str,
    job: Job,
    found: Iterable[Found],
    after: int,
    at: datetime,
    seconds_left: SecondsLeft,
    paced: Paced,
) -> dict[str, Any]:
    """Evaluate customers of a file under what the job builds, as long as there is time, and say how far that came."""
    waiting = iter(found)
    while page := [*islice(waiting, PAGE)]:
        outcomes = walk_customers(tables, shop, job.id, [one.customer for one in page], at, seconds_left)
        turned = page[: len(outcomes)]
        after = turned[-1].line
        if not jobs.turned(tables.segments, shop, job, len(turned), at):
            return {"ended": True, "after": after}
        paced(len(turned))
        if seconds_left() <= 0:
            return {"ended": False, "after": after}
    return {"ended": True, "after": after}
