"""Taking the members of a segment out: page by page of their list, into a file or into another order.

Each step can be done again: a part of a file is written over with itself or its like, a row of a snapshot with itself.
How far an extract came is noted on the version it was read at, so of several workers one goes on; who does not takes
away what it wrote if the extract has failed meanwhile.
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
    is told why. Of one that failed everything is removed. Raises what kept a step from being done.
    """
    noted = extracts.read(tables.segments, shop, extract_id)
    while noted is not None and noted.state == "building" and at < noted.ends_at:
        try:
            further = _failed(noted, "given_up") if tries > MOST_TRIES else _further(_Work(tables, bucket, shop, noted))
        except (TidemarkError, ClientError) as error:
            if reason := _final_reason(error):
                extracts.advance(tables.segments, shop, noted, _next(noted, _failed(noted, reason), at))
            raise
        further = _next(noted, further, at)
        if not extracts.advance(tables.segments, shop, noted, further):
            standing = extracts.read(tables.segments, shop, extract_id)
            if standing is None or standing.state == "failed":
                # Whoever removed it may have been quicker than our last write.
                further = replace(further, state="failed")
            elif standing != further:
                return True
        noted = further
        if noted.state == "building" and seconds_left() <= 0:
            return False
    return noted is None or noted.state != "failed" or remove(tables, bucket, shop, noted, seconds_left)


def remove(tables: Tables, bucket: str, shop: str, extract: Extract, seconds_left: SecondsLeft) -> bool:
    """Delete the file or the rows of one that failed; False if there was not time for all of them."""
    if extract.kind == "export":
        files.remove(bucket, key_of(shop, extract), extract.upload)
    else:
        while extracts.remove_rows(tables.members, shop, extract):
            if seconds_left() <= 0:
                return False
    # Somebody else may have noted it, or the shop be gone.
    extracts.advance(tables.segments, shop, extract, replace(extract, removed=True, version=extract.version + 1))
    return True


def remove_all(tables: Tables, bucket: str, shop: str, seconds_left: SecondsLeft) -> bool:
    """Delete all files and snapshots of a shop that is erased; False if there was not time for all of them."""
    for extract in extracts.every(tables.segments, shop):
        ended = extracts.end(tables.segments, shop, extract, "shop_erased")
        if ended is not None and not remove(tables, bucket, shop, ended, seconds_left):
            return False
    return True


def _further(work: _Work) -> Extract:
    try:
        further = _STEPS[work.extract.kind](work)
        if further.state == "ready":
            _check_definition(work.tables, work.shop, further)
    except Conflict as conflict:
        return _failed(work.extract, conflict.code)
    return further


def _failed(extract: Extract, reason: str) -> Extract:
    return replace(extract, state="failed", error=reason, after="")


def _next(noted: Extract, further: Extract, at: datetime) -> Extract:
    return replace(further, version=noted.version + 1, touched_at=at)


def _final_reason(error: TidemarkError | ClientError) -> str:
    """Why trying again cannot help, in a word; empty if it may."""
    if isinstance(error, ClientError):
        return "storage_refused" if aws.is_final(error) else ""
    return "" if isinstance(error, Contention) else error.code


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
        """The pages of the list from where the extract stands, to the last: without anybody who has left it."""
        after: str | None = self.extract.after
        while after is not None:
            page = members.members(
                self.tables.members, self.shop, self.extract.definition, after, size, consistent=True
            )
            yield page
            after = page.next


def _write(work: _Work) -> Extract:
    """Write the next part of a file, or all of a small one."""
    extract, shape = work.extract, SHAPES[work.extract.order]
    key = key_of(work.shop, extract)
    tags: list[str] = json.loads(extract.parts) if extract.parts else []
    body, written, after, ended = b"" if tags else shape.head, extract.written, extract.after, True
    for page in work.pages(PAGE):
        body += shape.lines(page.members)
        written += len(page.members)
        if page.next is not None and len(body) >= files.PART_BYTES:
            after, ended = page.next, False
            break
    if ended and not extract.upload:
        files.put(work.bucket, key, shape.content_type, body)
        return replace(extract, state="ready", written=written)
    if not extract.upload:
        # Noted before there is anything in it, so that it is found by whoever must remove it.
        return replace(extract, upload=files.begin(work.bucket, key, shape.content_type))
    tags.append(files.add(work.bucket, key, extract.upload, len(tags) + 1, body))
    if ended:
        files.complete(work.bucket, key, extract.upload, tags)
        return replace(extract, state="ready", written=written)
    return replace(extract, parts=json.dumps(tags), written=written, after=after)


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
