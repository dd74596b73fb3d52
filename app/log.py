"""How processes log: one line an event, to standard error."""

import logging


def configure() -> None:
    """Call once at the start of a process."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "arq.worker", "uvicorn.access", "tortoise"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
