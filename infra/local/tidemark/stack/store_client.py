"""A small DynamoDB client for the stack itself: JSON over one kept connection per thread, no signing.

Functions use boto3; the stack polls streams all day and needs an answer in a millisecond.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tidemark.stack.errors import StoreError
from tidemark.stack.names import REGION

TABLES = "DynamoDB_20120810"
STREAMS = "DynamoDBStreams_20120810"

_TIMEOUT_SECONDS = 30
# Local stores look at nothing in it but the service and the key's form.
AUTHORIZATION = (
    f"AWS4-HMAC-SHA256 Credential=local/20260101/{REGION}/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
)


class StoreRefusal(StoreError):
    """The store answered with an error; `code` is AWS's name for it."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.code = code


class StoreClient:
    """Calls a table store at an address."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (str(parts.hostname), parts.port)
        self._local = threading.local()
        self._all: list[http.client.HTTPConnection] = []

    def call(self, service: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer. Raises StoreRefusal for an error, StoreError when the store cannot be reached."""
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"{service}.{operation}",
            "Authorization": AUTHORIZATION,
        }
        body = json.dumps(request).encode()
        try:
            status, raw = self._exchange(body, headers)
        except (OSError, http.client.HTTPException):
            # A kept connection may have been closed since; a new one tells whether the store is there.
            try:
                status, raw = self._exchange(body, headers)
            except (OSError, http.client.HTTPException) as error:
                raise StoreError(f"the table store does not answer: {error}") from error
        answer: dict[str, Any] = json.loads(raw or b"{}")
        if status != 200:
            code = str(answer.get("__type", status)).rpartition("#")[2]
            raise StoreRefusal(operation, code, str(answer.get("message", answer.get("Message", ""))))
        return answer

    def _exchange(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(*self._address, timeout=_TIMEOUT_SECONDS)
            self._local.connection = connection
            self._all.append(connection)
        try:
            connection.request("POST", "/", body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise

    def close(self) -> None:
        """Close all connections; none may be in use."""
        for connection in self._all:
            connection.close()
