"""The API process under uvicorn."""

from typing import Any

import uvicorn

from app.address import database_url, redis_url
from app.asgi import make_app
from app.log import configure
from app.settings import Settings
from app.wire import WebSocketProtocol

STOP_WITHIN_S = 3  # the supervisor ends what is still there a second later
MAX_MESSAGE_BYTES = 65_536
# Nothing is compressed: that would cost each socket memory, and each listener a compression of its own.
SOCKETS: dict[str, Any] = {
    "ws": WebSocketProtocol, "ws_per_message_deflate": False, "ws_max_size": MAX_MESSAGE_BYTES,
}  # fmt: skip


def serve(settings: Settings) -> None:
    """Listen until TERM."""
    configure()
    uvicorn.run(
        make_app(settings, database_url(), redis_url()), host=settings.host, port=settings.port, loop="uvloop",
        http="httptools", **SOCKETS, lifespan="on", log_config=None, access_log=False,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )  # fmt: skip
