"""One's own account and consents through the schema, and what management does with accounts."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from strawberry.types import ExecutionResult

from app.graphql import schema
from domain.account import CONSENT_TEXT_VERSION, ConsentPurpose
from domain.permissions import NOBODY, Actor, Role
from integrations.token import Tokens
from models.account import Consent, Session
from schema.context import Context
from services import account as accounts
from tests.queries import statements
from tests.signing_in import PASSWORD, SEAL, acting, employ, sign_in

TOKENS = Tokens("a secret of the tests that is long enough", timedelta(minutes=10))
REFUSAL = "... on Refusal { code message field }"
ACCOUNT = (
    f"... on Account {{ id phone email name language zone roles suspendedAt version consents {{ purpose }} }} {REFUSAL}"
)
ME = "{ it: me { id name roles consents { purpose textVersion givenAt } } }"
EDIT = f"mutation ($input: EditAccountInput!) {{ it: editAccount(input: $input) {{ {ACCOUNT} }} }}"
GIVE = f"""
mutation ($purpose: ConsentPurpose!, $version: String!) {{
  it: giveConsent(purpose: $purpose, textVersion: $version) {{
    ... on Consent {{ purpose textVersion givenAt withdrawnAt }} {REFUSAL} }} }}"""
WITHDRAW = f"mutation {{ it: withdrawConsent(purpose: MARKETING) {{ ... on Consent {{ withdrawnAt }} {REFUSAL} }} }}"
MY_CONSENTS = """
query ($first: Int!, $after: String) {
  it: myConsents(first: $first, after: $after) {
    edges { node { id purpose withdrawnAt } } pageInfo { hasNextPage endCursor } } }"""
ONE = "query ($id: UUID!) { it: account(id: $id) { id phone roles } }"
OPEN = f"mutation ($input: OpenStaffAccountInput!) {{ it: openStaffAccount(input: $input) {{ {ACCOUNT} }} }}"
BY_ID = "mutation ($id: UUID!) {{ it: {0}(accountId: $id{1}) {{ {2} }} }}"
GRANT, REVOKE = (BY_ID.format(name, ", role: FINANCE", ACCOUNT) for name in ("grantRole", "revokeRole"))
SUSPEND, RESTORE = (BY_ID.format(name, "", ACCOUNT) for name in ("suspendAccount", "restoreAccount"))


async def execute(document: str, actor: Actor, **variables: object) -> ExecutionResult:
    return await schema.execute(document, variables, context_value=Context(TOKENS, SEAL, actor=actor))


async def run(document: str, actor: Actor = NOBODY, **variables: object) -> Any:
    result = await execute(document, actor, **variables)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data["it"]


async def sari() -> Actor:
    return acting(await sign_in())


async def boss() -> Actor:
    return (await employ(Role.MANAGEMENT, email="bos@rawat.example")).actor


async def test_me_is_the_reader_and_nobody_for_a_visitor() -> None:
    actor = await sari()
    await accounts.give_consent(actor, ConsentPurpose.SERVICE, CONSENT_TEXT_VERSION)
    me = await run(ME, actor)
    assert (me["id"], me["name"], me["roles"]) == (str(actor.id), "Sari", ["CUSTOMER"])
    assert [each["purpose"] for each in me["consents"]] == ["SERVICE"]
    assert await run(ME) is None


async def test_an_account_is_edited() -> None:
    edited = await run(EDIT, await sari(), input={"email": "SARI@contoh.example", "language": "EN", "zone": "WIT"})
    assert (edited["name"], edited["email"], edited["language"], edited["zone"]) == (
        "Sari",
        "sari@contoh.example",
        "EN",
        "WIT",
    )


async def test_consent_is_given_seen_and_withdrawn() -> None:
    actor = await sari()
    text = (await run("{ it: consentText { version } }"))["version"]
    given = await run(GIVE, actor, purpose="MARKETING", version=text)
    assert (given["purpose"], given["textVersion"], given["withdrawnAt"]) == ("MARKETING", text, None)
    assert (await run(WITHDRAW, actor))["withdrawnAt"] is not None
    assert (await run(WITHDRAW, actor))["code"] == "NOT_FOUND"
    history = await run(MY_CONSENTS, actor, first=5)
    assert [edge["node"]["purpose"] for edge in history["edges"]] == ["MARKETING"]
    assert (await run(GIVE, actor, purpose="MARKETING", version="x"))["field"] == "textVersion"


async def test_the_history_is_read_in_pages_without_gap_or_repeat() -> None:
    actor = await sari()
    for _ in range(5):
        await accounts.give_consent(actor, ConsentPurpose.MARKETING, CONSENT_TEXT_VERSION)
        await accounts.withdraw_consent(actor, ConsentPurpose.MARKETING)
    seen, after = [], None
    for _ in range(3):
        found = await run(MY_CONSENTS, actor, first=2, after=after)
        seen += [edge["node"]["id"] for edge in found["edges"]]
        after = found["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen)) == 5
    assert found["pageInfo"]["hasNextPage"] is False


async def test_the_statements_of_the_history_do_not_grow_with_the_page() -> None:
    actor = await sari()
    await Consent.bulk_create(
        Consent(account_id=actor.id, purpose="MARKETING", text_version="1", withdrawn_at="2026-01-01T00:00:00Z")
        for _ in range(50)
    )
    counts = []
    for first in (1, 50):
        with statements() as sent:
            await run(MY_CONSENTS, actor, first=first)
        counts.append(len(sent))
    assert counts[0] == counts[1] == 1


async def test_history_is_for_who_signed_in() -> None:
    result = await execute(MY_CONSENTS, NOBODY, first=5)
    assert result.errors is not None and (result.errors[0].extensions or {})["code"] == "NOT_SIGNED_IN"


async def test_another_account_and_a_missing_one_look_the_same() -> None:
    actor, stranger = await sari(), acting(await sign_in("+6281200000009", "Budi"))
    assert await run(ONE, stranger, id=str(actor.id)) is None
    assert await run(ONE, stranger, id=str(uuid4())) is None
    assert await run(ONE, NOBODY, id=str(actor.id)) is None
    assert (await run(ONE, await boss(), id=str(actor.id)))["roles"] == ["CUSTOMER"]


async def test_management_opens_grants_revokes_suspends_and_restores() -> None:
    management = await boss()
    new = {"email": "dewi@rawat.example", "name": "Dewi", "roles": ["AGENT"], "password": PASSWORD}
    opened = await run(OPEN, management, input=new)
    assert (opened["email"], opened["roles"]) == ("dewi@rawat.example", ["AGENT"])
    assert (await run(OPEN, management, input=new))["code"] == "EMAIL_TAKEN"
    assert set((await run(GRANT, management, id=opened["id"]))["roles"]) == {"AGENT", "FINANCE"}
    assert (await run(REVOKE, management, id=opened["id"]))["roles"] == ["AGENT"]
    assert (await run(SUSPEND, management, id=opened["id"]))["suspendedAt"] is not None
    assert (await run(SUSPEND, management, id=opened["id"]))["code"] == "ILLEGAL_MOVE"
    assert (await run(RESTORE, management, id=opened["id"]))["suspendedAt"] is None


@pytest.mark.parametrize("document", [GRANT, REVOKE, SUSPEND, RESTORE])
async def test_a_customer_does_none_of_it(document: str) -> None:
    actor = await sari()
    assert (await run(document, actor, id=str(actor.id)))["code"] == "NOT_ALLOWED"
    assert (await run(document, NOBODY, id=str(actor.id)))["code"] == "NOT_SIGNED_IN"
    assert await Session.filter(ended_at=None).count() == 1
