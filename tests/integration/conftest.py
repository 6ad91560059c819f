"""What integration tests need of the machine."""

from __future__ import annotations

import pytest

from tidemark.stack import dynamodb_local as store


@pytest.fixture(scope="session")
def dynamodb_local() -> str:
    """The store to ask of a stack; skips where it cannot run, since nothing less has the real engine's rules."""
    if reason := store.missing():
        pytest.skip(f"DynamoDB Local cannot run here: {reason}")
    return "dynamodb-local"
