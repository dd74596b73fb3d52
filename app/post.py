"""GraphQL by POST, the short way: a small JSON body in, JSON out. What is not plain is left to Strawberry's view."""

import asyncio
import json
import re
from functools import lru_cache
from typing import Any

import orjson
from starlette.types import Message, Receive
from strawberry.http import GraphQLHTTPResponse

MAX_SHORT_BYTES = 65_536  # a body; longer ones take the long way
MAX_BODY_BYTES = 2_097_152  # by any way; a document has 15,000 characters, and variables are no files
BODY_WITHIN_S = 30.0
JSON = b"application/json"
GRAPHQL = b"application/graphql-response+json"  # GraphQL over HTTP's own: its status says whether anything was executed
MAX_WISHES = 500  # Accept headers that are remembered
WEIGHT = re.compile(rb"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
BEYOND_64_BITS = re.compile(rb"\d{19}")  # digits enough for such an integer, of which orjson makes a float
Headers = dict[bytes, bytes]
Question = tuple[str, dict[str, Any] | None, str | None]  # query, variables, name of the operation


class BodyRefused(Exception):
    """A body that is not read to its end."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def bounded(receive: Receive) -> Receive:
    """`receive`, that raises BodyRefused when the body is too long, or takes too long."""
    size, is_whole = 0, False
    deadline = asyncio.get_running_loop().time() + BODY_WITHIN_S

    async def receive_bounded() -> Message:
        nonlocal size, is_whole
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise BodyRefused(408, "REQUEST_TOO_SLOW", "The request took too long to arrive.") from None
        size += len(message.get("body", b""))
        is_whole = not message.get("more_body")
        if size > MAX_BODY_BYTES:
            raise BodyRefused(413, "BODY_TOO_LONG", f"A request has at most {MAX_BODY_BYTES} bytes.")
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


@lru_cache(MAX_WISHES)
def media_type(accept: bytes) -> bytes:
    """What an answer is sent as: GRAPHQL where the client names it and likes it no less than JSON, else JSON."""
    weights: dict[bytes, float] = {}
    for part in accept.lower().split(b","):
        name, *parameters = [each.strip() for each in part.split(b";")]
        weights.setdefault(name, _weight(parameters))
    return GRAPHQL if weights.get(GRAPHQL, 0) > 0 and weights[GRAPHQL] >= weights.get(JSON, 0) else JSON


def _weight(parameters: list[bytes]) -> float:
    given = next((each for each in parameters if each.startswith(b"q=")), b"q=1")
    found = WEIGHT.fullmatch(given)
    return float(found[1]) if found else 0.0


def sent(answer: GraphQLHTTPResponse, kind: bytes) -> tuple[int, GraphQLHTTPResponse]:
    """Status and body. As GRAPHQL, what was refused before anything was executed has status 400 and no data."""
    errors: list[Any] | None = answer.get("errors")
    if kind != GRAPHQL or answer["data"] is not None or not errors or any("path" in error for error in errors):
        return 200, answer
    return 400, {name: value for name, value in answer.items() if name != "data"}  # type: ignore[return-value]


def read(body: bytes) -> Question | None:
    """The request in a body; None where it is not a plain one."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(given, dict):
        return None
    query, variables, name = given.get("query"), given.get("variables"), given.get("operationName")
    if not (given.get("extensions") is None or given["extensions"] == {}):
        return None
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
