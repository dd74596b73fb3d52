"""A partner's profile: opened, edited, suspended, restored, and ranked."""

from dataclasses import dataclass
from uuid import UUID

from tortoise.queryset import QuerySet

from domain import events
from domain.calendar import Zone
from domain.partner import PARTNER, PartnerState, check_areas, zone_for
from domain.permissions import Actor, Can, Role
from domain.rank import parts, score
from domain.refusals import InvalidInput
from domain.text import line, paragraph
from models.account import Account, RoleGrant
from models.partner import Partner, Resource
from models.region import Region
from services.partner.reply import median_reply_s
from services.work import Work, use_case

MAX_NAME_CHARACTERS = 120
MAX_BIO_CHARACTERS = 2000
MAX_PLACE_CHARACTERS = 300
MAX_REASON_CHARACTERS = 500
PERSON_LABEL = "Mitra"  # the resource that is the partner in person


@dataclass(frozen=True, slots=True)
class ProfileEdit:
    """What changes; None leaves a part as it is."""

    name: str | None = None
    bio: str | None = None
    areas: list[str] | None = None
    zone: Zone | None = None
    place: str | None = None


@use_case(Can.OPEN_PARTNER)
async def open(
    work: Work, account_id: UUID, name: str, bio: str, areas: list[str], zone: Zone | None = None
) -> Partner:
    """Make the account a partner: its row, its role, and itself as what can be booked. Open already: that partner."""
    account = await work.lock(Account.visible_to(work.actor), account_id)
    known = await Partner.filter(id=account.id).first()
    if known is not None:
        return known
    areas = await _existing(areas)
    partner = Partner(
        id=account.id, name=line(name, "name", MAX_NAME_CHARACTERS), bio=paragraph(bio, "bio", MAX_BIO_CHARACTERS),
        areas=areas, zone=zone_for(areas, zone), state=PARTNER.start, rank=_rank(0, 0, 0, 0, None),
    )  # fmt: skip
    await work.born(partner, PARTNER.born)
    await Resource.create(partner_id=partner.id, label=PERSON_LABEL)
    if not await RoleGrant.exists(account_id=account.id, role=Role.PARTNER):
        await RoleGrant.create(account_id=account.id, role=Role.PARTNER)
        work.note(account, events.RolesChanged, role=Role.PARTNER)
    return partner


@use_case(Can.EDIT_PARTNER)
async def edit(work: Work, partner_id: UUID, change: ProfileEdit) -> Partner:
    """Change name, bio, areas, zone or place; staff may do it on behalf of the partner. Bookings keep their own zone.

    Areas of another zone move the partner to it unless a zone is given. Raises NotFound for another's profile.
    """
    partner = await work.lock(editable_by(work.actor), partner_id)
    changes: dict[str, object] = {}
    if change.name is not None:
        changes["name"] = line(change.name, "name", MAX_NAME_CHARACTERS)
    if change.bio is not None:
        changes["bio"] = paragraph(change.bio, "bio", MAX_BIO_CHARACTERS)
    if change.areas is not None or change.zone is not None:
        areas = partner.areas if change.areas is None else await _existing(change.areas)
        changes["areas"], changes["zone"] = areas, _moved(areas, change.zone, Zone(partner.zone))
    if change.place is not None:
        changes["place"] = paragraph(change.place, "place", MAX_PLACE_CHARACTERS)
    if changes:
        await work.edit(partner, **changes)
    return partner


@use_case(Can.SUSPEND_PARTNER)
async def suspend(work: Work, partner_id: UUID, reason: str) -> Partner:
    """Take the partner out of search and of new bookings; what is booked already stays (P-01)."""
    return await _turn(work, partner_id, "suspend", reason)


@use_case(Can.RESTORE_PARTNER)
async def restore(work: Work, partner_id: UUID, reason: str) -> Partner:
    """Let a suspended partner be found and booked again."""
    return await _turn(work, partner_id, "restore", reason)


async def suspend_partner_of(work: Work, account_id: UUID) -> None:
    """Step: whoever cannot sign in cannot be booked either. Restoring the partner is a decision of its own."""
    partner = await Partner.filter(id=account_id, state=PartnerState.ACTIVE).select_for_update(no_key=True).first()
    if partner is not None:
        await work.move(partner, PARTNER, "suspend", state_reason="account suspended")


async def rerank(work: Work, partner: Partner) -> None:
    """Step: bring the rank of a locked partner up to date with its counts and reply times (domain.rank)."""
    rank = _rank(
        partner.completed_count, partner.on_time_count, partner.cancelled_count, partner.no_show_count,
        await median_reply_s(partner.id),
    )  # fmt: skip
    if rank != partner.rank:
        await work.edit(partner, rank=rank)


def editable_by(actor: Actor) -> QuerySet[Partner]:
    """The profiles the actor may change: its own, or every one for those who look after partners."""
    return Partner.all() if actor.roles & {Role.PARTNER_OPS, Role.SYSTEM} else Partner.filter(id=actor.id)


async def own(work: Work) -> Partner:
    """Step: the actor's own partner row, locked, so that whatever belongs to one partner changes one at a time."""
    return await work.lock(Partner.all(), work.actor.id)


async def _turn(work: Work, partner_id: UUID, verb: str, reason: str) -> Partner:
    partner = await work.lock(Partner.visible_to(work.actor), partner_id)
    await work.move(partner, PARTNER, verb, state_reason=line(reason, "reason", MAX_REASON_CHARACTERS))
    return partner


async def _existing(areas: list[str]) -> list[str]:
    """The areas as they are kept; refuses codes that no region has."""
    codes = check_areas(areas)
    known = {region.code for region in await Region.filter(code__in=codes)}
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise InvalidInput(
            "areas", indonesian=f"wilayah {unknown[0]} tidak dikenal", english=f"there is no region {unknown[0]}"
        )
    return codes


def _moved(areas: list[str], wished: Zone | None, present: Zone) -> Zone:
    if wished is not None:
        return zone_for(areas, wished)
    return present if present in {zone_for([code], None) for code in areas} else zone_for(areas, None)


def _rank(completed: int, on_time: int, cancelled: int, no_shows: int, median_reply: int | None) -> int:
    return score(
        parts(completed=completed, on_time=on_time, cancelled_by_partner=cancelled, no_show_partner=no_shows,
              median_reply_s=median_reply)
    )  # fmt: skip
