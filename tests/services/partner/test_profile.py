"""Opening, editing, suspending and ranking a partner."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.calendar import Zone
from domain.message import Side
from domain.partner import MAX_AREAS, PartnerState
from domain.permissions import SYSTEM, Role
from domain.rank import parts, score
from domain.refusals import IllegalMove, InvalidInput, NotAllowed, NotFound
from domain.service import ServiceType
from models.account import Account, RoleGrant
from models.event import Event
from models.message import Message
from models.partner import Partner, PartnerService, Resource
from services.partner import profile
from services.partner.profile import ProfileEdit
from services.work import Work
from tests.partners import GAMBIR, JAKARTA_PUSAT, actor, approve, book, id_of, open_partner


async def test_opening_gives_the_account_a_profile_the_role_and_itself_to_be_booked() -> None:
    partner = await open_partner(JAKARTA_PUSAT)
    row = await Partner.get(id=partner.id)
    assert (row.areas, row.zone, row.state) == ([JAKARTA_PUSAT], Zone.WIB, PartnerState.ACTIVE)
    assert await RoleGrant.filter(account_id=partner.id, role=Role.PARTNER).count() == 1
    assert [each.is_kennel for each in await Resource.filter(partner_id=partner.id)] == [False]
    assert sorted(each.name for each in await Event.filter(subject=partner.id)) == ["PartnerOpened", "RolesChanged"]


async def test_opening_the_same_account_eight_times_at_once_makes_one_partner() -> None:
    account = await Account.create(name="Sari")
    opened = await asyncio.gather(
        *(profile.open(SYSTEM, account.id, f"Sari {number}", "", [JAKARTA_PUSAT]) for number in range(8))
    )
    assert len({row.name for row in opened}) == 1
    assert await Resource.filter(partner_id=account.id).count() == 1
    assert await Event.filter(name="PartnerOpened").count() == 1


async def test_a_missing_account_cannot_become_a_partner() -> None:
    with pytest.raises(NotFound):
        await profile.open(SYSTEM, Account().id, "Sari", "", [JAKARTA_PUSAT])


@pytest.mark.parametrize("area, zone", [("31.71", Zone.WIB), ("51.71", Zone.WITA), ("94.01", Zone.WIT)])
async def test_the_zone_is_the_one_of_the_first_area(area: str, zone: Zone) -> None:
    partner = await open_partner(area)
    assert (await Partner.get(id=partner.id)).zone == zone


@pytest.mark.parametrize("areas", [[], ["31"], ["31.71.01.1001"], ["31.99"], ["xx"], ["31.71.01"] * (MAX_AREAS + 1)])
async def test_areas_are_some_existing_regencies_or_districts(areas: list[str]) -> None:
    account = await Account.create(name="Sari")
    with pytest.raises(InvalidInput) as refused:
        await profile.open(SYSTEM, account.id, "Sari", "", areas)
    assert refused.value.field == "areas"
    assert not await Partner.exists()


async def test_a_partner_edits_its_own_profile_and_leaves_the_rest_as_it_is() -> None:
    partner = await open_partner(JAKARTA_PUSAT, name="Sari")
    edited = await profile.edit(partner, id_of(partner), ProfileEdit(bio="Sabar.", areas=[GAMBIR, GAMBIR]))
    assert (edited.name, edited.bio, edited.areas, edited.version) == ("Sari", "Sabar.", [GAMBIR], 2)


async def test_areas_of_another_zone_move_the_partner_there() -> None:
    partner = await open_partner("31.71")
    edited = await profile.edit(partner, id_of(partner), ProfileEdit(areas=["51.71"]))
    assert edited.zone == Zone.WITA
    again = await profile.edit(partner, id_of(partner), ProfileEdit(areas=["31.71", "51.71"]))
    assert again.zone == Zone.WITA


async def test_a_zone_of_none_of_the_areas_is_refused() -> None:
    partner = await open_partner("31.71")
    with pytest.raises(InvalidInput) as refused:
        await profile.edit(partner, id_of(partner), ProfileEdit(zone=Zone.WIT))
    assert refused.value.field == "zone"


async def test_another_partners_profile_is_not_found() -> None:
    partner, other = await open_partner(), await open_partner()
    await approve(other, ServiceType.GROOMER)
    with pytest.raises(NotFound):
        await profile.edit(partner, id_of(other), ProfileEdit(bio="Milik saya."))


async def test_those_who_look_after_partners_edit_on_behalf() -> None:
    partner = await open_partner()
    edited = await profile.edit(await actor(Role.PARTNER_OPS), id_of(partner), ProfileEdit(name="Sari Dewi"))
    assert edited.name == "Sari Dewi"


async def test_a_partner_that_is_also_an_agent_edits_only_itself() -> None:
    both, other = await actor(Role.PARTNER, Role.AGENT), await open_partner()
    with pytest.raises(NotFound):
        await profile.edit(both, id_of(other), ProfileEdit(bio="Bukan saya."))


async def test_a_suspension_keeps_its_reason_and_ends_with_a_restoration() -> None:
    partner, chief = await open_partner(), await actor(Role.MANAGEMENT)
    suspended = await profile.suspend(chief, id_of(partner), "Laporan keselamatan")
    assert (suspended.state, suspended.state_reason) == (PartnerState.SUSPENDED, "Laporan keselamatan")
    with pytest.raises(IllegalMove):
        await profile.suspend(chief, id_of(partner), "Lagi")
    assert (await profile.restore(chief, id_of(partner), "Sudah jelas")).state is PartnerState.ACTIVE
    names = [event.name for event in await Event.filter(subject=partner.id).order_by("id")]
    assert names[-2:] == ["PartnerSuspended", "PartnerRestored"]


async def test_a_suspension_needs_a_reason_and_the_right_role() -> None:
    partner = await open_partner()
    with pytest.raises(InvalidInput) as refused:
        await profile.suspend(await actor(Role.MANAGEMENT), id_of(partner), "  ")
    assert refused.value.field == "reason"
    with pytest.raises(NotAllowed):
        await profile.suspend(await actor(Role.PARTNER_OPS), id_of(partner), "Laporan")


@pytest.mark.proves("Q-07")
async def test_the_rank_is_the_sum_of_its_parts_with_the_median_reply() -> None:
    partner = await open_partner()
    price = await approve(partner, ServiceType.GROOMER)
    start = datetime.now(UTC) + timedelta(days=1)
    booking = await book(price, start, start + timedelta(hours=1))
    for reply_s in (60, 100, 7200):
        await Message.create(
            booking_id=booking.id, partner_id=partner.id, sender_id=partner.id, side=Side.PARTNER, body="Ya",
            reply_s=reply_s,
        )  # fmt: skip
    row = await Partner.get(id=partner.id)
    row.completed_count, row.on_time_count, row.cancelled_count = 8, 6, 1
    await profile.rerank(Work(SYSTEM), row)
    wanted = parts(completed=8, on_time=6, cancelled_by_partner=1, no_show_partner=0, median_reply_s=100)
    assert (await Partner.get(id=partner.id)).rank == score(wanted)


async def test_a_new_partners_rank_is_that_of_no_jobs() -> None:
    partner = await open_partner()
    nothing = parts(completed=0, on_time=0, cancelled_by_partner=0, no_show_partner=0, median_reply_s=None)
    assert (await Partner.get(id=partner.id)).rank == score(nothing)
    assert not await PartnerService.exists()
