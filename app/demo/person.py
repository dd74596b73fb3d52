"""The people of the demo world: customers and partners by phone, staff by e-mail; nobody among them exists."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from app.demo.place import City, Place
from domain.account import CONSENT_TEXT_VERSION, ConsentPurpose
from domain.permissions import CUSTOMER, NOBODY, STAFF, SYSTEM, Actor, Role
from domain.pet import Size, Species
from domain.refusals import Language
from integrations.seal import Seal
from models.account import LoginCode
from models.pet import Address, Pet
from services import account as accounts
from services import pet as pets
from services.account import AccountEdit
from services.pet import AddressFacts, PetFacts

# Known to everybody who reads this file: the demo world is refused in production.
PASSWORD = "anjing cokelat di teras"  # noqa: S105
# Numbers that look invented: 0812-0000-0001 and on for customers, 0812-0000-5001 and on for partners.
CUSTOMER_PHONE = "+6281200000{:03}"
PARTNER_PHONE = "+6281200005{:03}"
PHONES = "+6281200000"
STAFF_EMAIL = "{}@rawat.example"

FIRST_NAMES = (
    "Sari", "Budi", "Dewi", "Agus", "Putri", "Rizky", "Ayu", "Bayu", "Ratna", "Eko", "Wulan", "Yohanes", "Made",
    "Komang", "Nyoman", "Andi", "Daeng", "Maria", "Yosef", "Fitri", "Joko", "Lestari", "Hendra", "Siti", "Galih",
)  # fmt: skip
LAST_NAMES = (
    "Wijaya", "Santoso", "Lestari", "Pratama", "Hidayat", "Kusuma", "Siregar", "Wenda", "Suardana", "Tanjung",
    "Nugroho", "Maharani", "Permana", "Saputra", "Kogoya", "Rahmawati", "Hutapea", "Pangestu",
)  # fmt: skip
PET_NAMES = ("Bolu", "Moka", "Kopi", "Oreo", "Cimol", "Boba", "Klepon", "Milo", "Tahu", "Onde", "Kiko", "Bruno")
BREEDS = ("kampung", "Kintamani", "Pudel", "Golden Retriever", "Shih Tzu", "Pomeranian", "Beagle", "")
PET_NOTES = ("Takut suara keras.", "Alergi ayam.", "Suka dielus di perut.", "Perlu tali pendek.", "", "", "")


@dataclass(frozen=True, slots=True)
class Guest:
    """A customer with what a booking needs."""

    actor: Actor
    city: City
    dogs: tuple[Pet, ...]
    address: Address


def some_name(luck: Random) -> str:
    """A usual name that belongs to nobody in particular."""
    return f"{luck.choice(FIRST_NAMES)} {luck.choice(LAST_NAMES)}"


async def sign_up(seal: Seal, phone: str, name: str, language: Language = Language.ID) -> Actor:
    """Open an account the way everybody does: ask for a code, type it, say the name."""
    await accounts.request_login_code(NOBODY, seal, phone, language)
    sent = await LoginCode.get(phone=phone)
    code = seal.open(sent.sealed_code or "", "login_code", "sealed_code", sent.id)
    signed_in = await accounts.log_in_with_code(NOBODY, seal, phone, code, name, "demo")
    return Actor(id=signed_in.account.id, roles=CUSTOMER, language=language)


async def settle_guest(actor: Actor, number: int, name: str, city: City, place: Place, today: date) -> Guest:
    """What a customer does after signing up: profile, consents, pets, an address."""
    luck = Random(f"guest {number}")
    email = f"pelanggan{number}@contoh.example" if luck.random() < 0.7 else None
    await accounts.edit(actor, AccountEdit(email=email, zone=city.zone))
    purposes = [ConsentPurpose.SERVICE, ConsentPurpose.LOCATION]
    for purpose in [*purposes, ConsentPurpose.MARKETING] if luck.random() < 0.4 else purposes:
        await accounts.give_consent(actor, purpose, CONSENT_TEXT_VERSION)
    dogs = [await pets.add_pet(actor, _pet(luck, Species.DOG, today)) for _ in range(luck.choice((1, 1, 2)))]
    if luck.random() < 0.3:
        await pets.add_pet(actor, _pet(luck, Species.CAT, today))
    facts = AddressFacts(
        label="Rumah", recipient=name, phone=CUSTOMER_PHONE.format(number), street=place.street,
        region_code=place.region_code, postcode=place.postcode, landmark=place.landmark,
    )  # fmt: skip
    return Guest(actor, city, tuple(dogs), await pets.add_address(actor, facts))


def _pet(luck: Random, species: Species, today: date) -> PetFacts:
    born_on = today - timedelta(days=luck.randint(200, 4000))
    breed = luck.choice(BREEDS) if species is Species.DOG else ""
    size = luck.choice((Size.SMALL, Size.MEDIUM, Size.LARGE)) if species is Species.DOG else Size.SMALL
    return PetFacts(luck.choice(PET_NAMES), species, size, breed, born_on, luck.choice(PET_NOTES))


async def employ_everybody(seal: Seal) -> dict[Role, Actor]:
    """One account for each staff role, with its authenticator set up."""
    staff: dict[Role, Actor] = {}
    for role in sorted(STAFF):
        email, name = STAFF_EMAIL.format(role.value), some_name(Random(f"staff {role}"))
        account = await accounts.open_staff_account(SYSTEM, email, name, [role], PASSWORD)
        await accounts.enrol_totp(NOBODY, seal, email, PASSWORD)
        staff[role] = Actor(id=account.id, roles=frozenset({role}))
    return staff
