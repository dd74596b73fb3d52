"""Who may no longer ask: sessions and accounts whose access ended, known to this process within a sweep.

An access token is valid until it expires, so what ended since one token's lifetime is remembered here: a log-out bites
on the next request and on every open socket, without a query per request. The hub brings it within milliseconds. It
hears only what the worker's relay has numbered, so the table is asked as well: a log-out must not wait for a worker.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from domain.permissions import Actor
from domain.road import SWEEP_S
from integrations.nudge import is_stopping
from services.account import ended_since
from subscriptions.hub import Heard

ONE_SESSION = "SessionEnded"
ALL_SESSIONS = frozenset({"SessionsEnded", "AccountSuspended", "RolesChanged"})
MAX_REMEMBERED = 200_000  # of each kind; a day's log-outs fit many times
HUB_FIRST = timedelta(seconds=2)  # the hub tells with the very reason; the table is for what it has not brought by then
OVERLAP = timedelta(minutes=1)  # an end carries the moment its transaction began; none takes longer to commit

log = logging.getLogger("rawat.revocation")

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Tell = Callable[[str], None]


class Revocations:
    """Fed by the hub; asked by HTTP requests and sockets."""

    def __init__(self) -> None:
        self._sessions: dict[UUID, None] = {}  # that ended, oldest first
        self._accounts: dict[UUID, datetime] = {}  # whose tokens from before the moment are void, oldest first
        self._followers: defaultdict[UUID, set[tuple[UUID | None, Tell]]] = defaultdict(set)

    def remember(self, session_ids: Iterable[UUID]) -> None:
        """Sessions that are over, also those that ended before this process began to listen."""
        for session_id in session_ids:
            _put(self._sessions, session_id, None)

    def has_ended(self, actor: Actor, issued_at: datetime) -> bool:
        """Whether a token that has not expired is worth nothing any more."""
        if self._sessions and actor.session_id in self._sessions:
            return True
        void_before = self._accounts.get(actor.id) if self._accounts and actor.id else None
        return void_before is not None and issued_at <= void_before

    def hear(self, event: Heard) -> None:
        """The hub's every event; those about sessions are remembered and told to the sockets they concern."""
        if event.name == ONE_SESSION:
            self.end(event.subject, UUID(event.payload["session_id"]), event.name)
        elif event.name in ALL_SESSIONS:
            _put(self._accounts, event.subject, event.at)
            for ended in event.payload.get("session_ids", ()):  # who has signed in again meanwhile stays
                self.end(event.subject, UUID(ended), event.name)

    def end(self, account_id: UUID, session_id: UUID, reason: str) -> None:
        """The session is over, whenever its tokens were issued: one may be younger than the moment the end began at."""
        self.remember([session_id])
        self._tell(account_id, session_id, reason)

    def follow(self, actor: Actor, tell: Tell) -> Callable[[], None]:
        """Call `tell(reason)` once the actor's session ends; the answer stops following."""
        if actor.id is None:
            return lambda: None
        account_id, entry = actor.id, (actor.session_id, tell)
        self._followers[account_id].add(entry)

        def leave() -> None:
            self._followers[account_id].discard(entry)
            if not self._followers[account_id]:
                self._followers.pop(account_id, None)

        return leave

    def _tell(self, account_id: UUID, session_id: UUID, reason: str) -> None:
        for session, tell in list(self._followers.get(account_id, ())):
            if session == session_id:
                tell(reason)


async def look_forever(revocations: Revocations, since: datetime) -> None:
    """Each second ask the table which sessions ended that the hub has not brought; until cancelled."""
    while not is_stopping():
        await asyncio.sleep(SWEEP_S)
        until = datetime.now(UTC) - HUB_FIRST
        try:
            ended = await ended_since(since, until)
        except Exception as error:  # whatever it is, the process goes on listening
            log.warning("sessions that ended are not known: %s", type(error).__name__)
            continue
        for session_id, account_id in ended.items():
            revocations.end(account_id, session_id, ONE_SESSION)
        since = until - OVERLAP


def _put(remembered: dict[K, V], key: K, value: V) -> None:
    remembered.pop(key, None)
    remembered[key] = value
    if len(remembered) > MAX_REMEMBERED:
        del remembered[next(iter(remembered))]
