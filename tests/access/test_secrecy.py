"""What nobody may read in passing: the main story with canaries in it, and a search of all places they stray to."""

import asyncio
import json
import logging
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from tortoise import connections

from app.log import configure
from domain.permissions import Role
from domain.task import TaskState
from integrations.token import Tokens
from models.account import Account, LoginAttempt
from models.event import Event
from models.task import Task
from tests import world
from tests.conftest import KEPT
from tests.integrations import media_sample
from tests.running import Client, System, eventually, system
from tests.stories import documents as say
from tests.stories import test_main_job as story

PASSWORD, WRONG_PASSWORD = "kenari-kuning-di-sangkar-42", "kenari-salah-di-sangkar-43"
STAFF_EMAIL, EMAIL = "kenari.meja@rawat.example", "kenari.sari@rawat.example"
MAX_KEYS = 10_000  # of Redis, in one look
# What may be read by those it is about, but neither in passing nor by whoever runs the house.
PERSONAL = {
    "phone": story.PHONE.removeprefix("+62"), "street": "Jalan Contoh 1", "name": "Sari Contoh",
    "message": "Bolu takut pengering", "e-mail": EMAIL, "staff e-mail": STAFF_EMAIL,
    "place of a photo": media_sample.CANARY.decode(),
}  # fmt: skip
REFUSAL = frozenset({"code", "message", "field", "__typename"})

OPEN_STAFF = """
mutation ($input: OpenStaffAccountInput!) {
  openStaffAccount(input: $input) { ... on Account { id } ... on Refusal { code message } }
}"""
ENROL = """
mutation ($input: EnrolTotpInput!) {
  enrolTotp(input: $input) { ... on TotpEnrolment { secret uri } ... on Refusal { code message } }
}"""
LOG_IN_STAFF = """
mutation ($input: LogInAsStaffInput!) {
  logInAsStaff(input: $input) { ... on Session { accessToken refreshToken } ... on Refusal { code message } }
}"""
EDIT = """
mutation ($email: String!) {
  editAccount(input: {email: $email}) { ... on Account { email } ... on Refusal { code message } }
}"""


@dataclass
class Canaries:
    """What must stray nowhere: secrets as they are made, and what is personal."""

    secrets: dict[str, set[str]] = field(default_factory=lambda: {"password": {PASSWORD, WRONG_PASSWORD}})

    def add(self, kind: str, text: str) -> None:
        self.secrets.setdefault(kind, set()).add(text)

    def found(self, text: str, *, personal: bool) -> set[str]:
        """The kinds that the text has something of."""
        kinds = {kind for kind, each in self.secrets.items() if any(_is_in(one, text) for one in each)}
        return kinds | {kind for kind, each in PERSONAL.items() if personal and each in text}


def _is_in(secret: str, text: str) -> bool:
    """Six digits are a code only where they stand alone: ids and fractions of seconds are full of digits."""
    if not secret.isdecimal():
        return secret in text
    return re.search(rf"(?<![0-9A-Za-z.]){secret}(?![0-9A-Za-z])", text) is not None


@dataclass
class Places:
    """Where things stray to."""

    redis: Redis
    files: Path
    canaries: Canaries = field(default_factory=Canaries)
    heard: dict[str, list[str]] = field(default_factory=lambda: {"log": [], "error answer": [], "Redis": []})

    async def leaks(self) -> dict[str, set[str]]:
        """Which kinds of canaries are where, at this moment and in everything heard so far."""
        self.heard["Redis"] += await _content(self.redis)
        texts = self.heard | {
            "event": await _rows("event", "event_topic"), "task": await _rows("task", "idempotency_key"),
            "file": [path.read_bytes().decode("latin-1") for path in self.files.rglob("*") if path.is_file()],
        }  # fmt: skip
        found = {place: self._found(each, personal=True) for place, each in texts.items()}
        found["table"] = self._found(await _rows(*await _tables()), personal=False)
        return {place: kinds for place, kinds in found.items() if kinds}

    def _found(self, texts: list[str], *, personal: bool) -> set[str]:
        return self.canaries.found("\n".join(texts), personal=personal)


async def _tables() -> list[str]:
    found = await connections.get("default").execute_query_dict(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    return [row["tablename"] for row in found if row["tablename"] not in KEPT]


async def _rows(*tables: str) -> list[str]:
    """Every row as text."""
    connection, rows = connections.get("default"), []
    for table in tables:
        rows += await connection.execute_query_dict(f"SELECT t::text AS row FROM {table} t")
    return [row["row"] for row in rows]


async def _content(redis: Redis) -> list[str]:
    """Every key with everything in it, whatever it is."""
    asked: Any = redis
    read: dict[bytes, Callable[[bytes], Any]] = {
        b"string": asked.get, b"hash": asked.hgetall, b"set": asked.smembers, b"stream": asked.xrange,
        b"list": lambda key: asked.lrange(key, 0, -1), b"zset": lambda key: asked.zrange(key, 0, -1),
    }  # fmt: skip
    found: list[str] = []
    async for key in redis.scan_iter(count=1000):
        assert len(found) < MAX_KEYS
        kind = await redis.type(key)
        if kind != b"none":  # it may have expired meanwhile
            found.append(f"{key!r}: {await read[kind](key)!r}")
    return found


class _Ear(logging.Handler):
    """Hears what the product writes, as it would be written."""

    def __init__(self, told: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        self._told.append(f"{record.name}: {self.format(record)}")


@contextmanager
def _logs(told: list[str]) -> Iterator[None]:
    """Our own loggers at DEBUG, all others at the levels that the product gives them."""
    root, own, ear = logging.getLogger(), logging.getLogger("rawat"), _Ear(told)
    levels = root.level, own.level
    configure()
    root.setLevel(logging.INFO)
    own.setLevel(logging.DEBUG)
    root.addHandler(ear)
    try:
        yield
    finally:
        root.removeHandler(ear)
        root.setLevel(levels[0])
        own.setLevel(levels[1])


@asynccontextmanager
async def _commands(redis: Redis, told: list[str]) -> AsyncIterator[None]:
    """Every command that anybody sends to Redis, also of what is gone the next moment."""

    async def listen() -> None:
        with suppress(RedisError):
            async with redis.monitor() as monitor:
                started.set()
                while True:
                    told.append(str(await monitor.next_command()))

    started = asyncio.Event()
    listening = asyncio.create_task(listen())
    await started.wait()
    try:
        yield
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


def _errors(response: httpx.Response) -> list[str]:
    """The parts of an answer that say no."""
    if response.status_code >= 400:
        return [response.text]
    if "json" not in response.headers.get("content-type", ""):
        return []
    said = response.json()
    return [json.dumps(said["errors"])] if "errors" in said else [json.dumps(each) for each in _refusals(said)]


def _refusals(said: Any) -> Iterator[Any]:
    if isinstance(said, dict):
        if "code" in said and REFUSAL.issuperset(said):
            yield said
        for each in said.values():
            yield from _refusals(each)
    elif isinstance(said, list):
        for each in said:
            yield from _refusals(each)


@pytest.fixture
async def places(clean: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Places]:
    """Spies at every place, while the test lasts."""
    redis: Redis = Redis.from_url(redis_url)
    places = Places(redis, tmp_path / "media")
    _spy_on_secrets(monkeypatch, places.canaries)
    send = httpx.AsyncClient.send

    async def sent(self: httpx.AsyncClient, *given: Any, **named: Any) -> httpx.Response:
        response = await send(self, *given, **named)
        places.heard["error answer"] += _errors(response)
        return response

    monkeypatch.setattr(httpx.AsyncClient, "send", sent)
    with _logs(places.heard["log"]):
        async with _commands(redis, places.heard["Redis"]):
            yield places
    await redis.aclose()


def _spy_on_secrets(monkeypatch: pytest.MonkeyPatch, canaries: Canaries) -> None:
    issue, below, urlsafe = Tokens.issue, secrets.randbelow, secrets.token_urlsafe

    def issued(self: Tokens, *given: Any, **named: Any) -> tuple[str, datetime]:
        token, expires_at = issue(self, *given, **named)
        canaries.add("access token", token)
        return token, expires_at

    def chosen(bound: int) -> int:
        number = below(bound)
        if bound == 10**6:
            canaries.add("one-time code", f"{number:06}")
        return number

    def drawn(count: int | None = None) -> str:
        token = urlsafe(count)
        canaries.add("refresh token", token)
        return token

    monkeypatch.setattr(Tokens, "issue", issued)
    monkeypatch.setattr(secrets, "randbelow", chosen)
    monkeypatch.setattr(secrets, "token_urlsafe", drawn)


async def at_the_desk(running: System, canaries: Canaries) -> Client:
    """Staff are hired, enrol and sign in, with the mistakes that people make; a customer gives an e-mail address."""
    boss = await running.client(await world.staff(Role.MANAGEMENT))
    visitor = Client(running, None)
    who = {"email": STAFF_EMAIL, "password": PASSWORD}
    opened = await boss.ask(OPEN_STAFF, input={**who, "name": "Dewi", "roles": ["AGENT"]})
    assert "id" in opened["openStaffAccount"]
    enrolled = (await visitor.ask(ENROL, input=who))["enrolTotp"]
    canaries.add("TOTP secret", enrolled["secret"])
    totp = pyotp.TOTP(enrolled["secret"]).now()
    for typed in ({"password": WRONG_PASSWORD, "totp": totp}, {"password": PASSWORD, "totp": "000000"}):
        assert "code" in (await visitor.ask(LOG_IN_STAFF, input={**who, **typed}))["logInAsStaff"]
    session = (await visitor.ask(LOG_IN_STAFF, input={**who, "totp": totp}))["logInAsStaff"]
    assert "accessToken" in session
    account = await Account.get(phone=story.PHONE)
    sari = await running.client(world.Actor(id=account.id, roles=frozenset({Role.CUSTOMER})))
    for email in (f"{EMAIL} bukan", EMAIL):
        await sari.ask(EDIT, email=email)
    assert (await Account.get(id=account.id)).email == EMAIL
    wrong = {"phone": story.PHONE, "code": "000000"}
    assert "code" in (await visitor.ask(say.LOG_IN, input=wrong))["logInWithCode"]
    place = {"label": "Rumah", "recipient": "Sari Contoh", "phone": story.PHONE, "street": "Jalan Contoh 1",
             "regionCode": "99.99", "postcode": "10110"}  # fmt: skip
    assert "code" in (await sari.ask(say.ADD_ADDRESS, input=place))["addAddress"]
    return sari


async def test_the_main_story_leaves_its_secrets_nowhere(
    clean: str, redis_url: str, tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        story,
        "make_photo",
        lambda seed, caption: media_sample.photo((640 + seed, 480), exif=media_sample.exif_with_place()),
    )
    await story.test_a_dog_is_booked_cared_for_and_followed_live(clean, redis_url, tmp_path)
    assert await places.leaks() == {}
    async with system(clean, redis_url, tmp_path) as running:
        sari = await at_the_desk(running, places.canaries)
        assert await places.leaks() == {}
        assert set(places.canaries.secrets) == {
            "password", "TOTP secret", "access token", "refresh token", "one-time code"
        }  # fmt: skip
        await every_plant_is_found(places, sari)


async def every_plant_is_found(places: Places, sari: Client) -> None:
    """The search sees: a leak in each place turns it red, one after the other."""
    code = max(places.canaries.secrets["one-time code"])
    token = max(places.canaries.secrets["refresh token"])

    async def into_our_log() -> None:
        logging.getLogger("rawat.somewhere").debug("a code for %s", story.PHONE)

    async def into_an_answer() -> None:
        await sari.raw(say.LOG_IN, input={"phone": [story.PHONE, 1], "code": code})  # what cannot be read is repeated

    async def into_redis_for_a_moment() -> None:
        await places.redis.set("x", token)
        await places.redis.delete("x")

    async def into_a_task() -> None:
        await Task.create(key="x", name="x", state=TaskState.DONE, due_at=datetime.now(UTC), last_error=story.PHONE)

    async def into_a_table() -> None:
        await LoginAttempt.create(subject=code)

    async def into_a_file() -> None:
        (places.files / "x").write_bytes(b"\xff\xd8" + media_sample.CANARY)

    async def into_an_event() -> None:
        await Event.create(
            name="AccountOpened", subject=(await Account.first()).id, payload={"street": "Jalan Contoh 1"},  # type: ignore[union-attr]
            topics=[], audience=[], at=datetime.now(UTC),
        )  # fmt: skip

    plants: dict[str, tuple[Callable[[], Awaitable[None]], str]] = {
        "log": (into_our_log, "phone"), "error answer": (into_an_answer, "phone"),
        "Redis": (into_redis_for_a_moment, "refresh token"), "task": (into_a_task, "phone"),
        "table": (into_a_table, "one-time code"), "file": (into_a_file, "place of a photo"),
        "event": (into_an_event, "street"),
    }  # fmt: skip
    for place, (plant, kind) in plants.items():
        assert place not in await places.leaks()
        await plant()

        async def is_found(place: str = place, kind: str = kind) -> bool:
            return kind in (await places.leaks()).get(place, ())

        await eventually(is_found)
