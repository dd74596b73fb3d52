"""Who may no longer ask: sessions and accounts whose access ended, known to this process within a sweep.

An access token is valid until it expires, so what ended since one token's lifetime is remembered here: a log-out bites
on the next request and on every open socket, without a query per request.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from domain.permissions import Actor
from subscriptions.hub import Heard

ONE_SESSION = "SessionEnded"
ALL_SESSIONS = frozenset({"SessionsEnded", "AccountSuspended", "RolesChanged"})
MAX_REMEMBERED = 200_000  # of each kind; a day's log-outs fit many times

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
            ended = UUID(event.payload["session_id"])
            self.remember([ended])
            self._tell(event.subject, ended, event.name)
        elif event.name in ALL_SESSIONS:
            _put(self._accounts, event.subject, event.at)
            for ended in event.payload.get("session_ids", ()):  # who has signed in again meanwhile stays
                self._tell(event.subject, UUID(ended), event.name)

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


def _put(remembered: dict[K, V], key: K, value: V) -> None:
    remembered.pop(key, None)
    remembered[key] = value
    if len(remembered) > MAX_REMEMBERED:
        del remembered[next(iter(remembered))]
