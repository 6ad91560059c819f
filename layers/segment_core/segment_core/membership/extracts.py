"""Taking the members of a segment out: page by page of their list, into a file or into another order.

Each step can be done again: a part of a file is written over with itself or its like, a row of a snapshot with itself.
How far an extract came is noted on the version it was read at, so of several workers one goes on.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, cast

from botocore.exceptions import ClientError

from segment_core.errors import Conflict, Contention, TidemarkError
from segment_core.evaluator.ordering import SortKey, SortValue, sort_value
from segment_core.instants import iso, sortable
from segment_core.membership.budget import SecondsLeft, unlimited
from segment_core.model.extract import Extract
from segment_core.record import record, replace
from segment_core.runtime import aws, files
from segment_core.store import extracts, facts, generations, members
from segment_core.store.extracts import Placed
from segment_core.store.members import Entry
from segment_core.store.tables import Tables

# So many messages about an extract may end before it has come as far as the time of one allows.
MOST_TRIES = 3

# Members of a list that are read at once.
PAGE = 1000
# All facts of a member are read to place them: fewer at once.
_PLACED_PAGE = 200

# Amounts of money are placed by six decimals, which no currency has; more would change no order that anybody sees.
_OFFSET = Decimal(10) ** 15
_WIDTH = 23


class Shape(NamedTuple):
    """How a file is written."""

    suffix: str
    content_type: str
    head: bytes
    lines: Callable[[Sequence[Entry]], bytes]


def _ndjson(entries: Sequence[Entry]) -> bytes:
    lines = (
        json.dumps({"customer_id": customer, "since": iso(since)}, separators=(",", ":")) for customer, since in entries
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _csv(entries: Sequence[Entry]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows((customer, iso(since)) for customer, since in entries)
    return text.getvalue().encode()


SHAPES: Mapping[str, Shape] = {
    "ndjson": Shape("ndjson", "application/x-ndjson", b"", _ndjson),
    "csv": Shape("csv", "text/csv; charset=utf-8", b"customer_id,since\r\n", _csv),
}
"""By format, RFC 4180 for CSV."""


def key_of(shop: str, extract: Extract) -> str:
    """Where the file of an export is."""
    return f"{shop}/{extract.segment}/{extract.id}.{SHAPES[extract.order].suffix}"


def work(
    tables: Tables,
    bucket: str,
    shop: str,
    extract_id: str,
    at: datetime,
    seconds_left: SecondsLeft,
    tries: int = 1,
) -> bool:
    """Go on with an extract while there is time; False if somebody must go on with it later.

    A call does one step at least. True if it has ended, expired, or somebody else goes on with it. What trying again
    cannot help has failed at once, and so has what was begun `tries` times and came to no end: whoever waits for it
    is told why. Raises what kept a step from being done.
    """
    noted = extracts.read(tables.segments, shop, extract_id, at)
    while noted is not None and noted.state == "building":
        if tries > MOST_TRIES:
            _note(tables, shop, noted, _failed(noted, "given_up"), at)
            return True
        try:
            further = _STEPS[noted.kind](_Work(tables, bucket, shop, noted))
            _check_definition(tables, shop, further)
        except Conflict as conflict:
            further = _failed(noted, conflict.code)
        except (TidemarkError, ClientError) as error:
            if reason := _final_reason(error):
                _note(tables, shop, noted, _failed(noted, reason), at)
            raise
        noted = _note(tables, shop, noted, further, at)
        if noted is not None and noted.state == "building" and seconds_left() <= 0:
            return False
    return True


def _failed(extract: Extract, reason: str) -> Extract:
    return replace(extract, state="failed", error=reason)


def _final_reason(error: TidemarkError | ClientError) -> str:
    """Why trying again cannot help, in a word; empty if it may."""
    if isinstance(error, ClientError):
        return "storage_refused" if aws.is_final(error) else ""
    return "" if isinstance(error, Contention) else error.code


def _note(tables: Tables, shop: str, noted: Extract, further: Extract, at: datetime) -> Extract | None:
    """Note how far it came, or that it has failed; None if somebody else was quicker."""
    further = replace(further, version=noted.version + 1, touched_at=at)
    return further if extracts.advance(tables.segments, shop, noted, further) else None


def _check_definition(tables: Tables, shop: str, extract: Extract) -> None:
    """Raises Conflict (`definition_replaced`) unless readers still see the list that was taken out."""
    generation = generations.current(tables.segments, shop)
    published = generation.published.get(extract.segment) if generation else None
    if published is None or published.id != extract.definition:
        raise Conflict("the segment has a newer definition now; begin again", code="definition_replaced")


@record
class _Work:
    tables: Tables
    bucket: str
    shop: str
    extract: Extract

    def pages(self, size: int) -> Iterator[members.Page]:
        """The pages of the list from where the extract stands, to the last."""
        after: str | None = self.extract.after
        while after is not None:
            page = members.members(self.tables.members, self.shop, self.extract.definition, after, size)
            yield page
            after = page.next


def _write(work: _Work) -> Extract:
    """Write the next part of a file, or all of a small one."""
    extract, shape = work.extract, SHAPES[work.extract.order]
    key = key_of(work.shop, extract)
    tags: list[str] = json.loads(extract.parts) if extract.parts else []
    body, written, after, ended = b"" if extract.upload else shape.head, extract.written, extract.after, True
    for page in work.pages(PAGE):
        body += shape.lines(page.members)
        written += len(page.members)
        if page.next is not None and len(body) >= files.PART_BYTES:
            after, ended = page.next, False
            break
    if ended and not extract.upload:
        files.put(work.bucket, key, shape.content_type, body)
        return replace(extract, state="ready", written=written)
    upload = extract.upload or files.begin(work.bucket, key, shape.content_type)
    tags.append(files.add(work.bucket, key, upload, len(tags) + 1, body))
    if ended:
        files.complete(work.bucket, key, upload, tags)
        return replace(extract, state="ready", written=written)
    return replace(extract, upload=upload, parts=json.dumps(tags), written=written, after=after)


def _place(work: _Work) -> Extract:
    """Place the next members of a snapshot."""
    extract = work.extract
    page = next(work.pages(_PLACED_PAGE))
    generation = generations.current(work.tables.segments, work.shop)
    if generation is None:
        raise Conflict("the shop is gone", code="definition_replaced")
    ids = [customer for customer, _ in page.members]
    rows = []
    for (customer, since), loaded in zip(
        page.members, facts.load_all(work.tables.customers, work.shop, ids, unlimited), strict=True
    ):
        if loaded.customer is None:
            continue
        value = sort_value(cast(SortKey, extract.order), loaded.customer, generation.shop, extract.made_at)
        rows.append(Placed(place_of(value, extract.reverse), customer, since, shown(value)))
    extracts.place(work.tables.members, work.shop, extract, rows)
    written = extract.written + len(rows)
    if page.next is None:
        return replace(extract, state="ready", written=written)
    return replace(extract, written=written, after=page.next)


def place_of(value: SortValue, reverse: bool) -> str:
    """A text that sorts as values do. Whoever has none comes last, in either direction."""
    if value is None:
        return "0" if reverse else "2"
    if isinstance(value, datetime):
        return f"1{sortable(value)}"
    return f"1{f'{value + _OFFSET:.6f}'.zfill(_WIDTH)}"


def shown(value: SortValue) -> str | None:
    """A value as readers see it: an instant in ISO 8601, a number in decimals."""
    if value is None:
        return None
    return iso(value) if isinstance(value, datetime) else f"{value:f}" if isinstance(value, Decimal) else str(value)


_STEPS: Mapping[str, Callable[[_Work], Extract]] = {"export": _write, "snapshot": _place}
