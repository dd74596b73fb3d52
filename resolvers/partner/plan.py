"""When a partner works, and how many pets it can keep."""

from uuid import UUID

import strawberry

from domain.calendar import Period
from domain.calendar import PlanException as Differing
from schema.calendar import (
    Plan,
    PlanException,
    PlanExceptionInput,
    PlanExceptionResult,
    PlanPeriod,
    PlanPeriodInput,
    PlanResult,
)
from schema.context import Info
from schema.partner import Resource, ResourceResult
from services.partner import capacity
from services.partner import plan as plans


@strawberry.type
class PlanMutation:
    @strawberry.mutation(description="Replace the whole week at once; no period at all means never open.")
    async def set_plan(self, info: Info, periods: list[PlanPeriodInput]) -> PlanResult:
        week = [Period(each.weekday, each.opens, each.closes) for each in periods]
        saved = await plans.set_plan(info.context.actor, week)
        return Plan(periods=[PlanPeriod.of(row) for row in saved])

    @strawberry.mutation(description="Say that a day differs from the plan.")
    async def add_plan_exception(self, info: Info, input: PlanExceptionInput) -> PlanExceptionResult:
        differing = Differing(input.on, input.opens, input.closes, input.available)
        return PlanException.of(await plans.add_exception(info.context.actor, differing, input.note))

    @strawberry.mutation(description="Let the day be like any other again.")
    async def remove_plan_exception(self, info: Info, exception_id: UUID) -> PlanExceptionResult:
        return PlanException.of(await plans.remove_exception(info.context.actor, exception_id))

    @strawberry.mutation(description="Add a kennel.")
    async def add_resource(self, info: Info, label: str) -> ResourceResult:
        return Resource.of(await capacity.add_resource(info.context.actor, label))

    @strawberry.mutation(description="Remove a kennel that has no bookings to come.")
    async def remove_resource(self, info: Info, resource_id: UUID) -> ResourceResult:
        return Resource.of(await capacity.remove_resource(info.context.actor, resource_id))
