"""The GraphQL door for WebSockets: graphql-transport-ws, spoken on plain ASGI events.

What each message means and how each mistake ends is in docs/live.md; tests/subscriptions/test_protocol.py asks it over
real sockets. A socket is one task that hears its client. Who answers is in app/operation.py, how it goes out in
app/outbox.py.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from strawberry.http.websocket_origin import is_same_origin, normalize_allowed_origins, normalize_origin

from app.operation import Asked, Live, Operation
from app.outbox import Outbox
from app.sharing import Groups
from app.wire import EXTENSION, Frame
from domain.permissions import Actor
from domain.refusals import Refusal
from integrations.token import Access
from schema.context import Context
from subscriptions.hub import Hub
from subscriptions.revocation import Revocations

PROTOCOL = "graphql-transport-ws"
INIT_WITHIN = timedelta(seconds=5)
MAX_OPERATIONS = 20  # of one socket at a time
MAX_MESSAGES = 100  # that one socket hears within WINDOW_S
WINDOW_S = 60.0
BAD_MESSAGE, UNAUTHORIZED, FORBIDDEN, NO_PROTOCOL = 4400, 4401, 4403, 4406
NO_INIT, ID_IN_USE, SECOND_INIT = 4408, 4409, 4429
TOO_MANY = 1008  # the standard's "policy violation"; clients do not connect again by themselves
ACK = Frame(b'{"type":"connection_ack"}')

log = logging.getLogger("rawat.socket")


class TooManyOperations(Refusal):
    code = "TOO_MANY_SUBSCRIPTIONS"
    indonesian = "Satu koneksi paling banyak mengikuti {limit} hal sekaligus."
    english = "One connection may follow at most {limit} things at a time."


class Bad(Exception):
    """A message that is not of the protocol; the text is the reason the socket is closed with."""


class Sockets:
    """Everybody who comes in over a WebSocket. `access` reads a `Bearer` value; each operation gets a `context`; one
    account has at most `max_sockets` at a time."""

    def __init__(
        self,
        hub: Hub,
        revocations: Revocations,
        origins: Iterable[str],
        access: Callable[[str], Access | None],
        context: Callable[..., Context],
        max_sockets: int,
    ) -> None:
        self.live = Live(hub, Groups(hub), context)
        self.revocations, self.access = revocations, access
        self._max_sockets = max_sockets
        self._open: Counter[UUID | None] = Counter()  # by account
        self._origins = normalize_allowed_origins(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket, from the handshake to its end."""
        await receive()  # websocket.connect
        if not self._may_connect(Headers(scope=scope)):
            await send({"type": "websocket.close"})  # before it was accepted: HTTP 403
            return
        speaks = PROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if speaks else None})
        out = Outbox(send, scope.get("extensions", {}).get(EXTENSION))
        socket = Socket(self, out, address_of(scope))
        if not speaks:
            socket.close(NO_PROTOCOL, "Subprotocol not acceptable")
        await socket.listen(receive)

    def enter(self, actor: Actor) -> bool:
        """Count one socket more of the account, unless it has too many."""
        if self._open[actor.id] >= self._max_sockets:
            return False
        self._open[actor.id] += 1
        return True

    def leave(self, actor: Actor) -> None:
        """One that entered has ended."""
        self._open[actor.id] -= 1
        if not self._open[actor.id]:
            del self._open[actor.id]

    def _may_connect(self, headers: Headers) -> bool:
        """Browsers always name the page's origin; who names none is no browser and carries nobody's cookies."""
        origin, host = headers.get("origin"), headers.get("host")
        if origin is None or headers.get("sec-fetch-site") == "same-origin" or is_same_origin(origin, host):
            return True
        allowed = "*" in self._origins or normalize_origin(origin) in self._origins
        if not allowed:
            log.warning("a page of %r may not connect to %r", origin[:200], host)
        return allowed


class Socket:
    """One client and its operations."""

    __slots__ = (
        "_actor", "_address", "_heard", "_leave", "_operations", "_out", "_scopes", "_sockets", "_timer",
        "_window_began",
    )  # fmt: skip

    def __init__(self, sockets: Sockets, out: Outbox, address: str) -> None:
        self._sockets, self._out, self._address = sockets, out, address
        self._actor: Actor | None = None  # once the connection is acknowledged
        self._scopes: frozenset[str] = frozenset()
        self._operations: dict[str, Operation] = {}
        self._leave: Callable[[], None] | None = None
        self._heard = 0  # messages, since
        self._window_began = asyncio.get_running_loop().time()
        self._timer = asyncio.get_running_loop().call_later(
            INIT_WITHIN.total_seconds(), self.close, NO_INIT, "Connection initialisation timeout"
        )

    async def listen(self, receive: Receive) -> None:
        """Hear the client until one side hangs up. One that does not read what it is told is not heard meanwhile."""
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                if not self._out.is_closed:
                    self._hear(message.get("text"))
                if self._out.is_full:
                    await self._out.room()
        finally:
            ending = self._end()
            await self._out.stop()
            if ending:
                await asyncio.wait(ending)

    def close(self, code: int, reason: str) -> None:
        """Say nothing more but why."""
        self._end()
        self._out.close(code, reason)

    def _end(self) -> list[asyncio.Task[None]]:
        """Stop everything; the tasks that have still to end."""
        self._timer.cancel()
        if self._leave is not None and self._actor is not None:
            self._leave()
            self._leave = None
            self._sockets.leave(self._actor)
        tasks = [operation.cancel() for operation in self._operations.values()]
        self._operations.clear()
        return [task for task in tasks if task is not None]

    def _hear(self, text: str | None) -> None:
        if self._says_too_much():
            self.close(TOO_MANY, "TOO_MANY_MESSAGES")
            return
        try:
            message = _read(text)
            answer = _ANSWERS.get(message["type"])
            if answer is None:
                raise Bad(f"Unknown message type: {message['type']}")
            answer(self, message)
        except Bad as bad:
            self.close(BAD_MESSAGE, str(bad))

    def _says_too_much(self) -> bool:
        """Whether this message is beyond what a socket may say in a window of time."""
        now = asyncio.get_running_loop().time()
        if now - self._window_began >= WINDOW_S:
            self._window_began, self._heard = now, 0
        self._heard += 1
        return self._heard > MAX_MESSAGES

    def _init(self, message: dict[str, Any]) -> None:
        """The token comes as `{"authorization": "Bearer …"}`."""
        if self._actor is not None:
            self.close(SECOND_INIT, "Too many initialisation requests")
            return
        payload = message.get("payload")
        if payload is not None and not isinstance(payload, dict):
            raise Bad("Invalid connection init payload")
        given = (payload or {}).get("authorization")
        access = self._sockets.access(given) if isinstance(given, str) else None
        if access is None:
            self.close(FORBIDDEN, "Forbidden")
            return
        if not self._sockets.enter(access.actor):
            self.close(TOO_MANY, "TOO_MANY_SOCKETS")
            return
        self._actor, self._scopes = access.actor, access.actor.scopes
        self._watch(access)
        self._out.put(ACK, None)

    def _watch(self, access: Access) -> None:
        """Close when the token expires or the session ends, whatever is going on."""
        self._timer.cancel()
        left = (access.expires_at - datetime.now(UTC)).total_seconds()
        self._timer = asyncio.get_running_loop().call_later(
            max(0.0, left), self.close, FORBIDDEN, "TOKEN_EXPIRED"
        )  # fmt: skip
        self._leave = self._sockets.revocations.follow(access.actor, lambda reason: self.close(FORBIDDEN, reason))

    def _ping(self, message: dict[str, Any]) -> None:
        payload = message.get("payload")
        self._say({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})

    def _pong(self, message: dict[str, Any]) -> None:
        """Nothing was asked; it is allowed."""

    def _subscribe(self, message: dict[str, Any]) -> None:
        actor = self._actor
        if actor is None:
            self.close(UNAUTHORIZED, "Unauthorized")
            return
        id, asked = _id(message), _asked(message.get("payload"))
        if id in self._operations:
            self.close(ID_IN_USE, f"Subscriber for {id} already exists")
        elif len(self._operations) >= MAX_OPERATIONS:
            refusal = TooManyOperations(limit=MAX_OPERATIONS)
            error = {"message": refusal.sentence(actor.language), "extensions": {"code": refusal.code}}
            self._say({"id": id, "type": "error", "payload": [error]})
        else:
            live, forget = self._sockets.live, self._operations.pop
            operation = self._operations[id] = Operation(
                id, live, self._out, actor, self._scopes, forget, self._address
            )  # fmt: skip
            operation.begin(asked)

    def _complete(self, message: dict[str, Any]) -> None:
        if self._actor is None:
            self.close(UNAUTHORIZED, "Unauthorized")
            return
        operation = self._operations.pop(_id(message), None)
        if operation is not None:
            operation.cancel()

    def _say(self, message: dict[str, Any]) -> None:
        self._out.put(Frame(orjson.dumps(message)), None)


_ANSWERS: dict[str, Callable[[Socket, dict[str, Any]], None]] = {
    "connection_init": Socket._init,
    "ping": Socket._ping,
    "pong": Socket._pong,
    "subscribe": Socket._subscribe,
    "complete": Socket._complete,
}


def address_of(scope: Mapping[str, Any]) -> str:
    """The client's address, as uvicorn and the proxies that it trusts tell it; empty where there is none."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _read(text: str | None) -> dict[str, Any]:
    if text is None:
        raise Bad("WebSocket message type must be text")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Bad("WebSocket message must be valid JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Bad("Failed to parse message")
    return message


def _id(message: dict[str, Any]) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not id:
        raise Bad("The id must be a text that is not empty")
    return id


def _asked(payload: Any) -> Asked:
    """What is asked for; `extensions` are left alone."""
    if not isinstance(payload, dict):
        raise Bad("The payload must be an object")
    query, variables, name = payload.get("query"), payload.get("variables"), payload.get("operationName")
    if not isinstance(query, str):
        raise Bad("The query must be a text")
    if variables is not None and not isinstance(variables, dict):
        raise Bad("The variables must be an object")
    if name is not None and not isinstance(name, str):
        raise Bad("The operationName must be a text")
    return Asked(query, variables, name)
