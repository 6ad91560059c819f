"""What integration tests need of the machine, and what to say where it is missing."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def missing(message: str) -> NoReturn:
    """Skip with the reason; in CI, where everything has to be there, fail."""
    if os.environ.get("TIDEMARK_NO_SKIP"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def dynamodb_local() -> str:
    """The store to ask of a stack. Java and Maven have to be there: Maven fetches it, Java runs it."""
    for program, package in (("java", "a Java runtime, 17 or later"), ("mvn", "Maven")):
        if shutil.which(program) is None:
            missing(f"{package} is not there, so DynamoDB Local cannot run; nothing less has the real engine's rules")
    return "dynamodb-local"
