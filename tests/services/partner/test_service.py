"""Services are offered, reviewed and priced, each on its own."""

import pytest

from domain.cancellation import Policy
from domain.evidence import EvidenceKind, EvidenceMissing
from domain.money import MAX_PRICE_IDR, MIN_PRICE_IDR
from domain.partner import MAX_EVIDENCE, MAX_PRICES, ServiceState, TooMany
from domain.permissions import Actor, Role
from domain.refusals import IllegalMove, InvalidInput, NotAllowed, NotFound
from domain.service import CARE, ServiceType, Unit
from models.event import Event
from models.partner import PartnerService, Price
from services.partner import price, service
from services.partner.price import NewPrice
from tests.partners import actor, approve, enough, open_partner, reviewer

GROOMER, HOTEL = ServiceType.GROOMER, ServiceType.DOG_HOTEL
SESSION = NewPrice("Mandi", Unit.SESSION, 150_000, 90)


async def submitted(partner: Actor, service_type: ServiceType = GROOMER) -> PartnerService:
    offered = await service.offer(partner, service_type, Policy.ONE_DAY)
    return await service.submit(partner, offered.id)


@pytest.mark.proves("P-03")
async def test_one_partner_offers_all_four_services_and_each_is_decided_on_its_own() -> None:
    partner, judge = await open_partner(), await reviewer()
    waiting = {service_type: await submitted(partner, service_type) for service_type in ServiceType}
    assert len(waiting) == 4
    await service.approve(judge, waiting[GROOMER].id, enough(GROOMER))
    await service.reject(judge, waiting[HOTEL].id, "Foto kandang belum ada")
    states = {row.type: row.state for row in await PartnerService.filter(partner_id=partner.id)}
    assert states == {
        ServiceType.GROOMER: ServiceState.APPROVED,
        ServiceType.DOG_HOTEL: ServiceState.REJECTED,
        ServiceType.DOG_WALKER: ServiceState.UNDER_REVIEW,
        ServiceType.DOG_TRAINER: ServiceState.UNDER_REVIEW,
    }


@pytest.mark.proves("P-03")
@pytest.mark.parametrize("service_type", list(ServiceType))
async def test_each_service_has_its_own_evidence(service_type: ServiceType) -> None:
    waiting = await submitted(await open_partner(), service_type)
    bare = {EvidenceKind.KTP: 1, EvidenceKind.BACKGROUND_CHECK: 1}
    with pytest.raises(EvidenceMissing) as refused:
        await service.approve(await reviewer(), waiting.id, bare)
    assert {leaf.kind for leaf in refused.value.leaves} >= set(enough(service_type)) - set(bare)
    approved = await service.approve(await reviewer(), waiting.id, enough(service_type))
    assert approved.state is ServiceState.APPROVED
    assert approved.evidence == {kind.value: 1 for kind in enough(service_type)}


async def test_a_rejected_service_may_be_submitted_again() -> None:
    partner, judge = await open_partner(), await reviewer()
    waiting = await submitted(partner)
    rejected = await service.reject(judge, waiting.id, "Sertifikat buram")
    assert (rejected.reason, rejected.decided_by) == ("Sertifikat buram", judge.id)
    assert (await service.submit(partner, waiting.id)).state is ServiceState.UNDER_REVIEW
    names = [event.name for event in await Event.filter(subject=waiting.id).order_by("id")]
    assert names == ["ServiceOffered", "ServiceSubmitted", "ServiceRejected", "ServiceSubmitted"]


async def test_an_approval_can_be_taken_back() -> None:
    partner = await open_partner()
    cost = await approve(partner, GROOMER)
    rejected = await service.reject(await reviewer(), cost.service_id, "Sertifikat palsu")
    assert rejected.state is ServiceState.REJECTED


async def test_offering_again_changes_only_the_cancel_policy() -> None:
    partner = await open_partner()
    first = await service.offer(partner, GROOMER, Policy.ONE_DAY)
    again = await service.offer(partner, GROOMER, Policy.SEVEN_DAY)
    assert (again.id, again.cancel_policy) == (first.id, Policy.SEVEN_DAY)
    assert await Event.filter(name="ServiceOffered").count() == 1


async def test_what_was_not_submitted_is_not_approved() -> None:
    offered = await service.offer(await open_partner(), GROOMER, Policy.ONE_DAY)
    with pytest.raises(IllegalMove):
        await service.approve(await reviewer(), offered.id, enough(GROOMER))


async def test_nobody_approves_their_own_service() -> None:
    partner = await open_partner()
    waiting = await submitted(partner)
    judge = Actor(id=partner.id, roles=frozenset({Role.PARTNER, Role.PARTNER_OPS}))
    with pytest.raises(NotAllowed):
        await service.approve(judge, waiting.id, enough(GROOMER))


@pytest.mark.parametrize("count", [-1, MAX_EVIDENCE + 1])
async def test_absurd_counts_of_evidence_are_refused(count: int) -> None:
    waiting = await submitted(await open_partner())
    with pytest.raises(InvalidInput) as refused:
        await service.approve(await reviewer(), waiting.id, {**enough(GROOMER), EvidenceKind.KTP: count})
    assert refused.value.field == "evidence"


async def test_another_partners_service_and_price_are_not_found() -> None:
    partner, other = await open_partner(), await open_partner()
    cost = await approve(other, GROOMER)
    with pytest.raises(NotFound):
        await service.submit(partner, cost.service_id)
    with pytest.raises(NotFound):
        await price.set_price(partner, cost.service_id, SESSION)
    with pytest.raises(NotFound):
        await price.remove_price(partner, cost.id)
    own = await service.offer(partner, GROOMER, Policy.ONE_DAY)
    with pytest.raises(NotFound):
        await price.set_price(partner, own.id, NewPrice("Mandi", Unit.SESSION, 150_000, 90, replaces=cost.id))


async def test_only_partner_ops_decide() -> None:
    partner = await open_partner()
    waiting = await submitted(partner)
    for somebody in (partner, await actor(Role.MANAGEMENT), await actor(Role.CUSTOMER)):
        with pytest.raises(NotAllowed):
            await service.approve(somebody, waiting.id, enough(GROOMER))


async def test_a_new_price_archives_the_one_it_replaces() -> None:
    partner = await open_partner()
    old = await approve(partner, GROOMER)
    new = await price.set_price(partner, old.service_id, NewPrice("Mandi", Unit.SESSION, 200_000, 90, replaces=old.id))
    assert [row.id for row in await Price.filter(archived_at=None)] == [new.id]
    assert (await Price.get(id=old.id)).price_idr == old.price_idr


async def test_a_removed_price_stays_as_an_archived_row_and_cannot_be_removed_twice() -> None:
    partner = await open_partner()
    cost = await approve(partner, GROOMER)
    assert (await price.remove_price(partner, cost.id)).archived_at is not None
    with pytest.raises(NotFound):
        await price.remove_price(partner, cost.id)


@pytest.mark.parametrize(
    "service_type, wish, field",
    [
        (GROOMER, NewPrice("", Unit.SESSION, 150_000, 90), "title"),
        (GROOMER, NewPrice("x" * 81, Unit.SESSION, 150_000, 90), "title"),
        (GROOMER, NewPrice("Mandi", Unit.NIGHT, 150_000), "unit"),
        (HOTEL, NewPrice("Malam", Unit.SESSION, 150_000, 90), "unit"),
        (GROOMER, NewPrice("Mandi", Unit.SESSION, 150_000), "minutes"),
        (GROOMER, NewPrice("Mandi", Unit.SESSION, 150_000, 14), "minutes"),
        (GROOMER, NewPrice("Mandi", Unit.SESSION, 150_000, 12 * 60 + 1), "minutes"),
        (GROOMER, NewPrice("Mandi", Unit.HOUR, 150_000, 90), "minutes"),
        (GROOMER, NewPrice("Mandi", Unit.SESSION, MIN_PRICE_IDR - 1, 90), "priceIdr"),
        (GROOMER, NewPrice("Mandi", Unit.SESSION, MAX_PRICE_IDR + 1, 90), "priceIdr"),
    ],
)
async def test_a_price_out_of_bounds_names_its_field(service_type: ServiceType, wish: NewPrice, field: str) -> None:
    partner = await open_partner()
    offered = await service.offer(partner, service_type, Policy.ONE_DAY)
    with pytest.raises(InvalidInput) as refused:
        await price.set_price(partner, offered.id, wish)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "service_type, unit, minutes",
    [(ServiceType.DOG_WALKER, Unit.HOUR, 60), (HOTEL, Unit.NIGHT, 1440), (GROOMER, Unit.HOUR, 60)],
)
async def test_an_hour_and_a_night_know_their_length(service_type: ServiceType, unit: Unit, minutes: int) -> None:
    partner = await open_partner()
    offered = await service.offer(partner, service_type, Policy.ONE_DAY)
    assert (await price.set_price(partner, offered.id, NewPrice("Biasa", unit, 50_000))).minutes == minutes
    assert CARE[service_type].by_night is (unit is Unit.NIGHT)


async def test_the_list_of_prices_has_an_end() -> None:
    partner = await open_partner()
    offered = await service.offer(partner, GROOMER, Policy.ONE_DAY)
    for _ in range(MAX_PRICES):
        last = await price.set_price(partner, offered.id, SESSION)
    with pytest.raises(TooMany):
        await price.set_price(partner, offered.id, SESSION)
    await price.set_price(partner, offered.id, NewPrice("Mandi", Unit.SESSION, 160_000, 90, replaces=last.id))
