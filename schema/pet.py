"""Pets, service addresses and regions as clients see them."""

import asyncio
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.pet import Size, Species
from domain.region import ancestors
from models import pet as rows
from models import region as region_rows
from schema.context import Info
from schema.refusal import Refusal
from schema.table import reads
from services.pet import AddressFacts, PetFacts

strawberry.enum(Species)
strawberry.enum(Size, name="PetSize")


@reads(region_rows.Region, parent_code="parent")
@strawberry.type(description="A province, regency, district or village of Indonesia.")
class Region:
    code: str = strawberry.field(description="Kemendagri code, e.g. 31.71.01.1001.")
    name: str
    parent_code: str | None
    postcode: str | None = strawberry.field(description="Of a village.")

    @classmethod
    def of(cls, row: region_rows.Region) -> "Region":
        return cls(code=row.code, name=row.name, parent_code=row.parent, postcode=row.postcode)

    @strawberry.field(description="From the province down to the region itself.")
    async def path(self, info: Info) -> list["Region"]:
        codes = ancestors(self.code)
        found = await asyncio.gather(*(info.context.loaders.one(region_rows.Region, code) for code in codes))
        return [Region.of(row) for row in found if row is not None]


@reads(rows.Pet)
@strawberry.type
class Pet:
    id: UUID
    name: str
    species: Species
    breed: str
    size: Size
    born_on: date | None
    notes: str
    archived_at: datetime | None = strawberry.field(description="When it was removed from the owner's list.")
    version: int

    @classmethod
    def of(cls, row: rows.Pet) -> "Pet":
        return cls(
            id=row.id,
            name=row.name,
            species=Species(row.species),
            breed=row.breed,
            size=Size(row.size),
            born_on=row.born_on,
            notes=row.notes,
            archived_at=row.archived_at,
            version=row.version,
        )


@reads(rows.Address)
@strawberry.type(description="Where a pet is cared for.")
class Address:
    id: UUID
    label: str
    recipient: str
    phone: str
    street: str
    landmark: str = strawberry.field(description="Patokan: what to look for nearby.")
    region_code: str
    postcode: str
    archived_at: datetime | None = strawberry.field(description="When it was removed or replaced.")
    version: int

    @classmethod
    def of(cls, row: rows.Address) -> "Address":
        return cls(
            id=row.id,
            label=row.label,
            recipient=row.recipient,
            phone=row.phone,
            street=row.street,
            landmark=row.landmark,
            region_code=row.region_code,
            postcode=row.postcode,
            archived_at=row.archived_at,
            version=row.version,
        )

    @strawberry.field(description="The district or village.")
    async def region(self, info: Info) -> Region | None:
        row = await info.context.loaders.one(region_rows.Region, self.region_code)
        return Region.of(row) if row else None


@strawberry.input
class PetInput:
    name: str
    species: Species
    size: Size
    breed: str = ""
    born_on: date | None = None
    notes: str = ""

    def facts(self) -> PetFacts:
        """As the use case takes it."""
        return PetFacts(self.name, self.species, self.size, self.breed, self.born_on, self.notes)


@strawberry.input
class AddressInput:
    label: str
    recipient: str
    phone: str
    street: str
    region_code: str = strawberry.field(description="Kemendagri code of the district or village.")
    postcode: str
    landmark: str = ""

    def facts(self) -> AddressFacts:
        """As the use case takes it."""
        return AddressFacts(
            self.label, self.recipient, self.phone, self.street, self.region_code, self.postcode, self.landmark
        )


PetResult = Annotated[Pet | Refusal, strawberry.union("PetResult")]
AddressResult = Annotated[Address | Refusal, strawberry.union("AddressResult")]
