"""The HTTP API answers as API Gateway does: events, tokens, and its own refusals."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from urllib.parse import urlsplit

import jwt
import pytest

from .conftest import Sample


def test_an_event_has_payload_format_2(sample: Sample) -> None:
    answer = sample.ask(
        "POST",
        "/echo/a%20b%3Ac?x=1&y=&x=2",
        {"k": 1},
        authorization=sample.token("read write"),
        Cookie="a=1; b=2",
        X_Own="v",
    )
    assert answer.status == 200
    event = answer.body["event"]
    assert event["version"] == "2.0"
    assert event["routeKey"] == "ANY /echo/{name}"
    assert event["rawPath"] == "/echo/a b:c"
    assert event["rawQueryString"] == "x=1&y=&x=2"
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["pathParameters"] == {"name": "a b:c"}
    assert event["headers"]["x-own"] == "v"
    assert "cookie" not in event["headers"]
    assert event["cookies"] == ["a=1", "b=2"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"k": 1}', False)
    context = event["requestContext"]
    assert context["http"]["method"] == "POST"
    assert context["http"]["sourceIp"] == "127.0.0.1"
    assert context["stage"] == "$default"
    assert context["authorizer"]["jwt"]["claims"]["shop"] == "demo"
    assert context["authorizer"]["jwt"]["claims"]["scope"] == "read write"
    assert context["authorizer"]["jwt"]["scopes"] == ["read"]


def test_the_time_of_a_request_is_the_stacks(sample: Sample) -> None:
    context = sample.ask("GET", "/any", authorization=sample.token()).body["event"]["requestContext"]
    assert context["timeEpoch"] == int(sample.stack.clock.now().timestamp() * 1000)


def test_a_body_that_is_not_text_is_base64(sample: Sample) -> None:
    raw = bytes(range(256))
    answer = sample.ask("POST", "/echo/x", raw, authorization=sample.token(), content_type="application/octet-stream")
    event = answer.body["event"]
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == raw


def test_bytes_that_only_claim_to_be_text_arrive_unharmed(sample: Sample) -> None:
    event = sample.ask("POST", "/echo/x", b'{"\xff": 1}', authorization=sample.token()).body["event"]
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b'{"\xff": 1}'


def test_a_fixed_path_goes_before_a_variable_one(sample: Sample) -> None:
    fixed = sample.ask("GET", "/echo/fixed", authorization=sample.token()).body["event"]
    assert fixed["routeKey"] == "GET /echo/fixed"
    assert "pathParameters" not in fixed


def test_variables_of_the_template_reach_the_function(sample: Sample) -> None:
    answer = sample.ask("GET", "/any", authorization=sample.token()).body
    assert answer["greeting"] == "hello, tidemark"
    assert answer["function"] == "tidemark-Front"


@pytest.mark.parametrize("path", ["/", "/echo", "/echo/a/b", "/nothing"])
def test_no_such_route(sample: Sample, path: str) -> None:
    answer = sample.ask("GET", path, authorization=sample.token())
    assert (answer.status, answer.body) == (404, {"message": "Not Found"})


def _with(sample: Sample, **claims: object) -> str:
    """A token signed by the stack's own key, with other claims."""
    authorizer = sample.stack.wiring.authorizers["Jwt"]
    good = jwt.decode(sample.stack.token("demo", "read"), options={"verify_signature": False})
    assert good["iss"] == authorizer.issuer
    changed = {name: value for name, value in {**good, **claims}.items() if value is not None}
    return jwt.encode(changed, sample.stack.issuer._key, "RS256")


@pytest.mark.parametrize(
    "claims",
    [{"exp": 1}, {"exp": None}, {"iss": "http://elsewhere"}, {"aud": "other"}, {"nbf": 32503680000}],
    ids=["expired", "never expires", "other issuer", "other audience", "not yet"],
)
def test_a_token_that_does_not_hold(sample: Sample, claims: dict[str, object]) -> None:
    answer = sample.ask("GET", "/any", authorization=f"Bearer {_with(sample, **claims)}")
    assert (answer.status, answer.body) == (401, {"message": "Unauthorized"})


def test_a_token_signed_by_someone_else(sample: Sample) -> None:
    token = jwt.encode({"iss": sample.stack.url, "aud": "sample", "exp": 32503680000}, "k" * 32, "HS256")
    assert sample.ask("GET", "/any", authorization=f"Bearer {token}").status == 401


def test_no_token(sample: Sample) -> None:
    answer = sample.ask("GET", "/any")
    assert (answer.status, answer.body) == (401, {"message": "Unauthorized"})
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_scope_is_missing(sample: Sample) -> None:
    answer = sample.ask("GET", "/echo/x", authorization=sample.token("write"))
    assert (answer.status, answer.body) == (403, {"message": "Forbidden"})


def test_the_issuer_publishes_the_key_that_signs(sample: Sample) -> None:
    about = sample.ask("GET", "/_local/.well-known/openid-configuration").body
    keys = jwt.PyJWKSet.from_dict(sample.ask("GET", about["jwks_uri"].removeprefix(sample.stack.url)).body)
    minted = sample.ask("POST", "/_local/token", {"shop": "s", "scope": "read", "ttl": 60}).body["token"]
    claims = jwt.decode(minted, keys.keys[0].key, ["RS256"], audience="sample", issuer=about["issuer"])
    assert (claims["shop"], claims["scope"], claims["exp"] - claims["iat"]) == ("s", "read", 60)


def test_another_sites_page_cannot_ask_the_stack(sample: Sample) -> None:
    assert sample.ask("GET", "/_local/clock", origin="http://elsewhere.example").status == 403
    assert sample.ask("GET", "/_local/clock", host="rebound.example").status == 403
    assert sample.ask("GET", "/_local/clock", origin=sample.stack.url).status == 200


def test_a_length_that_is_no_number(sample: Sample) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(sample.stack.url).port or 0)) as connection:
        connection.sendall(b"POST /do HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_a_body_in_chunks(sample: Sample) -> None:
    connection = http.client.HTTPConnection(urlsplit(sample.stack.url).netloc)
    connection.request("POST", "/do", iter([b'{"answer": ', b'{"a": 1}}']), encode_chunked=True)
    assert json.loads(connection.getresponse().read()) == {"a": 1}
    connection.close()


def test_a_handler_that_raises(sample: Sample) -> None:
    answer = sample.do(**{"raise": True})
    assert (answer.status, answer.body) == (500, {"message": "Internal Server Error"})
    lines = sample.ask("GET", "/_local/logs?function=Front&limit=5").body["lines"]
    assert any("RuntimeError: as told" in line["line"] for line in lines)


def test_an_answer_without_a_status_is_the_body(sample: Sample) -> None:
    answer = sample.do(answer={"a": 1})
    assert (answer.status, answer.body) == (200, {"a": 1})
    assert sample.do(answer={"statusCode": 201, "body": "made", "headers": {"X-Y": "z"}}).headers["X-Y"] == "z"
    encoded = {"statusCode": 200, "body": base64.b64encode(b"\x00\xff").decode(), "isBase64Encoded": True}
    assert sample.do(answer=encoded).body == b"\x00\xff"


def test_an_answer_that_is_none(sample: Sample) -> None:
    assert sample.do(answer={"statusCode": "soon"}).status == 500


def test_a_body_over_ten_megabytes(sample: Sample) -> None:
    answer = sample.ask("POST", "/do", json.dumps({"pad": "x" * (10 * 1024 * 1024)}).encode())
    assert (answer.status, answer.body) == (413, {"message": "Request Entity Too Large"})
