"""The GraphQL door: who comes in over HTTP. Who comes over a WebSocket goes on to app/socket.py."""

import json
from collections.abc import Awaitable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import process_result
from strawberry.types.execution import ExecutionResult

from app.graphql import schema
from app.post import MAX_BODY_BYTES, BodyTooLong, Headers, again, body_of, bounded, read, written
from app.socket import Sockets, address_of
from domain.permissions import NOBODY, Actor
from domain.refusals import Language
from integrations.token import Access, Tokens
from schema.context import Context
from subscriptions.hub import Hub
from subscriptions.revocation import Revocations


class Door(GraphQL[Context, None]):
    """Strawberry's ASGI view with our context. Everything it gives a request comes by argument."""

    def __init__(
        self,
        tokens: Tokens,
        hub: Hub,
        revocations: Revocations,
        origins: tuple[str, ...],
        shows_ide: bool,
        **given: Any,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if shows_ide else None,
            allow_queries_via_get=False,
        )
        self._tokens, self._revocations = tokens, revocations
        self._context = partial(Context, tokens=tokens, hub=hub, **given)
        self._sockets = Sockets(hub, revocations, origins, self.access, self._of_socket)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A token that is forged, over or revoked is told so with 401; no token at all is an anonymous visitor."""
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        try:
            await self._http(scope, bounded(receive), send)
        except BodyTooLong:
            await _too_long()(scope, receive, send)

    def _of_socket(self, actor: Actor, address: str = "") -> Context:
        return self._context(actor=actor, address=address)

    def short(self, headers: Headers, body: bytes, address: str) -> Awaitable[ExecutionResult] | None:
        """The answer to a document that is known, so that nothing of Strawberry's view is needed; None where it is."""
        given = headers.get(b"authorization")
        access = None if given is None else self.access(given.decode("latin-1"))
        if given is not None and access is None:
            return None
        actor = access.actor if access else _visitor(headers.get(b"accept-language", b"").decode("latin-1"))
        try:
            asked = read(body)
            return None if asked is None else schema.answer(*asked, self._context(actor=actor, address=address))
        except (UnicodeError, RecursionError):  # no text, or nested without end
            return None

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = dict(reversed(scope["headers"]))  # the first of two counts
        given = headers.get(b"authorization")
        scope["access"] = access = None if given is None else self.access(given.decode("latin-1"))
        if given is not None and access is None:
            await _not_signed_in()(scope, receive, send)
            return
        heard: list[Message] = []
        body = await body_of(headers, receive, heard) if scope["method"] == "POST" else None
        answer = None if body is None else self.short(headers, body, address_of(scope))
        if answer is not None:
            text = written(process_result(await answer))
            await Response(text, media_type="application/json")(scope, receive, send)
            return
        try:
            await super().__call__(scope, again(heard, receive), send)
        except (UnicodeError, RecursionError):
            await _unreadable()(scope, receive, send)

    def access(self, header: str) -> Access | None:
        """What a `Bearer` value gives access to; None when it is worth nothing (any more)."""
        scheme, _, token = header.partition(" ")
        access = self._tokens.read(token.strip()) if scheme.lower() == "bearer" else None
        return None if access is None or self._revocations.has_ended(access.actor, access.issued_at) else access

    def decode_json(self, data: str | bytes) -> object:
        """What a body says; a number or null is JSON, but no request."""
        given = super().decode_json(data)
        if isinstance(given, dict | list):
            return given
        raise json.JSONDecodeError("neither an object nor a list", "", 0)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        access: Access | None = request.scope.get("access")
        wants = request.headers.get("accept-language", "")
        return self._context(
            request=request, response=response, actor=access.actor if access else _visitor(wants),
            address=address_of(request.scope),
        )  # fmt: skip


def _visitor(wants: str) -> Actor:
    """Nobody, who reads English when the browser says so."""
    return Actor(language=Language.EN) if wants.lower().startswith("en") else NOBODY


def _unreadable() -> JSONResponse:
    error = {"message": "The request could not be read.", "extensions": {"code": "BAD_REQUEST"}}
    return JSONResponse({"errors": [error]}, status_code=400)


def _too_long() -> JSONResponse:
    error = {
        "message": f"A request has at most {MAX_BODY_BYTES} bytes.",
        "extensions": {"code": "BODY_TOO_LONG", "limit": MAX_BODY_BYTES},
    }
    return JSONResponse({"errors": [error]}, status_code=413, headers={"connection": "close"})


def _not_signed_in() -> JSONResponse:
    error = {"message": "Please sign in again.", "extensions": {"code": "NOT_SIGNED_IN"}}
    return JSONResponse({"data": None, "errors": [error]}, status_code=401, headers={"www-authenticate": "Bearer"})
