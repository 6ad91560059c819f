"""No table can be lost by accident, and each has the keys that segment_core uses."""

from __future__ import annotations

from segment_core.store import keys

from .stack import Properties, Stack

PARTITION_ONLY = {"MembershipsTable"}
EXPIRING = {"MembersTable", "HistoryTable", "SegmentsTable"}
STREAMED = {"CustomersTable", "MembershipsTable"}
INDEXES = {
    ("CustomersTable", keys.ROSTER_INDEX): ["roster_slice", "customer_id"],
    ("MembershipsTable", keys.DUE_INDEX): ["due_shard", "due_minute"],
    ("HistoryTable", keys.DAY_INDEX): ["segment_day", "sk"],
}


def _names(schema: Properties) -> list[str]:
    assert [key["KeyType"] for key in schema["KeySchema"]] == ["HASH", "RANGE"][: len(schema["KeySchema"])]
    return [key["AttributeName"] for key in schema["KeySchema"]]


def test_every_table_stays_when_the_stack_goes(stack: Stack) -> None:
    for name in stack.all("DynamoDB::Table"):
        resource = stack.expansion["Resources"][name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


def test_every_table_can_be_restored_and_is_encrypted(stack: Stack) -> None:
    for name, table in stack.all("DynamoDB::Table").items():
        recovery = table["PointInTimeRecoverySpecification"]
        assert recovery["PointInTimeRecoveryEnabled"] is True, name
        assert 1 <= recovery["RecoveryPeriodInDays"] <= 35, name
        assert table["SSESpecification"] == {"SSEEnabled": True}, name


def test_tables_of_production_cannot_be_deleted(stack: Stack) -> None:
    protected = {table["DeletionProtectionEnabled"] for table in stack.all("DynamoDB::Table").values()}
    assert protected == {stack.stage == "prod"}


def test_every_table_is_paid_by_use(stack: Stack) -> None:
    assert {table["BillingMode"] for table in stack.all("DynamoDB::Table").values()} == {"PAY_PER_REQUEST"}


def test_every_table_has_the_keys_of_the_core(stack: Stack) -> None:
    for name, table in stack.all("DynamoDB::Table").items():
        assert _names(table) == (["pk"] if name in PARTITION_ONLY else ["pk", "sk"]), name


# What an index holds beside keys, and why: a day of history is told by one query of its index.
HELD = {("HistoryTable", "day"): {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["change", "cause"]}}


def test_the_indexes_are_those_of_the_core_and_hold_little_but_keys(stack: Stack) -> None:
    found = {}
    for name, table in stack.all("DynamoDB::Table").items():
        for index in table.get("GlobalSecondaryIndexes", []):
            found[name, index["IndexName"]] = _names(index)
            expected = HELD.get((name, index["IndexName"]), {"ProjectionType": "KEYS_ONLY"})
            assert index["Projection"] == expected, name
    assert found == INDEXES


def test_rows_that_end_expire_and_only_they(stack: Stack) -> None:
    expiry = {name: table.get("TimeToLiveSpecification") for name, table in stack.all("DynamoDB::Table").items()}
    assert {name for name, set_ in expiry.items() if set_} == EXPIRING
    assert all(expiry[name] == {"AttributeName": "expires_at", "Enabled": True} for name in EXPIRING)


def test_streams_hold_both_images_and_each_has_one_reader(stack: Stack) -> None:
    tables = stack.all("DynamoDB::Table")
    streamed = {name for name, table in tables.items() if "StreamSpecification" in table}
    assert streamed == STREAMED
    assert all(tables[name]["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"} for name in streamed)
    read = [
        mapping["EventSourceArn"]["Fn::GetAtt"][0]
        for mapping in stack.all("Lambda::EventSourceMapping").values()
        if mapping["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn"
    ]
    assert sorted(read) == sorted(STREAMED)
