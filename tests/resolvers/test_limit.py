"""Nothing is asked around the limits: forms of documents and variables that try to, over HTTP and over a socket."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from app.asgi import make_app
from app.graphql import DOORKEEPER, schema
from app.limit import LIMITS, MAX_ERRORS, ONCE, STAFF_POINTS, USER_POINTS, WORDS
from app.settings import Settings
from domain.permissions import NOBODY, Actor, Role
from domain.refusals import Language
from integrations.seal import Seal
from models.account import LoginAttempt
from schema.context import Context
from tests import signing_in, world
from tests.ask import SEAL, TOKENS
from tests.forms import CHEAP, FORMS, PAGES, Form
from tests.running import System, system
from tests.talk import Talk, acknowledged

BY_ADDRESS = "enter login code address"


@pytest.fixture
async def running(clean: str, redis_url: str, tmp_path: Path) -> AsyncIterator[System]:
    async with system(clean, redis_url, tmp_path, works=False) as api:
        yield api


async def post(api: System, form: Form, token: str | None) -> Any:
    document, _, variables, name = form
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = {"query": document, "variables": variables, "operationName": name}
    return (await api.http.post("/graphql", json=body, headers=headers)).json()


async def over(talk: Talk, id: str, form: Form) -> Any:
    """The errors that the socket tells."""
    document, _, variables, name = form
    await talk.ask(id, document, variables=variables, operationName=name)
    while (message := await talk.hear())["id"] != id or message["type"] == "complete":
        pass
    return message["payload"] if message["type"] == "error" else message["payload"].get("errors")


def judged(errors: Any, code: str | None) -> bool:
    """Whether it is the refusal that was expected."""
    if not errors:
        return False
    extensions = errors[0].get("extensions") or {}
    return code is None or (extensions.get("code") == code and extensions["limit"] is not None)


async def test_no_form_gets_round_a_limit(running: System) -> None:
    assert len(FORMS) >= 40
    sari = await world.customer()
    token = await running.token(sari.actor)
    passed = []
    async with acknowledged(running, sari) as talk:
        for number, (name, form) in enumerate(FORMS.items()):
            answers = [await post(running, form, token) for _ in range(2)]
            refused = all(not each.get("data") and judged(each.get("errors"), form.code) for each in answers)
            if not refused or not judged(await over(talk, str(number), form), form.code):
                passed.append((name, answers[0]))
    assert passed == []
    assert not await LoginAttempt.all().count()  # none of the log-ins was tried


async def test_a_limit_is_told_with_its_name_and_number_in_the_readers_language(running: System) -> None:
    for language, beginning in ((Language.EN, "There are too many aliases"), (Language.ID, "Terlalu banyak alias")):
        token = await running.token(await world.account("Sari", Role.CUSTOMER, language=language))
        (error,) = (await post(running, FORMS["aliases: inline"], token))["errors"]
        assert error["message"].startswith(beginning)
        assert error["extensions"] == {"code": "TOO_MANY_ALIASES", "limit": 15}
    error = (await post(running, FORMS["cost: pages in pages"], token))["errors"][0]
    assert error["extensions"] == {"code": "TOO_COSTLY", "limit": USER_POINTS, "cost": 2 + 100 * (2 + 2 + 2 + 100 * 5)}


def test_the_numbers_are_the_promised_ones() -> None:
    promised = {"characters": 15_000, "tokens": 1_000, "depth": 8, "aliases": 15, "directives": 10}
    assert {name: getattr(LIMITS, name) for name in promised} == promised
    assert (USER_POINTS, STAFF_POINTS, MAX_ERRORS) == (5_000, 50_000, 5)
    fields = schema._schema.mutation_type.fields  # type: ignore[union-attr]
    assert set(fields) >= ONCE


def test_each_limit_has_words_in_both_languages() -> None:
    for code, (indonesian, english) in WORDS.items():
        assert indonesian != english, code
        facts = {"limit": 1, "cost": 2, "retryAfterS": 3}
        assert "{" not in indonesian.format_map(facts) + english.format_map(facts), code


async def test_staff_may_ask_for_more(running: System) -> None:
    agent, sari = await world.staff(Role.AGENT), await world.customer()
    form = Form("{ bookings(first: 100) { edges { node { messages(first: 20) { edges { node { body } } } } } } }")
    assert (await post(running, form, await running.token(sari.actor)))["errors"][0]["extensions"][
        "code"
    ] == "TOO_COSTLY"
    for _ in range(2):
        assert "errors" not in await post(running, form, await running.token(agent))
    costly = Form(f"{{ {PAGES.replace('myBookings', 'bookings')} }}")
    answer = await post(running, costly, await running.token(agent))
    assert answer["errors"][0]["extensions"]["limit"] == STAFF_POINTS


async def test_only_five_errors_are_told(running: System) -> None:
    sari = await world.customer()
    token = await running.token(sari.actor)
    wrong = "{" + " ".join(f"nothing{number}" for number in range(9)) + "}"
    broken = "{" + " ".join(f"a{number}: myBookings(first: 0) {{ edges {{ cursor }} }}" for number in range(9)) + "}"
    async with acknowledged(running, sari) as talk:
        for number, document in enumerate((wrong, broken)):
            form = Form(document)
            assert len((await post(running, form, token))["errors"]) <= MAX_ERRORS
            assert len(await over(talk, str(number), form)) <= MAX_ERRORS
    assert len((await post(running, Form(wrong), token))["errors"]) == MAX_ERRORS


async def test_several_requests_in_one_body_are_refused(running: System) -> None:
    token = await running.token((await world.customer()).actor)
    headers = {"authorization": f"Bearer {token}"}
    answer = await running.http.post("/graphql", json=[{"query": f"{{ {CHEAP} }}"}] * 2, headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("document", [f"{{ {CHEAP} }}", "mutation { logOut { __typename } }"])
async def test_nothing_is_asked_by_get(running: System, document: str) -> None:
    token = await running.token((await world.customer()).actor)
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    answer = await running.http.get("/graphql", params={"query": document}, headers=headers)
    assert answer.status_code in (400, 405)
    assert "data" not in answer.text
    assert "errors" not in await post(running, Form("{ me { id } }"), token)  # still signed in


INTROSPECTION = [
    "{ __schema { queryType { name } } }",
    '{ __type(name: "Query") { name } }',
    "{ x: __schema { types { name } } }",
    "{ ...F } fragment F on Query { ... { __schema { types { name } } } }",
    "query ($no: Boolean = false) { __schema @include(if: $no) { types { name } } }",
    "mutation M { logOut { __typename } } query Q { __schema { types { name } } }",
]


async def asked(document: str, actor: Actor, name: str | None = None) -> Any:
    return await schema.execute(document, {}, Context(TOKENS, SEAL, actor=actor), operation_name=name)


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DOORKEEPER, "hides_schema", True)


async def test_the_schema_is_read_in_development() -> None:
    for document in INTROSPECTION[:5]:
        assert (await asked(document, NOBODY)).errors is None


async def test_in_production_only_staff_read_the_schema(production: None) -> None:
    sari, agent = await world.customer(), await world.staff(Role.AGENT)
    for document in INTROSPECTION:
        for _ in range(2):
            assert (await asked(document, agent, "Q" if "query Q" in document else None)).errors is None
            for actor in (NOBODY, sari.actor):
                answer = await asked(document, actor, "Q" if "query Q" in document else None)
                assert answer.data is None
                assert answer.errors
                assert (answer.errors[0].extensions or {})["code"] == "INTROSPECTION_OFF"
    assert (await asked("{ __typename me { __typename } }", NOBODY)).errors is None


def names() -> set[str]:
    """Every name of the schema that a guesser would like to know."""
    found: set[str] = set()
    for kind, type_ in schema._schema.type_map.items():
        if not kind.startswith("__"):
            found |= {kind, *getattr(type_, "fields", {})}
            for each in getattr(type_, "fields", {}).values():
                found |= set(getattr(each, "args", {}))
    return {each for each in found if len(each) > 5}


async def test_in_production_errors_tell_no_name_that_was_not_asked(production: None) -> None:
    """As clairvoyance guesses: words that are nearly right, selections that are missing or too many."""
    words = sorted(names())[::4]
    for word in words:
        for document in (
            f"{{ {word}x }}", f"{{ {word[:-1]} }}", f"{{ {word} {{ {word} }} }}", f"{{ me {{ {word}x }} }}",
            f"mutation {{ {word[:-1]} }}", f"{{ partners({word[:-1]}: 1) {{ edges {{ cursor }} }} }}",
            f"query ($x: {word}x) {{ unreadCount }}",
            f"{{ partners(filter: {{{word[:-1]}: 1}}) {{ edges {{ cursor }} }} }}",
            f"{{ partners(sort: {word[:-1].upper()}) {{ edges {{ cursor }} }} }}",
        ):  # fmt: skip
            for error in (await asked(document, NOBODY)).errors or ():
                assert "Did you mean" not in error.message
                if not error.path:
                    assert not any(each in error.message for each in names() - {word}), (document, error.message)


async def test_in_production_a_wrong_variable_is_told_without_hints(production: None) -> None:
    document = "query ($f: PartnerFilter) { partners(filter: $f) { edges { cursor } } }"
    answer = await schema.execute(document, {"f": {"minRanks": 1}}, Context(TOKENS, SEAL, actor=NOBODY))
    assert answer.errors
    assert "minRanks" in answer.errors[0].message
    assert "Did you mean" not in answer.errors[0].message
    agent = await world.staff(Role.AGENT)
    shown = await schema.execute(document, {"f": {"minRanks": 1}}, Context(TOKENS, SEAL, actor=agent))
    assert shown.errors
    assert "Did you mean" in shown.errors[0].message


async def test_a_whole_introspection_is_within_the_limits() -> None:
    answer = await asked(get_introspection_query(), NOBODY)
    assert answer.errors is None
    assert answer.data


WRONG_CODE = "mutation ($input: LogInWithCodeInput!) { logInWithCode(input: $input) { ... on Refusal { code } } }"


async def test_the_sixth_wrong_code_is_refused_whatever_way_it_comes(running: System) -> None:
    code = await signing_in.ask()
    sari = await world.customer()
    tries = {"input": {"phone": signing_in.PHONE, "code": signing_in.other_code(code)}}
    form, told = Form(WRONG_CODE, None, tries), []
    for _ in range(3):  # the second and third go the short way
        told.append((await post(running, form, None))["data"])
    aliased = Form(WRONG_CODE.replace("logInWithCode(", "x: logInWithCode("), None, tries)
    told.append((await post(running, aliased, None))["data"])
    async with acknowledged(running, sari) as talk:
        for id in ("1", "2"):
            await talk.ask(id, WRONG_CODE, variables=tries)
            told.append((await talk.until("next"))["payload"]["data"])
    assert [next(iter(each.values()))["code"] for each in told] == ["WRONG_CODE"] * 5 + ["TOO_MANY_ATTEMPTS"]
    of_address = await LoginAttempt.filter(subject=Seal(running.settings.secret_key).hashed("127.0.0.1", BY_ADDRESS))
    assert len(of_address) == 5  # each way knew where it came from


async def test_a_proxy_tells_by_every_way_who_asks(clean: str, redis_url: str, tmp_path: Path) -> None:
    """Without purses, so that a visitor without an address would go the short way, too."""
    body = {"query": WRONG_CODE, "variables": {"input": {"phone": signing_in.PHONE, "code": "123456"}}}
    async with system(clean, redis_url, tmp_path, works=False, rate_user=0) as api:
        for _ in range(3):
            await api.http.post("/graphql", json=body, headers={"x-forwarded-for": "203.0.113.7"})
        subject = Seal(api.settings.secret_key).hashed("203.0.113.7", BY_ADDRESS)
    assert await LoginAttempt.filter(subject=subject).count() == 3


async def test_who_asks_too_much_in_a_time_is_told_when_to_come_again(
    clean: str, redis_url: str, tmp_path: Path
) -> None:
    form = Form("{ myBookings(first: 100) { edges { node { id code state startsAt } } } }")  # 802 points
    async with system(clean, redis_url, tmp_path, works=False, rate_user=1, rate_user_full=5_000) as api:
        sari, budi = await world.customer(), await world.customer("Budi")
        token = await api.token(sari.actor)
        answers = [await post(api, form, token) for _ in range(9)]
        let = ["errors" not in each for each in answers]
        assert let == [True] * 6 + [False] * 3
        error = answers[-1]["errors"][0]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert 100 < error["extensions"]["retryAfterS"] <= 5_000
        assert str(error["extensions"]["retryAfterS"]) in error["message"]
        async with acknowledged(api, sari) as talk:
            assert (await over(talk, "1", form))[0]["extensions"]["code"] == "RATE_LIMITED"
        assert "errors" not in await post(api, form, await api.token(budi.actor))


@pytest.mark.parametrize("wanted", ["multipart/mixed", "text/event-stream", "application/graphql-response+json"])
async def test_answers_that_are_streamed_are_bounded_as_well(running: System, wanted: str) -> None:
    token = await running.token((await world.customer()).actor)
    headers = {"authorization": f"Bearer {token}", "accept": wanted}
    for name in ("depth: a fragment", "aliases: inline", "tokens: fields", "cost: a variable"):
        document, code, variables, _ = FORMS[name]
        body = {"query": document, "variables": variables}
        answer = await running.http.post("/graphql", json=body, headers=headers)
        assert f'"code":"{code}"' in answer.text.replace(" ", "")


def test_production_is_what_the_environment_says() -> None:
    for environment, hides in (("production", "True"), ("development", "False")):
        told = {"ENVIRONMENT": environment, "SECRET_KEY": "s" * 40, "EVENT_KEY": "e" * 40}
        code = "from app.graphql import DOORKEEPER; print(DOORKEEPER.hides_schema)"
        ended = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **told}, capture_output=True, text=True, check=True
        )
        assert ended.stdout.strip() == hides


async def test_in_production_there_is_no_page_to_try_queries() -> None:
    for environment, shows in (("production", False), ("development", True)):
        settings = Settings(environment=environment, secret_key="s" * 40, event_key="e" * 40)  # type: ignore[arg-type]
        made = make_app(settings, "postgresql://nobody@127.0.0.1:1/none", "redis://127.0.0.1:1", owns_database=False)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://rawat.example") as http:
            answer = await http.get("/graphql", headers={"accept": "text/html"})
        assert ("graphiql" in answer.text.lower()) is shows
