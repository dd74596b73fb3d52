"""A customer's pets and their addresses; removing one keeps the row for the bookings that name it."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from domain import pet as rules
from domain.calendar import Zone
from domain.permissions import Actor, Can
from domain.pet import Size, Species
from domain.phone import mobile
from domain.refusals import InvalidInput
from domain.region import check_code
from domain.text import line, paragraph
from models.account import Account
from models.pet import Address, Pet
from models.region import Region
from services.work import Work, use_case


@dataclass(frozen=True, slots=True)
class PetFacts:
    """A pet as its owner describes it."""

    name: str
    species: Species
    size: Size
    breed: str = ""
    born_on: date | None = None
    notes: str = ""


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """A service address as its owner writes it."""

    label: str
    recipient: str
    phone: str
    street: str
    region_code: str
    postcode: str
    landmark: str = ""


@use_case(Can.ADD_PET)
async def add_pet(work: Work, facts: PetFacts) -> Pet:
    """Keep one more pet. Raises InvalidInput and TooManyKept."""
    checked = await _checked_pet(work, facts)
    owner = await _owner(work)
    rules.check_room(await _own_pets(work.actor).count(), rules.MAX_PETS)
    return await Pet.create(owner_id=owner.id, **checked)


@use_case(Can.EDIT_PET)
async def edit_pet(work: Work, pet_id: UUID, facts: PetFacts) -> Pet:
    """Describe the pet anew. Raises NotFound and InvalidInput."""
    pet = await work.lock(_own_pets(work.actor), pet_id)
    await work.edit(pet, **await _checked_pet(work, facts))
    return pet


@use_case(Can.REMOVE_PET)
async def remove_pet(work: Work, pet_id: UUID) -> Pet:
    """Take the pet off the owner's list. Raises NotFound."""
    pet = await work.lock(_own_pets(work.actor), pet_id)
    await work.edit(pet, archived_at=work.now)
    return pet


@use_case(Can.ADD_ADDRESS)
async def add_address(work: Work, facts: AddressFacts) -> Address:
    """Keep one more address. Raises InvalidInput and TooManyKept."""
    checked = await _checked_address(facts)
    owner = await _owner(work)
    rules.check_room(await _own_addresses(work.actor).count(), rules.MAX_ADDRESSES)
    return await Address.create(owner_id=owner.id, **checked)


@use_case(Can.REPLACE_ADDRESS)
async def replace_address(work: Work, address_id: UUID, facts: AddressFacts) -> Address:
    """Put a new address in the place of one: bookings keep naming the old one. Raises NotFound and InvalidInput."""
    old = await work.lock(_own_addresses(work.actor), address_id)
    checked = await _checked_address(facts)
    await work.edit(old, archived_at=work.now)
    return await Address.create(owner_id=old.owner_id, **checked)


@use_case(Can.REMOVE_ADDRESS)
async def remove_address(work: Work, address_id: UUID) -> Address:
    """Take the address off the owner's list. Raises NotFound."""
    address = await work.lock(_own_addresses(work.actor), address_id)
    await work.edit(address, archived_at=work.now)
    return address


def _own_pets(actor: Actor) -> QuerySet[Pet]:
    return Pet.visible_to(actor).filter(owner_id=actor.id, archived_at=None)


def _own_addresses(actor: Actor) -> QuerySet[Address]:
    return Address.visible_to(actor).filter(owner_id=actor.id, archived_at=None)


async def _owner(work: Work) -> Account:
    """The actor's account, locked, so that parallel additions count each other."""
    return await work.lock(Account.all(), work.actor.id)


async def _checked_pet(work: Work, facts: PetFacts) -> dict[str, Any]:
    owner = await Account.get(id=work.actor.id)
    return {
        "name": line(facts.name, "name", rules.MAX_NAME_CHARACTERS),
        "species": facts.species.value,
        "size": facts.size.value,
        "breed": line(facts.breed, "breed", rules.MAX_BREED_CHARACTERS, optional=True),
        "born_on": rules.check_born_on(facts.born_on, work.now.astimezone(Zone(owner.zone).info).date()),
        "notes": paragraph(facts.notes, "notes", rules.MAX_NOTES_CHARACTERS),
    }


async def _checked_address(facts: AddressFacts) -> dict[str, Any]:
    code = check_code(facts.region_code.strip())
    region = await Region.filter(code=code).first()
    rules.check_place(code, facts.postcode.strip(), region.postcode if region else None)
    if region is None:
        raise InvalidInput("regionCode", indonesian="wilayah ini tidak ada", english="there is no such region")
    return {
        "label": line(facts.label, "label", rules.MAX_LABEL_CHARACTERS),
        "recipient": line(facts.recipient, "recipient", rules.MAX_RECIPIENT_CHARACTERS),
        "phone": mobile(facts.phone),
        "street": line(facts.street, "street", rules.MAX_STREET_CHARACTERS),
        "landmark": line(facts.landmark, "landmark", rules.MAX_LANDMARK_CHARACTERS, optional=True),
        "region_code": code,
        "postcode": facts.postcode.strip(),
    }
