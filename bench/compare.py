"""Whether all servers say the same: answers are compared by their meaning before any load is put on them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from bench.server import Server, post
from bench.work import Ask

SAMPLES = 10
FREE = frozenset({"id", "code"})  # of a new booking: everybody makes their own
MOMENTS = ("At",)  # fields whose names end so are times


def meaning(value: Any, name: str = "") -> Any:
    """The same for two spellings of one answer: times as seconds, whole numbers as integers."""
    if isinstance(value, Mapping):
        return {key: meaning(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [meaning(each, name) for each in value]
    if isinstance(value, str) and name.endswith(MOMENTS):
        return datetime.fromisoformat(value).timestamp()
    if isinstance(value, str) and name.endswith("Idr"):
        return int(value)
    return value


def answer_of(server: Server, work: str, ask: Ask) -> tuple[Any, int]:
    """What the server answers, by its meaning, and the size of the answer in bytes."""
    status, text = post(server.port, server.path(work), ask.token, ask.body(server.document(work), work))
    if status != 200:
        return {"status": status, "text": text[:300].decode(errors="replace")}, len(text)
    answer = meaning(orjson.loads(text))
    if work == "M1" and isinstance(held := (answer.get("data") or {}).get("holdBooking"), dict):
        answer["data"]["holdBooking"] = {name: each for name, each in held.items() if name not in FREE}
    return answer, len(text)


def refuses_strangers(server: Server, work: str, ask: Ask) -> bool:
    """Whether a token with a broken signature gets nothing."""
    status, _ = post(server.port, server.path(work), ask.token[:-4] + "AAAA", ask.body(server.document(work), work))
    return status == 401


def differences(
    expected: Server, server: Server, work: str, asks: Sequence[Ask], forget: Callable[[], None] | None
) -> tuple[list[str], int]:
    """Where the server's answers to the asks are not the expected ones, and the mean size of an answer.

    `forget` undoes what the answers left behind, so that both servers begin with the same database.
    """
    undo = forget or (lambda: None)
    wanted_all = [answer_of(expected, work, ask)[0] for ask in asks]
    undo()
    given_all = [answer_of(server, work, ask) for ask in asks]
    undo()
    found, sizes = [], [size for _, size in given_all]
    for ask, wanted, (given, _) in zip(asks, wanted_all, given_all, strict=True):
        if given != wanted or "errors" in given or "status" in given:
            found.append(f"{server.name} {work} {ask.variables}: {str(given)[:300]} instead of {str(wanted)[:300]}")
    if not refuses_strangers(server, work, asks[0]):
        found.append(f"{server.name} {work} answers a forged token")
    return found, sum(sizes) // max(1, len(sizes))
