"""A condition as SQL means what Tortoise means by it: the same rows are found, for every reader."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from tortoise import Tortoise
from tortoise.exceptions import FieldError
from tortoise.expressions import F, Q, Subquery
from tortoise.models import Model

from domain.booking import BookingState
from domain.notification import Channel
from domain.partner import ServiceState
from models.account import Account, Consent
from models.booking import Booking, Incident
from models.condition import held, where
from models.message import Message
from models.notification import Notification
from models.partner import Partner, PartnerService, Price
from models.pet import Pet
from models.photo import PhotoUpdate, Upload
from models.record import records
from models.region import Region
from models.row import Seen
from models.task import Task
from tests import world
from tests.filled import NOW, Filled, filled

SEEN = (
    Account,
    Booking,
    Consent,
    Incident,
    Message,
    Notification,
    Partner,
    PartnerService,
    PhotoUpdate,
    Pet,
    Task,
    Upload,
)
SECRET = "x'); DROP TABLE pet; --"

Case = tuple[type[Model], Q]


@pytest.fixture
async def full() -> Filled:
    return await filled()


async def found(model: type[Model], condition: Q, *before: Any) -> tuple[list[Any], str, list[Any]]:
    """Ids that the SQL finds, the SQL, and its parameters; some are known already."""
    values = list(before)
    said = where(model, condition, "t", values)
    key, table = model._meta.db_pk_column, model._meta.db_table
    known = " AND ".join([f"${number + 1}::int = {value}" for number, value in enumerate(before)] or ["true"])
    rows = await records(f"SELECT t.{key} FROM {table} t WHERE {known} AND {said}", values)
    return sorted(row[0] for row in rows), said, values


async def by_tortoise(model: type[Model], condition: Q) -> list[Any]:
    """Ids as the ORM finds them; once each, because a relation's filter may find a row twice."""
    return sorted({row.pk for row in await model.filter(condition)})


def simple(full: Filled) -> Iterator[Case]:
    """What the code says by itself."""
    booking, customer = full.bookings[2], full.customer.id
    late = Q(starts_at__gt=NOW) & Q(state=BookingState.ACCEPTED)
    hers = Booking.filter(customer_id=customer, state__in=[BookingState.ACCEPTED])
    yield from [(Booking, each) for each in (
        Q(), Q() & Q(), Q() | Q(), Q(Q(), Q()), Q() | Q(id=booking), Q(id=booking) | Q(), Q(Q() | Q(), id=booking),
        Q(id=booking), Q(pk=booking), Q(id=str(booking)), Q(pk__in=[booking]), Q(code="none"),
        Q(id__gt=booking), Q(id__gte=booking), Q(id__lt=booking), Q(id__lte=booking),
        Q(id__in=full.bookings[:2]), Q(id__in=tuple(full.bookings)), Q(id__in=set(full.bookings)), Q(id__in=[]),
        Q(id__in=[]) | Q(id=booking), Q(id__in=[]) & Q(id=booking), Q(refund_idr=None), Q(refund_idr__isnull=True),
        Q(refund_idr__isnull=False), Q(refund_idr__not_isnull=True), Q(refund_idr__not_isnull=False),
        Q(address_id=None), Q(address_id__isnull=False), Q(has_no_updates=True), Q(has_no_updates=False),
        Q(state=BookingState.HELD), Q(state="HELD"), Q(state__in=[BookingState.HELD, "REQUESTED"]),
        Q(starts_at__gte=NOW), Q(completed_at=NOW), Q(completed_at__lt=NOW + timedelta(seconds=1)),
        Q(starts_at__gte=NOW, starts_at__lt=NOW + timedelta(days=900), customer_id=customer), late,
        Q(customer_id=customer) | Q(partner_id=customer, requested_at__isnull=False),
        Q(units=1, price_idr__lte=150_000),
        Q(customer_id=customer, partner_id=customer, join_type="OR"), Q(late, Q(units=7), join_type="OR"),
        Q(Q(Q(units=1) | Q(units=2)) & Q(Q(customer_id=customer) | Q(note="Jam 8")), state=BookingState.REQUESTED),
        (Q(units=1) | Q(units=2)) & Q(id__in=full.bookings[:3]) | Q(note="Jam 10"),
        Q(id__in=Subquery(Booking.filter(state=BookingState.HELD).values("id"))),
        Q(customer_id__in=Subquery(Pet.filter(name="Putih", archived_at=None).values("owner_id"))),
        Q(pet_id__in=Subquery(Pet.filter(Q(name="Putih") | Q(name="Bolu")).filter(owner_id=customer).values("id"))),
        Q(partner_id__in=Subquery(PartnerService.filter(id__in=Subquery(hers.values("service_id"))).values("partner_id"))),
        Q(id__in=Subquery(Booking.all().values("id"))), Q(id__in=Subquery(Booking.filter(id__in=[]).values("id"))),
    )]  # fmt: skip
    yield from (
        (Pet, Q(born_on=NOW.date())),
        (Pet, Q(born_on__gt=NOW.date())),
        (Pet, Q(name=SECRET)),
        (Pet, Q(name="")),
    )
    yield from ((Task, Q(pk="a:1")), (Task, Q(key__in=["a:1", "a:2"])), (Task, Q(attempts__lt=1, due_at__lte=NOW)))
    yield from ((Notification, Q(channel=Channel.SMS) & Q(queue__isnull=False)), (Region, Q(parent=None)))


def odd(full: Filled) -> Iterator[Case]:
    """What only Tortoise can say."""
    booking, customer = full.bookings[2], full.customer.id
    yield from [(Booking, each) for each in (
        ~Q(id=booking), ~Q(state=BookingState.HELD) & Q(customer_id=customer), Q(~Q(units=2), ~Q(note="")),
        ~(Q(note="Jam 8") | Q(note="Jam 10")), Q(note__startswith="Jam"), Q(note__istartswith="jAM"),
        Q(note__icontains="8") | Q(refund_idr=5), Q(state__not=BookingState.HELD), Q(state__not_in=[BookingState.HELD]),
        Q(customer__name="Sari"), Q(customer__name__startswith="Bu"), Q(pet__owner__name="Sari", units=1),
        Q(customer=customer), Q(started_at__gt=F("created_at")), Q(refund_idr__gt=None), Q(ends_at__range=(NOW, NOW)),
        Q(id__in=Subquery(Booking.filter(state=BookingState.HELD).limit(1).values("id"))),
        Q(id__in=Subquery(Incident.filter(booking__note="").values("booking_id"))),
        Q(created_at__year=NOW.year), Q(messages__body="Pesan 1"), Q(units=1, messages__side="CUSTOMER"),
    )]  # fmt: skip
    yield from [(Partner, each) for each in (
        Q(areas__contains=["31.71"]), Q(areas__overlap=["31.71", "99"]), Q(areas__contained_by=["31.71"]),
        Q(areas=["31.71"]), Q(areas__len=1), Q(rank__gt=100) & Q(areas__contains=["31.71"]),
        Q(services__prices__minutes=60),
    )]  # fmt: skip
    yield (PartnerService, Q(evidence__contains={"KTP": 3}))
    yield from ((Price, Q(service__partner__state="ACTIVE")), (Price, Q(service__state=ServiceState.APPROVED)))
    yield from ((Notification, Q(parameters__contains=["satu"])), (Region, Q(name__istartswith="jakarta", parent="31")))


async def test_every_reader_sees_the_rows_that_tortoise_finds(full: Filled) -> None:
    every = [model for models in (Tortoise.apps or {}).values() for model in models.values() if issubclass(model, Seen)]
    saying = {model for model in every if "seen_by" in vars(model)}
    assert saying >= set(SEEN)
    seen = set()
    for model in saying:
        for name, actor in full.viewers.items():
            expected = await by_tortoise(model, model.seen_by(actor))
            assert (await found(model, model.seen_by(actor)))[0] == expected, (model, name)
            seen.add((model, tuple(expected)))
    assert len(seen) > 2 * len(SEEN)  # the readers do differ


async def test_a_condition_finds_what_tortoise_finds(full: Filled) -> None:
    empty = 0
    for model, condition in (*simple(full), *odd(full)):
        expected = await by_tortoise(model, condition)
        empty += not expected
        assert (await found(model, condition))[0] == expected, condition
        assert (await found(model, condition, 7, 8))[0] == expected, condition
        seen = cast("type[Seen]", model)
        if issubclass(model, Seen) and "seen_by" in vars(model):
            both = seen.seen_by(full.groomer.actor) & condition
            assert (await found(model, both))[0] == await by_tortoise(model, both), both
    assert empty < 16  # most of them tell rows apart


async def test_a_simple_condition_is_said_without_a_queryset(full: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    cases, others = list(simple(full)), list(odd(full))
    asked: list[Any] = []

    def written(rows: Any, values: list[Any]) -> str:
        asked.append(rows)
        return "SELECT NULL"

    monkeypatch.setattr("models.condition._written", written)
    for model, condition in cases:
        where(model, condition, "t", [])
    assert asked == []
    for model, condition in others:
        where(model, condition, "t", [])
    assert len(asked) == len(others)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Q(partner_id=UUID(int=1)), {"partner_id"}),
        (Q() & Q(partner_id=UUID(int=1)) & Q(units=1, price_idr__gt=5), {"partner_id", "units"}),
        ((Q(units=1) | Q(units=2)) & Q(customer_id=UUID(int=1)), {"customer_id"}),
        (Q(partner_id=UUID(int=1)) | Q(customer_id=UUID(int=1)), set()),
        (Q(address_id=None), set()),
        (Q(partner_id__in=[UUID(int=1)]), set()),
        (~Q(partner_id=UUID(int=1)), set()),
        (Q(partner_id=UUID(int=1)) & Q(note__startswith="Jam"), set()),  # Tortoise writes it, as ids
    ],
)
async def test_what_one_value_holds_is_told(condition: Q, expected: set[str]) -> None:
    assert set(held(condition, "t", where(Booking, condition, "t", []))) == expected


async def test_values_are_parameters_behind_those_given() -> None:
    for condition in (
        Q(name=SECRET), Q(name__in=[SECRET, "Bolu"]), Q(name__startswith=SECRET), ~Q(name=SECRET),
        Q(owner__name=SECRET),
        Q(id__in=Subquery(Pet.filter(name=SECRET).values("id"))),
        Q(name__gt=SECRET) | Q(notes=SECRET, breed=SECRET),
    ):  # fmt: skip
        values: list[Any] = [1, 2]
        said = where(Pet, condition, "t", values)
        assert SECRET not in said
        assert "DROP" not in said
        assert values[:2] == [1, 2]
        numbers = {int(each) for each in _numbers(said)}
        assert numbers == set(range(3, len(values) + 1)), said


async def test_more_than_nine_parameters_keep_their_places() -> None:
    await world.customer()
    names = [f"kata {number}" for number in range(12)]
    for odd_one in (Q(name="Bolu"), Q(name__startswith="Bol")):
        condition = odd_one
        for name in names:
            condition = condition | Q(name=name)
        assert (await found(Pet, condition, 1, 2, 3))[0] == await by_tortoise(Pet, condition) != []


async def test_what_was_added_for_a_condition_that_is_not_simple_is_taken_back() -> None:
    values: list[Any] = [1]
    where(Pet, Q(Q(name="a"), Q(notes__startswith="b")), "t", values)
    assert values == [1, "a", "b%"]


def _numbers(said: str) -> list[str]:
    return ["".join(each[: len(each) - len(each.lstrip("0123456789"))]) for each in said.split("$")[1:]]


def test_an_unknown_column_is_an_error_and_no_condition() -> None:
    with pytest.raises(FieldError, match="nothing"):
        where(Pet, Q(nothing=1), "t", [])
