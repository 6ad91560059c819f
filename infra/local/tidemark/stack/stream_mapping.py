"""A function that reads a table's stream: filters, batches, retries, halving, and the queue for what failed.

The rules are those of Lambda's event source mappings; one shard is worked off in order, one batch at a time.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from segment_core import instants
from tidemark.stack.activity import Activity
from tidemark.stack.clock import StackClock
from tidemark.stack.errors import StoreError
from tidemark.stack.functions import Functions, Outcome
from tidemark.stack.patterns import compile_pattern
from tidemark.stack.queues import Draft, Queues
from tidemark.stack.stream_reader import Record, StreamReader
from tidemark.stack.wiring import StreamMapping

# How soon to look for writes that nobody told of: those from outside of the stack.
_LOOK_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_STORE_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Batch:
    """Records of one shard that go to the function together; `tries` so far with the same one in front."""

    shard: str
    records: Sequence[Record]
    tries: int = 0

    @property
    def last(self) -> str:
        """The sequence number of the last record."""
        return str(self.records[-1]["dynamodb"]["SequenceNumber"])


class StreamPoller:
    """Works off one stream for one function, in a thread of its own."""

    def __init__(
        self,
        mapping: StreamMapping,
        reader: StreamReader,
        functions: Functions,
        queues: Queues,
        activity: Activity,
        clock: StackClock,
    ) -> None:
        self._mapping = mapping
        self._reader = reader
        self._functions = functions
        self._failures = queues.at(mapping.on_failure) if mapping.on_failure else None
        self._activity = activity
        self._clock = clock
        self._filters = [compile_pattern(one, f"{mapping.place}.FilterCriteria") for one in mapping.filters]
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._started_at = time.time()
        self._thread = threading.Thread(target=self._run, name=mapping.id)
        activity.watch(self._pending)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def wake(self) -> None:
        """Somebody has written to the table: look for records now."""
        self._reader.tell()
        self._wake.set()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _pending(self) -> str | None:
        return None if self._reader.at_end else f"{self._mapping.id} has not read its stream to the end"

    def _run(self) -> None:
        while True:
            # First of all, so that whoever wakes or stops it from here on is noticed.
            self._wake.clear()
            if self._stop.is_set():
                return
            try:
                if self._read():
                    continue
            except StoreError as error:
                if not self._stop.wait(_STORE_PAUSE_SECONDS):
                    print(f"{self._mapping.id}: {error}", file=sys.stderr, flush=True)
                continue
            if not self._wake.wait(_LOOK_SECONDS):
                self._reader.tell()

    def _read(self) -> bool:
        """Work off the next batch; False if there was none."""
        with self._activity.busy(self._mapping.id):
            shard, records = self._reader.read(self._mapping.batch_size)
            if records:
                self._work_off(_Batch(shard, records))
            return bool(records)

    def _work_off(self, whole: _Batch) -> None:
        """All of it: handled, or given up to the queue for what failed."""
        wanted = [record for record in whole.records if self._wanted(record)]
        todo = deque([_Batch(whole.shard, wanted)] if wanted else [])
        while todo:
            if self._stop.is_set():
                return
            todo.extendleft(reversed(self._try(todo.popleft())))
        self._reader.done(whole.shard, whole.last)

    def _wanted(self, record: Record) -> bool:
        return not self._filters or any(matches(record) for matches in self._filters)

    def _try(self, batch: _Batch) -> list[_Batch]:
        """Hand the batch to the function; returns what is still to do, in order."""
        if self._too_old(batch):
            self._give_up(batch, "RecordAgeExceeded", None)
            return []
        outcome = self._functions.invoke(self._mapping.function, {"Records": list(batch.records)})
        failed_from = self._failed_from(batch, outcome)
        if failed_from:
            self._reader.done(batch.shard, _Batch(batch.shard, batch.records[:failed_from]).last)
        rest = batch.records[failed_from:]
        if not rest:
            return []
        return self._again(_Batch(batch.shard, rest, 0 if failed_from else batch.tries), outcome)

    def _again(self, batch: _Batch, outcome: Outcome) -> list[_Batch]:
        """How to go on with a batch whose first record failed."""
        if outcome.error and self._mapping.bisect and len(batch.records) > 1:
            # Halving uses up no retries.
            middle = len(batch.records) // 2
            halves = (batch.records[:middle], batch.records[middle:])
            return [_Batch(batch.shard, half, batch.tries) for half in halves]
        if 0 <= self._mapping.retries <= batch.tries:
            self._give_up(batch, "RetryAttemptsExhausted", outcome)
            return []
        self._stop.wait(min(_FIRST_PAUSE_SECONDS * 2**batch.tries, _LONGEST_PAUSE_SECONDS))
        return [_Batch(batch.shard, batch.records, batch.tries + 1)]

    def _failed_from(self, batch: _Batch, outcome: Outcome) -> int:
        """The place of the first record that is to be tried again; past the end if all is well."""
        if outcome.error:
            return 0
        if not self._mapping.partial_responses or not outcome.value:
            return len(batch.records)
        places = {record["dynamodb"]["SequenceNumber"]: n for n, record in enumerate(batch.records)}
        failures = outcome.value.get("batchItemFailures") or []
        # An identifier that is none of the batch's fails the whole batch.
        return min((places.get(one.get("itemIdentifier"), 0) for one in failures), default=len(batch.records))

    def _too_old(self, batch: _Batch) -> bool:
        # The hours in which the stack was not there do not count.
        since = max(batch.records[0]["dynamodb"]["ApproximateCreationDateTime"], self._started_at)
        return self._mapping.maximum_age >= 0 and time.time() - since > self._mapping.maximum_age

    def _give_up(self, batch: _Batch, condition: str, outcome: Outcome | None) -> None:
        """Tell the queue for failures as Lambda does, and add the records: the stream may soon forget them."""
        reason = f": {outcome.reason}" if outcome and outcome.error else ""
        count = len(batch.records)
        print(f"{self._mapping.id} gave up {count} records ({condition}){reason}", file=sys.stderr, flush=True)
        if self._failures is None:
            return
        arrived = [_iso(record["dynamodb"]["ApproximateCreationDateTime"]) for record in batch.records]
        message = {
            "requestContext": {
                "requestId": outcome.request_id if outcome else str(uuid.uuid4()),
                "functionArn": self._functions.arn(self._mapping.function),
                "condition": condition,
                "approximateInvokeCount": batch.tries + 1,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled" if outcome and outcome.error else None,
            },
            "version": "1.0",
            "timestamp": instants.iso(self._clock.now()),
            "DDBStreamBatchInfo": {
                "shardId": batch.shard,
                "startSequenceNumber": _Batch(batch.shard, batch.records[:1]).last,
                "endSequenceNumber": batch.last,
                "approximateArrivalOfFirstRecord": arrived[0],
                "approximateArrivalOfLastRecord": arrived[-1],
                "batchSize": count,
                "streamArn": self._mapping.source_arn,
            },
            "records": list(batch.records),
        }
        self._failures.send([Draft(json.dumps(message), {})])


def _iso(epoch_seconds: float) -> str:
    return instants.iso(datetime.fromtimestamp(epoch_seconds, UTC))
