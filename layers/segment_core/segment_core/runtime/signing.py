"""The key that signs cursors: one for each deployment, made by whoever first needs it and kept in the parameter store.

So nothing has to be set up, and all processes sign alike. Deleting the parameter ends all cursors that are out.
"""

from __future__ import annotations

import secrets as random
from functools import cache

from botocore.exceptions import ClientError

from segment_core.runtime import secrets

_BYTES = 32


@cache
def key(name: str) -> bytes:
    """The key in the parameter of that name."""
    kept = _read(name)
    if kept is None:
        _make(name)
        kept = _read(name)
    if kept is None:
        raise LookupError(f"the parameter {name} was just written and is not there")
    return bytes.fromhex(kept)


def _read(name: str) -> str | None:
    try:
        answer = secrets.client().get_parameter(Name=name, WithDecryption=True)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise
    return str(answer["Parameter"]["Value"])


def _make(name: str) -> None:
    """Write a new key, unless another process was quicker."""
    try:
        secrets.client().put_parameter(Name=name, Value=random.token_hex(_BYTES), Type="SecureString", Overwrite=False)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterAlreadyExists":
            raise
