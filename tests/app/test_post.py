"""The short way of GraphQL over HTTP answers as the long one does: through every layer, by Strawberry's own view."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine
from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL

import app.asgi
from app.asgi import make_app
from app.door import Door, _not_signed_in, _unreadable
from app.post import GRAPHQL, JSON, MAX_BODY_BYTES, BodyRefused, bounded, media_type, read
from app.settings import Settings
from domain.permissions import CUSTOMER
from domain.refusals import Language
from execution.schema import CompiledSchema
from integrations.token import Tokens
from tests.app.line import Spoken

ALLOWED, FOREIGN = "http://localhost:5173", "https://elsewhere.example"
ORIGINS = (None, ALLOWED, FOREIGN, "null")
SETTINGS = Settings(environment="test", cors_origins=(ALLOWED,), rate_user=0)  # how often is another matter
LIFETIME = timedelta(minutes=SETTINGS.access_token_minutes)
TOKENS = Tokens(SETTINGS.secret_key, LIFETIME)
PLAIN = [("content-type", "application/json")]
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
_numbers = count()

QUERY = "query A($yes: Boolean! = true) { consentText { version @include(if: $yes) } me { id } }"
OF = "query ($id: UUID) { bookings(partnerId: $id) { edges { cursor } } }"
TWO = "query A { a: consentText { version } } query B { b: consentText { version } }"
REFUSED = "{ myConsents { edges { cursor } } consentText { version } }"
NUMBERS = "query ($n: Int!, $p: Rupiah) { partners(first: $n, filter: {maxPriceIdr: $p}) { edges { cursor } } }"
MUTATION = "mutation { logOut { __typename ... on Refusal { code message } } }"
STREAM = "subscription { notifications { __typename } }"
ODD_NUMBERS = (
    "-0", "1e400", "-0.0", 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, "1E0", "0.1e1", "1.0000000000000000000000000001",
    "NaN", "Infinity", "123456789012345678901234567890.5", "01", "+1",
)  # fmt: skip
ODD_KINDS: tuple[Any, ...] = (5, 0, False, True, "x", [], ["A"], {"a": "A"})
Body = dict[str, Any] | list[Any] | bytes
Headers = list[tuple[str, str]]
Answer = tuple[int, list[tuple[str, str]], Any]


class Long(Door):
    """Everything goes to Strawberry's view."""

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = Request(scope).headers.get("authorization")
        scope["access"] = None if given is None else self.access(given)
        if given is not None and scope["access"] is None:
            await _not_signed_in(_wanted(scope))(scope, receive, send)
            return
        try:
            await GraphQL.__call__(self, scope, receive, send)
        except (UnicodeError, RecursionError):
            await _unreadable(_wanted(scope))(scope, receive, send)


def _wanted(scope: Scope) -> bytes:
    return media_type(Request(scope).headers.get("accept", "").encode("latin-1"))


def _messages(app: Any) -> httpx.AsyncBaseTransport:
    return httpx.ASGITransport(app, raise_app_exceptions=False)


class Doors:
    """The product's application, and one without any short way; `made` are their doors."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.made: list[Door] = []
        self.short = [self._client(Door, patch, kind) for kind in (Spoken, _messages)]
        patch.setattr(app.asgi, "Front", lambda door, everything, origins: everything)
        self.long = self._client(Long, patch, _messages)

    def _client(
        self, kind: type[Door], patch: pytest.MonkeyPatch, by: Callable[[Any], httpx.AsyncBaseTransport]
    ) -> httpx.AsyncClient:
        def door(*given: Any, **named: Any) -> Door:
            self.made.append(kind(*given, **named))
            return self.made[-1]

        patch.setattr(app.asgi, "Door", door)
        made = make_app(SETTINGS, "postgresql://nobody@127.0.0.1:1/none", "redis://127.0.0.1:1", owns_database=False)
        return httpx.AsyncClient(transport=by(made), base_url="http://rawat.example")

    async def alike(self, body: Any, headers: Headers = [], method: str = "POST", path: str = "/graphql") -> Answer:  # noqa: B006
        """The answer, after comparing: the first time, when the document is known, and the long way."""
        answers = [await ask(self.short[0], body, headers, method, path)]
        if isinstance(body, dict) and isinstance(body.get("query"), str):  # known, if it is valid
            await ask(self.short[0], {"query": body["query"]}, PLAIN, "POST", "/graphql")
        answers += [await ask(short, body, headers, method, path) for short in self.short for _ in range(2)]
        answers.append(await ask(self.long, body, headers, method, path))
        for answer in answers[:-1]:
            assert answer == answers[-1], (body, headers)
        return answers[0]


async def ask(client: httpx.AsyncClient, body: Any, headers: Headers, method: str, path: str) -> Answer:
    content = json.dumps(body).encode() if isinstance(body, dict | list) else body() if callable(body) else body
    answer = await client.request(method, path, content=content, headers=headers)
    unlike = {("content-length", str(len(answer.content)))}  # the short way writes JSON without spaces
    shown = [each for each in sorted(answer.headers.multi_items()) if each not in unlike]
    is_json = answer.headers.get("content-type", "").startswith(
        ("application/json", "application/graphql-response+json")
    )
    told = json.loads(answer.content, object_pairs_hook=lambda pairs: pairs) if is_json else answer.text
    return answer.status_code, shown, told


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    with time_machine.travel(NOW, tick=False):
        yield Doors(monkeypatch)


def new(document: str) -> str:
    """The document as nobody has sent it yet."""
    return f"{document} # {next(_numbers)}"


def asks(document: str, **more: Any) -> dict[str, Any]:
    return {"query": new(document), **more}


def bodies() -> list[Body]:
    """What clients send, and should not send."""
    text = json.dumps(asks(OF, variables={"id": "é"}), ensure_ascii=False)
    return [
        asks(QUERY), asks(MUTATION), asks(REFUSED), asks("{ nothing }"), asks("{"), asks(""), asks(STREAM),
        asks(QUERY, variables=None), asks(QUERY, variables={}), asks(QUERY, variables={"yes": False}),
        asks(QUERY, variables={"yes": None}), asks(QUERY, variables={"yes": 1, "unknown": 2}),
        asks(QUERY, variables=[]),
        asks(OF, variables={"id": "no id"}), asks(QUERY, variables="{}"), asks(NUMBERS), asks(QUERY, more=1),
        asks(NUMBERS, variables={"n": 0}), asks(NUMBERS, variables={"n": 2**31}),
        asks(NUMBERS, variables={"n": 2**70}), asks(NUMBERS, variables={"n": "1"}),
        asks(NUMBERS, variables={"n": 1.0, "p": -1}), asks(NUMBERS, variables={"n": 1.5}),
        asks(NUMBERS, variables={"n": 1, "p": 2**70}), asks(NUMBERS, variables={"n": 1, "p": 2**63}),
        asks(NUMBERS, variables={"n": float("nan")}), asks(OF, variables={"id": "\ud800"}),
        asks(QUERY, operationName="A"), asks(QUERY, operationName=""), asks(QUERY, operationName=None),
        asks(QUERY, operationName="C"), asks(QUERY, operationName=5), asks(TWO, operationName="B"), asks(TWO),
        asks(TWO, operationName=""), asks(QUERY, extensions={}), asks(QUERY, extensions={"a": 1}),
        *[asks(QUERY, **{name: odd}) for name in ("operationName", "extensions") for odd in ODD_KINDS],
        asks("query A { __typename } subscription B { notifications { __typename } }", operationName="B"),
        [asks(QUERY), asks(QUERY)], [], {}, {"query": None}, {"query": 5}, {"variables": {}},
        *[json.dumps(asks(NUMBERS, variables={"n": 7})).replace("7}", f"{n}}}").encode() for n in ODD_NUMBERS],
        b"", b"{", b"null", b"5", b'"x"', b"\xff\xfe", b"[" * 5_000, b'{"query": "\xff"}', text.encode(),
        text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode(), b" " + text.encode() + b"\n",
        b'{"query": "{ a", "query": ' + json.dumps(new("{ consentText { version } }")).encode() + b"}",
        asks(QUERY + " #" + "x" * 100_000), asks(QUERY, variables={"unknown": "x" * 100_000}),
    ]  # fmt: skip


async def test_every_body_is_answered_alike(doors: Doors) -> None:
    statuses = []
    for body in bodies():
        statuses.append((await doors.alike(body, PLAIN))[0])
    assert statuses.count(200) > 30
    assert {400} < set(statuses) <= {200, 400}


async def test_every_kind_of_content_and_answer_is_answered_alike(doors: Doors) -> None:
    kinds = (
        "application/json", "application/json; charset=utf-8", "application/json;charset=latin-1", "Application/JSON",
        "application/jsonp", "application/graphql", "text/plain", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x", "application/graphql-response+json", "",
    )  # fmt: skip
    wanted = (
        "*/*", "application/json", "multipart/mixed", "text/event-stream", "text/html", "application/xml", "",
        "application/graphql-response+json", "application/json, multipart/mixed;q=0.5",
        "application/graphql-response+json, application/json;q=0.9", "APPLICATION/GraphQL-Response+JSON;Q=0.1, */*",
        "application/json, application/graphql-response+json;q=0.5", "application/graphql-response+json;q=0",
        "application/graphql-response+json;q=many, application/json", "application/graphql-response+json;charset=utf-8",
    )  # fmt: skip
    for kind in kinds:
        await doors.alike(asks(QUERY), [("content-type", kind)])
    await doors.alike(asks(QUERY))
    for accept in wanted:
        for body in (asks(QUERY), asks(REFUSED), asks("{ nothing }"), asks(NUMBERS, variables={"n": "one"}), b"{"):
            await doors.alike(body, [("content-type", "application/json"), ("accept", accept)])


@pytest.mark.parametrize(
    "accept, kind",
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL),
        ("Application/GraphQL-Response+JSON ; q=0.1, */*", GRAPHQL),
        ("application/json;q=0.9, application/graphql-response+json", GRAPHQL),
        ("application/json, application/graphql-response+json", GRAPHQL),
        ("application/json, application/graphql-response+json;q=0.5", JSON),
        ("application/graphql-response+json;q=0", JSON),
        ("application/graphql-response+json;q=nan", JSON),
        ("application/graphql-response+json;q=1e400, application/json", JSON),
        ("text/html, application/graphql-response+jsonp", JSON),
    ],
)
async def test_an_answer_is_of_the_media_type_that_is_liked_best(doors: Doors, accept: str, kind: bytes) -> None:
    headers = [*PLAIN, ("accept", accept)]
    refused = {"query": new(NUMBERS), "variables": {"n": "one"}}
    for body, is_executed in (
        (asks(QUERY), True),
        (asks(REFUSED), True),
        (asks("{ nothing }"), False),
        (refused, False),
    ):
        status, shown, told = await doors.alike(body, headers)
        assert dict(shown)["content-type"].encode() == kind
        assert status == (200 if is_executed or kind == JSON else 400)
        assert ("data" in dict(told)) is (is_executed or kind == JSON)
    status, shown, _ = await doors.alike(asks(QUERY), [*headers, ("authorization", "Bearer x")])
    assert (status, dict(shown)["content-type"].encode()) == (401, kind)


async def test_other_methods_and_paths_are_answered_alike(doors: Doors) -> None:
    json_sent = PLAIN
    for method in ("GET", "PUT", "OPTIONS", "DELETE"):
        for origin in ORIGINS:
            preflight = [("origin", origin), ("access-control-request-method", "POST")] if origin else []
            await doors.alike(asks(QUERY), [*json_sent, *preflight], method)
    await doors.alike(b"", [], "GET", "/graphql?query={consentText{version}}")
    await doors.alike(asks(QUERY), json_sent, "POST", "/graphql?query={nothing}&variables=1")
    for path in ("/graphql/", "//graphql", "/graphql/x", "/healthz"):
        await doors.alike(asks(QUERY), json_sent, "POST", path)


@pytest.mark.parametrize("is_audited", [False, True])
async def test_queries_by_get_are_for_the_audit_alone_and_mutations_for_nobody(is_audited: bool) -> None:
    settings = Settings(environment="test", audit=is_audited)
    app = make_app(settings, "postgresql://nobody@127.0.0.1:1/none", "redis://127.0.0.1:1", owns_database=False)
    async with httpx.AsyncClient(transport=_messages(app), base_url="http://rawat.example") as http:
        asked = await http.get("/graphql", params={"query": "{ consentText { version } }"})
        changed = await http.get("/graphql", params={"query": MUTATION})
    assert asked.status_code == (200 if is_audited else 400)
    assert changed.status_code == 400


async def test_pages_of_every_origin_are_answered_alike(doors: Doors) -> None:
    for origin in ORIGINS:
        for document in (QUERY, REFUSED, MUTATION, "{ nothing }"):
            headers = [("content-type", "application/json"), *([("origin", origin)] if origin else [])]
            _, shown, _ = await doors.alike(asks(document), headers)
            names = [name for name, _ in shown]
            assert len(names) == len(set(names))
            assert ("access-control-allow-origin", ALLOWED) in shown or origin != ALLOWED
            assert ("access-control-allow-origin" in names) is (origin == ALLOWED)


async def test_bodies_in_many_chunks_are_answered_alike(doors: Doors) -> None:
    for size in (1, 7, 1_000):
        for length in (0, 300, 70_000):
            content = json.dumps(asks(QUERY + " #" + "x" * (length if size > 7 else length % 1_000))).encode()

            async def chunks(content: bytes = content, size: int = size) -> AsyncIterator[bytes]:
                yield b""
                for start in range(0, len(content), size):
                    yield content[start : start + size]

            status, _, told = await doors.alike(chunks, PLAIN)
            assert status == 200
            assert told[0][0] == "data"


async def test_every_token_is_answered_alike(doors: Doors) -> None:
    session = uuid4()
    good, _ = TOKENS.issue(uuid4(), uuid4(), CUSTOMER, Language.EN, NOW)
    over, _ = TOKENS.issue(uuid4(), uuid4(), CUSTOMER, Language.EN, NOW - LIFETIME)
    revoked, _ = TOKENS.issue(uuid4(), session, CUSTOMER, Language.EN, NOW)
    forged, _ = Tokens("another secret of more than 32 bytes", LIFETIME).issue(
        uuid4(), uuid4(), CUSTOMER, Language.EN, NOW
    )
    given: list[tuple[int, list[str]]] = [
        (200, []), (200, [f"Bearer {good}"]), (200, [f"bearer  {good} "]), (401, [good]), (401, ["Bearer"]),
        (401, [""]), (401, [b"Bearer \xe9".decode("latin-1")]),
        (401, [f"Basic {good}"]), (401, [f"Bearer {good}x"]), (401, [f"Bearer {over}"]), (401, [f"Bearer {forged}"]),
        (401, [f"Bearer {revoked}"]), (200, [f"Bearer {good}", "Bearer x"]), (401, ["Bearer x", f"Bearer {good}"]),
    ]  # fmt: skip
    for door in doors.made:
        door._revocations.remember([session])
    for expected, tokens in given:
        for language in ("en", "id", None):
            headers: Any = [(b"content-type", b"application/json")]
            headers += [(b"authorization", each.encode("latin-1")) for each in tokens]
            headers += [(b"accept-language", language.encode())] if language else []
            for document in (
                "{ consentText { version } }",
                "{ unreadCount: nothing }",
                MUTATION.replace("logOut", "logOut"),
            ):
                if tokens and expected == 200 and document == MUTATION:
                    continue  # this one would ask the database
                status, _, told = await doors.alike(asks(document), headers)
                assert status == expected, (tokens, told)


async def test_a_bug_is_masked_alike(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ValueError("a secret")

    monkeypatch.setattr("resolvers.account.profile.ConsentText", broken)
    for document in (QUERY, "{ a: consentText { version } b: consentText { version } }"):
        _, _, told = await doors.alike(asks(document), PLAIN)
        assert "secret" not in str(told)
        assert "Unexpected error." in str(told)


async def test_a_known_document_takes_the_short_way(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    real = CompiledSchema.answer

    def answer(self: CompiledSchema, query: str, *more: Any) -> Any:
        found = real(self, query, *more)
        if found is not None:
            taken.append(query)
        return found

    monkeypatch.setattr(CompiledSchema, "answer", answer)
    for body, times in ((asks(QUERY), 5), (asks(REFUSED), 5), (asks("{ nothing }"), 0), (asks(STREAM), 0)):
        taken.clear()
        await doors.alike(body, PLAIN)
        assert len(taken) == times, body


def test_integers_beyond_64_bits_are_left_to_the_long_way() -> None:
    for number, is_short in ((10**17, True), (2**64, False), (-(2**64), False), (10**30, False)):
        body = json.dumps({"query": QUERY, "variables": {"n": number}}).encode()
        assert (read(body) == (QUERY, {"n": number}, None)) is is_short, number


@pytest.mark.parametrize("is_told", [True, False], ids=["told at once", "in chunks"])
async def test_a_body_is_bounded(doors: Doors, is_told: bool) -> None:
    for size, status in ((MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + 1, 413)):
        start = json.dumps(asks(QUERY))
        content = f'{start[:-1]}, "more": "{"x" * (size - len(start) - 12)}"}}'.encode()
        assert len(content) == size

        async def chunks(content: bytes = content) -> AsyncIterator[bytes]:
            for at in range(0, len(content), 10_000):
                yield content[at : at + 10_000]

        for client in doors.short:
            answer = await client.post("/graphql", content=content if is_told else chunks(), headers=PLAIN)
            assert answer.status_code == status
            if status == 413:
                assert answer.json()["errors"][0]["extensions"] == {"code": "BODY_TOO_LONG"}


async def test_nothing_is_read_of_a_body_that_is_too_long() -> None:
    asked = 0

    async def receive() -> Any:
        nonlocal asked
        asked += 1
        assert asked < 100, "it reads on and on"
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    receive_bounded = bounded(receive)
    with pytest.raises(BodyRefused):
        while True:
            await receive_bounded()
    assert asked == MAX_BODY_BYTES // 65_536 + 1
