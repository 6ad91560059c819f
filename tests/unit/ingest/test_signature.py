"""Signatures: published vectors, and everything that must not pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segment_core.ingest.signature import sign, verify

BODY = b'{"total": "10.00"}'


def test_published_vectors(shared: Path) -> None:
    vectors = json.loads((shared / "payloads" / "hmac-vectors.json").read_text())
    webhooks = [vector for vector in vectors if vector["scheme"].startswith("webhook")]

    assert webhooks
    for vector in webhooks:
        assert verify(vector["body"].encode(), vector["signature"], [vector["secret"]])


def test_a_signature_of_another_scheme_does_not_pass(shared: Path) -> None:
    vectors = json.loads((shared / "payloads" / "hmac-vectors.json").read_text())
    others = [vector for vector in vectors if not vector["scheme"].startswith("webhook")]

    assert others
    for vector in others:
        assert not verify(vector["body"].encode(), vector["signature"], [vector["secret"]])


def test_either_of_two_secrets_passes_while_one_replaces_the_other() -> None:
    assert verify(BODY, sign(BODY, "old"), ["new", "old"])
    assert verify(BODY, sign(BODY, "new"), ["new", "old"])
    assert not verify(BODY, sign(BODY, "older"), ["new", "old"])


def test_the_bytes_count_not_what_they_mean() -> None:
    assert not verify(b'{"total":"10.00"}', sign(BODY, "secret"), ["secret"])


@pytest.mark.parametrize("header", [None, "", "AAAA", "not base64 \udce9", sign(BODY, "")])
def test_no_signature_is_no_signature(header: str | None) -> None:
    assert not verify(BODY, header, ["secret"])
    assert not verify(BODY, header, [""])
    assert not verify(BODY, header, [])
