"""README and docs say what is so: their commands are run, their bodies read, their tables compared."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from segment_core.api import models
from segment_core.errors import InvalidDocument
from segment_core.facts import customer as facts
from segment_core.facts.document import parse_line, read_customer
from segment_core.facts.metafields import KINDS
from segment_core.ingest import catalogue, signature
from segment_core.ingest.topics import is_used
from segment_core.record import is_record, names, required
from tidemark import cli
from tidemark.demo import webhooks
from tidemark.demo.segments import SEGMENTS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CUSTOMERS = (ROOT / "docs" / "customers.md").read_text("utf-8")
WEBHOOKS = (ROOT / "docs" / "webhooks.md").read_text("utf-8")

COMMANDS = re.findall(r"^\$ tidemark (.*)\n((?:(?!\$ |```).*\n)*)", README, re.MULTILINE)
SENT = [json.loads(body) for body in re.findall(r"-d '(\{.*\})'", README)]

SECTIONS = {
    "Customer": facts.Customer,
    "Address": facts.Address,
    "Order": facts.Order,
    "Refund": facts.Refund,
    "Order line": facts.OrderLine,
    "Checkout": facts.Checkout,
    "Event": facts.Event,
    "Metafield": facts.Metafield,
    "Store credit account": facts.StoreCreditAccount,
}


def _section(document: str, title: str) -> str:
    (text,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", document, re.MULTILINE | re.DOTALL)
    return str(text)


def _first_column(document: str, title: str) -> list[str]:
    cells = re.findall(r"^\| (`.*?) \|", _section(document, title), re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


# README ---------------------------------------------------------------------------------------


def test_there_are_commands_in_the_readme() -> None:
    assert {arguments.split()[0] for arguments, _ in COMMANDS} == {"check", "members", "explain"}


@pytest.mark.parametrize(("arguments", "shown"), COMMANDS)
def test_a_command_prints_what_the_readme_shows(
    arguments: str, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    cli.main(shlex.split(arguments))
    told = capsys.readouterr()
    assert (told.out + told.err).strip() == shown.strip()


def test_the_bodies_of_the_readme_are_taken() -> None:
    segment, shop = SENT
    # The demo has its own segments, whose names are taken.
    assert models.SegmentRequest.model_validate(segment).name not in {name for name, _ in SEGMENTS}
    assert models.ShopRequest.model_validate(shop).webhook_secrets


def test_the_sample_customers_can_be_read() -> None:
    lines = (ROOT / "events" / "customers.ndjson").read_text("utf-8").splitlines()
    assert [parse_line(line).id for line in lines] == ["8401", "8402", "8403"]


# docs/customers.md ----------------------------------------------------------------------------


@pytest.mark.parametrize(("title", "record"), SECTIONS.items())
def test_a_table_lists_every_key_and_no_other(title: str, record: type) -> None:
    named = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", _section(CUSTOMERS, title), re.MULTILINE)
    assert re.findall(r"\w+", " ".join(named)) == list(names(record))


def _unset(place: str, value: object) -> Iterator[str]:
    """Places of the keys that have their default."""
    if is_record(value):
        unset = type(value)(**{name: getattr(value, name) for name in required(value)})
        for name in names(value):
            part = getattr(value, name)
            if (name not in required(value) and part == getattr(unset, name)) or part in ((), {}):
                yield f"{place}.{name}"
            yield from _unset(f"{place}.{name}", part)
    elif isinstance(value, tuple):
        for part in value:
            yield from _unset(place, part)


def test_the_example_has_every_key() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", CUSTOMERS, re.DOTALL)
    customer = read_customer(json.loads(example))
    assert list(_unset("customer", customer)) == []


@pytest.mark.parametrize(
    "key",
    [
        "state",
        "email_marketing_consent",
        "product_subscription_status",
        "scores.rfm_group",
        "scores.predicted_spend_tier",
    ],
)
def test_a_vocabulary_is_listed_in_full(key: str) -> None:
    outer, _, inner = key.partition(".")
    document: dict[str, Any] = {"id": "1", outer: {inner: "?"} if inner else "?"}
    with pytest.raises(InvalidDocument) as refused:
        read_customer(document)
    words = refused.value.message.partition("must be one of ")[2].split(", ")
    assert ", ".join(f"`{word}`" for word in words) in _section(CUSTOMERS, "Customer")


def test_the_types_of_metafields_are_listed() -> None:
    simple, lists = _section(CUSTOMERS, "Metafield").split("`list.` before")
    named = re.findall(r"`(\w+)`", simple.partition("required: ")[2])
    listed = re.findall(r"`(\w+)`", lists.partition(". Others")[0])
    assert sorted([*named, *(f"list.{name}" for name in listed)]) == sorted(KINDS)


# docs/webhooks.md -----------------------------------------------------------------------------


def test_the_tables_of_topics_are_current() -> None:
    assert catalogue.written(WEBHOOKS) == WEBHOOKS, "python -m segment_core.ingest.catalogue docs/webhooks.md"


def test_the_signature_is_made_as_shown() -> None:
    if which("openssl") is None:
        pytest.skip("openssl is not installed")
    commands, request, _ = re.findall(r"```sh\n(.*?)```", WEBHOOKS, re.DOTALL)
    script = f'{commands}\nprintf "%s\\n" "$SECRET" "$SIGNATURE" "$BODY"'
    run = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    secret, signed, body = run.stdout.splitlines()
    assert secret == webhooks.SECRET
    assert signature.verify(body.encode(), signed, [secret])
    assert json.loads(body)
    (topic,) = re.findall(r"X-Shopify-Topic: ([\w./]+)", request)
    assert is_used(topic)


def test_the_partner_event_that_is_shown_is_one_of_the_demos_shop() -> None:
    *_, command = re.findall(r"```sh\n(.*?)```", WEBHOOKS, re.DOTALL)
    made = command.partition("|")[0]
    run = subprocess.run(["/bin/sh", "-c", made], capture_output=True, text=True, check=True, cwd=ROOT)
    event = json.loads(run.stdout)
    assert event["detail"]["metadata"]["X-Shopify-Shop-Domain"] == "demo-shop.example.com"
    assert is_used(event["detail"]["metadata"]["X-Shopify-Topic"])
