"""Files for readers: written in parts to the bucket of exports, and fetched by an address that ends with time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from segment_core.errors import Conflict
from segment_core.runtime import aws

# S3 takes no smaller part but the last.
PART_BYTES = 5 * 1024 * 1024

_LOST = ("InvalidPart", "NoSuchUpload")
_GONE = ("NoSuchUpload", "NoSuchBucket")


@cache
def client() -> Any:
    """The process's S3 client."""
    return boto3.client(
        "s3",
        config=aws.config(
            signature_version="s3v4", s3={"addressing_style": "path"}, request_checksum_calculation="when_required"
        ),
    )


def put(bucket: str, key: str, content_type: str, body: bytes) -> None:
    """Write a small file at once."""
    client().put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def begin(bucket: str, key: str, content_type: str) -> str:
    """Begin a file that comes in parts; returns the name of the upload."""
    answer = client().create_multipart_upload(Bucket=bucket, Key=key, ContentType=content_type)
    return str(answer["UploadId"])


def add(bucket: str, key: str, upload: str, number: int, body: bytes) -> str:
    """Write one part, numbered from 1, or write it again; returns its tag.

    Raises Conflict (`upload_lost`) if the upload has ended.
    """
    with _noticing():
        answer = client().upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=body)
    return str(answer["ETag"])


def complete(bucket: str, key: str, upload: str, tags: Sequence[str]) -> None:
    """Make the file of its parts. Raises Conflict (`upload_lost`) if they are not what was noted."""
    parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
    with _noticing():
        client().complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})


def remove(bucket: str, key: str, upload: str) -> None:
    """Delete a file, and before it the parts of its upload, if it has one; nothing if they, or the bucket, are gone."""
    if upload:
        with _if_there():
            client().abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
    with _if_there():
        client().delete_object(Bucket=bucket, Key=key)


@contextmanager
def _if_there() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise


@contextmanager
def _noticing() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _LOST:
            raise Conflict("the file's parts are not what was noted; export again", code="upload_lost") from error
        raise


def link(bucket: str, key: str, seconds: int) -> str:
    """An address from which anybody can fetch the file for so many seconds, unless the keys that signed it end."""
    address = client().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket,
            "Key": key,
            "ResponseContentDisposition": f'attachment; filename="{key.rpartition("/")[2]}"',
        },
        ExpiresIn=seconds,
    )
    return str(address)
