"""Questions and orders about pets, service addresses and regions."""

from uuid import UUID

import strawberry
from tortoise.expressions import Q

from domain.permissions import Actor
from domain.refusals import InvalidInput, NotSignedIn
from domain.region import check_code, check_postcode
from domain.text import line
from models import pet as rows
from schema.context import Info
from schema.page import FIRST, Connection
from schema.pet import Address, AddressInput, AddressResult, Pet, PetInput, PetResult, Region
from schema.reading import page
from services import pet as pets

MIN_SEARCH_CHARACTERS = 3  # shorter ones match half the country
MAX_SEARCH_CHARACTERS = 60


@strawberry.type
class PetQuery:
    @strawberry.field(description="The reader's pets, the newest first.")
    async def my_pets(self, info: Info, first: int = FIRST, after: str | None = None) -> Connection[Pet]:
        actor = _signed_in(info)
        mine = rows.Pet.seen_by(actor) & Q(owner_id=actor.id, archived_at=None)
        return await page(info, Pet, mine, ("-id",), first, after)

    @strawberry.field(description="The reader's service addresses, the newest first.")
    async def my_addresses(self, info: Info, first: int = FIRST, after: str | None = None) -> Connection[Address]:
        actor = _signed_in(info)
        mine = rows.Address.seen_by(actor) & Q(owner_id=actor.id, archived_at=None)
        return await page(info, Address, mine, ("-id",), first, after)

    @strawberry.field(
        description="Regions by code: what lies directly in `parent`, has the postcode, and begins with `search`. "
        "Without any of these the provinces."
    )
    async def regions(
        self,
        info: Info,
        parent: str | None = None,
        postcode: str | None = None,
        search: str | None = None,
        first: int = FIRST,
        after: str | None = None,
    ) -> Connection[Region]:
        found = Q()
        if parent is not None:
            found &= Q(parent=check_code(parent, field="parent"))
        if postcode is not None:
            found &= Q(postcode=check_postcode(postcode))
        if search is not None:
            found &= Q(name__istartswith=_search(search))
        if parent is None and postcode is None and search is None:
            found &= Q(parent=None)
        return await page(info, Region, found, ("code",), first, after)


@strawberry.type
class PetMutation:
    @strawberry.mutation(description="Keep one more pet.")
    async def add_pet(self, info: Info, input: PetInput) -> PetResult:
        return Pet.of(await pets.add_pet(info.context.actor, input.facts()))

    @strawberry.mutation(description="Describe a pet anew.")
    async def edit_pet(self, info: Info, pet_id: UUID, input: PetInput) -> PetResult:
        return Pet.of(await pets.edit_pet(info.context.actor, pet_id, input.facts()))

    @strawberry.mutation(description="Take a pet off one's list; bookings keep naming it.")
    async def remove_pet(self, info: Info, pet_id: UUID) -> PetResult:
        return Pet.of(await pets.remove_pet(info.context.actor, pet_id))

    @strawberry.mutation(description="Keep one more service address.")
    async def add_address(self, info: Info, input: AddressInput) -> AddressResult:
        return Address.of(await pets.add_address(info.context.actor, input.facts()))

    @strawberry.mutation(description="Put a new address in the place of one; bookings keep the old one.")
    async def replace_address(self, info: Info, address_id: UUID, input: AddressInput) -> AddressResult:
        return Address.of(await pets.replace_address(info.context.actor, address_id, input.facts()))

    @strawberry.mutation(description="Take an address off one's list; bookings keep naming it.")
    async def remove_address(self, info: Info, address_id: UUID) -> AddressResult:
        return Address.of(await pets.remove_address(info.context.actor, address_id))


def _signed_in(info: Info) -> Actor:
    if info.context.actor.id is None:
        raise NotSignedIn()
    return info.context.actor


def _search(text: str) -> str:
    text = line(text, "search", MAX_SEARCH_CHARACTERS)
    if len(text) < MIN_SEARCH_CHARACTERS:
        raise InvalidInput(
            "search",
            indonesian=f"paling sedikit {MIN_SEARCH_CHARACTERS} karakter",
            english=f"at least {MIN_SEARCH_CHARACTERS} characters",
        )
    return text
