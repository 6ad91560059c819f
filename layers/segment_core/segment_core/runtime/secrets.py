"""The webhook secrets of shops, in the parameter store.

They are write-only from outside: set through `PUT /shops/{shop}`, read by `webhook`, counted by `/shops`,
shown to nobody. Two are held at a time, so that a store may change over without a webhook being lost.

The parameter store answers 40 reads a second unless the account pays for more. So a process remembers what
it read, and goes on with it while the parameter store gives no answer.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from segment_core.runtime import aws
from segment_core.runtime.observability import count, logger

MOST_SECRETS = 2

# Parameter to the secrets in it, as last read.
_known: dict[str, tuple[str, ...]] = {}


@cache
def client() -> Any:
    """The process's parameter store client. A webhook must be answered within 5 s, so it does not wait for long."""
    return boto3.client(
        "ssm",
        config=aws.config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=1, read_timeout=2),
    )


def parameter(prefix: str, shop: str) -> str:
    """The name of the parameter that holds a shop's webhook secrets."""
    return f"{prefix}/{shop}/webhook-secrets"


def read(prefix: str, shop: str) -> tuple[str, ...]:
    """The secrets that sign this shop's webhooks; none if none were set.

    If they cannot be read now, those that were read last, so that no webhook is lost. The error is raised if
    this process never read them.
    """
    name = parameter(prefix, shop)
    try:
        answer = client().get_parameter(Name=name, WithDecryption=True)
    except (ClientError, BotoCoreError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ParameterNotFound":
            _known.pop(name, None)
            return ()
        count("SecretsNotRead")
        logger().warning("secrets not read", exc_info=error, extra={"shop": shop})
        if name not in _known:
            raise
    else:
        _known[name] = tuple(json.loads(answer["Parameter"]["Value"]))
    return _known[name]


def forget(prefix: str, shop: str) -> None:
    """Delete the shop's secrets, if it has any."""
    name = parameter(prefix, shop)
    _known.pop(name, None)
    try:
        client().delete_parameter(Name=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise


def write(prefix: str, shop: str, secrets: tuple[str, ...]) -> None:
    """Replace the shop's secrets. Raises ValueError unless there are one or two."""
    if not 1 <= len(secrets) <= MOST_SECRETS:
        raise ValueError(f"a shop has one or {MOST_SECRETS} webhook secrets, not {len(secrets)}")
    client().put_parameter(Name=parameter(prefix, shop), Value=json.dumps(secrets), Type="SecureString", Overwrite=True)
