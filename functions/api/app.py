"""The HTTP API behind the JWT authorizer; routes are in `segment_core.api`."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.logging import correlation_paths

from segment_core import clock
from segment_core.api.application import application
from segment_core.runtime.observability import observed

app = application()


@observed(correlation_paths.API_GATEWAY_HTTP)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request, all of it as of one instant."""
    app.append_context(at=clock.now())
    return app.resolve(event, context)
