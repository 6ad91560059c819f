"""Talking to a running stack over HTTP: JSON in and out, bounded retries."""

from __future__ import annotations

import base64
import http.client
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from random import uniform
from time import sleep
from typing import Any
from urllib.parse import urlsplit

from segment_core import instants
from tidemark.cli.arguments import DEFAULT_SHOP
from tidemark.cli.errors import CommandError, UsageError

TOKEN_VARIABLE = "TIDEMARK_TOKEN"
ALL_SCOPES = "admin segments:read segments:write customers:read events:write"

_TIMEOUT_SECONDS = 60
_ATTEMPTS = 6
_FIRST_WAIT_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 8.0
_WORTH_ANOTHER_TRY = {429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `body` is the parsed JSON, None where there is none."""

    status: int
    body: Any

    @property
    def reason(self) -> str:
        """What the service says is wrong, for the person to read."""
        if isinstance(self.body, Mapping):
            for key in ("detail", "title", "message"):
                if self.body.get(key):
                    return str(self.body[key])
        return http.client.responses.get(self.status, "no reason given")


class Service:
    """A stack at an address. Every request has a connection of its own: none is found closed after a pause."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        self._parts = urlsplit(url)
        self._token = token

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send it once. Raises OSError or HTTPException when the connection is lost."""
        sent = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(self._parts.hostname), self._parts.port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, self._parts.path + path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, _parsed(response.read()))
        finally:
            connection.close()

    def send(self, method: str, path: str, value: object = None) -> Answer:
        """Send a JSON value (None: no body) once; a lost connection is a CommandError."""
        try:
            return self.request(method, path, None if value is None else json.dumps(value).encode())
        except (OSError, http.client.HTTPException) as error:
            raise CommandError(f"{self.url} does not answer: {error or type(error).__name__}") from None

    def repeat(self, method: str, path: str, body: bytes) -> Answer:
        """Send what may safely arrive twice: tried again, at growing intervals, while the trouble may pass.

        Returns the first answer that another try would not change; raises CommandError when there was none.
        """
        trouble = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                longest = min(_FIRST_WAIT_SECONDS * 2**attempt, _LONGEST_WAIT_SECONDS)
                sleep(uniform(longest / 2, longest))
            try:
                answer = self.request(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                trouble = str(error) or type(error).__name__
                continue
            if answer.status not in _WORTH_ANOTHER_TRY:
                return answer
            trouble = f"{answer.status} {answer.reason}"
        raise CommandError(f"{self.url} failed {_ATTEMPTS} times, the last time with: {trouble}")


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine, where a local stack hands out tokens itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def local_token(url: str, shop: str = DEFAULT_SHOP, scope: str = ALL_SCOPES) -> str:
    """A token from the issuer of a local stack. Raises CommandError when there is none at that address."""
    answer = Service(url).send("POST", "/_local/token", {"shop": shop, "scope": scope})
    if answer.status == 400:
        raise CommandError(answer.reason)
    if answer.status != 200 or not isinstance(answer.body, dict) or "token" not in answer.body:
        raise CommandError(f"{url} gave no token ({answer.status} {answer.reason}); only a local stack does")
    return str(answer.body["token"])


def local_now(url: str) -> datetime | None:
    """What time it is in a local stack at that address; None if there is none, or not on this machine."""
    if not is_loopback(url):
        return None
    answer = Service(url).send("GET", "/_local/clock")
    if answer.status != 200 or not isinstance(answer.body, dict) or "now" not in answer.body:
        return None
    return instants.parse(answer.body["now"])


def shop_of(token: str) -> str | None:
    """The shop that a token speaks for, as it says itself; None if it does not say. Its signature is not checked."""
    payload = token.split(".")[1:2]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload[0] + "==")) if payload else None
    except ValueError:
        return None
    shop = claims.get("shop") if isinstance(claims, dict) else None
    return shop if isinstance(shop, str) else None


def token_for(url: str, given: str | None, shop: str | None) -> tuple[str, str | None]:
    """The token to use and its shop: the one given, else from the environment, else from the local issuer.

    Raises UsageError if another `shop` is wanted than a token speaks for.
    """
    token = given or os.environ.get(TOKEN_VARIABLE)
    if token:
        spoken_for = shop_of(token)
        if shop is not None and shop != spoken_for:
            source = "--token" if given else TOKEN_VARIABLE
            raise UsageError(f"{source} speaks for {spoken_for or 'no shop that it names'}, not for --shop {shop}")
        return token, spoken_for
    if is_loopback(url):
        wanted = DEFAULT_SHOP if shop is None else shop
        return local_token(url, wanted), wanted
    raise CommandError(f"{url} needs a token: give --token or set {TOKEN_VARIABLE}")
