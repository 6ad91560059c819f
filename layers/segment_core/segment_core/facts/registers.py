"""Registers: values that merge by who was told last, whatever the order of arrival.

A stamp says when a value was told: the store's own time, then when the store triggered the message, then
a hash of the content. Stamps are text of one width whose order is theirs, so the later value is the one
with the greater stamp, and merging is commutative, associative and idempotent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from segment_core.instants import sortable

Stamp = str

# Before every digit: what is only inherited loses to whatever was told of the thing itself.
_INHERITED = "-"

# As wide as an instant, and before every one of them: a message that says when it was triggered is later.
_UNTOLD = "-" * 27
_DIGEST_BYTES = 8


class Register(NamedTuple):
    """A value, as JSON has it, and when it was told."""

    stamp: Stamp
    value: object


Registers = Mapping[str, Register]


def stamp(store_time: datetime, triggered_at: datetime | None, content: object) -> Stamp:
    """The stamp of what a store told at `store_time` in a message that it triggered at `triggered_at`.

    `content` is anything that JSON can hold; it decides between two tellings of the same instants.
    """
    digest = blake2b(canonical(content).encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{sortable(store_time)} {sortable(triggered_at) if triggered_at else _UNTOLD} {digest}"


def store_time(of: Stamp) -> str:
    """The store's time in a stamp, as sortable text."""
    return of.lstrip(_INHERITED)[: len(_UNTOLD)]


def without_content(of: Stamp) -> Stamp:
    """The instants of a stamp alone: they tell nothing of what was told, and come before every stamp of them."""
    return " ".join(of.split(" ")[:2])


def inherited(registers: Registers) -> dict[str, Register]:
    """The registers, each of which loses to every one that is not inherited; among themselves nothing changes."""
    return {name: Register(_INHERITED + register.stamp, register.value) for name, register in registers.items()}


def canonical(value: object) -> str:
    """One text for one JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def told(stamp_: Stamp, values: Mapping[str, object]) -> dict[str, Register]:
    """Registers of values that were all told at once."""
    return {name: Register(stamp_, value) for name, value in values.items()}


def later(a: Register, b: Register) -> Register:
    """The one that was told later; of two with one stamp, always the same."""
    if a.stamp != b.stamp:
        return a if a.stamp > b.stamp else b
    return a if a.value == b.value or canonical(a.value) > canonical(b.value) else b


def join(a: Registers, b: Registers) -> dict[str, Register]:
    """Every register of both, the later where both have one."""
    joined = dict(a)
    for name, register in b.items():
        joined[name] = later(joined[name], register) if name in joined else register
    return joined


def encode(groups: Mapping[str, Registers], others: Mapping[str, object]) -> str:
    """Groups of registers and other JSON values as text.

    What is told at once shares a stamp, so each stamp is written once and registers name its number.
    """
    stamps = sorted({register.stamp for group in groups.values() for register in group.values()})
    numbers = {stamp_: number for number, stamp_ in enumerate(stamps)}
    document: dict[str, object] = {name: value for name, value in others.items() if value is not None}
    for name, group in groups.items():
        if group:
            document[name] = {key: [numbers[register.stamp], register.value] for key, register in group.items()}
    return canonical({**document, "stamps": stamps})


def decode(text: str, groups: tuple[str, ...]) -> tuple[dict[str, dict[str, Register]], dict[str, object]]:
    """The groups of those names and the other values of such a text."""
    document = json.loads(text)
    stamps = document.pop("stamps")
    registers = {
        name: {key: Register(stamps[number], value) for key, (number, value) in document.pop(name, {}).items()}
        for name in groups
    }
    return registers, document
