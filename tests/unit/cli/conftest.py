"""A service that takes imports and hands out tokens, and does what a test tells it to do first."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tidemark.cli import service


class FakeStack:
    """Remembers every request. `script` holds statuses to answer imports with before accepting; 0 hangs up.

    `now` is the time of its clock; None: it is none of this machine's stacks and does not say.
    """

    def __init__(self) -> None:
        self.script: list[int] = []
        self.refused: dict[str, str] = {}
        self.batches: list[list[dict[str, Any]]] = []
        self.sizes: list[int] = []
        self.as_of: list[str] = []
        self.tokens: list[str | None] = []
        self.issued: list[dict[str, str]] = []
        self.url = ""
        self.now: str | None = None
        self.guests_are_customers = True

    @property
    def imported(self) -> list[str]:
        """Ids of all documents that were taken, in order."""
        return [document["id"] for batch in self.batches for document in batch]

    def answer_import(self, token: str | None, body: bytes) -> tuple[int, Any]:
        self.tokens.append(token)
        if self.script and (status := self.script.pop(0)) != 202:
            return status, {"title": "not now", "detail": "told to fail"}
        self.sizes.append(len(body))
        request = json.loads(body)
        documents = request["customers"]
        self.batches.append(documents)
        self.as_of.append(request["as_of"])
        return 202, {"results": [self._result(n, document) for n, document in enumerate(documents)]}

    def _result(self, index: int, document: dict[str, Any]) -> dict[str, Any]:
        if "guest" in document and not self.guests_are_customers:
            return {"index": index, "id": None, "status": "refused", "code": "guests_are_no_customers", "path": None}
        told = {"index": index, "id": document.get("id", "guest-1")}
        if message := self.refused.get(told["id"]):
            return {**told, "status": "refused", "code": "invalid_document", "path": "id", "message": message}
        return {**told, "status": "accepted", "code": None, "path": None, "message": None}

    def issue(self, wanted: dict[str, str]) -> tuple[int, Any]:
        self.issued.append(wanted)
        return 200, {"token": "issued-here"}


def _handler(stack: FakeStack) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            assert self.path == "/_local/clock"
            status, told = (404, {"message": "Not Found"}) if stack.now is None else (200, {"now": stack.now})
            self._send(status, told)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/_local/token":
                status, answer = stack.issue(json.loads(body))
            else:
                assert self.path == "/imports"
                status, answer = stack.answer_import(self.headers["Authorization"], body)
            if status == 0:
                self.close_connection = True
                return
            self._send(status, answer)

        def _send(self, status: int, answer: Any) -> None:
            raw = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Nothing: the terminal belongs to the tests."""

    return Handler


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStack]:
    monkeypatch.delenv(service.TOKEN_VARIABLE, raising=False)
    monkeypatch.setattr(service, "sleep", lambda seconds: None)
    fake = FakeStack()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()
