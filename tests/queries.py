"""Counting the statements that an operation sends to PostgreSQL."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _Statements(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements sent while the block runs, in order; their number must not grow with the length of a page."""
    log, heard = logging.getLogger("tortoise.db_client"), _Statements()
    level = log.level
    log.setLevel(logging.DEBUG)
    log.addHandler(heard)
    try:
        yield heard.texts
    finally:
        log.removeHandler(heard)
        log.setLevel(level)
