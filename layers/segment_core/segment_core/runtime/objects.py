"""Objects in S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import IO, Any, cast

import boto3

from segment_core.runtime import aws


@cache
def client() -> Any:
    """The process's S3 client."""
    return boto3.client("s3", config=aws.config())


@contextmanager
def reading(bucket: str, key: str) -> Iterator[IO[bytes]]:
    """The bytes of an object, as they come."""
    with closing(client().get_object(Bucket=bucket, Key=key)["Body"]) as body:
        yield cast("IO[bytes]", body)
