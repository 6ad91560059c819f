"""HTTP as a store and a reader speak it: one connection per thread, kept open."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and content of one response; `content` is None if there is none."""

    status: int
    content: Any


class UnexpectedAnswer(AssertionError):
    """The system refused what it must accept: nothing after it would mean anything."""


class Http:
    """One server. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._local = threading.local()
        self._connections: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Close the connections of all threads, which must be done with them."""
        for connection in self._connections:
            connection.close()

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request; if the server had closed the idle connection, once more on a new one."""
        for connection in (self._connection(), None):
            try:
                return self._exchange(connection or self._connect(), method, path, body, headers or {})
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                if connection is None:
                    raise
        raise AssertionError("the second attempt returns or raises")

    def _exchange(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        text = response.read()
        return Answer(response.status, json.loads(text) if text else None)

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        return connection or self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._address.hostname, self._address.port
        if host is None or port is None:
            raise ValueError("the server's address has a host and a port")
        connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
        self._connections.append(connection)
        self._local.connection = connection
        return connection


class Reader:
    """One shop's API, with a token."""

    def __init__(self, server: Http, token: str) -> None:
        self._server = server
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, content: object = None, expected: tuple[int, ...] = (200,)) -> Any:
        """The answer's content. Raises UnexpectedAnswer for any other status."""
        body = b"" if content is None else json.dumps(content).encode()
        answer = self._server.request(method, path, body, self._headers)
        if answer.status not in expected:
            raise UnexpectedAnswer(f"{method} {path}: {answer.status} {answer.content}")
        return answer.content

    def members(self, segment: str, page: int) -> Iterator[dict[str, str]]:
        """Every member of a segment, through all pages."""
        cursor: str | None = None
        while True:
            asked = {"limit": page} | ({"cursor": cursor} if cursor else {})
            content = self.call("GET", f"/segments/{segment}/members?{urlencode(asked)}")
            yield from content["members"]
            cursor = content["next_cursor"]
            if cursor is None:
                return
