"""Every client tells who is calling, in few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from segment_core.runtime import bus, queue, secrets
from segment_core.runtime.aws import USER_AGENT
from segment_core.store import client as tables


class Sent(Exception):
    """Ends a call in place of sending its request."""


@pytest.mark.parametrize(
    ("make", "call", "arguments"),
    [
        (tables.client, "list_tables", {}),
        (queue.client, "list_queues", {}),
        (bus.client, "list_rules", {}),
        (secrets.client, "get_parameter", {"Name": "/demo"}),
    ],
    ids=["dynamodb", "sqs", "events", "ssm"],
)
def test_it_names_itself(
    make: Callable[[], Any], call: str, arguments: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    told: list[str] = []

    def keep(request: Any, **_: object) -> None:
        told.append(request.headers["User-Agent"].decode())
        raise Sent

    # Not the one that the process keeps: this one sends nothing.
    client: Any = make.__wrapped__()  # type: ignore[attr-defined]
    client.meta.events.register("before-send", keep)
    with pytest.raises(Sent):
        getattr(client, call)(**arguments)
    ours, *versions = told[0].split()
    assert ours == USER_AGENT
    assert {version.partition("/")[0] for version in versions} <= {"Botocore", "PT", "PTEnv"}
