"""Order and waiting: loaders batch as before, mutations go one after another, levels go at once."""

import asyncio
from typing import Any

import pytest
import strawberry
from strawberry.dataloader import DataLoader

from execution.schema import CompiledSchema
from tests.execution.both import both


class Context:
    def __init__(self) -> None:
        self.batches: list[int] = []
        self.log: list[str] = []
        self.people: DataLoader[int, Any] = DataLoader(load_fn=self._load)

    async def _load(self, keys: list[int]) -> list[Any]:
        self.batches.append(len(keys))
        await asyncio.sleep(0)
        return [Person(number=key) for key in keys]


@strawberry.type
class Person:
    number: int

    @strawberry.field
    async def boss(self, info: strawberry.Info[Context]) -> "Person | None":
        found: Person | None = await info.context.people.load(self.number // 2)
        return found

    @strawberry.field
    def friend(self, info: strawberry.Info[Context]) -> "Person":
        found: Any = info.context.people.load(self.number + 1)
        return found  # type: ignore[no-any-return]


@strawberry.type
class Query:
    @strawberry.field
    async def people(self, count: int = 20) -> list[Person]:
        return [Person(number=number) for number in range(count)]

    @strawberry.field
    def now(self) -> list[Person]:
        return [Person(number=number) for number in range(5)]


@pytest.mark.parametrize(
    "document",
    [
        "{ people { boss { number boss { number } } } }",
        "{ people { friend { number } boss { number } } }",
        "{ now { friend { friend { number } } } people { boss { number } } }",
        "{ a: people(count: 3) { boss { number } } b: people(count: 4) { friend { boss { number } } } }",
    ],
)
async def test_loaders_see_the_same_levels_or_larger_ones(document: str) -> None:
    contexts = []
    for schema in (strawberry.Schema(Query), CompiledSchema(Query)):
        contexts.append(Context())
        await schema.execute(document, context_value=contexts[-1])
    await both(Query, document, context=Context)
    assert len(contexts[1].batches) <= len(contexts[0].batches)
    assert sum(contexts[1].batches) == sum(contexts[0].batches)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def slow(self, info: strawberry.Info[Context], name: str) -> str:
        info.context.log.append(f"begin {name}")
        await asyncio.sleep(0.001)
        info.context.log.append(f"end {name}")
        return name

    @strawberry.mutation
    def quick(self, info: strawberry.Info[Context]) -> list[str]:
        info.context.log.append("quick")
        return info.context.log

    @strawberry.mutation
    async def broken(self, info: strawberry.Info[Context]) -> str:
        info.context.log.append("broken")
        raise ValueError("no")


async def test_mutations_go_one_after_another() -> None:
    context = Context()
    schema = CompiledSchema(Query, Mutation)
    answer = await schema.execute('mutation { a: slow(name: "a") quick b: slow(name: "b") }', context_value=context)
    assert context.log == ["begin a", "end a", "quick", "begin b", "end b"]
    assert answer.data is not None
    assert list(answer.data) == ["a", "quick", "b"]


async def test_after_a_mutation_that_voids_the_answer_none_is_begun() -> None:
    logs = []
    for schema in (strawberry.Schema(Query, Mutation), CompiledSchema(Query, Mutation)):
        context = Context()
        answer = await schema.execute('mutation { quick broken slow(name: "x") }', context_value=context)
        assert answer.data is None
        logs.append(context.log)
    assert logs[0] == logs[1] == ["quick", "broken"]


async def test_root_fields_do_not_wait_for_each_other() -> None:
    seen: list[str] = []

    @strawberry.type
    class Part:
        name: strawberry.Private[str]

        @strawberry.field
        async def done(self) -> str:
            seen.append(self.name)
            return self.name

    async def part(name: str, delay_s: float) -> Part:
        await asyncio.sleep(delay_s)
        return Part(name=name)

    @strawberry.type
    class Roots:
        slow: Part = strawberry.field(resolver=lambda: part("slow", 0.02))
        fast: Part = strawberry.field(resolver=lambda: part("fast", 0))

    await CompiledSchema(Roots).execute("{ slow { done } fast { done } }")
    assert seen == ["fast", "slow"]


async def test_cancellation_reaches_the_resolvers() -> None:
    ended: list[str] = []

    async def endless() -> str:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")
        return "never"

    @strawberry.type
    class Roots:
        a: str = strawberry.field(resolver=endless)
        b: str = strawberry.field(resolver=endless)

    asking = asyncio.create_task(CompiledSchema(Roots).execute("{ a b }"))
    await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert ended == ["cancelled", "cancelled"]
