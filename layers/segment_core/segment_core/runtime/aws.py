"""What all clients of AWS have in common."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

USER_AGENT = f"tidemark Boto3/{boto3.__version__}"


def config(**settings: Any) -> Config:
    """The configuration of a client: botocore's settings that are given, and those that are the same for all."""
    return Config(
        # Given whole. Otherwise botocore composes it twice for each request: a sixth of a call's processor time.
        user_agent=USER_AGENT,
        # Requests are made by this package alone, and the services check them too.
        parameter_validation=False,
        **settings,
    )
