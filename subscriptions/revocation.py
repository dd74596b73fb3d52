"""Who may no longer ask: sessions and accounts whose access ended, known to this process within a sweep.

An access token is valid until it expires, so what ended since one token's lifetime is remembered here: a log-out bites
on the next request and on every open socket, without a query per request.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from domain.permissions import Actor
from subscriptions.hub import Heard

ONE_SESSION = "SessionEnded"
ALL_SESSIONS = frozenset({"SessionsEnded", "AccountSuspended", "RolesChanged"})
MAX_REMEMBERED = 200_000  # sessions; a day's log-outs fit many times

Tell = Callable[[str], None]


class Revocations:
    """Fed by the hub; asked by HTTP requests and sockets."""

    def __init__(self) -> None:
        self._ended: dict[UUID, None] = {}  # session ids, oldest first
        self._followers: defaultdict[UUID, set[tuple[UUID | None, Tell]]] = defaultdict(set)

    def remember(self, session_ids: Mapping[UUID, datetime] | set[UUID]) -> None:
        """What ended before this process began to listen."""
        for session_id in session_ids:
            self._ended[session_id] = None
        while len(self._ended) > MAX_REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def has_ended(self, actor: Actor) -> bool:
        """Whether the actor's session is over although its token is not."""
        return actor.session_id in self._ended

    def hear(self, event: Heard) -> None:
        """The hub's every event; those about sessions are told to the sockets they concern."""
        if event.name == ONE_SESSION:
            ended = UUID(event.payload["session_id"])
            self.remember({ended})
            self._tell(event.subject, ended, event.name)
        elif event.name in ALL_SESSIONS:
            self._tell(event.subject, None, event.name)

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

    def _tell(self, account_id: UUID, session_id: UUID | None, reason: str) -> None:
        for session, tell in list(self._followers.get(account_id, ())):
            if session_id is None or session == session_id:
                if session is not None:
                    self.remember({session})
                tell(reason)
