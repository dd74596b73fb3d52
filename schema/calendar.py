"""A partner's week, the days that differ from it, and what can be booked."""

from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

import strawberry

from domain import calendar
from models import calendar as rows
from schema.refusal import Refusal
from services.partner.plan import clock

strawberry.enum(calendar.Zone)


@strawberry.type(description="Open hours of one weekday on the partner's clock.")
class PlanPeriod:
    id: UUID
    weekday: int = strawberry.field(description="0 is Monday.")
    opens: time
    closes: time = strawberry.field(description="00:00 is the midnight that ends the day.")

    @classmethod
    def of(cls, row: rows.PlanPeriod) -> "PlanPeriod":
        return cls(id=row.id, weekday=row.weekday, opens=clock(row.opens_minute), closes=clock(row.closes_minute))


@strawberry.type(description="A day that differs from the plan; without times the whole day.")
class PlanException:
    id: UUID
    on: date
    available: bool = strawberry.field(description="Open in addition to the plan, or closed.")
    opens: time | None
    closes: time | None
    note: str

    @classmethod
    def of(cls, row: rows.PlanException) -> "PlanException":
        return cls(
            id=row.id, on=row.on_day, available=row.available, note=row.note,
            opens=None if row.opens_minute is None else clock(row.opens_minute),
            closes=None if row.closes_minute is None else clock(row.closes_minute),
        )  # fmt: skip


@strawberry.type(description="The whole week of a partner.")
class Plan:
    periods: list[PlanPeriod]


@strawberry.type(description="A job or stay that could be booked now.")
class FreeSlot:
    starts_at: datetime
    ends_at: datetime
    day: date = strawberry.field(description="The day it begins on, in the partner's zone.")

    @classmethod
    def of(cls, slot: calendar.Interval, zone: calendar.Zone) -> "FreeSlot":
        return cls(starts_at=slot.starts_at, ends_at=slot.ends_at, day=zone.day_of(slot.starts_at))


@strawberry.input(description="Open hours of one weekday (0 is Monday); `closes` 00:00 is the midnight ending the day.")
class PlanPeriodInput:
    weekday: int
    opens: time
    closes: time


@strawberry.input(description="A day that differs: both times or none; `available` opens, otherwise it closes.")
class PlanExceptionInput:
    on: date
    available: bool
    opens: time | None = None
    closes: time | None = None
    note: str = ""


PlanResult = Annotated[Plan | Refusal, strawberry.union("PlanResult")]
PlanExceptionResult = Annotated[PlanException | Refusal, strawberry.union("PlanExceptionResult")]
