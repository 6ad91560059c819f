"""The webhook secrets of shops, in the parameter store.

They are write-only from outside: set through `PUT /shops/{shop}`, read by `webhook` alone, shown to nobody.
Two are held at a time, so that a store may change over without a webhook being lost.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from segment_core.runtime import aws

MOST_SECRETS = 2


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
    """The secrets that sign this shop's webhooks; none if none were set."""
    try:
        answer = client().get_parameter(Name=parameter(prefix, shop), WithDecryption=True)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return ()
        raise
    return tuple(json.loads(answer["Parameter"]["Value"]))


def write(prefix: str, shop: str, secrets: tuple[str, ...]) -> None:
    """Replace the shop's secrets. Raises ValueError unless there are one or two."""
    if not 1 <= len(secrets) <= MOST_SECRETS:
        raise ValueError(f"a shop has one or {MOST_SECRETS} webhook secrets, not {len(secrets)}")
    client().put_parameter(Name=parameter(prefix, shop), Value=json.dumps(secrets), Type="SecureString", Overwrite=True)
