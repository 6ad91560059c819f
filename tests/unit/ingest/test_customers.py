"""Bodies about customers, in the shapes before and after API version 2025-01."""

from __future__ import annotations

from segment_core.facts.customer import Customer
from segment_core.facts.told import Fact, ProfileFact, to_customer

from .bodies import customer, sample, understood


def test_a_customer_of_today() -> None:
    told = customer(*understood("customers/update", sample("customers/update")))

    assert (told.email, told.phone, told.state) == ("noor@example.com", None, "ENABLED")
    assert [(a.country, a.region, a.city) for a in told.addresses] == [("NL", "UT", "Utrecht")]
    assert told.tags == ()
    assert told.email_marketing_consent is None


def test_a_customer_before_2025_tells_tags_and_consent_too() -> None:
    body = sample("customers/update") | {
        "tags": "VIP, early bird , ",
        "email_marketing_consent": {"state": "not_subscribed"},
        "sms_marketing_consent": None,
    }

    told = customer(*understood("customers/update", body))

    assert told.tags == ("early bird", "VIP")
    assert (told.email_marketing_consent, told.sms_marketing_consent) == ("NOT_SUBSCRIBED", None)


def test_tags_are_a_full_list_when_they_are_there() -> None:
    before, after = sample("customers/update") | {"tags": "a, b"}, sample("customers/update") | {"tags": ""}
    after["updated_at"] = "2026-02-02T08:00:00+01:00"

    facts = [understood("customers/update", body)[0] for body in (after, before)]

    assert joined(*facts).tags == ()


def test_tag_messages_move_single_tags() -> None:
    come = understood("customer.tags_added", sample("customer.tags_added"))
    gone = understood("customer.tags_removed", sample("customer.tags_removed"))

    assert joined(*gone, *come).tags == ("VIP",)


def test_consents() -> None:
    email = understood("customers_email_marketing_consent/update", sample("customers_email_marketing_consent/update"))
    sms = understood("customers_marketing_consent/update", sample("customers_marketing_consent/update"))

    told = joined(*email, *sms)

    assert (told.email_marketing_consent, told.sms_marketing_consent) == ("SUBSCRIBED", "NOT_SUBSCRIBED")


def test_consent_that_was_dated_back_is_still_the_newer_one() -> None:
    topic = "customers_email_marketing_consent/update"
    back = {
        "customer_id": 1,
        "email_marketing_consent": {"state": "subscribed", "consent_updated_at": "2020-01-01T00:00:00Z"},
    }
    first = {
        "customer_id": 1,
        "email_marketing_consent": {"state": "pending", "consent_updated_at": "2026-01-01T00:00:00Z"},
    }

    told = joined(*understood(topic, back, "2026-01-02T00:00:00Z"), *understood(topic, first, "2026-01-01T00:00:00Z"))

    assert told.email_marketing_consent == "SUBSCRIBED"


def test_consent_without_a_state_is_told_as_none() -> None:
    body = {"customer_id": 1, "email_marketing_consent": {"state": None, "consent_updated_at": None}}
    (fact,) = understood("customers_email_marketing_consent/update", body)

    assert isinstance(fact, ProfileFact)
    assert fact.told.fields["email_marketing_consent"].value is None


def test_codes_of_addresses() -> None:
    addresses = [
        {"country": "Japan", "country_code": "JP", "province_code": "JP-13", "city": "Shinjuku"},
        {"country": "CA", "province": "ON", "city": ""},
        {"country": "Atlantis"},
    ]

    told = customer(*understood("customers/update", {"id": 1, "addresses": addresses}))

    assert [(a.country, a.region, a.city) for a in told.addresses] == [
        ("JP", "13", "Shinjuku"), ("CA", None, None), (None, None, None),
    ]  # fmt: skip


def test_half_a_character_does_not_cost_the_rest() -> None:
    told = customer(*understood("customers/update", {"id": 1, "first_name": "A\ud83d", "email": "a@example.com"}))

    assert told.first_name == "A?"
    assert told.email == "a@example.com"


def joined(*facts: Fact) -> Customer:
    first, *rest = (fact for fact in facts if isinstance(fact, ProfileFact))
    state = first.told
    for fact in rest:
        state = state.join(fact.told)
    return to_customer(first.customer_id, state, [])
