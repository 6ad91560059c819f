"""The stack, once for each stage."""

from __future__ import annotations

import pytest

from .stack import STAGES, Stack


@pytest.fixture(scope="session", params=STAGES)
def stack(request: pytest.FixtureRequest) -> Stack:
    return Stack.of(request.param)
