"""Every key of every table, and nothing else: the one place that knows how items are addressed.

    table        partition key             sort key                         index (sparse, keys only unless said)
    Customers    shop#customer             PROFILE, PROFILE#merged id,      roster: roster_slice, customer_id
                                           ORDER#created#id, EVENT#type#at#id
    Customers    shop#order#id             -
    Customers    shop#product#id           -
    Memberships  shop#customer                                              due: due_shard, due_minute
    Members      shop#definition#shard     customer
    Members      shop#snapshot#id          place in the order, then customer
    History      shop#customer             effective_at#segment#version     day: segment_day, sk (with the change)
    Segments     shop                      SEGMENT#id, NAME#name, DEFINITION#id, COUNT#definition#shard,
                                           GENERATION, GENERATION#number, EXTRACT#id, VALUES, REQUEST#key,
                                           RATE#kind#minute, ASKED#id
    Segments     SHOPS                     shop
    Segments     JOBS                      shop#job
    Segments     ERASURES                  shop

The attributes are `pk` and `sk` in every table. Shop, customer, order and segment ids never hold `#`
(`shop_id`, `entity_id`), so a key cannot be made to mean another one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from segment_core.errors import InvalidRequest
from segment_core.instants import sortable

# These sort in the order in which they are read backwards: profiles, orders, events.
PROFILE = "PROFILE"
FORMER_PREFIX = f"{PROFILE}#"
AFTER_PROFILES = f"{PROFILE}\x7f"
ORDER_PREFIX = "ORDER#"
EVENT_PREFIX = "EVENT#"
ORDER_POINTER = "-"
GENERATION = "GENERATION"
VALUES = "VALUES"

# Partitions for all shops together, so that the sweep asks once: small, and written to seldom (a job once
# for each hundred customers it walks). No shop's id has capitals.
SHOPS = "SHOPS"
JOBS = "JOBS"
ERASURES = "ERASURES"

ROSTER_INDEX = "roster"
DUE_INDEX = "due"
DAY_INDEX = "day"

# Shards spread the write rate of one shop over partitions of an index or a list (1,000 units a
# second each). Changing a number moves keys: it needs a migration, not an edit.
ROSTER_SLICES = 16
# Every idle minute costs a query for each of these and each shop. Two take 2,000 index writes a second for
# one shop: 1,000 due minutes that move, since moving one deletes an entry and writes another.
DUE_SHARDS = 2
LIST_SHARDS = 4

# The most that DynamoDB takes as a sort key.
SORT_KEY_BYTES = 1024

_SHOP_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_ENTITY_ID = re.compile(r"[A-Za-z0-9_.:\-]{1,128}")


def shop_id(text: str) -> str:
    """The text, if it can be a shop's id: lower-case letters, digits and hyphens, at most 63."""
    if not _SHOP_ID.fullmatch(text):
        raise InvalidRequest(
            "a shop id holds lower-case letters, digits and hyphens, at most 63",
            code="invalid_shop_id",
        )
    return text


def entity_id(text: str) -> str:
    """The text, if it can be the id of a customer, an order or a segment."""
    if not _ENTITY_ID.fullmatch(text):
        raise InvalidRequest(
            "an id holds letters, digits and _ . : - only, at most 128",
            code="invalid_id",
        )
    return text


def is_entity_id(text: str) -> bool:
    """Whether the text can be such an id."""
    return _ENTITY_ID.fullmatch(text) is not None


def shard(text: str, shards: int) -> int:
    """A number below `shards` that depends on nothing but the text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest()) % shards


# Customers ------------------------------------------------------------------------------------


def customer(shop: str, customer_id: str) -> str:
    """Partition of a customer, in Customers, Memberships and History."""
    return f"{shop}#{customer_id}"


def split_customer(pk: str) -> tuple[str, str]:
    """(shop, customer) of such a partition."""
    shop, _, customer_id = pk.partition("#")
    return shop, customer_id


def order(created_at: datetime | None, order_id: str) -> str:
    """Sort key of an order under its customer. An order without a date sorts first."""
    return f"{ORDER_PREFIX}{sortable(created_at) if created_at else ''}#{order_id}"


def former(customer_id: str) -> str:
    """Sort key, under another customer, of what is known of one who was merged into that one."""
    return f"{FORMER_PREFIX}{customer_id}"


def events(event_type: str) -> str:
    """What the sort keys of a customer's events of one type begin with.

    A type is any text. One that could be mistaken for the rest of a key, or is too long for one, is known by its hash.
    """
    if not _ENTITY_ID.fullmatch(event_type):
        event_type = f"~{blake2b(event_type.encode(errors='surrogatepass'), digest_size=16).hexdigest()}"
    return f"{EVENT_PREFIX}{event_type}#"


def event(event_type: str, at: datetime, event_id: str) -> str:
    """Sort key of an event under its customer."""
    return f"{events(event_type)}{sortable(at)}#{event_id}"


def order_pointer(shop: str, order_id: str) -> str:
    """Partition of the item that knows where an order is."""
    return f"{shop}#order#{order_id}"


def product(shop: str, product_id: str) -> str:
    """Partition of the item that holds what a product is; its sort key is that of pointers, which no stream wakes."""
    return f"{shop}#product#{product_id}"


def roster_slice(shop: str, slice_number: int) -> str:
    """Partition of the roster index."""
    return f"{shop}#{slice_number}"


def roster_slice_of(shop: str, customer_id: str) -> str:
    """The roster partition that a customer is in."""
    return roster_slice(shop, shard(customer_id, ROSTER_SLICES))


def loose_slice(shop: str, slice_number: int) -> str:
    """Partition of the roster index that lists what is in no living customer's partition.

    Those are tombstones, products, and orders that nobody is known to have placed: what erasing a shop has to find.
    """
    return f"{shop}#loose#{slice_number}"


def loose_slice_of(shop: str, entity: str) -> str:
    """The partition of the roster index in which something that belongs to no living customer is listed."""
    return loose_slice(shop, shard(entity, ROSTER_SLICES))


# Memberships ----------------------------------------------------------------------------------


def due_shard(shop: str, shard_number: int) -> str:
    """Partition of the due index."""
    return f"{shop}#{shard_number}"


def due_shard_of(shop: str, customer_id: str) -> str:
    """The due partition that a customer is in."""
    return due_shard(shop, shard(customer_id, DUE_SHARDS))


def due_minute(due: datetime) -> str:
    """The first full minute that is not before `due`: when the sweep can serve it."""
    minute = due.astimezone(UTC).replace(second=0, microsecond=0)
    if minute < due:
        minute += timedelta(minutes=1)
    return minute.strftime("%Y-%m-%dT%H:%MZ")


# Members --------------------------------------------------------------------------------------


def member_list(shop: str, definition: str, shard_number: int) -> str:
    """Partition of one shard of a definition's member list."""
    return f"{shop}#{definition}#{shard_number}"


def list_shard_of(customer_id: str) -> int:
    """The shard of every member list that a customer is in."""
    return shard(customer_id, LIST_SHARDS)


def snapshot(shop: str, extract_id: str) -> str:
    """Partition of a snapshot's rows. No definition's id is followed by one, so it is no member list."""
    return f"{shop}#snapshot#{extract_id}"


def placed(place: str, customer_id: str) -> str:
    """Sort key of a member in a snapshot."""
    return f"{place}#{customer_id}"


def split_placed(sk: str) -> tuple[str, str]:
    """(place, customer) of such a sort key."""
    place, _, customer_id = sk.rpartition("#")
    return place, customer_id


# History --------------------------------------------------------------------------------------


def history(effective_at: datetime, segment: str, version: int) -> str:
    """Sort key of one enter or leave."""
    return f"{sortable(effective_at)}#{segment}#{version:012d}"


def history_after(instant: datetime) -> str:
    """A sort key after all enters and leaves of that instant, and before all later ones."""
    return f"{sortable(instant)}$"


def split_history(sk: str) -> tuple[str, str, int]:
    """(instant as text, segment, version) of such a sort key."""
    instant, segment_id, version = sk.split("#")
    return instant, segment_id, int(version)


def segment_day(shop: str, segment: str, effective_at: datetime) -> str:
    """Partition of the history index: one segment's enters and leaves of one UTC day."""
    return f"{shop}#{segment}#{effective_at.astimezone(UTC):%Y-%m-%d}"


# Segments -------------------------------------------------------------------------------------


def segment(segment_id: str) -> str:
    """Sort key of a segment."""
    return f"SEGMENT#{segment_id}"


def segment_name(name: str) -> str:
    """Sort key of the item that holds a name, so that no two segments share it, letter case aside.

    Raises InvalidRequest (`invalid_name`) for what is no text, or too long for a key: without letter case a
    name can be three times as long as it was.
    """
    try:
        excess = _excess(name)
    except UnicodeEncodeError:
        raise InvalidRequest("Name holds half a surrogate pair, which is no character", code="invalid_name") from None
    if excess > 0:
        raise InvalidRequest(f"Name is too long by {excess} bytes of UTF-8 in small letters", code="invalid_name")
    return _name_key(name)


def fits_as_name(name: str) -> bool:
    """Whether text without half surrogate pairs is short enough for such a sort key."""
    return _excess(name) <= 0


def _excess(name: str) -> int:
    return len(_name_key(name).encode()) - SORT_KEY_BYTES


def _name_key(name: str) -> str:
    return f"NAME#{name.casefold()}"


def split_segment_name(sk: str) -> str:
    """The name in such a sort key, without letter case."""
    return sk.partition("#")[2]


def text(text_id: str) -> str:
    """Sort key of a text, which several definitions may have."""
    return f"DEFINITION#{text_id}"


def data_request(request_id: str) -> str:
    """Sort key of a customer's request for what is known of them."""
    return f"ASKED#{request_id}"


def job(shop: str, job_id: str) -> str:
    """Sort key of a job that has not ended."""
    return f"{shop}#{job_id}"


def split_job(sk: str) -> tuple[str, str]:
    """(shop, job) of such a sort key."""
    shop, _, job_id = sk.partition("#")
    return shop, job_id


def generation(number: int) -> str:
    """Sort key of one generation; the newest one is also kept at `GENERATION`."""
    return f"GENERATION#{number:09d}"


def counter(definition_id: str, shard_number: int) -> str:
    """Sort key of the count of one shard of a member list."""
    return f"{counter_prefix(definition_id)}{shard_number}"


def counter_prefix(definition_id: str) -> str:
    """What the sort keys of all counters of a definition begin with."""
    return f"COUNT#{definition_id}#"


def request(key: str) -> str:
    """Sort key of what a request with that idempotency key made. The key is the caller's, so only its hash is kept."""
    return f"REQUEST#{blake2b(key.encode(), digest_size=16).hexdigest()}"


def rate(kind: str, minute: datetime) -> str:
    """Sort key of the number of requests of a kind in one minute."""
    return f"RATE#{kind}#{sortable(minute)}"


def extract(extract_id: str) -> str:
    """Sort key of an export or a snapshot."""
    return f"EXTRACT#{extract_id}"
