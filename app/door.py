"""The GraphQL door: who comes in over HTTP. Who comes over a WebSocket goes on to app/socket.py."""

import json
from collections.abc import Awaitable
from functools import partial
from typing import Any

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, process_result
from strawberry.types.execution import ExecutionResult

from app.graphql import schema
from app.post import BodyRefused, Headers, again, body_of, bounded, media_type, read, sent, written
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
        allows_get: bool,
        max_sockets: int,
        **given: Any,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if shows_ide else None,
            allow_queries_via_get=allows_get,
        )
        self._tokens, self._revocations = tokens, revocations
        self._context = partial(Context, tokens=tokens, hub=hub, **given)
        self._sockets = Sockets(hub, revocations, origins, self.access, self._of_socket, max_sockets)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A token that is forged, over or revoked is told so with 401; no token at all is an anonymous visitor."""
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        try:
            await self._http(scope, bounded(receive), send)
        except BodyRefused as refused:
            kind = media_type(dict(reversed(scope["headers"])).get(b"accept", b""))
            answer = _refused(refused.status, kind, refused.message, refused.code, {"connection": "close"})
            await answer(scope, receive, send)

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
        kind = media_type(headers.get(b"accept", b""))
        given = headers.get(b"authorization")
        scope["access"] = access = None if given is None else self.access(given.decode("latin-1"))
        if given is not None and access is None:
            await _not_signed_in(kind)(scope, receive, send)
            return
        heard: list[Message] = []
        body = await body_of(headers, receive, heard) if scope["method"] == "POST" else None
        answer = None if body is None else self.short(headers, body, address_of(scope))
        if answer is not None:
            status, said = sent(process_result(await answer), kind)
            await Response(written(said), status, media_type=kind.decode())(scope, receive, send)
            return
        try:
            await super().__call__(scope, again(heard, receive), send)
        except (UnicodeError, RecursionError):
            await _unreadable(kind)(scope, receive, send)

    def access(self, header: str) -> Access | None:
        """What a `Bearer` value gives access to; None when it is worth nothing (any more)."""
        scheme, _, token = header.partition(" ")
        access = self._tokens.read(token.strip()) if scheme.lower() == "bearer" else None
        return None if access is None or self._revocations.has_ended(access.actor, access.issued_at) else access

    def decode_json(self, data: str | bytes) -> object:
        """What a body says; a number or null is JSON, but no request."""
        try:
            given = super().decode_json(data)
        except (json.JSONDecodeError, UnicodeError):
            raise
        except ValueError:  # an integer of more digits than Python reads
            raise json.JSONDecodeError("a number is too long", "", 0) from None
        if isinstance(given, dict | list):
            return given
        raise json.JSONDecodeError("neither an object nor a list", "", 0)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> Any:
        """What is asked for; Strawberry does not look at the kind of an operation's name."""
        asked = await super().parse_http_body(request)
        if not isinstance(asked.operation_name, str | None):  # type: ignore[union-attr]
            raise HTTPException(400, "The GraphQL operation's `operationName` must be a string or null, if provided.")
        return asked

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Carries the media type to `create_response`, which is not told the request."""
        response = await super().get_sub_response(request)
        accept = next((value for name, value in request.scope["headers"] if name == b"accept"), b"")
        response.media_type = media_type(accept).decode()
        return response

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        assert isinstance(response_data, dict), "no batches are taken"
        kind: str = sub_response.media_type  # type: ignore[assignment]
        sub_response.status_code, said = sent(response_data, kind.encode())
        response = super().create_response(said, sub_response)
        response.headers["content-type"] = kind
        return response

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


def _unreadable(kind: bytes) -> Response:
    return _refused(400, kind, "The request could not be read.", "BAD_REQUEST")


def _not_signed_in(kind: bytes) -> Response:
    return _refused(401, kind, "Please sign in again.", "NOT_SIGNED_IN", {"www-authenticate": "Bearer"})


def _refused(status: int, kind: bytes, message: str, code: str, headers: dict[str, str] | None = None) -> Response:
    error = {"message": message, "extensions": {"code": code}}
    return JSONResponse({"errors": [error]}, status, headers, media_type=kind.decode())
