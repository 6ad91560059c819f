"""What is known of a customer apart from orders, as a state that merges.

A message is a small state of its own; merging is `join`. A field that nobody told is absent from it; one
that was told to be empty holds null. Values are JSON as in the customer document.
"""

from __future__ import annotations

from collections.abc import Iterator

from segment_core.facts import places, registers
from segment_core.facts.registers import Register, Registers
from segment_core.facts.tags import Tags
from segment_core.record import field, record

ADDRESSES = "addresses"
# Not in the document: orders name only this one of the customer's addresses.
DEFAULT_ADDRESS = "default_address"

_GROUPS = ("fields", "tags", "checkouts", "events", "places")


@record
class ProfileState:
    """`fields` are registers by document key; checkouts and events are registers by id, and only grow.

    `places` are registers of where addresses are, see `facts.places`.
    """

    fields: Registers = field(default_factory=dict)
    tags: Tags = field(default_factory=Tags)
    checkouts: Registers = field(default_factory=dict)
    events: Registers = field(default_factory=dict)
    places: Registers = field(default_factory=dict)

    def join(self, other: ProfileState) -> ProfileState:
        """What both say together."""
        fields = registers.join(self.fields, other.fields)
        told = [part for state in (self, other) for part in (state.places, places.said(state.fields.get(ADDRESSES)))]
        return ProfileState(
            fields,
            self.tags.join(other.tags),
            registers.join(self.checkouts, other.checkouts),
            registers.join(self.events, other.events),
            places.kept(fields.get(ADDRESSES), *told),
        )

    def document(self, customer_id: str) -> dict[str, object]:
        """The customer document of this state, without orders. Raises nothing: it is read elsewhere.

        `as_of` is the latest store time of anything that was told.
        """
        document = {key: register.value for key, register in self.fields.items() if not _is_address(key)}
        document |= {"id": customer_id, "tags": self.tags.present(), ADDRESSES: self._addresses()}
        document["checkouts"] = _elements(self.checkouts)
        document["events"] = _elements(self.events)
        if stamps := [*self._stamps()]:
            document["as_of"] = registers.store_time(max(stamps))
        return document

    def _addresses(self) -> list[object]:
        listed = self.fields.get(ADDRESSES, Register("", []))
        default = self.fields.get(DEFAULT_ADDRESS, Register("", None))
        known = registers.join(self.places, places.said(listed))
        told = list(listed.value) if isinstance(listed.value, list) else []
        addresses = [places.completed(address, known) for address in told]
        # A list that is later than the default address already says all.
        if default.value is not None and default.stamp >= listed.stamp:
            another = places.completed(default.value, known)
            addresses += [] if another in addresses else [another]
        return addresses

    def _stamps(self) -> Iterator[str]:
        if self.tags.floor:
            yield self.tags.floor
        for group in self._groups():
            yield from (register.stamp for register in group.values())

    def _groups(self) -> tuple[Registers, ...]:
        return self.fields, self.tags.each, self.checkouts, self.events, self.places

    def encode(self) -> str:
        """The state as text, for storing."""
        groups = dict(zip(_GROUPS, self._groups(), strict=True))
        return registers.encode(groups, {"tags_floor": self.tags.floor or None})


def decode(text: str) -> ProfileState:
    """The state that was stored as this text."""
    groups, others = registers.decode(text, _GROUPS)
    tags = Tags(str(others.get("tags_floor", "")), groups["tags"])
    return ProfileState(groups["fields"], tags, groups["checkouts"], groups["events"], groups["places"])


def _is_address(key: str) -> bool:
    return key in (ADDRESSES, DEFAULT_ADDRESS)


def _elements(group: Registers) -> list[object]:
    return [
        {"id": id_, **register.value} for id_, register in sorted(group.items()) if isinstance(register.value, dict)
    ]
