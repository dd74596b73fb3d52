"""Signing in, going on and signing out through the schema."""

from datetime import timedelta
from typing import Any

import pytest

from app.graphql import schema
from domain.permissions import NOBODY, Actor, Role
from domain.refusals import Language
from integrations.token import Tokens
from models.account import Account
from schema.context import Context
from tests.signing_in import PASSWORD, PHONE, SEAL, acting, ask, employ, other_code, read_code, sign_in

TOKENS = Tokens("a secret of the tests that is long enough", timedelta(minutes=10))
REFUSAL = "... on Refusal { code message field }"
SESSION = f"""
... on Session {{ id accessToken accessExpiresAt refreshToken expiresAt account {{ id phone name roles }} }}
{REFUSAL}"""
REQUEST = f"""
mutation ($phone: String!) {{
  it: requestLoginCode(phone: $phone) {{ ... on LoginCodeRequested {{ expiresInS }} {REFUSAL} }} }}"""
IN_ENGLISH = "mutation ($phone: String!) { it: requestLoginCode(phone: $phone, language: EN) { __typename } }"
LOG_IN = f"mutation ($input: LogInWithCodeInput!) {{ it: logInWithCode(input: $input) {{ {SESSION} }} }}"
STAFF = f"mutation ($input: LogInAsStaffInput!) {{ it: logInAsStaff(input: $input) {{ {SESSION} }} }}"
ENROL = f"""
mutation ($input: EnrolTotpInput!) {{
  it: enrolTotp(input: $input) {{ ... on TotpEnrolment {{ secret uri }} {REFUSAL} }} }}"""
REFRESH = f"mutation ($token: String!) {{ it: refreshSession(refreshToken: $token) {{ {SESSION} }} }}"
LOG_OUT = f"mutation {{ it: logOut {{ ... on LoggedOut {{ sessionsEnded }} {REFUSAL} }} }}"
EVERYWHERE = f"mutation {{ it: logOutEverywhere {{ ... on LoggedOut {{ sessionsEnded }} {REFUSAL} }} }}"


async def ask_schema(document: str, actor: Actor = NOBODY, **variables: object) -> Any:
    result = await schema.execute(document, variables, context_value=Context(TOKENS, SEAL, actor=actor))
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data["it"]


async def log_in(code: str, name: str | None = "Sari") -> Any:
    return await ask_schema(LOG_IN, input={"phone": PHONE, "code": code, "name": name, "device": "telepon"})


async def test_a_code_is_asked_for_by_anybody() -> None:
    assert await ask_schema(REQUEST, phone="0812 3456 7890") == {"expiresInS": 300}


async def test_asking_too_often_is_refused_in_the_readers_language() -> None:
    await ask_schema(REQUEST, phone=PHONE)
    for actor, beginning in ((NOBODY, "Terlalu banyak"), (Actor(language=Language.EN), "Too many codes")):
        refused = await ask_schema(REQUEST, actor, phone=PHONE)
        assert (refused["code"], refused["field"]) == ("TOO_MANY_CODES", "phone")
        assert refused["message"].startswith(beginning)


async def test_a_code_gives_tokens_that_speak_for_the_account() -> None:
    answer = await log_in(await ask())
    assert (answer["account"]["name"], answer["account"]["roles"]) == ("Sari", ["CUSTOMER"])
    access = TOKENS.read(answer["accessToken"])
    assert access is not None
    assert (str(access.actor.id), str(access.actor.session_id)) == (answer["account"]["id"], answer["id"])
    assert access.actor.roles == {Role.CUSTOMER}
    assert access.expires_at.isoformat() == answer["accessExpiresAt"]


async def test_a_wrong_code_and_a_missing_name_are_told_apart() -> None:
    code = await ask()
    assert (await log_in(other_code(code)))["code"] == "WRONG_CODE"
    assert (await log_in(code, None))["code"] == "NAME_REQUIRED"
    assert (await log_in(code))["account"]["phone"] == PHONE


async def test_a_refresh_token_works_once() -> None:
    first = await log_in(await ask())
    second = await ask_schema(REFRESH, token=first["refreshToken"])
    assert second["id"] == first["id"] and second["refreshToken"] != first["refreshToken"]
    for token in (first["refreshToken"], second["refreshToken"]):
        assert (await ask_schema(REFRESH, token=token))["code"] == "SESSION_OVER"


async def test_staff_enrol_then_sign_in() -> None:
    dewi = await employ(Role.AGENT, enrols=False)
    door = {"email": dewi.email, "password": PASSWORD}
    assert (await ask_schema(STAFF, input={**door, "totp": ""}))["code"] == "TOTP_NOT_ENROLLED"
    enrolment = await ask_schema(ENROL, input=door)
    assert enrolment["uri"].startswith("otpauth://totp/Rawat:dewi%40rawat.example?secret=" + enrolment["secret"])
    code = type(dewi)(dewi.actor, dewi.email, enrolment["secret"]).code()
    assert (await ask_schema(STAFF, input={**door, "totp": code}))["account"]["roles"] == ["AGENT"]
    assert (await ask_schema(STAFF, input={**door, "totp": code}))["code"] == "WRONG_CREDENTIALS"


async def test_logging_out_tells_how_many_sessions_ended() -> None:
    first = await sign_in()
    await sign_in()
    assert await ask_schema(LOG_OUT, acting(first)) == {"sessionsEnded": 1}
    assert await ask_schema(EVERYWHERE, acting(first)) == {"sessionsEnded": 1}
    assert (await ask_schema(LOG_OUT))["code"] == "NOT_SIGNED_IN"


async def test_the_account_speaks_the_language_its_code_was_asked_in() -> None:
    await ask_schema(IN_ENGLISH, phone=PHONE)
    await log_in(await read_code())
    assert (await Account.get(phone=PHONE)).language is Language.EN


@pytest.mark.parametrize("phone", ["", "123", "x" * 10_000, "+62812\x00345", "+1 202 555 0100"])
async def test_what_is_no_indonesian_mobile_number_is_refused_by_name(phone: str) -> None:
    refused = await ask_schema(REQUEST, phone=phone)
    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "phone")
