"""Signatures of store webhooks: base64 of HMAC-SHA256 over the raw bytes of the body."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence


def sign(raw: bytes, secret: str) -> str:
    """The signature that a store which knows the secret sends with these bytes."""
    return base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode()


def verify(raw: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Whether the header is the signature of these bytes under one of the secrets.

    `raw` are the bytes as they came, never JSON written anew. Several secrets are accepted while one
    replaces another. The time taken depends on the number of secrets, not on what the header holds.
    """
    if not header:
        return False
    claimed = header.strip().encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(sign(raw, secret).encode(), claimed) for secret in secrets if secret]
    return any(matches)
