"""Where a customer's addresses are: coordinates that one message tells, and a later one leaves out.

The addresses of a customer are as the latest list has them. Stores' lists of addresses carry no coordinates, while
imports do, and so do the addresses of orders. So coordinates are kept beside the list, by what an address says
otherwise: country, region and city. An address that has coordinates of its own keeps those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from segment_core.facts import registers
from segment_core.facts.registers import Register, Registers, Stamp

_COORDINATES = ("latitude", "longitude")

Address = Mapping[str, object]


def located(stamp: Stamp, addresses: Iterable[Address]) -> dict[str, Register]:
    """What addresses say of where they are. Where two of one city differ, the same always counts."""
    found: dict[str, Register] = {}
    for address in addresses:
        key, where = _key(address), {name: address[name] for name in _COORDINATES if address.get(name) is not None}
        if key and len(where) == len(_COORDINATES):
            register = Register(stamp, where)
            found[key] = registers.later(found[key], register) if key in found else register
    return found


def said(listed: Register | None) -> dict[str, Register]:
    """What a list of addresses says of where they are."""
    return {} if listed is None else located(listed.stamp, _listed(listed))


def kept(listed: Register | None, *told: Registers) -> dict[str, Register]:
    """What was told of places, without what the latest list says."""
    joined: Registers = {}
    for some in told:
        joined = registers.join(joined, some)
    # Dropping what can be found again loses nothing, so the order of joins does not matter.
    known = said(listed)
    return {key: register for key, register in joined.items() if known.get(key) != register}


def completed(address: object, places: Registers) -> object:
    """The address, with the coordinates that are known of its city if it says none itself."""
    if not isinstance(address, Mapping) or any(address.get(name) is not None for name in _COORDINATES):
        return address
    known = places.get(_key(address) or "")
    return {**address, **known.value} if known and isinstance(known.value, Mapping) else address


def _listed(listed: Register) -> Iterator[Address]:
    if isinstance(listed.value, list):
        yield from (address for address in listed.value if isinstance(address, Mapping))


def _key(address: Address) -> str | None:
    """What stands for a city; None for an address without one: a country is not a place to measure from."""
    city = address.get("city")
    if not isinstance(city, str) or not address.get("country"):
        return None
    return "/".join([str(address["country"]), str(address.get("region") or ""), city.casefold()])
