"""The API process under uvicorn."""

import gc
from typing import Any

import uvicorn

from app.address import database_url, redis_url
from app.asgi import make_app
from app.http import HttpProtocol
from app.log import configure
from app.settings import Settings
from app.wire import WebSocketProtocol
from integrations.fault import arm

YOUNG_OBJECTS = 20_000  # made and not gone, before the collector looks
STOP_WITHIN_S = 3  # the supervisor ends what is still there a second later
MAX_MESSAGE_BYTES = 65_536
# A client that is gone without a word answers no ping: its socket is freed after both, well within a minute.
PING_EVERY_S = 20.0
PONG_WITHIN_S = 20.0
# Nothing is compressed: that would cost each socket memory, and each listener a compression of its own.
SOCKETS: dict[str, Any] = {
    "ws": WebSocketProtocol, "ws_per_message_deflate": False, "ws_max_size": MAX_MESSAGE_BYTES,
    "ws_ping_interval": PING_EVERY_S, "ws_ping_timeout": PONG_WITHIN_S,
}  # fmt: skip


def tune_collector() -> None:
    """What was made until now lives as long as the process, so the collector need not look at it again and again; and
    a request makes thousands of objects that go away by themselves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)


def serve(settings: Settings) -> None:
    """Listen until TERM."""
    configure()
    arm(settings.faults)
    app = make_app(settings, database_url(), redis_url())
    tune_collector()
    uvicorn.run(
        app, host=settings.host, port=settings.port, loop="uvloop",
        proxy_headers=True, forwarded_allow_ips=settings.forwarded_allow_ips,
        http=HttpProtocol, **SOCKETS, lifespan="on", log_config=None, access_log=False,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )  # fmt: skip
