"""Access tokens: short-lived JWTs that say who asks, for which session, with which roles."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import jwt

from domain.permissions import Actor, Role
from domain.refusals import Language

ALGORITHM = "HS256"
AUDIENCE = "rawat"
MAX_CHARACTERS = 2000
MAX_KEPT = 10_000  # verified tokens that a process remembers, some 2 kB each


@dataclass(frozen=True, slots=True)
class Access:
    """A verified access token."""

    actor: Actor
    issued_at: datetime
    expires_at: datetime


class Tokens:
    """Issues and reads access tokens with one secret."""

    def __init__(self, secret: str, lifetime: timedelta) -> None:
        self._secret, self._lifetime = secret, lifetime
        # A client asks many times with one token. Only good ones are kept: what raises is not cached.
        self._verified = lru_cache(MAX_KEPT)(self._verify)

    def issue(
        self, account_id: UUID, session_id: UUID, roles: frozenset[Role], language: Language, now: datetime
    ) -> tuple[str, datetime]:
        """The token and the time it ends."""
        expires_at = (now + self._lifetime).replace(microsecond=0)
        claims = {
            "sub": str(account_id), "sid": str(session_id), "roles": sorted(roles), "lang": language.value,
            "aud": AUDIENCE, "iat": now.timestamp(), "exp": int(expires_at.timestamp()),
        }  # fmt: skip
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM), expires_at

    def read(self, token: str) -> Access | None:
        """Who the token speaks for; None when it is forged, over, or not one of ours."""
        if len(token) > MAX_CHARACTERS:
            return None
        try:
            access = self._verified(token)
        except (jwt.InvalidTokenError, ValueError, KeyError, TypeError):
            return None
        return access if datetime.now(UTC) < access.expires_at else None

    def _verify(self, token: str) -> Access:
        claims = jwt.decode(
            token, self._secret, algorithms=[ALGORITHM], audience=AUDIENCE,
            options={"require": ["exp", "iat", "sub", "sid"]},
        )  # fmt: skip
        actor = Actor(
            id=UUID(claims["sub"]),
            roles=frozenset(Role(role) for role in claims["roles"]),
            language=Language(claims["lang"]),
            session_id=UUID(claims["sid"]),
        )
        moments = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
        return Access(actor, *moments)
