"""Streams as Lambda reads them: in order within a shard, at least once, halved and tried again when they fail."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from random import Random
from typing import Any

from tidemark.stack.names import REGION
from tidemark.stack.patterns import Matches, compile_pattern
from tidemark.stack.wiring import StreamMapping

from .table import Change, Table, image

SHARDS = 2
# A function's place in a shard may be lost with whoever kept it: how far back it goes on then.
ROLL_BACK = 12
KEPT = timedelta(days=1)

Record = Mapping[str, Any]


@dataclass(slots=True)
class Batch:
    """Records that go to the function together; `tries` so far with the same one in front."""

    records: Sequence[Record]
    tries: int = 0


@dataclass(slots=True)
class Shard:
    """One shard, and how far the function has come in it."""

    mapping: StreamMapping
    table: Table
    number: int
    records: list[Record] = field(default_factory=list)
    written_at: list[datetime] = field(default_factory=list)
    place: int = 0
    busy: bool = False
    todo: deque[Batch] = field(default_factory=deque)
    given_up: list[Record] = field(default_factory=list)
    _read: int = 0
    _filters: list[Matches] = field(init=False)

    def __post_init__(self) -> None:
        self._filters = [compile_pattern(one, self.mapping.place) for one in self.mapping.filters]

    def look(self) -> bool:
        """Whether there is something to do for the function."""
        for change in self.table.stream[self._read :]:
            if _shard_of(change) == self.number:
                record = _record(change, self.table, self.mapping)
                if not self._filters or any(matches(record) for matches in self._filters):
                    self.records.append(record)
                    self.written_at.append(change.at)
        self._read = len(self.table.stream)
        return not self.busy and bool(self.todo or self.place < len(self.records))

    def take(self, chance: Random) -> Batch:
        """The next batch, which must be answered for."""
        self.busy = True
        if self.todo:
            return self.todo.popleft()
        most = min(self.mapping.batch_size, len(self.records) - self.place)
        batch = self.records[self.place : self.place + chance.randint(1, most)]
        self.place += len(batch)
        return Batch(batch)

    def answered(self, batch: Batch, value: Any, failed: bool) -> None:
        """What the function made of the batch."""
        self.busy = False
        failed_from = 0 if failed else self._failed_from(batch, value)
        rest = batch.records[failed_from:]
        if not rest:
            return
        tries = 0 if failed_from else batch.tries
        if failed and self.mapping.bisect and len(rest) > 1:
            middle = len(rest) // 2
            self.todo.extendleft([Batch(rest[middle:], tries), Batch(rest[:middle], tries + 1)])
        elif tries >= self.mapping.retries:
            self.given_up.extend(rest)
        else:
            self.todo.appendleft(Batch(rest, tries + 1))

    def _failed_from(self, batch: Batch, value: Any) -> int:
        if not self.mapping.partial_responses or not value:
            return len(batch.records)
        places = {record["dynamodb"]["SequenceNumber"]: n for n, record in enumerate(batch.records)}
        failures = value.get("batchItemFailures") or []
        return min((places[one["itemIdentifier"]] for one in failures), default=len(batch.records))

    def roll_back(self, records: int, now: datetime) -> None:
        """The place was lost: go on with some records that were handled already, none older than a stream keeps."""
        if not self.busy and not self.todo:
            kept = bisect_left(self.written_at, now - KEPT)
            self.place = min(self.place, max(kept, self.place - records))


def last_number(batch: Batch) -> int:
    """The number of the last write in a batch."""
    return int(batch.records[-1]["dynamodb"]["SequenceNumber"])


def _shard_of(change: Change) -> int:
    return blake2b(change.key[0].encode(), digest_size=4).digest()[0] % SHARDS


def _record(change: Change, table: Table, mapping: StreamMapping) -> Record:
    name = "INSERT" if change.old is None else "REMOVE" if change.new is None else "MODIFY"
    images = {"OldImage": change.old, "NewImage": change.new}
    return {
        "eventID": f"{table.name}-{change.number}",
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "eventSourceARN": mapping.source_arn,
        "dynamodb": {
            "ApproximateCreationDateTime": 0,
            "Keys": table.encode_key(change.key),
            "SequenceNumber": str(change.number),
            "SizeBytes": 1,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            **{name: image(item) for name, item in images.items() if item is not None},
        },
    }
