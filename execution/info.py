"""What a resolver may ask about its own execution, made only when it asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable

from execution.place import Link, Place
from execution.run import Run


class AsyncHelpers:
    """The two services that graphql-core's type resolver asks of its executor."""

    @staticmethod
    async def gather(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
        """All results, in order."""
        return list(await asyncio.gather(*awaitables))

    @staticmethod
    def track(awaitables: Sequence[Awaitable[Any]]) -> None:
        """Let them end in the background."""
        for awaitable in awaitables:
            asyncio.ensure_future(awaitable).add_done_callback(_seen)


def _seen(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


class RawInfo:
    """Has the attributes of graphql-core's GraphQLResolveInfo as Strawberry extends it."""

    __slots__ = ("_link", "_path", "place", "run")

    is_awaitable = staticmethod(optimized_is_awaitable)
    abort_signal = None
    async_helpers = AsyncHelpers

    def __init__(self, run: Run, place: Place, link: Link) -> None:
        self.run = run
        self.place = place
        self._link = link
        self._path: Path | None = None

    @property
    def field_name(self) -> str:
        return self.place.field_name

    @property
    def field_nodes(self) -> list[FieldNode]:
        return list(self.place.nodes)

    @property
    def return_type(self) -> Any:
        return self.place.return_type

    @property
    def parent_type(self) -> GraphQLObjectType:
        return self.place.parent_type

    @property
    def path(self) -> Path:
        """The field's path, also when a list item of it is asked for."""
        if self._path is None:
            self._path = _path_to(self._link)
        return self._path

    @property
    def schema(self) -> GraphQLSchema:
        return self.run.plan.schema

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        return self.run.plan.fragment_definitions

    @property
    def root_value(self) -> Any:
        return self.run.root

    @property
    def operation(self) -> OperationDefinitionNode:
        return self.run.plan.operation

    @property
    def variable_values(self) -> dict[str, Any]:
        return self.run.variables.coerced

    @property
    def context(self) -> Any:
        return self.run.context

    @property
    def operation_extensions(self) -> Any:
        return self.run.extensions


def _path_to(link: Link) -> Path:
    while link is not None and not link[2].is_field:
        link = link[0]
    links = []
    while link is not None:
        links.append(link)
        link = link[0]
    path: Path | None = None
    for _, key, place in reversed(links):
        path = Path(path, key, place.parent_type.name if place.is_field else None)
    assert path is not None  # a resolver always stands at a field
    return path


def raw_info(run: Run, place: Place, parent: Link) -> RawInfo:
    """The info of the field at `place` in the object at `parent`."""
    return RawInfo(run, place, (parent, place.key, place))


def info(run: Run, place: Place, parent: Link) -> Any:
    """Strawberry's own Info, or the schema's subclass of it."""
    make: Any = run.plan.info_class
    return make(_raw_info=RawInfo(run, place, (parent, place.key, place)), _field=place.strawberry_field)
