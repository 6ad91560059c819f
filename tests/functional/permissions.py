"""Handlers under test may do only what their roles in `template.yaml` grant, as on AWS.

moto lets everybody do everything, so a missing grant would show after the deployment only. A call counts
as a handler's if the handler is on the stack; tables, queues and the bus are known by the environment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.unit.template.stack import STAGES, Stack, referenced

FUNCTIONS = Path(__file__).parents[2] / "functions"

# How the call's name differs from the action that IAM knows.
ACTIONS = {"SendMessageBatch": "SendMessage", "ConditionCheck": "ConditionCheckItem"}
FILES = {
    **dict.fromkeys(("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"), "PutObject"),
    **{name: name for name in ("AbortMultipartUpload", "DeleteObject")},
}

# How the client's name differs from the service that IAM knows.
SERVICES = {"stepfunctions": "states"}

# (action, what it is done to): "dynamodb:Query", "MembershipsTable/index/due"
Deed = tuple[str, str]


@cache
def granted(function: str) -> frozenset[Deed]:
    """What the function's role allows on tables, indexes, queues, buses, buckets and parameters."""
    stack = Stack.of(STAGES[0])
    role = stack.all("IAM::Role")[referenced(stack.functions()[function]["Role"])]
    return frozenset(
        (action, _named(resource))
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
        if resource != "*"
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _named(resource: dict[str, Any]) -> str:
    text = str(resource.get("Fn::Sub", ""))
    if ":ssm:" in text:
        return "cursor key" if text.endswith("/cursor-key") else "parameters"
    return referenced(resource) + (f"/index/{text.partition('/index/')[2]}" if "/index/" in text else "")


def done(service: str, operation: str, request: dict[str, Any]) -> Iterator[Deed]:
    """What IAM would be asked for this call."""
    match request:
        case {"TransactItems": operations}:
            for item in operations:
                ((kind, part),) = item.items()
                yield f"dynamodb:{ACTIONS.get(kind, f'{kind}Item')}", _logical(part["TableName"])
        case {"RequestItems": tables}:
            yield from ((f"dynamodb:{operation}", _logical(table)) for table in tables)
        case {"TableName": table, "IndexName": index}:
            yield f"dynamodb:{operation}", f"{_logical(table)}/index/{index}"
        case {"TableName": name} | {"QueueUrl": name} | {"stateMachineArn": name}:
            yield f"{SERVICES.get(service, service)}:{ACTIONS.get(operation, operation)}", _logical(name)
        case {"Entries": entries}:
            yield from ((f"events:{operation}", _logical(entry["EventBusName"])) for entry in entries)
        case {"Bucket": bucket}:
            yield f"s3:{FILES[operation]}", _logical(bucket)
        case {"Name": name} if service == "ssm" and name == os.environ["CURSOR_KEY"]:
            yield f"ssm:{operation}", "cursor key"
        case {"Name": name} if service == "ssm":
            prefixed = name.startswith(f"{os.environ['SECRETS_PREFIX']}/") and name.endswith("/webhook-secrets")
            yield f"ssm:{operation}", "parameters" if prefixed else name
        case _:
            raise AssertionError(f"{service} {operation} is not known here; say what IAM is asked for it")


def _logical(name: str) -> str:
    # CUSTOMERS_TABLE holds the name of CustomersTable; another test says that the template keeps to this.
    for variable, value in os.environ.items():
        if value == name and variable.endswith(("_TABLE", "_QUEUE_URL", "_BUS_NAME", "_BUCKET", "_MACHINE_ARN")):
            words = variable.removesuffix("_URL").removesuffix("_NAME").removesuffix("_ARN").split("_")
            return "".join(map(str.capitalize, words))
    return name


def _caller() -> str | None:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.name == "app.py" and path.parent.parent == FUNCTIONS:
            return path.parent.name
        frame = frame.f_back
    return None


@pytest.fixture(autouse=True)
def only_what_roles_grant(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every call of a handler that its role does not allow, and fail the test even if the handler goes on."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]
    refusals = []

    def checked(client: BaseClient, operation: str, request: dict[str, Any]) -> Any:
        function = _caller()
        if function is not None:
            asked = set(done(client.meta.service_model.service_name, operation, request))
            if refused := sorted(asked - granted(function)):
                refusals.append(f"the role of {function} does not allow {refused}")
                raise AssertionError(refusals[-1])
        return call(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", checked)
    yield
    assert not refusals
