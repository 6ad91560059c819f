"""S3, as far as exports need it: files written at once or in parts, fetched by an address that was signed, deleted.

An address is checked like AWS checks it: signature, and how long it holds, by real time, since that is what signs it.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tidemark.stack.database import Database
from tidemark.stack.http_server import Request, Response
from tidemark.stack.names import REGION

ACCESS_KEY = SECRET_KEY = "local"

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class Refused(Exception):
    """A call that S3 would refuse."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Call(NamedTuple):
    """A call: the file it is about, its query, and the request itself."""

    bucket: str
    key: str
    query: Mapping[str, str]
    request: Request


class Objects:
    """The files in the stack's buckets."""

    def __init__(self, buckets: Sequence[str], database: Database) -> None:
        self._buckets = buckets
        self._database = database

    def __call__(self, request: Request) -> Response:
        """Answer one call."""
        try:
            call = _call(request)
            if call.bucket not in self._buckets:
                raise Refused(404, "NoSuchBucket", f"there is no bucket '{call.bucket}'")
            handle = _HANDLERS.get((request.method, *sorted(call.query.keys() & _KINDS)))
            if handle is None or not call.key:
                raise Refused(501, "NotImplemented", f"the local stack does not serve {request.method} as asked")
            return handle(self, call)
        except Refused as refused:
            text = f"<Error><Code>{refused.code}</Code><Message>{escape(str(refused))}</Message></Error>"
            return Response(refused.status, text.encode(), [("content-type", "application/xml")])

    def _put(self, call: Call) -> Response:
        self._write(call.bucket, call.key, call.request.header("content-type"), call.request.body)
        return Response(200, headers=[("ETag", _tag(call.request.body))])

    def _get(self, call: Call) -> Response:
        check_signature(call.request, datetime.now(UTC))
        rows = self._database.read("SELECT type, body FROM objects WHERE bucket = ? AND key = ?", call[:2])
        if not rows:
            raise Refused(404, "NoSuchKey", "there is no such file")
        ((kind, body),) = rows
        headers = [("content-type", kind), ("ETag", _tag(body))]
        if disposition := call.query.get("response-content-disposition"):
            headers.append(("content-disposition", disposition))
        return Response(200, body, headers)

    def _begin(self, call: Call) -> Response:
        upload, kind = uuid.uuid4().hex, call.request.header("content-type")
        self._database.write("INSERT INTO uploads VALUES (?, ?, ?, ?)", (upload, *call[:2], kind))
        return _xml(
            f'<InitiateMultipartUploadResult xmlns="{_NAMESPACE}"><Bucket>{escape(call.bucket)}</Bucket>'
            f"<Key>{escape(call.key)}</Key><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
        )

    def _add(self, call: Call) -> Response:
        upload, tag = self._upload(call)[0], _tag(call.request.body)
        number = int(call.query["partNumber"])
        values = (upload, number, tag, call.request.body)
        self._database.write("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)", values)
        return Response(200, headers=[("ETag", tag)])

    def _complete(self, call: Call) -> Response:
        upload, kind = self._upload(call)
        named = [
            (int(part.findtext(f"{{{_NAMESPACE}}}PartNumber", "0")), part.findtext(f"{{{_NAMESPACE}}}ETag"))
            for part in ElementTree.fromstring(call.request.body)  # noqa: S314  (written by botocore)
        ]
        rows = self._database.read("SELECT number, tag, body FROM parts WHERE upload = ? ORDER BY number", (upload,))
        if named != [(number, tag) for number, tag, _ in rows]:
            raise Refused(400, "InvalidPart", "the parts are not those that were sent")
        body = b"".join(part for _, _, part in rows)
        self._write(call.bucket, call.key, kind, body)
        self._end(upload)
        return _xml(
            f'<CompleteMultipartUploadResult xmlns="{_NAMESPACE}"><Key>{escape(call.key)}</Key>'
            f"<ETag>{escape(_tag(body))}</ETag></CompleteMultipartUploadResult>"
        )

    def _abort(self, call: Call) -> Response:
        self._end(self._upload(call)[0])
        return Response(204)

    def _end(self, upload: str) -> None:
        self._database.write("DELETE FROM parts WHERE upload = ?", (upload,))
        self._database.write("DELETE FROM uploads WHERE upload = ?", (upload,))

    def _delete(self, call: Call) -> Response:
        # As S3 has it, also for a file that is not there.
        self._database.write("DELETE FROM objects WHERE bucket = ? AND key = ?", call[:2])
        return Response(204)

    def _upload(self, call: Call) -> tuple[str, str]:
        rows = self._database.read(
            "SELECT upload, type FROM uploads WHERE upload = ? AND bucket = ? AND key = ?",
            (call.query["uploadId"], *call[:2]),
        )
        if not rows:
            raise Refused(404, "NoSuchUpload", "there is no such upload, or it has ended")
        return rows[0][0], rows[0][1]

    def _write(self, bucket: str, key: str, kind: str | None, body: bytes) -> None:
        values = (bucket, key, kind or "binary/octet-stream", body)
        self._database.write("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", values)


# What tells calls of one method apart.
_KINDS = frozenset({"uploads", "uploadId", "partNumber"})
_HANDLERS: Mapping[tuple[str, ...], Callable[[Objects, Call], Response]] = {
    ("GET",): Objects._get,
    ("PUT",): Objects._put,
    ("POST", "uploads"): Objects._begin,
    ("PUT", "partNumber", "uploadId"): Objects._add,
    ("POST", "uploadId"): Objects._complete,
    ("DELETE", "uploadId"): Objects._abort,
    ("DELETE",): Objects._delete,
}


def check_signature(request: Request, now: datetime) -> None:
    """Raises Refused unless the address was signed with this stack's key and still holds (SigV4 in the query)."""
    parts = urlsplit(request.target)
    query = parse_qsl(parts.query, keep_blank_values=True)
    given = dict(query)
    try:
        signed_at = datetime.strptime(given["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        ends_at = signed_at + timedelta(seconds=int(given["X-Amz-Expires"]))
        signature, names = given["X-Amz-Signature"], given["X-Amz-SignedHeaders"].split(";")
    except (KeyError, ValueError):
        raise Refused(403, "AccessDenied", "files are fetched by a signed address only") from None
    canonical = "\n".join(
        [
            request.method,
            quote(unquote(parts.path), safe="/-_.~"),
            "&".join(
                sorted(
                    f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
                    for name, value in query
                    if name != "X-Amz-Signature"
                )
            ),
            *(f"{name}:{(request.header(name) or '').strip()}" for name in names),
            "",
            ";".join(names),
            "UNSIGNED-PAYLOAD",
        ]
    )
    scope = f"{signed_at:%Y%m%d}/{REGION}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", given["X-Amz-Date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{SECRET_KEY}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), signature):
        raise Refused(403, "SignatureDoesNotMatch", "the address is not as it was signed")
    if now > ends_at:
        raise Refused(403, "AccessDenied", "the address has ended; ask for a new one")


def _call(request: Request) -> Call:
    parts = urlsplit(request.target)
    bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
    return Call(bucket, key, dict(parse_qsl(parts.query, keep_blank_values=True)), request)


def _tag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def _xml(text: str) -> Response:
    return Response(200, text.encode(), [("content-type", "application/xml")])
