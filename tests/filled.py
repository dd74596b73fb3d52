"""A small world with a row of everything, in as many states as fit: what several readers see differently."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.booking import BookingState, IncidentKind
from domain.delivery import DeliveryState
from domain.message import Side
from domain.notification import Channel, Template
from domain.partner import PartnerState, ServiceState
from domain.permissions import NOBODY, STAFF, SYSTEM, Actor, Role
from domain.photo import UploadState
from domain.service import CareKind, ChecklistItem, ServiceType
from domain.task import TaskState
from models.account import Account, Consent
from models.booking import Booking, CareLog, ChecklistTick, Incident
from models.message import Message
from models.notification import Notification
from models.partner import Partner, PartnerService
from models.pet import Address, Pet
from models.photo import PhotoUpdate, Upload
from models.task import Task
from tests import world
from tests.world import Customer, Provider

HOURS = (6, 8, 10, 12, 14, 16)
NOW = datetime(2026, 3, 4, 5, 6, 7, 891_000, tzinfo=UTC)


@dataclass(frozen=True)
class Filled:
    """The people of the world, and ids to ask with."""

    customer: Customer
    other: Customer
    groomer: Provider
    hotel: Provider
    bookings: list[UUID]

    @property
    def viewers(self) -> Mapping[str, Actor]:
        """Who reads differently, by a name."""
        staff = {role.value: Actor(id=UUID(int=5), roles=frozenset({role})) for role in sorted(STAFF)}
        return {
            "nobody": NOBODY, "customer": self.customer.actor, "other": self.other.actor,
            "groomer": self.groomer.actor, "hotel": self.hotel.actor, "system": SYSTEM, **staff,
        }  # fmt: skip

    async def ids(self) -> list[UUID]:
        """Of every kind of row, and one that is nobody's."""
        kinds = (Booking, Partner, Account, Pet, PartnerService)
        return [UUID(int=1), *[row.id for kind in kinds for row in await kind.all().order_by("id")]]


async def filled() -> Filled:
    """Make it, in tables that are empty."""
    customer, other = await world.customer(), await world.customer("Budi")
    groomer, hotel = await world.provider(), await world.provider(ServiceType.DOG_HOTEL, kennels=2)
    waiting = await world.provider(ServiceType.DOG_WALKER, approved=False)
    suspended = await world.provider(ServiceType.DOG_TRAINER)
    await Partner.filter(id=suspended.id).update(state=PartnerState.SUSPENDED, rank=0)
    await Partner.filter(id=hotel.id).update(place="Jalan Hotel 7", rank=900)
    await PartnerService.filter(id=waiting.service.id).update(state=ServiceState.UNDER_REVIEW)

    bookings = [await world.hold(customer, groomer, world.at(HOURS[0]))]
    bookings += [await world.request(customer, groomer, world.at(hour), note=f"Jam {hour}") for hour in HOURS[1:3]]
    bookings += [await world.accepted(customer, groomer, world.at(hour)) for hour in HOURS[3:5]]
    bookings += [await world.accepted(other, groomer, world.at(HOURS[5])), await world.accepted(customer, hotel)]
    ended, stay = bookings[4], bookings[6]
    await Booking.filter(id=ended.id).update(
        state=BookingState.COMPLETED, started_at=NOW, completed_at=NOW, ended_at=NOW, late_until=NOW, refund_idr=5,
        last_update_at=NOW, has_no_updates=True, end_reason="Selesai", late_reason="Macet",
    )  # fmt: skip
    item = next(iter(ChecklistItem))
    for booking in bookings[3:]:
        await ChecklistTick.create(booking_id=booking.id, item=item, at_end=False)
        for number in range(3):
            side, sender = (Side.CUSTOMER, booking.customer_id) if number % 2 else (Side.PARTNER, booking.partner_id)
            await Message.create(
                booking_id=booking.id,
                partner_id=booking.partner_id,
                sender_id=sender,
                side=side,
                body=f"Pesan {number}",
            )
            await _update(booking, number)
        await Incident.create(booking_id=booking.id, kind=IncidentKind.LATENESS, cause="a")
        await Incident.create(booking_id=booking.id, kind=IncidentKind.NO_UPDATES, cause="b", item=item, note="Kosong")
    for kind in CareKind:
        await CareLog.create(booking_id=stay.id, on_day=world.in_days(3), kind=kind)
    await _told(customer, other, groomer)
    return Filled(customer, other, groomer, hotel, [each.id for each in bookings])


async def _update(booking: Booking, number: int) -> None:
    update = await PhotoUpdate.create(booking_id=booking.id, note=f"Foto {number}")
    for nth in range(number):
        await Upload.create(
            owner_id=booking.partner_id, booking_id=booking.id, update_id=update.id, state=UploadState.USED,
            declared_type="video/mp4", declared_bytes=9, expires_at=NOW,
            content_type="video/mp4" if nth else "image/jpeg", width=640, height=480,
            duration_s=1.5 if nth else None, duplicate_of=booking.id if nth else None,
        )  # fmt: skip
    await Upload.create(
        owner_id=booking.partner_id, booking_id=booking.id, declared_type="image/png", declared_bytes=9, expires_at=NOW
    )


async def _told(customer: Customer, other: Customer, groomer: Provider) -> None:
    """Notifications, consents, work that failed, and a pet that was taken off the list."""
    to: list[dict[str, Any]] = [
        {"account_id": customer.id}, {"account_id": other.id}, {"account_id": groomer.id}, {"queue": "support"}
    ]  # fmt: skip
    for number, receiver in enumerate(to * 3):
        channel, state = (Channel.IN_APP, DeliveryState.SENT) if number < 8 else (Channel.SMS, DeliveryState.DEAD)
        await Notification.create(
            dedupe_key=f"told {number}", channel=channel, template=Template.WELCOME, subject=f"Hai {number}",
            body="Isi", parameters=["satu", f"{number}"], state=state, due_at=NOW + timedelta(hours=number),
            read_at=NOW if number < 4 else None, **receiver,
        )  # fmt: skip
    for number, purpose in enumerate(("SERVICE", "MARKETING")):
        await Consent.create(account_id=customer.id, purpose=purpose, text_version="1", withdrawn_at=None)
        await Consent.create(account_id=customer.id, purpose=purpose, text_version="0", withdrawn_at=NOW)
        await Consent.create(account_id=other.id, purpose=purpose, text_version=f"{number}")
    for number in range(5):
        how = TaskState.DEAD if number < 3 else TaskState.DONE
        await Task.create(key=f"a:{number}", name="a", state=how, due_at=NOW + timedelta(hours=number // 2))
    await Address.create(
        owner_id=customer.id, label="Kantor", recipient="Sari", phone="+628120000002", street="Jalan Lain 2",
        region_code="31.71.01.1001", postcode="10110",
    )  # fmt: skip
    await Pet.create(owner_id=customer.id, name="Putih", species="CAT", size="LARGE", born_on=NOW.date())
    await Pet.create(owner_id=customer.id, name="Lama", species="DOG", size="SMALL", archived_at=NOW)


__all__ = ["HOURS", "NOW", "Filled", "Role", "filled"]
