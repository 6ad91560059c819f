"""Reading one table's stream: every shard in its order, parents before children, from where it was left.

Records come in the shape in which Lambda hands them to functions.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tidemark.stack.database import Database
from tidemark.stack.moto_records import repaired
from tidemark.stack.names import REGION
from tidemark.stack.store_client import STREAMS, TABLES, StoreClient, StoreRefusal
from tidemark.stack.wiring import StreamMapping

Record = dict[str, Any]

_PAGE = 1_000
_CLOSED = "closed"
# An iterator lives for 15 minutes. DynamoDB Local also refuses one that was taken while the shard was empty,
# once other tables have been written to; taken anew it holds the same records.
_REOPEN = {"ExpiredIteratorException", "TrimmedDataAccessException"}


@dataclass(slots=True)
class _Shard:
    """An open shard: where its reading stands, and records that were read but not yet handed out."""

    id: str
    parent: str | None
    position: str | None
    iterator: str | None = None
    read: deque[Record] = field(default_factory=deque)
    # How often writes had been told of before the last look that reached the end.
    read_for: int = 0
    at_end: bool = False


class StreamReader:
    """Reads the stream of one table for one mapping."""

    def __init__(
        self,
        client: StoreClient,
        database: Database,
        mapping: StreamMapping,
        table: str,
        *,
        moto: bool,
    ) -> None:
        """`moto`: repair its records, and open an iterator for each read: a cancelled transaction ends the old one."""
        self._client = client
        self._database = database
        self._mapping = mapping.id
        self._source_arn = mapping.source_arn
        self._moto = moto
        described = client.call(TABLES, "DescribeTable", {"TableName": table})
        self._stream = described["Table"]["LatestStreamArn"]
        rows = database.read("SELECT shard, sequence FROM positions WHERE mapping = ?", (mapping.id,))
        self._positions: dict[str, str] = dict(rows)
        self._shards: dict[str, _Shard] = {}
        # How often writes were told of. Once from the start: nobody tells of those before this reader was made.
        self._told = 1
        self._read_for = 0
        self._lock = threading.Lock()
        self._describe()

    def tell(self) -> None:
        """Somebody has written to the table, or may have: what was read so far need not be all."""
        with self._lock:
            self._told += 1

    @property
    def at_end(self) -> bool:
        """Whether `read` has found nothing left of all that was written until the last word of a write."""
        return self._read_for == self._told

    def read(self, most: int) -> tuple[str, list[Record]]:
        """(shard, records): the next up to `most` records of one shard; none when all that was told of was read."""
        told = self._told
        for shard in list(self._open()):
            while not shard.read and not shard.at_end and shard.read_for < told:
                self._fetch(shard)
            if shard.read:
                return shard.id, [shard.read.popleft() for _ in range(min(most, len(shard.read)))]
            if shard.at_end:
                self.done(shard.id, _CLOSED)
                del self._shards[shard.id]
                self._describe()
                return self.read(most)
        self._read_for = told
        return "", []

    def done(self, shard: str, sequence: str) -> None:
        """Everything of the shard up to that sequence number needs no more reading, also after a restart."""
        self._positions[shard] = sequence
        self._database.write("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", (self._mapping, shard, sequence))

    def _open(self) -> Iterator[_Shard]:
        for shard in self._shards.values():
            if shard.parent not in self._shards:
                yield shard

    def _describe(self) -> None:
        request: dict[str, Any] = {"StreamArn": self._stream}
        while True:
            description = self._client.call(STREAMS, "DescribeStream", request)["StreamDescription"]
            for about in description["Shards"]:
                id = about["ShardId"]
                position = self._positions.get(id)
                if position != _CLOSED and id not in self._shards:
                    self._shards[id] = _Shard(id, about.get("ParentShardId"), position)
            last = description.get("LastEvaluatedShardId")
            if not last:
                break
            request["ExclusiveStartShardId"] = last

    def _fetch(self, shard: _Shard) -> None:
        """Read on. A page that is not full ends with the last write before it was asked for.

        So it is in both stores, which write an item and its record together and limit a page by count alone.
        """
        told = self._told
        answer = self._get_records(shard)
        records = answer["Records"]
        if len(records) < _PAGE:
            shard.read_for = told
        shard.read.extend(map(self._as_lambda_sends, repaired(records) if self._moto else records))
        if records:
            shard.position = records[-1]["dynamodb"]["SequenceNumber"]
        shard.iterator = answer.get("NextShardIterator")
        shard.at_end = shard.iterator is None
        if self._moto:
            shard.iterator = None

    def _get_records(self, shard: _Shard) -> Mapping[str, Any]:
        if shard.iterator is not None:
            try:
                return self._client.call(STREAMS, "GetRecords", {"ShardIterator": shard.iterator, "Limit": _PAGE})
            except StoreRefusal as refusal:
                if refusal.code not in _REOPEN:
                    raise
        shard.iterator = self._iterator(shard)
        return self._client.call(STREAMS, "GetRecords", {"ShardIterator": shard.iterator, "Limit": _PAGE})

    def _iterator(self, shard: _Shard) -> str:
        request = {"StreamArn": self._stream, "ShardId": shard.id}
        if shard.position is not None:
            request |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": shard.position}
        else:
            request["ShardIteratorType"] = "TRIM_HORIZON"
        return str(self._client.call(STREAMS, "GetShardIterator", request)["ShardIterator"])

    def _as_lambda_sends(self, record: Mapping[str, Any]) -> Record:
        return {
            **record,
            "eventID": record["eventID"].replace("-", ""),
            "awsRegion": REGION,
            "eventSourceARN": self._source_arn,
        }
