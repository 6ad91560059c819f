"""Arguments that several subcommands share, with the checks that belong to them."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from segment_core import instants, zones
from segment_core.errors import InvalidRequest
from segment_core.store import keys

DEFAULT_SHOP = "demo"
DEFAULT_URL = "http://127.0.0.1:8787"
DEFAULT_PORT = 8787
STORES = ("auto", "dynamodb-local", "moto")


def instant(text: str) -> datetime:
    """An instant with its offset; which one a bare local time names would be a guess."""
    try:
        return instants.parse(text)
    except ValueError as error:
        if "offset" in str(error) or "calendar" in str(error):
            raise ArgumentTypeError(str(error)) from None
        raise ArgumentTypeError(f"'{text}' is not an instant: write it like 2026-03-01T05:00:00Z") from None


def zone(text: str) -> ZoneInfo:
    """A zone of the IANA database."""
    try:
        return zones.zone(text)
    except ValueError:
        raise ArgumentTypeError(f"no zone is called '{text}': use an IANA name, like Europe/Berlin") from None


def shop(text: str) -> str:
    """What can be the id of a shop."""
    try:
        return keys.shop_id(text)
    except InvalidRequest as error:
        raise ArgumentTypeError(f"'{text}' is no shop: {error.message}") from None


def base_url(text: str) -> str:
    """The address of a stack, without a path's trailing slash."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ArgumentTypeError(f"'{text}' is not an address: write it like {DEFAULT_URL}")
    return text.rstrip("/")


def port(text: str) -> int:
    """A TCP port; 0 lets the system choose."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise ArgumentTypeError(f"'{text}' is not a port: 0 to 65535")
    return int(text)


def add_evaluation(parser: ArgumentParser) -> None:
    """What `members` and `explain` need to evaluate a query over a file."""
    parser.add_argument("--query", required=True, metavar="Q", help="the segment's query")
    parser.add_argument(
        "--customers", required=True, type=Path, metavar="FILE",
        help="customer documents, one JSON object a line; .gz is read too, - is standard input",
    )  # fmt: skip
    parser.add_argument(
        "--at", required=True, type=instant, metavar="INSTANT", help="when, with an offset: 2026-03-01T05:00:00Z"
    )
    parser.add_argument("--zone", type=zone, metavar="ZONE", help="the shop's zone, like America/New_York")
    parser.add_argument(
        "--shop", type=Path, metavar="FILE",
        help='the shop as JSON: {"zone", "currency", "settings": {"count_test_orders", "count_cancelled_orders", '
        '"abandoned_after_minutes"}}',
    )  # fmt: skip
    add_json(parser)


def add_json(parser: ArgumentParser) -> None:
    """`--json`, the same words everywhere."""
    parser.add_argument("--json", action="store_true", help="machine output: JSON on standard output")
