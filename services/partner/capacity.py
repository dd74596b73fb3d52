"""How many pets a hotel can keep at a time: its kennels, each booked once at a time."""

from uuid import UUID

from tortoise.expressions import Q

from domain.booking import BLOCKING, BookingState
from domain.partner import MAX_KENNELS, ResourceInUse, TooMany
from domain.permissions import Can
from domain.text import line
from models.booking import Booking
from models.partner import Resource
from services.partner.profile import own
from services.work import Work, use_case

MAX_LABEL_CHARACTERS = 60


@use_case(Can.ADD_RESOURCE)
async def add_resource(work: Work, label: str) -> Resource:
    """Add a kennel. Raises TooMany above MAX_KENNELS."""
    partner = await own(work)
    label = line(label, "label", MAX_LABEL_CHARACTERS)
    if await Resource.filter(partner_id=partner.id, is_kennel=True, archived_at=None).count() >= MAX_KENNELS:
        raise TooMany(limit=MAX_KENNELS)
    return await Resource.create(partner_id=partner.id, is_kennel=True, label=label)


@use_case(Can.REMOVE_RESOURCE)
async def remove_resource(work: Work, resource_id: UUID) -> Resource:
    """Archive a kennel. Raises NotFound for another partner's (or the partner in person), ResourceInUse while it has
    bookings to come. A hold locks the same row, so none can slip in between."""
    own_kennels = Resource.filter(partner_id=work.actor.id, is_kennel=True, archived_at=None)
    kennel = await work.lock(own_kennels, resource_id)
    taken = Booking.filter(resource_id=kennel.id, state__in=list(BLOCKING), blocked_until__gt=work.now)
    if await taken.exclude(Q(state=BookingState.HELD, hold_expires_at__lte=work.now)).exists():
        raise ResourceInUse()
    await work.edit(kennel, archived_at=work.now)
    return kennel
