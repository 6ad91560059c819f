"""The functions of the stack: each in processes of its own, made before any thread, started with its wiring."""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import queue
import sys
import threading
import time
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from segment_core.store.capacity import Consumed
from tidemark.stack import worker
from tidemark.stack.activity import Activity
from tidemark.stack.clock import StackClock
from tidemark.stack.errors import StackError
from tidemark.stack.wiring import FunctionSettings

# Imported once, before processes are split off, which then share it: what takes longest to import in a function.
_SHARED = ("boto3", "pydantic", "aws_lambda_powertools.event_handler", "aws_lambda_powertools.utilities.batch")
_LOG_LINES = 5_000
_STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an invocation came to: the handler's answer, or the error as Lambda describes it."""

    request_id: str
    value: Any
    error: Mapping[str, Any] | None

    @property
    def reason(self) -> str:
        """The error in one line."""
        return f"{self.error['errorType']}: {self.error['errorMessage']}" if self.error else ""


class Environment:
    """One process of one function."""

    def __init__(self, inherited: Iterable[worker.Closable]) -> None:
        # Split off rather than started anew: imports are shared, and a test's patches of the core apply.
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        arguments = (theirs, [*inherited, self.connection])
        self._process = context.Process(target=worker.run, args=arguments, daemon=True)
        with warnings.catch_warnings():
            # Another stack of this process may have threads; the new process uses nothing that they hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request, wait for its answer."""
        try:
            self.connection.send_bytes(json.dumps(request).encode())
            answer: dict[str, Any] = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            error = {
                "errorType": "Runtime.ExitError",
                "errorMessage": "the function's process has ended",
                "stackTrace": [],
            }
            # What it wrote before it ended, it can tell nobody any more.
            return {"error": error, "output": "", "written": None, "consumed": []}
        return answer

    def stop(self) -> None:
        """End the process, once what it does is done."""
        self.connection.close()
        self._process.join(_STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


class Functions:
    """All functions, by name."""

    def __init__(
        self,
        settings: Sequence[FunctionSettings],
        environments: int,
        inherited: Sequence[worker.Closable],
        activity: Activity,
    ) -> None:
        """Makes the processes: must be called before this process has threads."""
        for name in _SHARED:
            if importlib.util.find_spec(name.partition(".")[0]):
                importlib.import_module(name)
        worker.descriptions()
        self._settings = {one.name: one for one in settings}
        self._activity = activity
        self._all: list[Environment] = []
        self._free: dict[str, queue.SimpleQueue[Environment]] = {}
        for one in settings:
            self._free[one.name] = queue.SimpleQueue()
            for _ in range(environments):
                # Every process must let go of the ends of those made before it.
                earlier = [environment.connection for environment in self._all]
                environment = Environment([*inherited, *earlier])
                self._all.append(environment)
                self._free[one.name].put(environment)
        self._clock: StackClock
        self._written: Callable[[Collection[str] | None], None]
        self._consumed: queue.SimpleQueue[tuple[str, Consumed]] = queue.SimpleQueue()
        self.log: deque[dict[str, str]] = deque(maxlen=_LOG_LINES)

    def start(
        self,
        variables: Mapping[str, str],
        layers: Sequence[Path],
        clock: StackClock,
        written: Callable[[Collection[str] | None], None],
        *,
        metered: bool = False,
    ) -> None:
        """Load all functions, at once. `variables` go to each.

        `written` hears, after each invocation, which tables were written to; None if that is not known.
        `metered`: count what calls of DynamoDB consume, for `take_consumed`.
        """
        self._clock, self._written = clock, written
        failures: list[str] = []
        threads = [
            threading.Thread(
                target=self._load, args=(one, variables, layers, metered, failures), name=f"load {one.name}"
            )
            for one in self._settings.values()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise StackError("; ".join(failures))

    def _load(
        self,
        one: FunctionSettings,
        variables: Mapping[str, str],
        layers: Sequence[Path],
        metered: bool,
        failures: list[str],
    ) -> None:
        free = self._free[one.name]
        for _ in range(free.qsize()):
            environment = free.get()
            answer = environment.ask(
                {
                    "do": "start",
                    "variables": {**variables, **one.variables, "AWS_LAMBDA_FUNCTION_NAME": one.name},
                    "layers": [str(layer) for layer in layers],
                    "code": str(one.code),
                    "handler": one.handler,
                    "metered": metered,
                }
            )
            free.put(environment)
            if "error" in answer:
                failures.append(f"{one.id} cannot be loaded: {_told(answer['error'])}")

    def arn(self, name: str) -> str:
        """The function's ARN."""
        return self._settings[name].arn

    def invoke(self, name: str, event: Any) -> Outcome:
        """Run the function on the event, when one of its environments is free."""
        one = self._settings[name]
        request_id = str(uuid.uuid4())
        about = {
            "request_id": request_id,
            "function_name": one.name,
            "function_arn": one.arn,
            "memory": one.memory,
            "timeout": one.timeout,
        }
        answer = self._ask(one, request_id, {"do": "invoke", "event": event, "context": about})
        return Outcome(request_id, answer.get("value"), answer.get("error"))

    def call(self, name: str, target: str) -> Any:
        """The answer of some other function, called inside this one's environment. Raises StackError."""
        answer = self._ask(self._settings[name], "", {"do": "call", "target": target})
        if "error" in answer:
            error = answer["error"]
            raise StackError(f"{target}: {error['errorType']}: {error['errorMessage']}")
        return answer["value"]

    def _ask(self, one: FunctionSettings, request_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._activity.busy(one.id):
            environment = self._free[one.name].get()
            began = time.monotonic()
            try:
                answer = environment.ask({**request, "clock": self._clock.setting()})
            finally:
                self._free[one.name].put(environment)
            if (took := time.monotonic() - began) > one.timeout:
                print(f"{one.id} took {took:.0f} s; on AWS it ends after {one.timeout}", file=sys.stderr, flush=True)
            self._keep(one, request_id, answer)
            for line in answer["consumed"]:
                units, indexes = Decimal(line["units"]), Decimal(line["indexes"])
                self._consumed.put((one.id, Consumed(**{**line, "units": units, "indexes": indexes})))
            self._written(answer["written"])
        return answer

    def take_consumed(self) -> list[tuple[str, Consumed]]:
        """By function, what its calls of DynamoDB came to since this was asked last; nothing if it is not metered."""
        return [self._consumed.get() for _ in range(self._consumed.qsize())]

    def _keep(self, one: FunctionSettings, request_id: str, answer: Mapping[str, Any]) -> None:
        for line in answer["output"].splitlines():
            self.log.append({"function": one.id, "request_id": request_id, "line": line})
            if '"level":"ERROR"' in line or '"level":"CRITICAL"' in line:
                print(f"{one.id}: {line}", file=sys.stderr, flush=True)
        if error := answer.get("error"):
            told = _told(error)
            self.log.append({"function": one.id, "request_id": request_id, "line": told})
            print(f"{one.id} failed: {told}", file=sys.stderr, flush=True)

    def stop(self) -> None:
        """End all processes."""
        for environment in self._all:
            environment.stop()


def _told(error: Mapping[str, Any]) -> str:
    """An error in one line, with the place where it was raised."""
    where = (error["stackTrace"] or ["no place"])[-1]
    return f"{error['errorType']}: {error['errorMessage']} at {where}"
