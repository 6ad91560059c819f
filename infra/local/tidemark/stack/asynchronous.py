"""Asynchronous calls: tried again as the function's settings say, and what fails for good goes to a queue."""

from __future__ import annotations

import json
import queue
import sys
import threading
from typing import Any

from segment_core import instants
from tidemark.stack.activity import Activity
from tidemark.stack.clock import StackClock
from tidemark.stack.functions import Functions, Outcome
from tidemark.stack.queues import Draft, Queues
from tidemark.stack.wiring import FunctionSettings

Call = tuple[FunctionSettings, Any]


class Asynchronous:
    """Calls functions for schedules and rules. Calls that wait are lost when the process is killed."""

    def __init__(self, functions: Functions, queues: Queues, clock: StackClock, activity: Activity) -> None:
        self._functions = functions
        self._queues = queues
        self._clock = clock
        self._waiting: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._open = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="asynchronous calls")
        activity.watch(self._pending)

    def start(self) -> None:
        """Begin to serve calls that were put off."""
        self._thread.start()

    def stop(self) -> None:
        """Serve those that wait, then end."""
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def later(self, function: FunctionSettings, event: Any) -> None:
        """Call the function soon."""
        with self._lock:
            self._open += 1
        self._waiting.put((function, event))

    def invoke(self, function: FunctionSettings, event: Any) -> Outcome:
        """Call it now, and again if it fails."""
        outcome = self._functions.invoke(function.name, event)
        for _ in range(function.retries):
            if not outcome.error:
                break
            outcome = self._functions.invoke(function.name, event)
        if outcome.error:
            self._failed(function, event, outcome)
        return outcome

    def _pending(self) -> str | None:
        return f"{self._open} asynchronous calls wait" if self._open else None

    def _run(self) -> None:
        while (call := self._waiting.get()) is not None:
            self.invoke(*call)
            with self._lock:
                self._open -= 1

    def _failed(self, function: FunctionSettings, event: Any, outcome: Outcome) -> None:
        """Tell the destination for failures, as Lambda does."""
        print(f"{function.id} failed for good: {outcome.reason}", file=sys.stderr, flush=True)
        if function.on_failure is None:
            return
        message = {
            "version": "1.0",
            "timestamp": instants.iso(self._clock.now()),
            "requestContext": {
                "requestId": outcome.request_id,
                "functionArn": f"{function.arn}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": function.retries + 1,
            },
            "requestPayload": event,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": outcome.error,
        }
        self._queues.at(function.on_failure).send([Draft(json.dumps(message), {})])
