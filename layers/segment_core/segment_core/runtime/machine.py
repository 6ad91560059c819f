"""Starting the state machine of builds."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from segment_core.runtime import aws


@cache
def client() -> Any:
    """The process's Step Functions client."""
    return boto3.client("stepfunctions", config=aws.config())


def start(machine: str, shop: str, job: str, at: datetime) -> None:
    """Let the machine go on with a job. Asked for twice in a minute it is started once."""
    asked = {"shop": shop, "job": job}
    try:
        client().start_execution(
            stateMachineArn=machine,
            # The most that a name may have; jobs have ids of their own, the shop is for who reads it.
            name=f"{job}-{at:%Y%m%dT%H%M}-{shop}"[:80],
            input=json.dumps(asked, separators=(",", ":")),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise
