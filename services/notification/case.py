"""What a text may tell of one event to one reader, read from the rows as they are when it is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import wording
from domain.calendar import Zone
from domain.message import Side
from domain.notification import Audience
from domain.refusals import Language
from domain.service import Label, ServiceType
from models.account import Account
from models.booking import Booking
from models.event import Event

# What is done, where CARE names who does it: "grooming for Moka has started".
SERVICES: Mapping[ServiceType, Label] = {
    ServiceType.GROOMER: Label("grooming", "grooming"),
    ServiceType.DOG_WALKER: Label("jalan-jalan anjing", "dog walking"),
    ServiceType.DOG_TRAINER: Label("latihan anjing", "dog training"),
    ServiceType.DOG_HOTEL: Label("penitipan di hotel anjing", "dog hotel stay"),
}
# Where each reader finds a booking; the pages are the front end's.
PAGES: Mapping[Audience, str] = {
    Audience.CUSTOMER: "bookings",
    Audience.PARTNER: "jobs",
    Audience.STAFF: "desk/bookings",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One event and one reader. `reader` is None for a staff queue, `of` None for an event without a booking."""

    event: Event
    audience: Audience
    reader: Account | None
    of: Booking | None
    site: str

    @property
    def booking(self) -> Booking:
        """The booking the event is about; a text about one is only told of events that have one."""
        if self.of is None:
            raise ValueError(f"{self.event.name} is about no booking")
        return self.of

    @property
    def language(self) -> Language:
        """The reader's; the support team reads Indonesian."""
        return self.reader.language if self.reader else Language.ID

    @property
    def fact(self) -> dict[str, Any]:
        """The event's own facts."""
        return self.event.payload

    def said(self, label: Label) -> str:
        """A label in the reader's language."""
        return label.spoken(self.language)

    def moment(self, at: datetime) -> str:
        """Day and hour on the clocks where the service takes place."""
        return wording.moment(at, self._zone.info, self.language)

    def clock(self, at: datetime) -> str:
        """The hour alone, for what happens today."""
        return wording.clock_time(at, self._zone.info, self.language)

    def page(self, path: str) -> str:
        """A page of the front end."""
        return f"{self.site}/{path}"

    def usual(self) -> dict[str, str]:
        """The facts that most texts name: people, pet, service, the agreed start, and the reader's page."""
        known = {"name": self.reader.name} if self.reader else {}
        if self.of is None:
            return known
        return known | {
            "code": self.of.code,
            "partner": self.of.partner.name,
            "pet": self.of.pet.name,
            "service": self.said(SERVICES[self.of.service_type]),
            "time": self.moment(self.of.starts_at),
            "daypart": wording.daypart(self.event.at, self._zone.info, self.language),
            "link": self.page(f"{PAGES[self.audience]}/{self.of.id}"),
        }

    @property
    def _zone(self) -> Zone:
        return Zone(self.booking.zone)


async def case_of(event: Event, audience: Audience, site: str) -> Case:
    """The event as `audience` is to read it; ANYONE is the other side of a conversation."""
    booking_id = event.payload.get("booking_id")
    booking = await Booking.get(id=booking_id).select_related("partner", "pet") if booking_id else None
    if audience is Audience.ANYONE:
        audience = Audience.PARTNER if event.payload["side"] == Side.CUSTOMER else Audience.CUSTOMER
    reader_id = _reader_id(audience, event, booking)
    reader = await Account.get(id=reader_id) if reader_id else None
    return Case(event, audience, reader, booking, site)


def _reader_id(audience: Audience, event: Event, booking: Booking | None) -> UUID | None:
    match audience:
        case Audience.STAFF:
            return None
        case Audience.PARTNER if booking:
            return booking.partner_id
        case Audience.CUSTOMER if booking:
            return booking.customer_id
        case _:
            return UUID(event.payload["account_id"])
