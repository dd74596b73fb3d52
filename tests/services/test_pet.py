"""A customer keeps pets and addresses: own ones only, a bounded number, and never changed behind a booking's back."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.permissions import NOBODY, Actor, Role
from domain.pet import MAX_ADDRESSES, MAX_PETS, Size, Species, TooManyKept
from domain.refusals import InvalidInput, NotAllowed, NotFound, NotSignedIn
from models.pet import Address, Pet
from services import pet as pets
from services.pet import AddressFacts, PetFacts
from tests.signing_in import acting, employ, sign_in

BOLU = PetFacts(
    name=" Bolu ", species=Species.DOG, size=Size.SMALL, breed="Kintamani", notes="Takut petir.\nSuka wortel."
)
HOME = AddressFacts(
    label="Rumah", recipient="Sari", phone="0812-3456-7890", street="Jalan Contoh 1", region_code="31.71.01.1001",
    postcode="10110", landmark="Pagar hijau",
)  # fmt: skip


async def sari() -> Actor:
    return acting(await sign_in())


async def budi() -> Actor:
    return acting(await sign_in("+6281200000009", "Budi"))


async def test_a_pet_is_kept_as_described() -> None:
    actor = await sari()
    row = await Pet.get(id=(await pets.add_pet(actor, BOLU)).id)
    assert (row.owner_id, row.name, row.species, row.size, row.breed) == (actor.id, "Bolu", "DOG", "SMALL", "Kintamani")
    assert row.notes == "Takut petir.\nSuka wortel."


async def test_a_pet_is_described_anew() -> None:
    actor = await sari()
    pet = await pets.add_pet(actor, BOLU)
    edited = await pets.edit_pet(actor, pet.id, replace(BOLU, name="Bolu Besar", size=Size.LARGE))
    assert (edited.id, edited.name, edited.size, edited.version) == (pet.id, "Bolu Besar", "LARGE", 2)


async def test_a_removed_pet_stays_for_its_bookings_and_is_not_edited() -> None:
    actor = await sari()
    pet = await pets.add_pet(actor, BOLU)
    await pets.remove_pet(actor, pet.id)
    assert (await Pet.get(id=pet.id)).archived_at is not None
    for again in (pets.remove_pet(actor, pet.id), pets.edit_pet(actor, pet.id, BOLU)):
        with pytest.raises(NotFound):
            await again


@pytest.mark.parametrize(
    "facts, field",
    [
        (replace(BOLU, name=" "), "name"),
        (replace(BOLU, name="x" * 61), "name"),
        (replace(BOLU, breed="a\x00"), "breed"),
        (replace(BOLU, notes="x" * 1001), "notes"),
        (replace(BOLU, born_on=datetime.now(UTC).date() + timedelta(days=2)), "bornOn"),
    ],
)
async def test_impossible_pets_are_named(facts: PetFacts, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await pets.add_pet(await sari(), facts)
    assert refused.value.field == field


async def test_one_more_pet_than_the_limit_is_refused_also_at_once() -> None:
    actor = await sari()
    await Pet.bulk_create(
        Pet(owner_id=actor.id, name=f"Pet {n}", species="CAT", size="SMALL") for n in range(MAX_PETS - 1)
    )
    answers = await asyncio.gather(*(pets.add_pet(actor, BOLU) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(each, TooManyKept) for each in answers) == 3
    assert await Pet.all().count() == MAX_PETS


async def test_pets_and_addresses_of_another_are_as_good_as_missing() -> None:
    owner = await sari()
    pet, address = await pets.add_pet(owner, BOLU), await pets.add_address(owner, HOME)
    stranger = await budi()
    for attempt in (
        pets.edit_pet(stranger, pet.id, BOLU),
        pets.remove_pet(stranger, pet.id),
        pets.replace_address(stranger, address.id, HOME),
        pets.remove_address(stranger, address.id),
        pets.remove_pet(stranger, Pet().id),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_visitors_and_staff_keep_no_pets() -> None:
    with pytest.raises(NotSignedIn):
        await pets.add_pet(NOBODY, BOLU)
    with pytest.raises(NotAllowed):
        await pets.add_pet((await employ(Role.AGENT)).actor, BOLU)


async def test_an_address_is_kept_with_its_phone_in_one_form() -> None:
    row = await Address.get(id=(await pets.add_address(await sari(), HOME)).id)
    assert (row.phone, row.region_code, row.postcode) == ("+6281234567890", "31.71.01.1001", "10110")


async def test_replacing_an_address_keeps_the_old_one_as_it_was() -> None:
    actor = await sari()
    old = await pets.add_address(actor, HOME)
    new = await pets.replace_address(actor, old.id, replace(HOME, street="Jalan Baru 2"))
    kept = await Address.get(id=old.id)
    assert new.id != old.id and (kept.street, new.street) == ("Jalan Contoh 1", "Jalan Baru 2")
    assert kept.archived_at is not None and new.archived_at is None
    with pytest.raises(NotFound):
        await pets.replace_address(actor, old.id, HOME)


async def test_of_four_replacements_at_once_one_wins() -> None:
    actor = await sari()
    old = await pets.add_address(actor, HOME)
    answers = await asyncio.gather(
        *(pets.replace_address(actor, old.id, HOME) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(each, Address) for each in answers) == 1
    assert await Address.filter(archived_at=None).count() == 1


@pytest.mark.parametrize(
    "facts, field",
    [
        (replace(HOME, region_code="31.71.01.9999"), "regionCode"),
        (replace(HOME, region_code="31.71"), "regionCode"),
        (replace(HOME, region_code="31.71.01.1001\x00"), "regionCode"),
        (replace(HOME, postcode="10120"), "postcode"),
        (replace(HOME, region_code="31.71.01", postcode="abcde"), "postcode"),
        (replace(HOME, phone="021-555-1234"), "phone"),
        (replace(HOME, street=" "), "street"),
        (replace(HOME, landmark="x" * 201), "landmark"),
        (replace(HOME, recipient=""), "recipient"),
    ],
)
async def test_impossible_addresses_are_named(facts: AddressFacts, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await pets.add_address(await sari(), facts)
    assert refused.value.field == field


async def test_a_district_takes_any_postcode() -> None:
    kept = await pets.add_address(await sari(), replace(HOME, region_code="31.71.01", postcode="10160"))
    assert kept.postcode == "10160"


async def test_one_more_address_than_the_limit_is_refused_until_one_is_removed() -> None:
    actor = await sari()
    for _ in range(MAX_ADDRESSES):
        last = await pets.add_address(actor, HOME)
    with pytest.raises(TooManyKept):
        await pets.add_address(actor, HOME)
    await pets.remove_address(actor, last.id)
    assert isinstance(await pets.add_address(actor, HOME), Address)
