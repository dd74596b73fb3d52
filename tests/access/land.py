"""The world of the access matrix: two sides that are alike, every kind of reader, and ids that are nobody's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.account import SESSION_LIVES
from domain.booking import BookingState, IncidentKind
from domain.delivery import DeliveryState
from domain.events import Event, MessageSent, NotificationCreated, PhotoUpdateSent
from domain.evidence import EvidenceKind
from domain.message import Side as Writer
from domain.notification import Channel, Template
from domain.permissions import NOBODY, Actor, Role
from domain.photo import UploadState
from domain.service import CareKind, ChecklistItem, ServiceType, Unit
from domain.task import TaskState
from models.account import Account, Consent, Session
from models.booking import Booking, CareLog, Incident
from models.calendar import PlanException
from models.event import Event as EventRow
from models.message import Message
from models.notification import Notification
from models.partner import Partner, PartnerService
from models.pet import Address, Pet
from models.photo import PhotoUpdate, Upload
from models.task import Task
from services.account.step import next_token
from services.partner import capacity, price, service
from services.partner.price import NewPrice
from tests import world
from tests.signing_in import PASSWORD, employ
from tests.talk import happen
from tests.world import Customer, Provider

NOW = datetime(2026, 3, 4, 5, 6, 7, 891_000, tzinfo=UTC)
MISSING = UUID("01a20000-0000-7000-8000-000000000000")
# The columns of the table. The first five differ by whose the object is, the others are roles of staff.
STAFF = {
    "agent": Role.AGENT, "senior": Role.SENIOR_AGENT, "order": Role.ORDER_TEAM, "ship": Role.SHIPPING_TEAM,
    "ops": Role.PARTNER_OPS, "pic": Role.PIC, "tech": Role.TECHNICIAN, "fin": Role.FINANCE, "head": Role.HEAD,
    "mgmt": Role.MANAGEMENT, "author": Role.SOP_AUTHOR,
}  # fmt: skip
COLUMNS = ("nobody", "cust", "other", "partn", "rival", *STAFF)
# Seen from the second side the own people are the others'.
TURNED = {"cust": "other", "other": "cust", "partn": "rival", "rival": "partn"}


@dataclass(frozen=True)
class Side:
    """One customer and one partner with everything they have; `ids` are what operations ask with."""

    customer: Customer
    provider: Provider
    ids: Mapping[str, Any]


@dataclass
class Land:
    """Two sides, and who reads."""

    sides: tuple[Side, Side]
    readers: dict[str, Actor]
    tokens: dict[str, str] = field(default_factory=dict)  # access tokens; nobody has none

    async def sign_in(self, name: str) -> str:
        """A refresh token that was not used yet; nobody's is made up."""
        actor = self.readers[name]
        if actor.id is None:
            return "x"
        session = await Session.create(account_id=actor.id, expires_at=datetime.now(UTC) + SESSION_LIVES)
        return await next_token(session)


async def land() -> Land:
    """Make it, in tables that are empty."""
    sides = (await _side("Sari"), await _side("Budi"))
    readers = {"nobody": NOBODY}
    for (one, another), side in zip((("cust", "partn"), ("other", "rival")), sides, strict=True):
        readers |= {one: side.customer.actor, another: side.provider.actor}
    readers |= {name: await world.staff(role) for name, role in STAFF.items()}
    for name, actor in readers.items():
        if actor.id is not None:
            await _own(name, actor.id)
    await Notification.create(**_told("queue", queue="support", booking_id=sides[0].ids["booking"]))
    await Task.create(key="dead", name="a", state=TaskState.DEAD, due_at=NOW)
    await Notification.all().update(read_at=NOW)
    return Land(sides, readers)


async def _own(name: str, account_id: UUID) -> None:
    """What everybody who signs in has."""
    told = await Notification.create(**_told(name, account_id=account_id, booking_id=MISSING))
    await _said(NotificationCreated.about(told, {}))
    await Consent.create(account_id=account_id, purpose="LOCATION", text_version="0")
    await Consent.create(account_id=account_id, purpose="MARKETING", text_version="0", withdrawn_at=NOW)


def _told(key: str, **to: Any) -> dict[str, Any]:
    return {
        "dedupe_key": key, "channel": Channel.IN_APP, "template": Template.WELCOME, "subject": "Hai", "body": "Isi",
        "state": DeliveryState.SENT, "due_at": NOW, "read_at": NOW, **to,
    }  # fmt: skip


async def _side(name: str) -> Side:
    customer = await world.customer(name)
    provider = await world.provider(ServiceType.DOG_HOTEL, kennels=6)
    await Account.filter(id=customer.id).update(email=f"{name.lower()}@rawat.example")
    ids: dict[str, Any] = await _partner(provider) | await _customer(customer)
    stay = await world.accepted(customer, provider)
    await _fill(stay, customer)
    days = {"arrives_on": world.in_days(10), "leaves_on": world.in_days(12)}
    for state in ("requested", "asked", "held"):
        make: Any = world.hold if state == "held" else world.request
        booking = await make(customer, provider, **days)
        await Booking.filter(id=booking.id).update(address_id=customer.address.id)
        ids[state] = str(booking.id)
    dead = await Notification.create(
        **_told(f"dead {name}", account_id=customer.id, booking_id=stay.id)
        | {"channel": Channel.SMS, "state": DeliveryState.DEAD}
    )
    someone = await world.account(f"Teman {name}", Role.CUSTOMER)
    recruit = await employ(Role.AGENT, email=f"baru.{name.lower()}@rawat.example", enrols=False)
    running = await _running(customer, provider)
    waiting = await world.provider(ServiceType.DOG_WALKER, approved=False)
    ids |= running | {
        "recruit": recruit.email, "recruit_password": PASSWORD,
        "booking": str(stay.id), "dead": str(dead.id), "someone": str(someone.id), "hidden": str(waiting.id),
        "hidden_price": str(waiting.option.id), "account": str(customer.id), "partner": str(provider.id),
        "service": str(provider.service.id), "price": str(provider.option.id),
        "pet": str(customer.pet.id), "address": str(customer.address.id),
    }  # fmt: skip
    await Account.filter(id=customer.id).update(suspended_at=NOW)  # so that there is something to read
    return Side(customer, provider, ids)


async def _running(customer: Customer, provider: Provider) -> dict[str, str]:
    """A stay that has begun, with a file that was not sent yet."""
    booking = await world.accepted(customer, provider, arrives_on=world.in_days(14), leaves_on=world.in_days(16))
    await Booking.filter(id=booking.id).update(state=BookingState.IN_SERVICE, started_at=datetime.now(UTC))
    upload = await Upload.create(
        owner_id=provider.id, booking_id=booking.id, state=UploadState.READY, declared_type="image/jpeg",
        declared_bytes=9, expires_at=world.at(10), content_type="image/jpeg", width=640, height=480,
    )  # fmt: skip
    return {"running": str(booking.id), "upload": str(upload.id)}


async def _partner(provider: Provider) -> dict[str, str]:
    """Its other service waits for a review, and there are things of it to remove."""
    await Partner.filter(id=provider.id).update(
        place="Jalan Hotel 7", completed_count=2, on_time_count=1, state_reason="Dicoba"
    )
    await PartnerService.filter(id=provider.service.id).update(evidence={EvidenceKind.KTP.value: 1}, reason="Ulang")
    walking = await service.offer(provider.actor, ServiceType.DOG_WALKER, provider.service.cancel_policy)
    await service.submit(provider.actor, walking.id)
    draft = await service.offer(provider.actor, ServiceType.GROOMER, provider.service.cancel_policy)
    spare = await price.set_price(provider.actor, draft.id, NewPrice("Lama", Unit.SESSION, 50_000, 60))
    kennel = await capacity.add_resource(provider.actor, "Kandang kecil")
    differing = await PlanException.create(
        partner_id=provider.id, on_day=world.in_days(40), available=False, opens_minute=60, closes_minute=120
    )
    return {
        "walking": str(walking.id), "draft": str(draft.id), "spare_price": str(spare.id), "kennel": str(kennel.id),
        "exception": str(differing.id),
    }  # fmt: skip


async def _customer(customer: Customer) -> dict[str, str]:
    """A pet and addresses to remove and to replace."""
    await Pet.filter(id=customer.pet.id).update(born_on=NOW.date())
    old = await Pet.create(owner_id=customer.id, name="Tua", species="CAT", size="SMALL", born_on=NOW.date())
    places = [
        await Address.create(
            owner_id=customer.id, label=label, recipient="Sari", phone="+628120000003", street="Jalan Lama 3",
            region_code="31.71.01.1001", postcode="10110",
        )
        for label in ("Lama", "Baru")
    ]  # fmt: skip
    return {"old_pet": str(old.id), "old_address": str(places[0].id), "new_address": str(places[1].id)}


async def _fill(stay: Booking, customer: Customer) -> None:
    """Let everything that can be read of a booking be there, and everything that can be heard."""
    was: dict[str, Any] = {"owner_id": customer.id, "archived_at": NOW}
    pet = await Pet.create(**was, name="Dulu", species="DOG", size="SMALL", born_on=NOW.date())
    place = await Address.create(
        **was, label="Dulu", recipient="Sari", phone="+628120000005", street="Jalan Dulu 5",
        region_code="31.71.01.1001", postcode="10110",
    )  # fmt: skip
    await Booking.filter(id=stay.id).update(
        pet_id=pet.id, address_id=place.id, refund_idr=5, started_at=NOW, completed_at=NOW, ended_at=NOW,
        late_until=NOW, last_update_at=NOW, end_reason="Selesai", late_reason="Macet",
    )  # fmt: skip
    item = next(iter(ChecklistItem))
    message = await Message.create(
        booking_id=stay.id, partner_id=stay.partner_id, sender_id=stay.customer_id, side=Writer.CUSTOMER, body="Halo"
    )
    await Message.create(
        booking_id=stay.id, partner_id=stay.partner_id, sender_id=stay.partner_id, side=Writer.PARTNER, body="Hai",
        reply_s=60,
    )  # fmt: skip
    update = await PhotoUpdate.create(booking_id=stay.id, note="Foto")
    await Upload.create(
        owner_id=stay.partner_id, booking_id=stay.id, update_id=update.id, state=UploadState.USED,
        declared_type="video/mp4", declared_bytes=9, expires_at=NOW, content_type="video/mp4", width=640, height=480,
        duration_s=1.5,
    )  # fmt: skip
    await Incident.create(booking_id=stay.id, kind=IncidentKind.NO_UPDATES, cause="b", item=item, note="Kosong")
    said: dict[str, Any] = {
        "items": ["LODGING_CLEAN"], "minutes": 5, "day": "2026-03-04", "refund_idr": 5, "state": "ACCEPTED",
        "late_until": NOW,
    }  # fmt: skip
    await happen(await Booking.get(id=stay.id), **said)
    for kind, facts in {
        MessageSent: {"message_id": message.id, "side": Writer.CUSTOMER},
        PhotoUpdateSent: {"update_id": update.id, "count": 1},
    }.items():
        await _said(kind.about(await Booking.get(id=stay.id), facts))
    await CareLog.create(booking_id=stay.id, on_day=world.in_days(3), kind=next(iter(CareKind)))


async def _said(event: Event) -> None:
    """Into the log, as a use case would write it."""
    await EventRow.create(
        name=type(event).__name__, subject=event.subject, payload=event.payload, topics=list(event.topics),
        audience=list(event.audience), at=datetime.now(UTC),
    )  # fmt: skip
