"""One execution of a plan: its errors, and the values that are still awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult, GraphQLError, located_error
from graphql.execution.values import VariableValues

from execution.place import Link, Place, path_of

if TYPE_CHECKING:
    from execution.plan import Plan


class Later:
    """A value that has to be awaited: who waits for it, and what completes it then."""

    __slots__ = ("awaitable", "finish", "into", "key", "parent", "place")

    def __init__(
        self, awaitable: Awaitable[Any], place: Place, parent: Link, key: str | int, finish: Callable[[Any], Any]
    ) -> None:
        self.awaitable = awaitable
        self.place = place
        self.parent = parent
        self.key = key
        self.finish = finish
        self.into: Any = None  # the dict or list that gets the value

    def path(self) -> tuple[str | int, ...]:
        """Where in the answer the value will stand."""
        return (*path_of(self.parent), self.key)


class Run:
    """What one execution knows. Code between two awaits never interleaves, so nothing here is locked."""

    __slots__ = (
        "arguments", "context", "data", "errors", "extensions", "nulled", "orphans", "plan", "root", "unplaced",
        "variables", "waiting",
    )  # fmt: skip

    def __init__(self, plan: Plan, variables: VariableValues, context: Any, root: Any, extensions: Any) -> None:
        self.plan = plan
        self.variables = variables
        self.context = context
        self.root = root
        self.extensions = extensions
        self.data: dict[str, Any] | None = {}
        self.errors: list[GraphQLError] = []
        self.nulled: set[tuple[str | int, ...]] = set()  # positions that an error made null
        self.unplaced: list[Later] = []  # whose dict or list is still being built
        self.waiting: list[Later] = []
        self.orphans: list[Awaitable[Any]] = []  # resolvers that were called for an object that is null by now
        self.arguments: dict[int, dict[str, Any]] = {}

    def later(
        self, awaitable: Awaitable[Any], place: Place, parent: Link, key: str | int, finish: Callable[[Any], Any]
    ) -> None:
        """Await the value when the synchronous part is done; the caller puts None in its place."""
        self.unplaced.append(Later(awaitable, place, parent, key, finish))

    def put(self, container: Any, link: Link) -> None:
        """The dict or list of `link` is built: the awaited values among its own are going to be written into it."""
        rest: list[Later] = []
        for later in self.unplaced:
            if later.parent is link:
                later.into = container
                self.waiting.append(later)
            else:
                rest.append(later)
        self.unplaced = rest

    def add_error(self, error: GraphQLError, position: tuple[str | int, ...]) -> None:
        """Keep the error that made `position` null, unless something above is null already."""
        if not self.is_nulled(position):
            self.nulled.add(position)
            self.errors.append(error)

    def is_nulled(self, position: tuple[str | int, ...]) -> bool:
        """Whether an error made the position or anything above it null."""
        return bool(self.nulled) and any(position[:length] in self.nulled for length in range(len(position) + 1))

    def orphan(self, position: tuple[str | int, ...]) -> None:
        """Values below the position are not wanted any more, though their resolvers were called already."""
        wanted: list[Later] = []
        for later in self.unplaced:
            if later.path()[: len(position)] == position:
                self.orphans.append(later.awaitable)
            else:
                wanted.append(later)
        self.unplaced = wanted

    def result(self) -> ExecutionResult:
        """The answer as graphql-core gives it."""
        return ExecutionResult(self.data, self.errors or None)


def failed(raw: Exception, place: Place, parent: Link, key: str | int, run: Run) -> None:
    """Null for a nullable place, with the error kept; for any other the error goes on to the parent."""
    path = (*path_of(parent), key)
    if run.unplaced:
        run.orphan(path)
    error = located_error(raw, place.nodes, list(path))
    if not place.nullable:
        raise error
    run.add_error(error, path)


async def settle(run: Run) -> None:
    """Await everything. Root fields go on independently; below one, all that is awaited on a level is awaited at once,
    so that loaders see the whole level."""
    waiting = run.waiting
    run.waiting = []
    if len(waiting) == 1:
        await _settle_lane(run, waiting)
    elif waiting:
        lanes: dict[str | int, list[Later]] = {}
        for later in waiting:
            lanes.setdefault(later.path()[0], []).append(later)
        await asyncio.gather(*[_settle_lane(run, lane) for lane in lanes.values()])
    if run.orphans:
        await asyncio.gather(*run.orphans, return_exceptions=True)
        run.orphans = []


async def _settle_lane(run: Run, waiting: list[Later]) -> None:
    while waiting:  # ends with the document: each round is at least one selection deeper
        if len(waiting) == 1:
            try:
                results = [await waiting[0].awaitable]
            except Exception as error:  # also what a resolver returns as its value is raised
                results = [error]
        else:
            results = await asyncio.gather(*[later.awaitable for later in waiting], return_exceptions=True)
        for later, value in zip(waiting, results, strict=True):
            _complete(run, later, value)
        waiting = run.waiting
        run.waiting = []


def _complete(run: Run, later: Later, value: Any) -> None:
    if run.nulled and run.is_nulled(later.path()):
        return
    try:
        if isinstance(value, BaseException):
            raise value
        completed = later.finish(value)
    except Exception as raw:
        _bubble(run, raw, later)
        return
    later.into[later.key] = completed
    if run.unplaced:
        run.put(later.into, later.parent)


def _bubble(run: Run, raw: Exception, later: Later) -> None:
    """Write null into the nearest nullable place upwards of an awaited value that failed."""
    path = later.path()
    run.orphan(path)
    error = located_error(raw, later.place.nodes, list(path))
    link: Link = (later.parent, later.key, later.place)
    while link is not None and not link[2].nullable:
        link = link[0]
    position = path_of(link)
    run.add_error(error, position)
    if link is None:
        run.data = None
    else:
        _write_null(run.data, position)


def _write_null(container: Any, position: tuple[str | int, ...]) -> None:
    for key in position[:-1]:
        if container is None:
            return
        container = container[key]
    if container is not None:
        container[position[-1]] = None
