"""Profiles: what was told last holds, what was not told is not touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from segment_core.facts import profile, registers
from segment_core.facts.profile import ProfileState
from segment_core.facts.tags import listed
from segment_core.facts.told import to_customer

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
HOME = {"country": "NL", "city": "Utrecht"}
WORK = {"country": "BE", "city": "Gent"}


def told(minute: int, **values: object) -> ProfileState:
    return ProfileState(registers.told(registers.stamp(NOON + timedelta(minutes=minute), None, values), values))


def test_the_later_value_holds_and_the_absent_one_is_not_touched() -> None:
    state = told(2, email="new@example.com").join(told(1, email="old@example.com", phone="1"))

    customer = to_customer("1", state, [])

    assert (customer.email, customer.phone) == ("new@example.com", "1")


def test_null_is_told_too() -> None:
    state = told(1, phone="1").join(told(2, phone=None))

    assert to_customer("1", state, []).phone is None


def test_triggering_decides_between_two_bodies_of_one_instant() -> None:
    first = registers.stamp(NOON, NOON + timedelta(seconds=1), "first")
    second = registers.stamp(NOON, NOON + timedelta(seconds=2), "second")
    untold = registers.stamp(NOON, None, "untold")

    assert untold < first < second


def test_as_of_is_the_latest_store_time() -> None:
    stamp = registers.stamp(NOON + timedelta(minutes=9), None, [])
    state = told(1, email="a@example.com").join(ProfileState(tags=listed(stamp, [])))

    assert to_customer("1", state, []).as_of == NOON + timedelta(minutes=9)
    assert to_customer("1", ProfileState(), []).as_of is None


def test_the_default_address_joins_the_list_unless_the_list_is_later() -> None:
    later_default = told(1, addresses=[HOME]).join(told(2, default_address=WORK))
    later_list = told(3, addresses=[HOME]).join(told(2, default_address=WORK))
    same = told(1, addresses=[HOME], default_address=HOME)

    def cities(state: ProfileState) -> list[str | None]:
        return [address.city for address in to_customer("1", state, []).addresses]

    assert cities(later_default) == ["Utrecht", "Gent"]
    assert cities(later_list) == ["Utrecht"]
    assert cities(same) == ["Utrecht"]


def test_a_stored_state_is_read_as_it_was() -> None:
    stamp = registers.stamp(NOON, NOON, "x")
    state = told(1, email="é@example.com", addresses=[HOME]).join(ProfileState(tags=listed(stamp, ["VIP"])))

    assert profile.decode(state.encode()) == state
    assert profile.decode(ProfileState().encode()) == ProfileState()


def test_one_stamp_is_stored_once() -> None:
    state = told(1, email="a@example.com", phone=None, first_name="A")
    (stamp,) = {register.stamp for register in state.fields.values()}

    assert state.encode().count(stamp) == 1


class TestWhereAddressesAre:
    """Coordinates outlive lists of addresses that come without them."""

    HERE: ClassVar = {"latitude": 52.09, "longitude": 5.12}
    THERE: ClassVar = {"latitude": 51.05, "longitude": 3.72}

    def _located(self, state: ProfileState) -> list[tuple[str | None, float | None]]:
        return [
            (address.city, float(address.latitude) if address.latitude is not None else None)
            for address in to_customer("1", state, []).addresses
        ]

    def test_a_list_without_them_does_not_erase_them(self) -> None:
        imported, webhook = told(1, addresses=[{**HOME, **self.HERE}, WORK]), told(2, addresses=[WORK, HOME])

        assert self._located(imported.join(webhook)) == [("Gent", None), ("Utrecht", 52.09)]
        assert webhook.join(imported) == imported.join(webhook)

    def test_they_stay_for_an_address_that_comes_back(self) -> None:
        state = told(1, addresses=[{**HOME, **self.HERE}]).join(told(2, addresses=[])).join(told(3, addresses=[HOME]))

        assert self._located(state) == [("Utrecht", 52.09)]

    def test_those_of_another_city_or_country_do_not_count(self) -> None:
        state = told(1, addresses=[{**HOME, **self.HERE}]).join(told(2, addresses=[{**HOME, "country": "DE"}, WORK]))

        assert self._located(state) == [("Utrecht", None), ("Gent", None)]

    def test_an_address_without_a_city_is_nowhere(self) -> None:
        country = {"country": "NL"}

        assert self._located(told(1, addresses=[{**country, **self.HERE}]).join(told(2, addresses=[country]))) == [
            (None, None)
        ]

    def test_an_address_keeps_its_own(self) -> None:
        state = told(2, addresses=[{**HOME, **self.THERE}]).join(told(1, addresses=[{**HOME, **self.HERE}]))

        assert self._located(state) == [("Utrecht", 51.05)]

    def test_the_default_address_is_not_a_second_one_for_want_of_them(self) -> None:
        state = told(1, addresses=[{**HOME, **self.HERE}]).join(told(2, default_address=HOME))

        assert self._located(state) == [("Utrecht", 52.09)]
