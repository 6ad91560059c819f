"""HTTP/1.1 on 127.0.0.1: one thread per connection, requests and answers as plain values."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tidemark.stack.errors import StackError

HOST = "127.0.0.1"
BODY_LIMIT_BYTES = 10 * 1024 * 1024

_CHUNK_LINE_LIMIT = 1024
_SKIP_BYTES = 64 * 1024
_SKIP_LIMIT_BYTES = 4 * BODY_LIMIT_BYTES


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived; `target` is path and query, as sent. `headers` keep their order and spelling."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    source_ip: str

    def header(self, name: str) -> str | None:
        """The first header of that name, in any spelling."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


Application = Callable[[Request], Response]


class TooLarge(Exception):
    """The body is larger than is taken."""


class HttpServer:
    """A server for one application. It is bound when made, so its address is known before it serves."""

    def __init__(self, port: int) -> None:
        """Raises StackError if the port is taken."""
        try:
            self._server = _Server((HOST, port), _Handler)
        except OSError as error:
            raise StackError(f"port {port} cannot be used: {error.strerror}") from error
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def socket(self) -> socket.socket:
        """The listening socket."""
        return self._server.socket

    def start(self, application: Application) -> None:
        """Serve, in threads of its own."""
        self._server.application = application
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name=f"serve {self.url}")
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests, finish those at hand, close all connections. More than once is no error."""
        if self._thread:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
            self._server.close_connections()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128
    application: Application

    def __init__(self, address: tuple[str, int], handler: Any) -> None:
        super().__init__(address, handler)
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._lock:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """End the reading side of each: its thread answers what it has, then ends."""
        with self._lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RD)
                except OSError:
                    # The client was quicker.
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours; all else is, and is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without these, an answer's two packets wait for each other's acknowledgement (40 ms).
    disable_nagle_algorithm = True
    wbufsize = -1
    server_version = "tidemark-local"
    sys_version = ""
    server: _Server

    def handle_any(self) -> None:
        """Read the request, have it answered, write the answer."""
        try:
            request = Request(self.command, self.path, self.headers.items(), self._body(), self.client_address[0])
        except TooLarge:
            self.close_connection = True
            response = json_response(413, {"message": "Request Entity Too Large"})
        except ValueError:
            # A length that is no number: where the next request begins is anyone's guess.
            self.close_connection = True
            response = json_response(400, {"message": "Bad Request"})
        else:
            response = self.server.application(request)
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if not (response.status in (204, 304) and not response.body):
            self.send_header("content-length", str(len(response.body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_any

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return self._chunks()
        length = int(self.headers.get("content-length") or 0)
        if length > BODY_LIMIT_BYTES:
            self._skip(length)
            raise TooLarge
        return self.rfile.read(length)

    def _skip(self, length: int) -> None:
        """Read what is not wanted, within reason: a client that is still sending does not hear an answer."""
        left = min(length, _SKIP_LIMIT_BYTES)
        while left and (read := len(self.rfile.read(min(left, _SKIP_BYTES)))):
            left -= read

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline(_CHUNK_LINE_LIMIT).partition(b";")[0], 16):
            if len(body) + size > BODY_LIMIT_BYTES:
                raise TooLarge
            body += self.rfile.read(size)
            self.rfile.readline(_CHUNK_LINE_LIMIT)
        # Trailers, up to the empty line.
        while self.rfile.readline(_CHUNK_LINE_LIMIT).strip():
            pass
        return bytes(body)

    def handle_expect_100(self) -> bool:
        """Clients with a large body wait for a word that it is welcome."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def log_message(self, *_: object) -> None:
        """Nothing: the terminal is for people."""


def json_response(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer, without the spaces that API Gateway does not write either."""
    body = json.dumps(value, separators=(",", ":")).encode()
    return Response(status, body, [("content-type", "application/json"), *(headers or {}).items()])
