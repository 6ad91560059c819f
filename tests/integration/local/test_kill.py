"""Killing the stack at any moment loses no acknowledged webhook, and leaves no process behind."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tidemark.cli.service import ALL_SCOPES
from tidemark.demo import webhooks
from tidemark.demo.shop import OPENING

SHOP = "demo"
KILLS = 3
SEED = 20260301
PATIENCE_SECONDS = 240.0


class Local:
    """`tidemark local --data` as a process."""

    def __init__(self, data: Path) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tidemark.cli",
                "local",
                "--data",
                str(data),
                "--store",
                "dynamodb-local",
                "--port",
                "0",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        told = next(line for line in self.process.stdout if "http://" in line)
        self.url = told[told.index("http://") :].split()[0]

    def call(self, method: str, path: str, value: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_SECONDS)
        try:
            body = value if isinstance(value, bytes | None) else json.dumps(value).encode()
            connection.request(method, path, body, {"content-type": "application/json", **(headers or {})})
            response = connection.getresponse()
            content = response.read()
            assert 200 <= response.status < 300, (method, path, response.status, content)
            return json.loads(content) if content else None
        finally:
            connection.close()

    def token(self) -> dict[str, str]:
        minted = self.call("POST", "/_local/token", {"shop": SHOP, "scope": ALL_SCOPES})["token"]
        return {"authorization": f"Bearer {minted}"}

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        status = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


def _post(local: Local, order: int) -> None:
    """One order of one customer, who has no other."""
    body = webhooks.order_created(str(order), str(order), "20.00", OPENING)
    raw, headers = webhooks.signed("orders/create", body, OPENING)
    local.call("POST", f"/webhooks/{SHOP}", raw, headers)


def _post_until_it_fails(local: Local, numbers: Callable[[], int], acknowledged: list[int]) -> None:
    while True:
        order = numbers()
        try:
            _post(local, order)
        except (OSError, http.client.HTTPException):
            return
        acknowledged.append(order)


def _processes_with(text: str) -> list[str]:
    """Command lines of running processes that mention the text."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


@pytest.fixture
def start(tmp_path: Path, dynamodb_local: str) -> Iterator[Callable[[], Local]]:
    """Starts a stack over the test's data; what is left running at the end is ended."""
    started: list[Local] = []

    def one() -> Local:
        started.append(Local(tmp_path))
        return started[-1]

    yield one
    for local in started:
        if local.process.poll() is None:
            local.end(signal.SIGTERM)


def test_no_acknowledged_webhook_is_lost(start: Callable[[], Local]) -> None:
    rng = random.Random(SEED)
    local = start()
    segment = _open_shop(local)
    acknowledged: list[int] = []
    numbers = itertools.count(1).__next__
    for _ in range(KILLS):
        wanted = len(acknowledged) + rng.randrange(3, 40)
        poster = threading.Thread(target=_post_until_it_fails, args=(local, numbers, acknowledged))
        poster.start()
        while len(acknowledged) < wanted and poster.is_alive():
            time.sleep(0.001)
        assert local.end(signal.SIGKILL) == -signal.SIGKILL
        poster.join()
        local = start()
    local.call("GET", f"/_local/idle?timeout={PATIENCE_SECONDS}")
    members = _members(local, segment)
    assert len(acknowledged) > KILLS
    assert {str(order) for order in acknowledged} <= members
    events = local.call("GET", "/_local/events?limit=100000")["events"]
    assert {event["detail"]["customer_id"] for event in events} == members
    depths = {queue["name"]: queue["visible"] for queue in local.call("GET", "/_local/queues")["queues"]}
    assert set(depths.values()) == {0}, depths
    assert local.end(signal.SIGTERM) == 0


def _open_shop(local: Local) -> str:
    """A shop with one segment; its id."""
    token = local.token()
    about = {"domain": webhooks.DOMAIN, "zone": "America/New_York", "currency": "USD", "settings": {}}
    local.call("PUT", f"/shops/{SHOP}", {**about, "webhook_secrets": [webhooks.SECRET]}, token)
    return str(local.call("POST", "/segments", {"name": "Buyers", "query": "number_of_orders >= 1"}, token)["id"])


def _members(local: Local, segment: str) -> set[str]:
    """All members of the segment, page by page."""
    members: set[str] = set()
    cursor = ""
    while True:
        page = local.call("GET", f"/segments/{segment}/members?limit=100{cursor}", headers=local.token())
        members.update(member["customer_id"] for member in page["members"])
        if not page["next_cursor"]:
            return members
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are looked up in /proc")
def test_a_killed_stack_leaves_no_process_behind(tmp_path: Path, start: Callable[[], Local]) -> None:
    local = start()
    assert any("java" in line for line in _processes_with(str(tmp_path)))
    local.end(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while (left := _processes_with(str(tmp_path))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []
