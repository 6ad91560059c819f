"""What all ways to send facts over the API have in common: a result for each."""

from __future__ import annotations

from segment_core.api import models
from segment_core.errors import InvalidDocument, TidemarkError


def refused(index: int, error: TidemarkError, within: str = "") -> models.IntakeResult:
    """The result of what is refused. It was read `within` another object, of which its path says nothing."""
    path = error.path.removeprefix(within) if isinstance(error, InvalidDocument) else None
    reason = error.message.removeprefix(within)
    return models.IntakeResult(index=index, status="refused", code=error.code, path=path, message=reason)
