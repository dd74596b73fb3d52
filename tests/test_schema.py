"""What clients are promised by the schema: it is the committed one, every list is bounded, every no is data."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from graphql import (
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from app.snapshot import SDL, sdl
from domain.booking import BOOKING
from domain.calendar import MAX_SLOTS
from domain.evidence import EvidenceKind
from domain.partner import MAX_AREAS, MAX_EXCEPTIONS
from domain.permissions import ALLOWED, SYSTEM_ONLY, Can, Role
from domain.photo import MAX_FILES_PER_UPDATE
from domain.rank import Part
from domain.service import ChecklistItem, ServiceType
from schema.loaders import MAX_CHILDREN
from services.partner.plan import MAX_PERIODS

ROOT = Path(__file__).parent.parent
# Mutations whose name says more than the use case's: a partner's plan is the only thing that has exceptions.
NAMED_OTHERWISE = {Can.ADD_EXCEPTION: "addPlanException", Can.REMOVE_EXCEPTION: "removePlanException"}
# Moves that one state allows once: a repeat is refused without a key, and gets the first answer with one.
KEY_IS_OPTIONAL = {
    "acceptBooking",
    "declineBooking",
    "startBooking",
    "completeBooking",
    "cancelBooking",
    "reportNoShow",
}
# What people do over HTTP, and not in GraphQL: the file itself.
OUTSIDE_GRAPHQL = {Can.RECEIVE_UPLOAD}
# Lists that are no connection, each with the most it can hold. Add one only with a bound that code keeps.
BOUNDED_LISTS: dict[str, int] = {
    "Account.consents": MAX_CHILDREN,
    "Account.roles": len(Role),
    "Booking.careLog": MAX_CHILDREN,
    "Booking.checklist": 2 * len(ChecklistItem),
    "Booking.incidents": MAX_CHILDREN,
    "Booking.nextMoves": len(BOOKING.moves),
    "BookingEvent.items": len(ChecklistItem),
    "MyPartner.exceptions": MAX_EXCEPTIONS,
    "MyPartner.plan": MAX_PERIODS,
    "MyPartner.resources": MAX_CHILDREN,
    "Partner.areas": MAX_AREAS,
    "Partner.services": len(ServiceType),
    "Partner.whyThisRank": len(Part),
    "PartnerService.openEvidence": len(EvidenceKind),
    "PartnerService.prices": MAX_CHILDREN,
    "PartnerService.startChecklist": len(ChecklistItem),
    "PhotoUpdate.media": MAX_FILES_PER_UPDATE,
    "Plan.periods": MAX_PERIODS,
    "Query.freeSlots": MAX_SLOTS,
    "Region.path": 4,  # province, regency, district, village
}
LONGEST_LIST = 400


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """In the place of the suite's own: nothing here needs a database."""


@cache
def client_schema() -> GraphQLSchema:
    return build_schema(sdl())


def fields(kind: str) -> dict[str, GraphQLField]:
    found = client_schema().type_map[kind]
    assert isinstance(found, GraphQLObjectType)
    given: dict[str, GraphQLField] = found.fields
    return given


def camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


def replayed() -> Iterator[Can]:
    """Use cases that give a repeated call the first one's answer: `@use_case(Can.X, replays=…)`."""
    for path in (ROOT / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            is_mark = isinstance(node, ast.Call) and ast.unparse(node.func) == "use_case"
            if isinstance(node, ast.Call) and is_mark and any(each.arg == "replays" for each in node.keywords):
                yield Can[ast.unparse(node.args[0]).removeprefix("Can.")]


def test_what_people_can_do_has_a_mutation_of_the_same_name() -> None:
    people = {can for can in Can if ALLOWED[can] != SYSTEM_ONLY} - OUTSIDE_GRAPHQL
    assert {NAMED_OTHERWISE.get(can, camel(can.value)) for can in people} == set(fields("Mutation"))


def test_the_committed_schema_is_what_the_code_says() -> None:
    assert SDL.read_text() == sdl(), "look at the difference, then `make schema`"


@pytest.mark.proves("Z-01")
def test_partners_and_bookings_are_reached_by_query_and_mutation() -> None:
    reached = {"query": set(fields("Query")), "mutation": set(fields("Mutation"))}
    assert reached["query"] >= {"partners", "partner", "bookings", "booking"}
    assert reached["mutation"] >= {"openPartner", "editPartner", "holdBooking", "requestBooking", "acceptBooking"}


def test_each_list_is_a_connection_or_has_a_bound() -> None:
    plain = {
        f"{name}.{field}"
        for name, kind in client_schema().type_map.items()
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__")
        for field, what in kind.fields.items()
        if is_list_type(get_nullable_type(what.type)) and not (name.endswith("Connection") and field == "edges")
    }
    assert plain == set(BOUNDED_LISTS)
    assert max(BOUNDED_LISTS.values()) <= LONGEST_LIST


def test_each_connection_is_asked_for_by_pages() -> None:
    for name, kind in client_schema().type_map.items():
        for field, what in kind.fields.items() if isinstance(kind, GraphQLObjectType) else ():
            if get_named_type(what.type).name.endswith("Connection"):
                assert {"first", "after"} <= set(what.args), f"{name}.{field}"


def test_each_mutation_can_answer_with_a_refusal() -> None:
    for name, field in fields("Mutation").items():
        result = get_named_type(field.type)
        assert isinstance(result, GraphQLUnionType), name
        assert "Refusal" in {member.name for member in result.types}, name


def test_whatever_is_made_or_paid_once_takes_an_idempotency_key() -> None:
    """The use cases that replay and the mutations that take a key are the same."""
    replaying = {camel(can.value) for can in replayed()}
    taking = {name for name, field in fields("Mutation").items() if "idempotencyKey" in field.args}
    assert replaying == taking
    assert taking >= {"holdBooking", "requestBooking"}  # one makes the booking, the other moves its money
    required = {n for n in taking if isinstance(fields("Mutation")[n].args["idempotencyKey"].type, GraphQLNonNull)}
    assert taking - required == KEY_IS_OPTIONAL


def test_each_subscription_can_be_resumed() -> None:
    assert [name for name, field in fields("Subscription").items() if "after" not in field.args] == []
