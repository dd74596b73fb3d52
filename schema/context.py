"""What every resolver can reach."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import strawberry
from starlette.requests import Request
from starlette.websockets import WebSocket

from domain.permissions import NOBODY, Actor
from integrations.seal import Seal
from integrations.token import Tokens
from schema.loaders import Loaders


@dataclass
class Context:
    """Of one operation. What comes over a WebSocket has neither `request` nor `response`."""

    tokens: Tokens
    seal: Seal
    hub: Any = None  # subscriptions.hub.Hub; this layer lies below it
    media_key: bytes = b""
    public_url: str = ""
    actor: Actor = NOBODY
    address: str = ""  # the client's, as far as trusted proxies tell; empty: not known
    rates: Any = None  # app.rate.Rates; None: requests are not counted
    request: Request | WebSocket | None = None
    response: Any = None
    loaders: Loaders = field(default_factory=Loaders)


Info: TypeAlias = strawberry.Info[Context, None]
