"""Files in the local stack: written by stock clients, fetched by signed addresses and by no others."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tidemark.stack import objects
from tidemark.stack.database import Database
from tidemark.stack.http_server import HttpServer
from tidemark.stack.names import REGION
from tidemark.stack.objects import ACCESS_KEY, SECRET_KEY, Objects

BUCKET = "tidemark-exports"


@pytest.fixture
def client() -> Iterator[Any]:
    """A stock client of a server that has one bucket."""
    server, database = HttpServer(0), Database(None)
    server.start(Objects([BUCKET], database))
    yield boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            retries={"mode": "standard", "max_attempts": 1},
        ),
    )
    server.stop()
    database.close()


def address(client: Any, key: str, seconds: int = 60) -> str:
    given = {"Bucket": BUCKET, "Key": key, "ResponseContentDisposition": 'attachment; filename="ä b.csv"'}
    made: str = client.generate_presigned_url("get_object", Params=given, ExpiresIn=seconds)
    return made


def fetch(url: str) -> tuple[int, bytes, Message]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read(), refused.headers


def test_a_file_is_fetched_as_it_was_written(client: Any) -> None:
    client.put_object(Bucket=BUCKET, Key="demo/a b.csv", Body=b"a,b\r\n", ContentType="text/csv; charset=utf-8")
    status, body, headers = fetch(address(client, "demo/a b.csv"))
    assert (status, body, headers["content-type"]) == (200, b"a,b\r\n", "text/csv; charset=utf-8")
    assert "attachment" in headers["content-disposition"]


def test_a_file_is_deleted_and_so_is_one_that_is_not_there(client: Any) -> None:
    name = {"Bucket": BUCKET, "Key": "demo/a.csv"}
    client.put_object(**name, Body=b"a")
    client.delete_object(**name)
    client.delete_object(**name)
    assert fetch(address(client, "demo/a.csv"))[0] == 404


def test_parts_of_a_file_that_is_given_up_are_gone(client: Any) -> None:
    name = {"Bucket": BUCKET, "Key": "demo/large.ndjson"}
    upload = client.create_multipart_upload(**name)["UploadId"]
    client.upload_part(**name, UploadId=upload, PartNumber=1, Body=b"1")
    client.abort_multipart_upload(**name, UploadId=upload)
    for again in (
        lambda: client.abort_multipart_upload(**name, UploadId=upload),
        lambda: client.upload_part(**name, UploadId=upload, PartNumber=2, Body=b"2"),
    ):
        with pytest.raises(ClientError, match="NoSuchUpload"):
            again()


def test_a_file_that_comes_in_parts_is_one(client: Any) -> None:
    name = {"Bucket": BUCKET, "Key": "demo/large.ndjson"}
    upload = client.create_multipart_upload(**name, ContentType="application/x-ndjson")["UploadId"]
    parts = []
    for number, body in ((1, b"lost"), (1, b"one\n"), (2, b"two\n")):
        tag = client.upload_part(**name, UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts = [part for part in parts if part["PartNumber"] != number] + [{"PartNumber": number, "ETag": tag}]
    with pytest.raises(ClientError, match="InvalidPart"):
        client.complete_multipart_upload(**name, UploadId=upload, MultipartUpload={"Parts": parts[:1]})
    client.complete_multipart_upload(**name, UploadId=upload, MultipartUpload={"Parts": parts})
    assert fetch(address(client, "demo/large.ndjson"))[:2] == (200, b"one\ntwo\n")
    with pytest.raises(ClientError, match="NoSuchUpload"):
        client.complete_multipart_upload(**name, UploadId=upload, MultipartUpload={"Parts": parts})


def test_an_address_opens_one_file_as_signed_and_for_its_time(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("mine", "theirs"):
        client.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    url = address(client, "mine")
    assert fetch(url)[0] == 200
    assert fetch(url.replace("/mine?", "/theirs?"))[0] == 403
    assert fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"))[0] == 403
    assert fetch(url.partition("?")[0])[0] == 403

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime.now(UTC) + timedelta(seconds=61)

    monkeypatch.setattr(objects, "datetime", Later)
    assert fetch(url)[0] == 403


def test_what_is_not_there_and_what_is_not_served_is_refused(client: Any) -> None:
    assert fetch(address(client, "nothing"))[0] == 404
    with pytest.raises(ClientError, match="NoSuchBucket"):
        client.put_object(Bucket="another", Key="a", Body=b"")
    with pytest.raises(ClientError, match="NotImplemented"):
        client.list_objects_v2(Bucket=BUCKET)
