"""What is drawn: queries on every filter of the language."""

from __future__ import annotations

from segment_core.language import vocabulary

from . import questions


def test_queries_on_every_attribute_are_drawn() -> None:
    numbers = {"amount_spent", "number_of_orders"}
    drawn = {*questions.DATE_ATTRIBUTES, *questions.TEXT_ATTRIBUTES, *questions.LIST_ATTRIBUTES, *questions.MEASURES}
    drawn |= numbers
    assert drawn == set(vocabulary.ATTRIBUTES)


def test_queries_on_every_function_with_every_parameter_are_drawn() -> None:
    tables = {
        **questions.PARAMETERS,
        **questions.EVENT_PARAMETERS,
        "store_credit_accounts": questions.CREDIT_PARAMETERS,
        "event": questions.OF_EVENTS,
    }
    drawn = {name: set(parameters) for name, parameters in tables.items()}
    drawn["customer_within_distance"] = {"coordinates", "distance_km", "distance_mi"}
    assert drawn == {
        name: {parameter.name for parameter in function.parameters} for name, function in vocabulary.FUNCTIONS.items()
    }
