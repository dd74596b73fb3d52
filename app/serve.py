"""The API process under uvicorn."""

import uvicorn

from app.address import database_url, redis_url
from app.asgi import make_app
from app.log import configure
from app.settings import Settings

STOP_WITHIN_S = 3  # the supervisor ends what is still there a second later
MAX_MESSAGE_BYTES = 65_536


def serve(settings: Settings) -> None:
    """Listen until TERM."""
    configure()
    uvicorn.run(
        make_app(settings, database_url(), redis_url()), host=settings.host, port=settings.port, loop="uvloop",
        http="httptools", ws="websockets-sansio", ws_max_size=MAX_MESSAGE_BYTES, lifespan="on", log_config=None,
        access_log=False, timeout_graceful_shutdown=STOP_WITHIN_S,
    )  # fmt: skip
