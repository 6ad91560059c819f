"""The event bus, state machines, the parameter store and files, as boto3's clients."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tidemark.stack.wiring import StateMachine

from .dynamodb import Calls, error

BUS_BATCH_LIMIT = 10


class Bus:
    """What was put on the bus, as often as it was."""

    def __init__(self, calls: Calls, names: Sequence[str]) -> None:
        self._calls = calls
        self._names = names
        self.told: list[dict[str, Any]] = []

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        if not 1 <= len(Entries) <= BUS_BATCH_LIMIT:
            raise AssertionError(f"{len(Entries)} events at once")

        def perform() -> dict[str, Any]:
            answers: list[dict[str, str]] = []
            for entry in Entries:
                if entry["EventBusName"] not in self._names:
                    raise AssertionError(f"there is no bus {entry['EventBusName']}")
                if self._calls.happens("refusals"):
                    answers.append({"ErrorCode": "InternalFailure"})
                else:
                    self.told.append(json.loads(entry["Detail"]))
                    answers.append({"EventId": str(len(self.told))})
            return {"FailedEntryCount": sum("ErrorCode" in one for one in answers), "Entries": answers}

        answer: dict[str, Any] = self._calls.call("PutEvents", perform)
        return answer


class Machines:
    """State machines: what was asked of them and has not begun yet."""

    def __init__(self, calls: Calls, machines: Sequence[StateMachine]) -> None:
        self._calls = calls
        self._machines = {one.arn: one for one in machines}
        self._names: set[str] = set()
        self.waiting: list[tuple[str, StateMachine, dict[str, Any]]] = []

    def start_execution(self, *, stateMachineArn: str, name: str, **given: str) -> dict[str, Any]:
        def perform() -> dict[str, Any]:
            if name in self._names:
                raise error("StartExecution", "ExecutionAlreadyExists")
            self._names.add(name)
            self.waiting.append((name, self._machines[stateMachineArn], json.loads(given["input"])))
            return {"executionArn": f"{stateMachineArn}:{name}"}

        answer: dict[str, Any] = self._calls.call("StartExecution", perform)
        return answer


class Files:
    """What was written to buckets, by bucket and key: files small enough to be written at once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._kept: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> dict[str, Any]:
        def perform() -> dict[str, Any]:
            self._kept[f"https://files.simulated/{Bucket}/{Key}"] = Body
            return {}

        answer: dict[str, Any] = self._calls.call("PutObject", perform)
        return answer

    def generate_presigned_url(self, operation: str, *, Params: Mapping[str, str], ExpiresIn: int) -> str:
        return f"https://files.simulated/{Params['Bucket']}/{Params['Key']}"

    def fetched(self, address: str) -> str:
        """What whoever has the address is given."""
        return self._kept[address].decode()


class Parameters:
    """The parameter store."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._values: dict[str, str] = {}

    def get_parameter(self, *, Name: str, WithDecryption: bool = False) -> dict[str, Any]:
        def perform() -> dict[str, Any]:
            if Name not in self._values:
                raise error("GetParameter", "ParameterNotFound")
            return {"Parameter": {"Name": Name, "Value": self._values[Name]}}

        answer: dict[str, Any] = self._calls.call("GetParameter", perform)
        return answer

    def put_parameter(self, *, Name: str, Value: str, Type: str, Overwrite: bool = False) -> dict[str, Any]:
        def perform() -> dict[str, Any]:
            self._values[Name] = Value
            return {}

        answer: dict[str, Any] = self._calls.call("PutParameter", perform)
        return answer
