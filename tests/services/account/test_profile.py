"""What a person may change about oneself."""

import asyncio

import pytest

from domain.account import EmailTaken
from domain.calendar import Zone
from domain.permissions import NOBODY, Role
from domain.refusals import InvalidInput, Language, NotSignedIn
from models.account import Account
from services import account as accounts
from services.account import AccountEdit
from tests.signing_in import acting, employ, sign_in


async def test_what_is_given_changes_and_the_rest_stays() -> None:
    actor = acting(await sign_in())
    await accounts.edit(actor, AccountEdit(email=" Sari@Contoh.Example ", language=Language.EN))
    await accounts.edit(actor, AccountEdit(name=" Sari Dewi ", zone=Zone.WITA))
    row = await Account.get(id=actor.id)
    assert (row.name, row.email, row.language, row.zone) == ("Sari Dewi", "sari@contoh.example", Language.EN, "WITA")
    assert row.version == 3


async def test_an_empty_address_takes_it_away() -> None:
    actor = acting(await sign_in())
    await accounts.edit(actor, AccountEdit(email="sari@contoh.example"))
    await accounts.edit(actor, AccountEdit(email=""))
    assert (await Account.get(id=actor.id)).email is None


async def test_no_change_is_no_version() -> None:
    actor = acting(await sign_in())
    assert (await accounts.edit(actor, AccountEdit())).version == 1


async def test_of_two_who_want_one_address_at_once_one_gets_it() -> None:
    people = [acting(await sign_in(f"+628120000000{number}", "Sari")) for number in range(2)]
    change = AccountEdit(email="sari@contoh.example")
    answers = await asyncio.gather(*(accounts.edit(each, change) for each in people), return_exceptions=True)
    assert sorted(type(each).__name__ for each in answers) == ["Account", EmailTaken.__name__]


@pytest.mark.parametrize(
    "change, field",
    [
        (AccountEdit(name=" "), "name"),
        (AccountEdit(name="x" * 121), "name"),
        (AccountEdit(name="a\nb"), "name"),
        (AccountEdit(email="bukan alamat"), "email"),
    ],
)
async def test_impossible_changes_are_named(change: AccountEdit, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await accounts.edit(acting(await sign_in()), change)
    assert refused.value.field == field


async def test_staff_keep_the_address_they_sign_in_by() -> None:
    dewi = await employ(Role.AGENT)
    with pytest.raises(InvalidInput):
        await accounts.edit(dewi.actor, AccountEdit(email="lain@rawat.example"))


async def test_a_visitor_has_no_account_to_edit() -> None:
    with pytest.raises(NotSignedIn):
        await accounts.edit(NOBODY, AccountEdit(name="Sari"))
