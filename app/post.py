"""GraphQL by POST, the short way: a small JSON body in, JSON out. What is not plain is left to Strawberry's view."""

import json
import re
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import Message, Receive, Send
from strawberry.http import GraphQLHTTPResponse

MAX_SHORT_BYTES = 65_536  # a body; longer ones take the long way
JSON = b"application/json"
BEYOND_64_BITS = re.compile(rb"\d{19}")  # digits enough for such an integer
Headers = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Question:
    """A GraphQL request as clients send it."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


async def question(headers: Headers, receive: Receive) -> tuple[Question | None, Receive]:
    """The request in a body of plain JSON, or None; and a `receive` for whoever reads the body again."""
    if not _is_plain(headers):
        return None, receive
    heard = [await receive()]
    size = len(heard[0].get("body", b""))
    while heard[-1].get("more_body") and size <= MAX_SHORT_BYTES:
        heard.append(await receive())
        size += len(heard[-1].get("body", b""))
    if heard[-1].get("more_body") or heard[-1]["type"] != "http.request":
        return None, _again(heard, receive)
    body = heard[0]["body"] if len(heard) == 1 else b"".join(each["body"] for each in heard)
    return _read(body), _again(heard, receive)


def _is_plain(headers: Headers) -> bool:
    """Whether JSON is sent and wanted: no form, no stream of parts or events."""
    wanted = headers.get(b"accept", b"")
    sent = headers.get(b"content-type", b"")
    return (sent == JSON or sent.startswith(JSON + b";")) and b"multipart" not in wanted and b"stream" not in wanted


def _read(body: bytes) -> Question | None:
    if BEYOND_64_BITS.search(body):  # orjson makes floats of integers that are
        return None
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(given, dict) or given.get("extensions"):
        return None
    query, variables, name = given.get("query"), given.get("variables"), given.get("operationName")
    if not isinstance(query, str) or not isinstance(variables, dict | None) or not isinstance(name, str | None):
        return None
    return Question(query, variables, name)


def _again(heard: list[Message], receive: Receive) -> Receive:
    """First what was heard already, then the rest."""
    waiting = iter(heard)

    async def again() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return again


async def respond(answer: GraphQLHTTPResponse, send: Send) -> None:
    """Send the answer as JSON."""
    try:
        body = orjson.dumps(answer)
    except TypeError:  # an integer beyond 64 bits, say: JSON itself has no such bound
        body = json.dumps(answer).encode()
    headers = [(b"content-type", JSON), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
