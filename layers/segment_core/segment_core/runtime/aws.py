"""What all clients of AWS have in common."""

from __future__ import annotations

from typing import Any

from botocore.config import Config

USER_AGENT = "tidemark"


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
