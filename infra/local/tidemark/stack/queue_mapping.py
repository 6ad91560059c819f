"""A function that reads a queue: batches, partial failures, another try after a pause, dead letters by count."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tidemark.stack.activity import Activity
from tidemark.stack.aws_endpoint import digest, system_attributes
from tidemark.stack.functions import Functions, Outcome
from tidemark.stack.names import REGION
from tidemark.stack.patterns import compile_pattern
from tidemark.stack.queues import Message, Queues
from tidemark.stack.wiring import QueueMapping

_WAIT_SECONDS = 1.0
# On AWS a failed message shows again when its visibility ends; here nobody wants to wait for minutes.
_FIRST_PAUSE_SECONDS = 0.1
# Nothing hides what is handled for longer than its function may take: one process holds it, and says when it is done.
_HIDDEN_SECONDS = 24 * 3600.0


class QueuePoller:
    """Works off one queue for one function, in as many threads as the function has environments."""

    def __init__(
        self, mapping: QueueMapping, queues: Queues, functions: Functions, activity: Activity, threads: int
    ) -> None:
        self._mapping = mapping
        self._queue = queues.at(mapping.source_arn)
        self._functions = functions
        self._activity = activity
        self._filters = [compile_pattern(one, f"{mapping.place}.FilterCriteria") for one in mapping.filters]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, name=mapping.id) for _ in range(threads)]
        activity.watch(self._pending)

    def start(self) -> None:
        """Begin to read."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stop.set()
        self._queue.close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _pending(self) -> str | None:
        waiting = sum(self._queue.depth())
        return f"{self._queue.settings.name} holds {waiting} messages" if waiting else None

    def _run(self) -> None:
        while not self._stop.is_set():
            # A received message counts as in flight, so it is with somebody at every instant.
            messages = self._queue.receive(self._mapping.batch_size, _WAIT_SECONDS, _HIDDEN_SECONDS)
            if messages:
                with self._activity.busy(self._mapping.id):
                    self._work_off(messages)
            else:
                self._activity.notify()

    def _work_off(self, messages: Sequence[Message]) -> None:
        events = [(message, self._event(message)) for message in messages]
        wanted = [(message, event) for message, event in events if self._wanted(event)]
        failed: set[str] = set()
        if wanted:
            outcome = self._functions.invoke(self._mapping.function, {"Records": [event for _, event in wanted]})
            failed = self._failed([message for message, _ in wanted], outcome)
        # What the filter leaves out is deleted, as on AWS.
        self._queue.delete(str(message.receipt) for message in messages if message.message_id not in failed)
        for message in messages:
            if message.message_id in failed:
                self._queue.release([str(message.receipt)], self._pause(message))

    def _pause(self, message: Message) -> float:
        grown: float = _FIRST_PAUSE_SECONDS * 2 ** (message.receives - 1)
        return min(grown, self._queue.settings.visibility_timeout)

    def _wanted(self, event: dict[str, Any]) -> bool:
        if not self._filters:
            return True
        with suppress(ValueError):
            event = {**event, "body": json.loads(event["body"])}
        return any(matches(event) for matches in self._filters)

    def _failed(self, messages: Sequence[Message], outcome: Outcome) -> set[str]:
        everyone = {message.message_id for message in messages}
        if outcome.error:
            return everyone
        if not self._mapping.partial_responses or not outcome.value:
            return set()
        named = {one.get("itemIdentifier") for one in outcome.value.get("batchItemFailures") or []}
        # An identifier that is none of the batch's fails the whole batch.
        return everyone if named - everyone else named

    def _event(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message.message_id,
            "receiptHandle": message.receipt,
            "body": message.body,
            "attributes": system_attributes(message),
            "messageAttributes": {name: _attribute(value) for name, value in message.attributes.items()},
            "md5OfBody": digest(message.body),
            "eventSource": "aws:sqs",
            "eventSourceARN": self._mapping.source_arn,
            "awsRegion": REGION,
        }


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    """A message attribute in the spelling that Lambda uses."""
    shown = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    names = {"StringValue": "stringValue", "BinaryValue": "binaryValue"}
    return shown | {names[name]: part for name, part in value.items() if name in names}
