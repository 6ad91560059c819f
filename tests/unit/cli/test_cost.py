"""`tidemark cost`: the bill follows from what is counted, and grows with what grows."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from infra.expand import source
from tidemark import cli
from tidemark.cost import (
    ALARMS,
    EVENT,
    FLIP_BY_CLOCK,
    FLIP_BY_FACT,
    FUNCTION_QUEUES,
    WRITE_UNITS,
    Line,
    Month,
    bill,
    month,
)

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
DOCUMENT = (Path(__file__).parents[3] / "docs" / "cost.md").read_text("utf-8")


def lines(of: Month) -> dict[str, Line]:
    return {line.what: line for line in bill(of)}


def total(of: Month) -> Decimal:
    return sum((line.dollars for line in bill(of)), Decimal(0))


def test_a_million_orders_that_move_nobody() -> None:
    written = lines(month(1_000_000, 10, flips_per_event=Decimal(0)))["write units"]
    assert written.quantity == 1_000_000 * EVENT.writes
    assert written.dollars == EVENT.writes * WRITE_UNITS


def test_flips_cost_what_was_counted_for_their_cause() -> None:
    still = month(1_000_000, 10, flips_per_event=Decimal(0))
    moving = Month(still.events, still.segments, still.customers, still.shops, Decimal(300), Decimal(700))
    more = lines(moving)["write units"].quantity - lines(still)["write units"].quantity
    assert more == 300 * FLIP_BY_FACT.writes + 700 * FLIP_BY_CLOCK.writes


def test_flips_that_are_told_are_parted_by_cause_as_they_were_counted() -> None:
    told = month(1_000, 50, flips_per_event=Decimal(2))
    assert told.fact_flips + told.clock_flips == 2_000
    counted = month(1_000, 50)
    assert round(told.fact_flips * counted.clock_flips - counted.fact_flips * told.clock_flips, 9) == 0


def test_a_larger_membership_takes_more_units() -> None:
    small, large = (lines(Month(1_000, many, 9, 1, Decimal(0), Decimal(50)))["write units"] for many in (4_000, 4_001))
    assert large.quantity - small.quantity == 1_050


def test_what_is_kept_of_flips_is_stored_too() -> None:
    still, moving = (lines(month(1_000_000, 50, 300_000, flips_per_event=Decimal(many))) for many in (0, 2))
    kept = 2_000_000 * Decimal(400) / 30 * 600 / 1024**3
    assert round(moving["GB stored, assumed"].quantity - still["GB stored, assumed"].quantity - kept, 9) == 0
    assert moving["GB that can be recovered"].quantity == moving["GB stored, assumed"].quantity


def test_what_the_template_has_is_counted() -> None:
    template = source(TEMPLATE)["Resources"]
    assert sum(one["Type"] == "AWS::CloudWatch::Alarm" for one in template.values()) == ALARMS
    events = [event for one in template.values() for event in one.get("Properties", {}).get("Events", {}).values()]
    assert sum(event["Type"] == "SQS" for event in events) == FUNCTION_QUEUES
    tables = [one for one in template.values() if one["Type"] == "AWS::DynamoDB::Table"]
    assert all(one["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] for one in tables)


@pytest.mark.parametrize(
    "more", [month(2_000, 10), month(1_000, 20), month(1_000, 10, 9_000), month(1_000, 10, 500, 50)]
)
def test_more_costs_more(more: Month) -> None:
    assert total(more) > total(month(1_000, 10))


def test_months_without_events_cost_their_minutes() -> None:
    assert total(month(0, 10)) > 0


def test_the_table_and_the_json_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["cost", "--events", "1000000", "--segments", "50", "--flips", "2"]
    assert cli.main(arguments) == 0
    table = capsys.readouterr().out
    assert cli.main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    for line in told["lines"]:
        assert round(Decimal(line["quantity"]) * Decimal(line["price"]), 2) == Decimal(line["dollars"])
        assert any(
            row.startswith(line["what"]) and f"{Decimal(line['dollars']):,.2f}" in row for row in table.splitlines()
        )
    assert f"{Decimal(told['dollars_a_month']):,.2f} USD" in table
    assert told["dollars_a_month"] == told["dollars_a_million_events"]
    assert told["prices"] in table


def test_without_events_there_is_no_price_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost", "--events", "0", "--segments", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dollars_a_million_events"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        ["--events", "many", "--segments", "1"],
        ["--events", "-1", "--segments", "1"],
        ["--events", "9" * 14, "--segments", "1"],
        ["--events", "9" * 5_000, "--segments", "1"],
        ["--events", "1e6", "--segments", "1"],
        ["--events", "1", "--segments", "10001"],
        ["--events", "1", "--segments", "1", "--shops", "0"],
        ["--events", "1", "--segments", "1", "--flips", "NaN"],
        ["--events", "1", "--segments", "1", "--flips", "some"],
        ["--events", "1", "--segments", "1", "--flips", "1e3"],
        ["--events", "1", "--segments", "1", "--flips", "-1"],
    ],
)
def test_wrong_numbers_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["cost", *wrong])
    assert "is not a number of" in capsys.readouterr().err


def test_the_documents_show_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    command, _, shown = DOCUMENT.split("```\n")[1].partition("\n")
    assert cli.main(command.split()[2:]) == 0
    assert capsys.readouterr().out.strip() == shown.strip()


@pytest.mark.parametrize("row", re.findall(r"^\| ((?:small|middle|large).*) \|$", DOCUMENT, re.MULTILINE))
def test_the_documents_sizes_cost_what_they_say(row: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, *size, a_month, a_million = (cell.strip("$").replace(",", "") for cell in row.split(" | "))
    names = ["--events", "--segments", "--customers", "--flips"]
    if name.endswith("as counted"):
        assert Decimal(size.pop()) == Decimal("0.285") * Decimal(size[1])
        names.pop()
    assert cli.main(["cost", *(word for pair in zip(names, size, strict=True) for word in pair), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["dollars_a_month"], told["dollars_a_million_events"]) == (a_month, a_million)
