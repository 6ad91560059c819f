"""Batches of queue messages and stream records, each answered for on its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from botocore.exceptions import BotoCoreError, ClientError

from segment_core.runtime.observability import count, logger

Record = Mapping[str, Any]


class _Batch(BatchProcessor):
    """Powertools' processor, which reports a failed record but would not say why, nor put it elsewhere."""

    def __init__(self, kind: EventType, park: Callable[[Record], object] | None) -> None:
        super().__init__(event_type=kind, raise_on_entire_batch_failure=False)
        self._park = park

    def failure_handler(self, record: Any, exception: Any) -> Any:
        logger().warning("record failed", exc_info=exception)
        count("RecordFailed")
        return self._parked(record) or super().failure_handler(record, exception)

    def _parked(self, record: Any) -> tuple[str, Any, Any] | None:
        if self._park is None:
            return None
        try:
            self._park(record.raw_event)
        except (BotoCoreError, ClientError) as error:
            logger().warning("record not parked", exc_info=error)
            return None
        count("RecordParked")
        return self.success_handler(record, None)


def process(
    kind: EventType,
    records: Sequence[Record],
    handle: Callable[[Record], object],
    context: Any,
    park: Callable[[Record], object] | None = None,
) -> Any:
    """Handle every record; answers which ones the event source must give us again.

    A failure does not stop the others: what we do for a record never depends on the order of a batch. With `park`
    a failed record is put there and counts as done, so that it does not hold up a stream; only what cannot even be
    parked is asked for again.
    """
    if not records:
        return {"batchItemFailures": []}
    return process_partial_response(
        event={"Records": list(records)},
        record_handler=lambda record: handle(record.raw_event),
        processor=_Batch(kind, park),
        context=context,
    )
