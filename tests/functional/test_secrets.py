"""Secrets of shops while the parameter store gives no answer: stores must not notice."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from segment_core.api.webhooks import SECRETS_LAST, Delivery, Door
from segment_core.errors import Unauthorised
from segment_core.ingest import signature
from segment_core.runtime import secrets
from tests.functional.conftest import NOW, Stack

SECRET = "the-first-secret"
BODY = b'{"id": 1}'

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "GetParameter")
SILENT = ReadTimeoutError(endpoint_url="https://ssm.example.com")


def refusing(error: Exception) -> Callable[..., Any]:
    """A read that always fails."""

    def refuse(**request: Any) -> Any:
        raise error

    return refuse


@pytest.fixture
def stored(shop: Stack) -> Stack:
    """The shop with one secret."""
    secrets.write(shop.secrets_prefix, "demo", (SECRET,))
    return shop


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Lets every read fail from now on."""
    return lambda error: monkeypatch.setattr(secrets.client(), "get_parameter", refusing(error))


def delivery(secret: str) -> Delivery:
    headers = {"shopify-topic": "orders/create", "shopify-hmac-sha256": signature.sign(BODY, secret)}
    return Delivery("demo", BODY, headers)


@pytest.mark.parametrize("error", [THROTTLED, SILENT], ids=["throttled", "silent"])
def test_a_door_that_was_open_stays_open(
    stored: Stack, fails: Callable[[Exception], None], log: io.StringIO, error: Exception
) -> None:
    door = Door(stored.tables, stored.secrets_prefix, stored.ingest_queue_url)
    assert door.accept(delivery(SECRET), NOW) == "queued"
    fails(error)
    for lifetimes in (1, 2, 3):
        assert door.accept(delivery(SECRET), NOW + lifetimes * SECRETS_LAST) == "queued"
    with pytest.raises(Unauthorised):
        door.accept(delivery("forged-secret"), NOW + timedelta(hours=1))
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {line["message"] for line in lines} == {"secrets not read"}
    assert SECRET not in log.getvalue()


def test_newer_secrets_are_read_once_there_is_an_answer_again(stored: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    assert secrets.read(stored.secrets_prefix, "demo") == (SECRET,)
    secrets.write(stored.secrets_prefix, "demo", ("the-second-secret",))
    with monkeypatch.context() as patch:
        patch.setattr(secrets.client(), "get_parameter", refusing(THROTTLED))
        assert secrets.read(stored.secrets_prefix, "demo") == (SECRET,)
    assert secrets.read(stored.secrets_prefix, "demo") == ("the-second-secret",)


def test_what_was_never_read_cannot_be_remembered(stored: Stack, fails: Callable[[Exception], None]) -> None:
    fails(THROTTLED)
    with pytest.raises(ClientError):
        secrets.read(stored.secrets_prefix, "demo")


def test_secrets_that_are_gone_are_not_remembered(stored: Stack, fails: Callable[[Exception], None]) -> None:
    assert secrets.read(stored.secrets_prefix, "demo") == (SECRET,)
    secrets.client().delete_parameter(Name=secrets.parameter(stored.secrets_prefix, "demo"))
    assert secrets.read(stored.secrets_prefix, "demo") == ()
    fails(THROTTLED)
    with pytest.raises(ClientError):
        secrets.read(stored.secrets_prefix, "demo")
