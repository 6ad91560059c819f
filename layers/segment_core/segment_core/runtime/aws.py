"""What all clients of AWS have in common."""

from __future__ import annotations

from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

USER_AGENT = "tidemark"

# What services answer with a status of the caller's faults, and that passes.
_TOO_FAST = frozenset({
    "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestTimeout", "ThrottlingException",
    "TransactionInProgressException",
})  # fmt: skip
_OUR_FAULT = range(400, 500)


def is_final(error: ClientError) -> bool:
    """Whether the same request would be refused again: no such bucket, no such right. Outages and throttling pass."""
    told = error.response
    return told["ResponseMetadata"]["HTTPStatusCode"] in _OUR_FAULT and told["Error"]["Code"] not in _TOO_FAST


def config(**settings: Any) -> Config:
    """The configuration of a client: botocore's settings that are given, and those that are the same for all."""
    return Config(
        # botocore adds its version only. What it says by itself it composes anew, twice for each request:
        # a sixth of a call's processor time.
        user_agent=USER_AGENT,
        # Requests are made by this package alone, and the services check them too.
        parameter_validation=False,
        **settings,
    )
