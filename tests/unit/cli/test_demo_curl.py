"""The signed webhook that the demo prints: the shell makes of it what a store would send."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from tidemark.demo import shop, webhooks

AT = datetime(2026, 4, 2, 15, tzinfo=UTC)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_the_printed_lines_send_what_a_store_would() -> None:
    body = webhooks.tags_changed("1002", ["vip"], AT)
    lines = webhooks.signed_curl("http://127.0.0.1:8787", "customer.tags_added", body, AT)
    script = 'curl() { printf "%s\\n" "$@"; }\n' + lines
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()

    raw, headers = webhooks.signed("customer.tags_added", body, AT)
    assert told[0] == f"http://127.0.0.1:8787/webhooks/{shop.SHOP}"
    assert told[told.index("--data-binary") + 1].encode() == raw
    sent = {line.partition(": ")[0]: line.partition(": ")[2] for line in told if line.startswith("X-Shopify-")}
    assert sent.items() <= headers.items()
    assert sent["X-Shopify-Hmac-Sha256"] == headers["X-Shopify-Hmac-Sha256"]
