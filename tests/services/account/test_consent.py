"""Consent is recorded per purpose, text and time, once at a time, and its history stays."""

import asyncio

import pytest

from domain.account import CONSENT_TEXT_VERSION, ConsentPurpose
from domain.permissions import NOBODY, Actor, Role
from domain.refusals import InvalidInput, NotAllowed, NotFound, NotSignedIn
from models.account import Consent
from models.event import Event
from services import account as accounts
from tests.signing_in import acting, employ, sign_in

AT_ONCE = 16  # with fewer, the pool may happen to serve them one after the other


async def sari() -> Actor:
    return acting(await sign_in())


async def give(actor: Actor, purpose: ConsentPurpose = ConsentPurpose.MARKETING) -> Consent:
    return await accounts.give_consent(actor, purpose, CONSENT_TEXT_VERSION)


async def test_a_yes_is_kept_with_purpose_text_and_time() -> None:
    actor = await sari()
    given = await give(actor)
    row = await Consent.get(id=given.id)
    assert (row.account_id, row.purpose, row.text_version) == (actor.id, "MARKETING", CONSENT_TEXT_VERSION)
    told = await Event.get(name="ConsentGiven")
    assert (row.created_at, told.payload["kind"]) == (told.at, "MARKETING")


async def test_the_same_yes_twice_is_one() -> None:
    actor = await sari()
    assert (await give(actor)).id == (await give(actor)).id
    assert await Event.filter(name="ConsentGiven").count() == 1


async def test_sixteen_at_once_are_one() -> None:
    actor = await sari()
    given = await asyncio.gather(*(give(actor) for _ in range(AT_ONCE)))
    assert len({each.id for each in given}) == 1
    assert await Consent.all().count() == 1


async def test_giving_and_withdrawing_at_once_leaves_at_most_one_yes() -> None:
    actor = await sari()
    await give(actor)
    await asyncio.gather(give(actor), accounts.withdraw_consent(actor, ConsentPurpose.MARKETING), give(actor))
    assert await Consent.filter(withdrawn_at=None).count() <= 1


async def test_a_withdrawn_yes_stays_as_proof_and_may_be_given_again() -> None:
    actor = await sari()
    first = await give(actor)
    withdrawn = await accounts.withdraw_consent(actor, ConsentPurpose.MARKETING)
    again = await give(actor)
    assert withdrawn.id == first.id != again.id
    assert [each.withdrawn_at is None for each in await Consent.all().order_by("id")] == [False, True]


async def test_a_yes_to_an_older_text_is_replaced() -> None:
    actor = await sari()
    await Consent.create(account_id=actor.id, purpose="MARKETING", text_version="2020-01")
    await give(actor)
    live = await Consent.get(withdrawn_at=None)
    assert live.text_version == CONSENT_TEXT_VERSION
    assert await Consent.all().count() == 2


async def test_purposes_are_independent() -> None:
    actor = await sari()
    for purpose in ConsentPurpose:
        await give(actor, purpose)
    await accounts.withdraw_consent(actor, ConsentPurpose.LOCATION)
    live = {each.purpose for each in await Consent.filter(withdrawn_at=None)}
    assert live == {"SERVICE", "MARKETING", "ANALYTICS"}


async def test_what_was_not_given_is_not_withdrawn() -> None:
    actor = await sari()
    with pytest.raises(NotFound):
        await accounts.withdraw_consent(actor, ConsentPurpose.MARKETING)


async def test_a_text_that_is_not_in_force_cannot_be_agreed_to() -> None:
    with pytest.raises(InvalidInput) as refused:
        await accounts.give_consent(await sari(), ConsentPurpose.MARKETING, "2020-01")
    assert refused.value.field == "textVersion"


async def test_a_yes_of_one_person_is_not_another_persons() -> None:
    await give(await sari())
    budi = acting(await sign_in("+6281200000009", "Budi"))
    with pytest.raises(NotFound):
        await accounts.withdraw_consent(budi, ConsentPurpose.MARKETING)


async def test_visitors_and_staff_give_none() -> None:
    with pytest.raises(NotSignedIn):
        await give(NOBODY)
    with pytest.raises(NotAllowed):
        await give((await employ(Role.AGENT)).actor)
