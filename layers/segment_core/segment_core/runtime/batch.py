"""Batches of queue messages and stream records, each answered for on its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, FailureResponse, process_partial_response

from segment_core.runtime.observability import count, logger

Record = Mapping[str, Any]


class _Batch(BatchProcessor):
    """Powertools' processor, which reports a failed record but would not say why."""

    def failure_handler(self, record: Any, exception: Any) -> FailureResponse:
        logger().warning("record failed", exc_info=exception)
        count("RecordFailed")
        return super().failure_handler(record, exception)


def process(kind: EventType, records: Sequence[Record], handle: Callable[[Record], object], context: Any) -> Any:
    """Handle every record; answers which ones the event source must give us again.

    A failure does not stop the others: what we do for a record never depends on the order of a batch.
    """
    if not records:
        return {"batchItemFailures": []}
    return process_partial_response(
        event={"Records": list(records)},
        record_handler=lambda record: handle(record.raw_event),
        processor=_Batch(event_type=kind, raise_on_entire_batch_failure=False),
        context=context,
    )
