"""GraphQL by POST, the short way: a small JSON body in, JSON out. What is not plain is left to Strawberry's view."""

import json
import re
from typing import Any

import orjson
from starlette.types import Message, Receive
from strawberry.http import GraphQLHTTPResponse

MAX_SHORT_BYTES = 65_536  # a body; longer ones take the long way
MAX_BODY_BYTES = 262_144  # by any way; a document has 15,000 characters, and variables are no files
JSON = b"application/json"
BEYOND_64_BITS = re.compile(rb"\d{19}")  # digits enough for such an integer, of which orjson makes a float
Headers = dict[bytes, bytes]
Question = tuple[str, dict[str, Any] | None, str | None]  # query, variables, name of the operation


class BodyTooLong(Exception):
    """More was sent than MAX_BODY_BYTES; nobody reads the rest."""


def bounded(receive: Receive) -> Receive:
    """What is received, until it is too much. Raises BodyTooLong."""
    size = 0

    async def receive_bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY_BYTES:
            raise BodyTooLong
        return message

    return receive_bounded


async def body_of(headers: Headers, receive: Receive, heard: list[Message]) -> bytes | None:
    """A body of plain JSON, or None. What was received is in `heard`, for whoever reads it again."""
    if not is_plain(headers):
        return None
    size = 0
    while size <= MAX_SHORT_BYTES:
        message = await receive()
        heard.append(message)
        if message["type"] != "http.request":
            return None
        size += len(message["body"])
        if not message.get("more_body"):
            return b"".join([each["body"] for each in heard])
    return None


def is_plain(headers: Headers) -> bool:
    """Whether JSON is sent and wanted: no form, no stream of parts or events."""
    wanted = headers.get(b"accept", b"")
    sent = headers.get(b"content-type", b"")
    return (sent == JSON or sent.startswith(JSON + b";")) and b"multipart" not in wanted and b"stream" not in wanted


def read(body: bytes) -> Question | None:
    """The request in a body; None where it is not a plain one."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(given, dict) or given.get("extensions"):
        return None
    query, variables, name = given.get("query"), given.get("variables"), given.get("operationName")
    if not isinstance(query, str) or not isinstance(variables, dict | None) or not isinstance(name, str | None):
        return None
    if variables and _has_float(variables) and BEYOND_64_BITS.search(body):
        return None
    return query, variables, name


def _has_float(given: object) -> bool:
    waiting = [given]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, float):
            return True
    return False


def again(heard: list[Message], receive: Receive) -> Receive:
    """First what was heard already, then the rest."""
    if not heard:
        return receive
    waiting = iter(heard)

    async def receive_again() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return receive_again


def written(answer: GraphQLHTTPResponse) -> bytes:
    """The answer as JSON."""
    try:
        return orjson.dumps(answer)
    except TypeError:  # an integer beyond 64 bits, say: JSON itself has no such bound
        return json.dumps(answer).encode()
