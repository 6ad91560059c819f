"""Requests that carry a key, so that one that is sent again is carried out once."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from segment_core.errors import Conflict
from segment_core.record import record
from segment_core.store import requests, segments
from segment_core.store.client import Operation
from segment_core.store.tables import Tables


@record
class IdempotentRequest:
    """A request to make a segment: the caller's key, and what it asks for, by its hash."""

    key: str
    content: str

    @classmethod
    def of(cls, key: str, *asked: str) -> IdempotentRequest:
        """The request of that key that asks for this."""
        parts = "\0".join(asked).encode()
        return cls(key, blake2b(parts, digest_size=16).hexdigest())

    def made(self, tables: Tables, shop: str) -> str | None:
        """The segment that the request has made already, if it was sent before.

        Raises Conflict (`idempotency_key_reused`) if the key was another request's, or that segment is gone.
        """
        found = requests.read(tables.segments, shop, self.key)
        if found is None:
            return None
        if found.content != self.content:
            raise Conflict("the key was used for another request; take a new one", code="idempotency_key_reused")
        record = segments.read(tables.segments, shop, found.segment)
        if record is None or record.deleted:
            raise Conflict("the segment that this request made was deleted since", code="idempotency_key_reused")
        return found.segment

    def operations(self, tables: Tables, shop: str, segment: str, at: datetime) -> list[Operation]:
        """The part of the transaction that makes the segment which remembers the request."""
        return [requests.put_operation(tables.segments, shop, self.key, requests.Made(segment, self.content), at)]
