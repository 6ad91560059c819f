"""Runs of state machines: begun once for each name, and begun again after a kill.

How far a run came is not kept: it begins at its start again, as an execution does that is started anew. What machines
of this project do can be repeated.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tidemark.stack import state_machine
from tidemark.stack.activity import Activity
from tidemark.stack.clock import StackClock
from tidemark.stack.database import Database
from tidemark.stack.errors import StackError
from tidemark.stack.functions import Functions
from tidemark.stack.state_machine import Surroundings, TaskFailed
from tidemark.stack.wiring import FunctionSettings, StateMachine

# So many runs at once; others wait.
_AT_ONCE = 4


class Executions:
    """All runs of all machines."""

    def __init__(
        self,
        machines: Mapping[str, StateMachine],
        functions: Functions,
        settings: list[FunctionSettings],
        database: Database,
        clock: StackClock,
        activity: Activity,
    ) -> None:
        """`machines` by ARN."""
        self._machines = machines
        self._functions = functions
        self._names = {one.arn: one.name for one in settings}
        self._database = database
        self._clock = clock
        self._activity = activity
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="execution")
        self._stopping = False
        activity.watch(self._pending)

    def start(self) -> None:
        """Begin again with what a kill has broken off."""
        for arn, name, text in self._database.read(
            "SELECT machine, name, input FROM executions WHERE status = 'RUNNING'"
        ):
            self._pool.submit(self._run, arn, name, json.loads(text))

    def stop(self) -> None:
        """Begin with nothing more, and end what is under way."""
        self._stopping = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def begin(self, arn: str, name: str, data: Any) -> bool:
        """Run the machine on that input; False if there was a run of that name. Raises KeyError for another machine."""
        if arn not in self._machines:
            raise KeyError(arn)
        with self._database.transaction() as database:
            known = "SELECT 1 FROM executions WHERE machine = ? AND name = ?"
            if database.execute(known, (arn, name)).fetchone():
                return False
            values = (arn, name, json.dumps(data), "RUNNING", self._clock.now().timestamp())
            database.execute("INSERT INTO executions VALUES (?, ?, ?, ?, ?, NULL)", values)
        self._pool.submit(self._run, arn, name, data)
        return True

    def _run(self, arn: str, name: str, data: Any) -> None:
        if self._stopping:
            return
        error = None
        with self._activity.busy(f"the execution {name}"):
            try:
                state_machine.run(self._machines[arn].definition, data, Surroundings(self._invoke, _read))
            except TaskFailed as failed:
                error = str(failed)
                print(f"execution {name} failed: {error}", file=sys.stderr, flush=True)
            status = "FAILED" if error else "SUCCEEDED"
            change = "UPDATE executions SET status = ?, error = ? WHERE machine = ? AND name = ?"
            self._database.write(change, (status, error, arn, name))

    def _invoke(self, arn: str, event: Any) -> Any:
        if arn not in self._names:
            raise StackError(f"{arn} is not a function of this stack")
        if self._stopping:
            raise TaskFailed("States.TaskFailed", "the stack stops")
        outcome = self._functions.invoke(self._names[arn], event)
        if outcome.error:
            raise TaskFailed(outcome.error["errorType"], outcome.error["errorMessage"])
        return outcome.value

    def _pending(self) -> str | None:
        ((running,),) = self._database.read("SELECT count(*) FROM executions WHERE status = 'RUNNING'")
        return f"{running} executions are under way" if running else None


def _read(bucket: str, key: str) -> bytes:
    raise TaskFailed("States.ItemReaderFailed", f"the local stack keeps no objects: {bucket}/{key}")
