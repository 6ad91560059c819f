"""Every error has a status, and its body is a problem detail that says no more than the error does."""

from __future__ import annotations

import pytest

from segment_core import errors
from segment_core.api import problems
from segment_core.language.problems import Problem

FAMILIES = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]


def make(family: type[errors.TidemarkError]) -> errors.TidemarkError:
    if family is errors.InvalidQuery:
        return errors.InvalidQuery((Problem(1, 0, 3, "unknown_attribute", "no such attribute", "write tags"),))
    if family is errors.InvalidDocument:
        return errors.InvalidDocument("orders[2].total", "is not an amount")
    if family is errors.TooMany:
        return errors.TooMany("wait a minute", code="too_many_previews", retry_after=60)
    return family("what happened")


@pytest.mark.parametrize("family", [family for family in FAMILIES if family is not errors.TidemarkError])
def test_every_family_of_errors_has_a_status_of_its_own(family: type[errors.TidemarkError]) -> None:
    assert problems.answer_of(make(family)) is not problems.UNEXPECTED


@pytest.mark.parametrize("family", FAMILIES)
def test_the_body_has_the_members_of_a_problem_detail(family: type[errors.TidemarkError]) -> None:
    error = make(family)
    body = problems.problem(error, "r-1")
    assert {name: body[name] for name in ("status", "detail", "instance", "code")} == {
        "status": problems.answer_of(error).status,
        "detail": error.message,
        "instance": "urn:tidemark:request:r-1",
        "code": error.code,
    }
    assert body["type"] == f"urn:tidemark:problem:{error.code}"
    assert body["title"] == problems.answer_of(error).title


def test_a_more_special_error_is_answered_like_its_family() -> None:
    class SegmentNotFound(errors.NotFound):
        """Not in the table."""

    assert problems.answer_of(SegmentNotFound("gone")).status == 404


def test_the_code_of_an_occurrence_takes_the_place_of_its_familys() -> None:
    body = problems.problem(errors.Conflict("taken", code="segment_name_taken"), "r-1")
    assert (body["status"], body["code"]) == (409, "segment_name_taken")


def test_a_query_lists_all_of_its_problems() -> None:
    found = (
        Problem(1, 0, 4, "unknown_attribute", "no attribute 'tagz'", "tags"),
        Problem(2, 7, 1, "expected_value", "a value was expected"),
    )
    body = problems.problem(errors.InvalidQuery(found), "r-1")
    assert body["status"] == 422
    assert body["problems"] == [
        {
            "line": 1,
            "column": 0,
            "length": 4,
            "code": "unknown_attribute",
            "message": "no attribute 'tagz'",
            "hint": "tags",
        },
        {"line": 2, "column": 7, "length": 1, "code": "expected_value", "message": "a value was expected", "hint": ""},
    ]


def test_what_nobody_foresaw_is_told_without_a_word_of_it() -> None:
    body = problems.unexpected("r-1")
    assert (body["status"], body["code"], body["instance"]) == (500, "internal_error", "urn:tidemark:request:r-1")
