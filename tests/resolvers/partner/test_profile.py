"""Who sees and changes what of a partner, through GraphQL."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from domain.calendar import Zone
from domain.cancellation import Policy
from domain.message import Side
from domain.money import commission_rate, split
from domain.permissions import NOBODY, SYSTEM, Actor, Role
from domain.refusals import Language
from domain.service import CHECKLIST_LABELS, ChecklistItem, ServiceType
from models.account import Account
from models.message import Message
from models.partner import Partner, PartnerService
from services.partner import profile
from services.partner import service as services
from services.work import Work
from tests.ask import ask, refused
from tests.partners import GAMBIR, actor, approve, book, many, open_partner, reviewer
from tests.queries import statements

GROOMER = ServiceType.GROOMER
REFUSAL = "... on Refusal { code field message }"
PROFILE = """
query Profile($id: UUID!) {
  partner(id: $id) {
    name bio zone rank state stateReason areas { code name }
    whyThisRank { part points maxPoints label }
    services {
      type state name cancelPolicy cancelPolicyText reason
      openEvidence { kind label have need isChoice }
      startChecklist { item label }
      prices { title unit unitLabel minutes priceIdr commissionBp commissionIdr netIdr }
    }
  }
}"""
MINE = """
{ myPartner { profile { name services { type state } } plan { weekday opens closes }
              exceptions { id on available opens closes note } resources { id label isKennel } } }"""
STATISTICS = """
query Statistics($id: UUID!) { partnerStatistics(partnerId: $id) {
  completedCount onTimeCount onTimeRate cancelledCount noShowCount medianReplyS } }"""
REVIEW = """
query Review($first: Int! = 20, $after: String) { servicesToReview(first: $first, after: $after) {
  edges { node { service { id type state openEvidence { kind } } partner { name } } }
  pageInfo { hasNextPage endCursor } } }"""
SET_PRICE = f"""
mutation Set($service: UUID!, $input: PriceInput!) {{ setPrice(serviceId: $service, input: $input) {{
  ... on Price {{ id title priceIdr minutes netIdr }} {REFUSAL} }} }}"""
SET_PLAN = f"""
mutation Week($periods: [PlanPeriodInput!]!) {{ setPlan(periods: $periods) {{
  ... on Plan {{ periods {{ weekday opens closes }} }} {REFUSAL} }} }}"""
ADD_EXCEPTION = f"""
mutation Add($input: PlanExceptionInput!) {{ addPlanException(input: $input) {{
  ... on PlanException {{ id on opens closes available note }} {REFUSAL} }} }}"""


def english(actor: Actor) -> Actor:
    return Actor(id=actor.id, roles=actor.roles, language=Language.EN)


async def test_the_public_sees_approved_services_and_no_money_of_the_partner() -> None:
    partner = await open_partner(GAMBIR, name="Sari")
    await approve(partner, GROOMER, price_idr=150_000)
    await services.offer(partner, ServiceType.DOG_HOTEL, Policy.ONE_DAY)
    seen = (await ask(PROFILE, id=str(partner.id)))["partner"]
    assert seen["areas"] == [{"code": GAMBIR, "name": "Gambir"}]
    assert (seen["zone"], seen["state"], seen["stateReason"]) == ("WIB", None, None)
    assert sum(part["points"] for part in seen["whyThisRank"]) == seen["rank"]
    (groomer,) = seen["services"]
    assert (groomer["type"], groomer["reason"], groomer["openEvidence"]) == ("GROOMER", None, None)
    assert [each["label"] for each in groomer["startChecklist"]] == [
        CHECKLIST_LABELS[item].indonesian for item in (ChecklistItem.TOOLS_CLEAN, ChecklistItem.SAFETY_PROTOCOL)
    ]
    (price,) = groomer["prices"]
    assert (price["priceIdr"], price["unitLabel"]) == (150_000, "sesi")
    assert (price["commissionBp"], price["commissionIdr"], price["netIdr"]) == (None, None, None)


@pytest.mark.proves("M-01", "O-03")
async def test_the_partner_and_staff_see_commission_and_net_and_every_service() -> None:
    partner = await open_partner()
    await approve(partner, GROOMER, price_idr=150_001)
    await services.offer(partner, ServiceType.DOG_HOTEL, Policy.ONE_DAY)
    parts = split(150_001, commission_rate(GROOMER))
    for reader in (partner, await actor(Role.AGENT), SYSTEM):
        seen = (await ask(PROFILE, reader, id=str(partner.id)))["partner"]
        assert seen["state"] == "ACTIVE"
        assert [each["type"] for each in seen["services"]] == ["GROOMER", "DOG_HOTEL"]
        (price,) = seen["services"][0]["prices"]
        assert (price["commissionIdr"], price["netIdr"]) == (parts.commission_idr, parts.net_idr)
        assert price["commissionIdr"] + price["netIdr"] == price["priceIdr"]
        assert {each["kind"] for each in seen["services"][1]["openEvidence"]} >= {"KTP", "FACILITY_PHOTO"}


async def test_labels_are_spoken_in_the_readers_language() -> None:
    partner = await open_partner()
    await approve(partner, GROOMER)
    seen = (await ask(PROFILE, english(await actor(Role.CUSTOMER)), id=str(partner.id)))["partner"]
    (groomer,) = seen["services"]
    assert groomer["cancelPolicyText"] == "free until noon the day before"
    assert groomer["prices"][0]["unitLabel"] == "session"
    assert seen["whyThisRank"][0]["label"] == "jobs completed"


async def test_an_unapproved_partner_is_seen_by_itself_and_staff_only() -> None:
    partner = await open_partner()
    for reader, is_seen in ((NOBODY, False), (await actor(Role.CUSTOMER), False), (await open_partner(), False),
                            (partner, True), (await reviewer(), True)):  # fmt: skip
        seen = (await ask(PROFILE, reader, id=str(partner.id)))["partner"]
        assert (seen is not None) is is_seen


async def test_a_partner_sees_its_own_plan_exceptions_and_resources() -> None:
    partner = await open_partner(name="Sari")
    day = str(Zone.WIB.day_of(datetime.now(UTC)) + timedelta(days=2))
    week = [{"weekday": 0, "opens": "09:00", "closes": "12:00"}, {"weekday": 0, "opens": "12:00", "closes": "00:00"}]
    await ask(SET_PLAN, partner, periods=week)
    added = (await ask(ADD_EXCEPTION, partner, input={"on": day, "available": False, "note": "Libur"}))[
        "addPlanException"
    ]
    kennel = (await ask('mutation { addResource(label: "Kandang 1") { ... on Resource { id } } }', partner))[
        "addResource"
    ]
    mine = (await ask(MINE, partner))["myPartner"]
    assert mine["plan"] == [{**period, **{key: f"{period[key]}:00" for key in ("opens", "closes")}} for period in week]
    assert mine["exceptions"] == [
        {"id": added["id"], "on": day, "available": False, "opens": None, "closes": None, "note": "Libur"}
    ]
    assert [(each["label"], each["isKennel"]) for each in mine["resources"]] == [("Mitra", False), ("Kandang 1", True)]
    await ask("mutation($id: UUID!) { removeResource(resourceId: $id) { __typename } }", partner, id=kennel["id"])
    await ask("mutation($id: UUID!) { removePlanException(exceptionId: $id) { __typename } }", partner, id=added["id"])
    mine = (await ask(MINE, partner))["myPartner"]
    assert (mine["exceptions"], len(mine["resources"])) == ([], 1)


async def test_who_is_no_partner_has_no_own_profile() -> None:
    assert (await ask(MINE, await actor(Role.CUSTOMER)))["myPartner"] is None
    assert await refused(MINE) == ("NOT_SIGNED_IN", None)


@pytest.mark.proves("Q-01", "Q-07")
async def test_statistics_hold_the_rate_on_time_and_the_median_reply() -> None:
    partner = await open_partner()
    price = await approve(partner, GROOMER)
    start = datetime.now(UTC) + timedelta(days=1)
    booking = await book(price, start, start + timedelta(hours=1))
    assert (await ask(STATISTICS, partner, id=str(partner.id)))["partnerStatistics"] == {
        "completedCount": 0, "onTimeCount": 0, "onTimeRate": None, "cancelledCount": 0, "noShowCount": 0,
        "medianReplyS": None,
    }  # fmt: skip
    await Partner.filter(id=partner.id).update(completed_count=8, on_time_count=6, cancelled_count=2, no_show_count=1)
    for reply_s in (30, 90, 4000, None):
        await Message.create(booking_id=booking.id, partner_id=partner.id, sender_id=partner.id, side=Side.PARTNER,
                             body="Ya", reply_s=reply_s)  # fmt: skip
    for reader in (partner, await actor(Role.AGENT)):
        assert (await ask(STATISTICS, reader, id=str(partner.id)))["partnerStatistics"] == {
            "completedCount": 8, "onTimeCount": 6, "onTimeRate": 0.75, "cancelledCount": 2, "noShowCount": 1,
            "medianReplyS": 90,
        }  # fmt: skip


async def test_statistics_are_nobody_elses_business() -> None:
    partner = await open_partner()
    await approve(partner, GROOMER)
    for reader in (NOBODY, await actor(Role.CUSTOMER), await open_partner()):
        assert await refused(STATISTICS, reader, id=str(partner.id)) == ("NOT_FOUND", "partnerId")


async def test_after_a_rerank_the_parts_are_the_rank() -> None:
    partner = await open_partner()
    await approve(partner, GROOMER)
    row = await Partner.get(id=partner.id)
    row.completed_count, row.on_time_count, row.no_show_count = 40, 39, 1
    await row.save()
    await profile.rerank(Work(SYSTEM), row)
    seen = (await ask(PROFILE, id=str(partner.id)))["partner"]
    assert sum(part["points"] for part in seen["whyThisRank"]) == seen["rank"]
    assert all(0 <= part["points"] <= part["maxPoints"] for part in seen["whyThisRank"])


async def test_reviewers_walk_through_the_queue_and_nobody_else() -> None:
    for _ in range(5):
        partner = await open_partner()
        offered = await services.offer(partner, GROOMER, Policy.ONE_DAY)
        await services.submit(partner, offered.id)
    judge, seen, after = await reviewer(), [], None
    for _ in range(3):
        queue = (await ask(REVIEW, judge, first=2, after=after))["servicesToReview"]
        seen += [edge["node"]["service"]["id"] for edge in queue["edges"]]
        after = queue["pageInfo"]["endCursor"]
    assert not queue["pageInfo"]["hasNextPage"]
    assert seen == [str(row.id) for row in await PartnerService.all().order_by("id")]
    assert await refused(REVIEW, partner) == ("NOT_ALLOWED", None)
    assert await refused(REVIEW, await actor(Role.MANAGEMENT)) == ("NOT_ALLOWED", None)
    with statements() as few:
        await ask(REVIEW, judge, first=1)
    with statements() as lots:
        await ask(REVIEW, judge, first=5)
    assert len(few) == len(lots)


@pytest.mark.proves("P-03")
async def test_an_approval_without_the_evidence_names_what_is_missing() -> None:
    partner = await open_partner()
    offered = await services.offer(partner, GROOMER, Policy.ONE_DAY)
    await services.submit(partner, offered.id)
    document = f"""mutation($id: UUID!, $evidence: [EvidenceCountInput!]!) {{
      approveService(serviceId: $id, evidence: $evidence) {{ ... on PartnerService {{ state }} {REFUSAL} }} }}"""
    counted = [{"kind": "KTP", "count": 1}, {"kind": "BACKGROUND_CHECK", "count": 1}, {"kind": "REFERENCE", "count": 2}]
    judge = await reviewer()
    answer = (await ask(document, judge, id=str(offered.id), evidence=counted))["approveService"]
    assert answer["code"] == "EVIDENCE_MISSING"
    assert "portofolio" in answer["message"] and "2/3" in answer["message"]
    twice = (await ask(document, judge, id=str(offered.id), evidence=[counted[0]] * 2))["approveService"]
    assert (twice["code"], twice["field"]) == ("INVALID_INPUT", "evidence")
    full = [*counted[:2], {"kind": "REFERENCE", "count": 3}, {"kind": "PORTFOLIO", "count": 1}]
    assert (await ask(document, judge, id=str(offered.id), evidence=full))["approveService"] == {"state": "APPROVED"}


async def test_opening_editing_and_suspending_by_graphql() -> None:
    account, judge, chief = await Account.create(name="Sari"), await reviewer(), await actor(Role.MANAGEMENT)
    document = f"""mutation($input: OpenPartnerInput!) {{
      openPartner(input: $input) {{ ... on Partner {{ id zone }} {REFUSAL} }} }}"""
    given = {"accountId": str(account.id), "name": "Sari", "areas": ["51.71"]}
    assert (await ask(document, judge, input=given))["openPartner"] == {"id": str(account.id), "zone": "WITA"}
    wrong = (await ask(document, judge, input={**given, "accountId": str(chief.id), "areas": ["31"]}))["openPartner"]
    assert (wrong["code"], wrong["field"]) == ("INVALID_INPUT", "areas")
    partner = Actor(id=account.id, roles=frozenset({Role.PARTNER}))
    document = f"""mutation($id: UUID!, $input: EditPartnerInput!) {{
      editPartner(partnerId: $id, input: $input) {{ ... on Partner {{ name bio }} {REFUSAL} }} }}"""
    edited = (await ask(document, partner, id=str(partner.id), input={"bio": "Sabar."}))["editPartner"]
    assert edited == {"name": "Sari", "bio": "Sabar."}
    stranger = await open_partner()
    assert (await ask(document, stranger, id=str(partner.id), input={"bio": "x"}))["editPartner"]["code"] == "NOT_FOUND"
    document = f"""mutation($id: UUID!) {{ suspendPartner(partnerId: $id, reason: "Laporan") {{
      ... on Partner {{ state stateReason }} {REFUSAL} }} }}"""
    done = (await ask(document, chief, id=str(partner.id)))["suspendPartner"]
    assert done == {"state": "SUSPENDED", "stateReason": "Laporan"}
    assert (await ask(document, partner, id=str(partner.id)))["suspendPartner"]["code"] == "NOT_ALLOWED"


async def test_prices_and_plans_are_refused_with_the_field_that_is_wrong() -> None:
    partner, other = await open_partner(), await open_partner()
    cost = await approve(other, GROOMER)
    offered = await services.offer(partner, GROOMER, Policy.ONE_DAY)
    given: dict[str, Any] = {"title": "Mandi", "unit": "SESSION", "priceIdr": 9_999, "minutes": 60}
    answer = (await ask(SET_PRICE, partner, service=str(offered.id), input=given))["setPrice"]
    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "priceIdr")
    good = {**given, "priceIdr": 90_000}
    assert (await ask(SET_PRICE, partner, service=str(offered.id), input=good))["setPrice"]["netIdr"] == 72_000
    for service_id, input in ((cost.service_id, good), (offered.id, {**good, "replaces": str(cost.id)})):
        answer = (await ask(SET_PRICE, partner, service=str(service_id), input=input))["setPrice"]
        assert answer["code"] == "NOT_FOUND"
    wrong_week = [{"weekday": 7, "opens": "09:00", "closes": "12:00"}]
    answer = (await ask(SET_PLAN, partner, periods=wrong_week))["setPlan"]
    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "weekday")
    zoned = [{"weekday": 1, "opens": "09:00+07:00", "closes": "12:00"}]
    answer = (await ask(SET_PLAN, partner, periods=zoned))["setPlan"]
    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "opens")


@pytest.mark.parametrize("service_type", [GROOMER, ServiceType.DOG_HOTEL])
async def test_a_partners_page_costs_the_same_with_more_services(service_type: ServiceType) -> None:
    small, large = await open_partner(), await open_partner("31.71", "31.72", "31.73")
    await approve(small, service_type)
    for each in ServiceType:
        await approve(large, each)
    with statements() as few:
        await ask(PROFILE, id=str(small.id))
    with statements() as lots:
        await ask(PROFILE, id=str(large.id))
    assert len(few) == len(lots)


async def test_a_clock_time_is_shown_as_it_was_given() -> None:
    (partner,) = await many(1)
    owner = Actor(id=partner.id, roles=frozenset({Role.PARTNER}))
    week = [{"weekday": 6, "opens": time(0).isoformat(), "closes": time(0).isoformat()}]
    assert (await ask(SET_PLAN, owner, periods=week))["setPlan"] == {"periods": week}
