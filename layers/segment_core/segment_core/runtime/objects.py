"""Files that others wrote, read as they come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import IO, cast

from segment_core.runtime import files


@contextmanager
def reading(bucket: str, key: str) -> Iterator[IO[bytes]]:
    """The bytes of an object."""
    with closing(files.client().get_object(Bucket=bucket, Key=key)["Body"]) as body:
        yield cast("IO[bytes]", body)
