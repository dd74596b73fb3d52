"""What must always hold, asked of the rows themselves: by the clock, and at the end of every story test."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from tortoise import connections
from tortoise.models import Model

from domain.booking import BLOCKING
from domain.chain import FACTS, chained
from domain.events import FOLDED, Event, plain
from models.booking import Booking
from models.partner import Partner, PartnerService

MAX_FOUND = 20  # violations named of one kind
PAGE = 1000
NOUNS: Mapping[str, type[Model]] = {"booking": Booking, "partner": Partner, "service": PartnerService}

OVERLAPS = f"""
SELECT a.id, b.id AS other FROM booking a JOIN booking b
  ON a.resource_id = b.resource_id AND a.id < b.id
 AND a.blocked_from < b.blocked_until AND b.blocked_from < a.blocked_until
WHERE a.state = ANY($1) AND b.state = ANY($1) LIMIT {MAX_FOUND}"""  # noqa: S608
UNPAID = f"""
SELECT b.id FROM booking b LEFT JOIN payment p ON p.booking_id = b.id
WHERE b.requested_at IS NOT NULL AND (p.id IS NULL OR p.amount_idr <> b.price_idr
      OR p.refunded_idr <> coalesce(b.refund_idr, 0)) LIMIT {MAX_FOUND}"""  # noqa: S608
GAPS = f"""
SELECT position FROM (SELECT position, lag(position, 1, 0::bigint) OVER (ORDER BY position) AS before
                      FROM event WHERE position IS NOT NULL) e WHERE position <> before + 1 LIMIT {MAX_FOUND}"""  # noqa: S608
UNHEARD = f"""
SELECT e.position FROM event e WHERE e.position IS NOT NULL AND cardinality(e.topics) <>
  (SELECT count(*) FROM event_topic t WHERE t.position = e.position AND t.topic = ANY(e.topics))
LIMIT {MAX_FOUND}"""  # noqa: S608
STRANDED = f"""
SELECT n.id FROM notification n LEFT JOIN task t ON t.key = 'send_notification:' || n.id || ':' || n.version
WHERE n.state = 'QUEUED' AND (t.key IS NULL OR t.state = 'DONE') LIMIT {MAX_FOUND}"""  # noqa: S608
CHAIN = f"SELECT position, hash, {FACTS} FROM event WHERE position > $1 ORDER BY position LIMIT $2"  # noqa: S608
FOLD = "SELECT subject, payload::text AS payload FROM event WHERE name = ANY($1) AND subject = ANY($2) ORDER BY id"
CHANGED = (
    "SELECT DISTINCT subject FROM event WHERE name = ANY($1) AND at >= $2 AND subject > $3 ORDER BY subject LIMIT $4"
)


async def _rows(sql: str, *values: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await connections.get("default").execute_query_dict(sql, list(values))
    return rows


async def no_overlap() -> list[str]:
    """Double booking is impossible: the exclusion constraint says so, and so do the rows."""
    return [f"bookings {row['id']} and {row['other']} overlap" for row in await _rows(OVERLAPS, sorted(BLOCKING))]


async def payments_agree() -> list[str]:
    """A requested booking has one payment of its price, and what went back is the booking's refund."""
    return [f"the payment of booking {row['id']} does not agree with it" for row in await _rows(UNPAID)]


async def positions_are_whole() -> list[str]:
    """Positions are 1..n, and each event is heard on each of its topics once."""
    found = [f"the positions have a gap before {row['position']}" for row in await _rows(GAPS)]
    return found + [f"event {row['position']} is not on all of its topics" for row in await _rows(UNHEARD)]


async def messages_are_on_their_way() -> list[str]:
    """A message that is to be sent has a task that will send it (or that staff see among the dead)."""
    return [f"notification {row['id']} waits for nothing" for row in await _rows(STRANDED)]


INVARIANTS: tuple[Callable[[], Awaitable[list[str]]], ...] = (
    no_overlap,
    payments_agree,
    positions_are_whole,
    messages_are_on_their_way,
)


async def chain_is_whole(key: bytes, after: int = 0, before: bytes = b"") -> list[str]:
    """Recount the hash chain behind a position whose hash is known; names the first event that was tampered with."""
    while page := await _rows(CHAIN, after, PAGE):
        for row in page:
            before = chained(key, before, row["position"], row)
            if before != bytes(row["hash"]):
                return [f"the hash chain breaks at position {row['position']}"]
            after = row["position"]
    return []


async def rows_are_folds(since: datetime) -> list[str]:
    """Rows that changed since then equal what their events say: each field of FOLDED (N10)."""
    found: list[str] = []
    for noun, model in NOUNS.items():
        names = [name for name, kind in Event.named.items() if kind.noun == noun]
        last = UUID(int=0)
        while ids := [row["subject"] for row in await _rows(CHANGED, names, since, last, PAGE)]:
            last = ids[-1]
            found += await _unfolded(noun, model, names, ids)
            if len(found) >= MAX_FOUND:
                return found
    return found


async def _unfolded(noun: str, model: type[Model], names: list[str], ids: list[UUID]) -> list[str]:
    folded: defaultdict[UUID, dict[str, Any]] = defaultdict(dict)
    for event in await _rows(FOLD, names, ids):
        folded[event["subject"]].update(orjson.loads(event["payload"]))
    rows = {row.pk: row for row in await model.filter(pk__in=ids)}
    found = []
    for id in ids:
        row = rows.get(id)
        if row is None:
            found.append(f"{noun} {id} has events but no row")
            continue
        told = {name: folded[id].get(name) for name in FOLDED[noun]}
        kept = {name: plain(getattr(row, name)) for name in FOLDED[noun]}
        found += [
            f"{noun} {id}: {name} is {kept[name]!r}, its events say {told[name]!r}"
            for name in FOLDED[noun]
            if not _same(told[name], kept[name])
        ]
    return found


def _same(told: Any, kept: Any) -> bool:
    """A field no event has told yet has its first value."""
    return bool(told == kept) or (told is None and kept in (None, False))
