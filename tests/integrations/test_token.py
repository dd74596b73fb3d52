"""Access tokens: a verified one is remembered, but not beyond its end, and a bad one never."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
import time_machine

from domain.permissions import CUSTOMER, Role
from domain.refusals import Language
from integrations.token import ALGORITHM, AUDIENCE, MAX_CHARACTERS, Access, Tokens

SECRET = "a secret of the tests, long enough"
LIFETIME = timedelta(minutes=10)
NOW = datetime(2026, 3, 4, 5, 6, 7, 500_000, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def issued(tokens: Tokens, now: datetime = NOW) -> tuple[str, datetime]:
    return tokens.issue(uuid4(), uuid4(), CUSTOMER | {Role.PARTNER}, Language.EN, now)


def remembered(tokens: Tokens) -> int:
    return tokens._verified.cache_info().currsize


def test_a_token_says_who_asks_for_which_session() -> None:
    tokens, account, session = Tokens(SECRET, LIFETIME), uuid4(), uuid4()
    token, expires_at = tokens.issue(account, session, CUSTOMER, Language.EN, NOW)
    assert expires_at == NOW.replace(microsecond=0) + LIFETIME
    with time_machine.travel(NOW, tick=False):
        first, second = tokens.read(token), tokens.read(token)
    assert first is not None and first is second
    actor = first.actor
    assert (actor.id, actor.session_id, actor.roles, actor.language) == (account, session, CUSTOMER, Language.EN)
    assert (first.issued_at, first.expires_at) == (NOW, expires_at)


def test_a_remembered_token_ends_at_its_time() -> None:
    tokens = Tokens(SECRET, LIFETIME)
    token, expires_at = issued(tokens)
    for moment, is_good in (
        (NOW, True), (expires_at - SECOND, True), (expires_at - timedelta(microseconds=1), True), (expires_at, False),
        (expires_at + SECOND, False), (NOW, True),
    ):  # fmt: skip
        with time_machine.travel(moment, tick=False):
            assert (tokens.read(token) is not None) is is_good, moment
    assert remembered(tokens) == 1


def claims(**changed: Any) -> dict[str, Any]:
    given = {
        "sub": str(uuid4()), "sid": str(uuid4()), "roles": ["customer"], "lang": "en", "aud": AUDIENCE,
        "iat": NOW.timestamp(), "exp": int((NOW + LIFETIME).timestamp()),
    } | changed  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def signed(secret: str = SECRET, algorithm: str = ALGORITHM, **changed: Any) -> str:
    return jwt.encode(claims(**changed), secret, algorithm=algorithm)


GOOD = signed()
BAD = {
    "another secret": signed("another secret of more than 32 bytes"), "no signature": signed("", "none"),
    "another way to sign": signed(SECRET * 3, "HS512"), "a changed signature": f"{GOOD[:-5]}{GOOD[-5:][::-1]}x",
    "another's claims": ".".join([GOOD.split(".")[0], signed(roles=["management"]).split(".")[1], GOOD.split(".")[2]]),
    "over": signed(exp=int(NOW.timestamp())), "without an end": signed(exp=None), "without a session": signed(sid=None),
    "without a subject": signed(sub=None), "without roles": signed(roles=None),
    "an unknown role": signed(roles=["king"]),
    "an unknown language": signed(lang="xx"), "no id": signed(sub="me"), "for others": signed(aud="others"),
    "no audience": signed(aud=None), "not begun": signed(nbf=int((NOW + LIFETIME).timestamp())),
    "empty": "", "dots": "..",
    "no token": "token", "too long": GOOD + "x" * MAX_CHARACTERS, "no text": "\xe9\x00",
    "issued never": signed(iat=None),
}  # fmt: skip


@pytest.mark.parametrize("token", BAD.values(), ids=BAD)
def test_a_bad_token_is_refused_each_time_and_never_remembered(token: str) -> None:
    tokens = Tokens(SECRET, LIFETIME)
    with time_machine.travel(NOW, tick=False):
        assert tokens.read(GOOD) is not None
        for _ in range(3):
            assert tokens.read(token) is None
    assert remembered(tokens) == 1


def test_what_one_secret_remembers_another_refuses() -> None:
    ours, theirs = Tokens(SECRET, LIFETIME), Tokens("another secret of more than 32 bytes", LIFETIME)
    with time_machine.travel(NOW, tick=False):
        token, _ = issued(ours)
        assert isinstance(ours.read(token), Access)
        assert theirs.read(token) is None
        assert isinstance(ours.read(token), Access)


def test_remembered_tokens_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.token.MAX_KEPT", 3)
    tokens = Tokens(SECRET, LIFETIME)
    with time_machine.travel(NOW, tick=False):
        given = [issued(tokens)[0] for _ in range(5)]
        assert all(tokens.read(token) for token in given * 2)
    assert remembered(tokens) == 3
