"""Completion of the values that the generated code does not complete itself: nulls, errors, awaitables, odd types."""

from __future__ import annotations

import datetime
import decimal
import types
import uuid
from collections.abc import AsyncIterable, Awaitable, Callable
from functools import partial
from typing import Any

from graphql import GraphQLAbstractType, GraphQLError, GraphQLObjectType, Undefined, is_object_type
from graphql.execution.executor import default_type_resolver, invalid_return_type_error
from graphql.pyutils import inspect
from graphql.pyutils.is_iterable import is_iterable
from strawberry.execution import optimized_is_awaitable
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE
from strawberry.utils.await_maybe import await_maybe

from execution.info import RawInfo, info
from execution.place import Body, Link, Place
from execution.run import Run

MAX_KNOWN_CLASSES = 1_000
Handlers = tuple[tuple[tuple[type[Exception], ...], Any], ...]  # exceptions, and what makes a value of them
# Classes whose instances are surely neither null nor an error nor awaitable.
SAFE: set[type] = {
    bool, int, float, str, bytes, list, tuple, dict, set, frozenset,
    datetime.datetime, datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, uuid.UUID,
}  # fmt: skip
NEVER_SAFE = (BaseException, type(None), type(Undefined), types.GeneratorType, types.CoroutineType)


class Recorded:
    """What a resolver gives instead of objects: a record (or what holds records), and the code that answers from it."""

    __slots__ = ("body", "record")

    def __init__(self, body: Body, record: Any) -> None:
        self.body = body
        self.record = record


def odd(value: Any, place: Place, parent: Link, key: str | int, run: Run) -> Any:
    """Complete any value a resolver returned; the generated code calls this for what it does not know."""
    if value is None and place.nullable:
        return None
    if optimized_is_awaitable(value):
        return run.later(value, place, parent, key, partial(whole, place=place, parent=parent, key=key, run=run))
    completed = whole(value, place, parent, key, run)
    _remember_safe(value)
    return completed


def whole(value: Any, place: Place, parent: Link, key: str | int, run: Run) -> Any:
    """Complete a value that is not awaited."""
    if isinstance(value, Exception):
        raise value
    if value is None or value is Undefined:
        if place.nullable:
            return None
        raise TypeError(f"Cannot return null for non-nullable field {place.parent_type}.{place.field_name}.")
    if value.__class__ is Recorded:
        return value.body(value.record, (parent, key, place), run)
    return place.body(value, (parent, key, place), run)


def awaited(value: Any, place: Place, parent: Link, key: str | int, run: Run) -> None:
    """What an asynchronous resolver gave: complete its result when there is one."""
    run.later(value, place, parent, key, partial(whole, place=place, parent=parent, key=key, run=run))


async def handled(call: Callable[[], Awaitable[Any]], handlers: Handlers, place: Place, parent: Link, run: Run) -> Any:
    """What the resolver gives, or what a handler of Strawberry's makes of its exception."""
    try:
        return await call()
    except Exception as error:
        for kinds, handler in handlers:
            if isinstance(error, kinds):
                found = handler.handle(error, field=place.strawberry_field, info=info(run, place, parent))
                found = await await_maybe(found)
                if found is None:  # the handler declines
                    raise
                return found
        raise


def _remember_safe(value: Any) -> None:
    """Note the value's class if the instances of that class need no look at each of them."""
    kind = type(value)
    if kind in SAFE or len(SAFE) >= MAX_KNOWN_CLASSES or kind is not value.__class__ or issubclass(kind, NEVER_SAFE):
        return
    asks_code = hasattr(kind, "__getattr__") or isinstance(kind.__getattribute__, types.FunctionType)
    if not asks_code and not hasattr(kind, "__await__"):
        SAFE.add(kind)


def list_body(place: Place, loop: Callable[[Any, Link, Run], list[Any]]) -> Body:
    """Completes whatever may stand for a list; `loop` is the generated code for its items."""

    def complete(value: Any, link: Link, run: Run) -> Any:
        if hasattr(value, "__aiter__"):
            assert link is not None
            run.later(_collected(value), place, link[0], link[1], lambda items: loop(items, link, run))
            return None
        if not is_iterable(value):
            raise GraphQLError(
                f"Expected Iterable, but did not find one for field '{place.parent_type}.{place.field_name}'."
            )
        return loop(value, link, run)

    return complete


async def _collected(items: AsyncIterable[Any]) -> list[Any]:
    return [item async for item in items]


def typed_body(place: Place, type_: GraphQLObjectType, body: Body) -> Body:
    """Completes an object of a type that asks each value whether it is one."""
    is_type_of = type_.is_type_of
    assert is_type_of is not None
    origin = _deciding_class(type_)

    def check(answer: Any, value: Any) -> None:
        if not answer:
            raise invalid_return_type_error(type_, value, place.details)

    def complete(value: Any, link: Link, run: Run) -> Any:
        if origin is not None and value.__class__ is origin and not hasattr(value, TYPE_CAST_ATTRIBUTE):
            return body(value, link, run)
        answer: Any = is_type_of(value, RawInfo(run, place, link))  # type: ignore[arg-type]
        if optimized_is_awaitable(answer):
            assert link is not None

            def finish(awaited_answer: Any) -> Any:
                check(awaited_answer, value)
                return body(value, link, run)

            run.later(answer, place, link[0], link[1], finish)
            return None
        check(answer, value)
        return body(value, link, run)

    return complete


def resolves_by_class(abstract: Any) -> bool:
    """Whether Strawberry finds the type of a value, and no function of somebody's who could look at the info."""
    return _is_strawberrys(abstract.resolve_type, "._resolve_union_type") or _is_strawberrys(
        abstract.resolve_type, "_get_resolve_type.<locals>.resolve_type"
    )


def decides_by_class(type_: GraphQLObjectType) -> bool:
    """Whether Strawberry says if a value is of the type, and no function of somebody's who could look at the info."""
    return type_.is_type_of is None or _deciding_class(type_) is not None


def _deciding_class(type_: GraphQLObjectType) -> type | None:
    """The class whose instances Strawberry's own is_type_of always accepts; None if somebody wrote another."""
    if type_.is_type_of is None or not _is_strawberrys(type_.is_type_of, "_get_is_type_of.<locals>.is_type_of"):
        return None
    origin = type_.extensions["strawberry-definition"].origin
    return origin if isinstance(origin, type) else None


def _is_strawberrys(function: Any, ending: str) -> bool:
    module = getattr(function, "__module__", "") or ""
    return module.startswith("strawberry.") and getattr(function, "__qualname__", "").endswith(ending)


def abstract_body(place: Place, by_name: dict[str, Body]) -> Body:
    """Completes a value of an interface or a union: its type is asked for at run time, as Strawberry does it."""
    abstract: GraphQLAbstractType = place.type
    resolve_type: Any = abstract.resolve_type or default_type_resolver
    by_class: dict[type, Body] = {}
    stable = resolves_by_class(abstract)

    def body_of(name: Any, value: Any, run: Run) -> Body:
        body = by_name.get(name) if isinstance(name, str) else None
        if body is None:
            raise _no_runtime_type(name, abstract, place, value, run)
        return body

    def complete(value: Any, link: Link, run: Run) -> Any:
        body = by_class.get(value.__class__)
        if body is not None and not hasattr(value, TYPE_CAST_ATTRIBUTE):
            return body(value, link, run)
        name = resolve_type(value, RawInfo(run, place, link), abstract)
        if optimized_is_awaitable(name):
            assert link is not None
            run.later(name, place, link[0], link[1], lambda found: body_of(found, value, run)(value, link, run))
            return None
        body = body_of(name, value, run)
        if stable and _names_itself(type(value), name, run) and not hasattr(value, TYPE_CAST_ATTRIBUTE):
            by_class[type(value)] = body
        return body(value, link, run)

    return complete


def _names_itself(kind: type, name: str, run: Run) -> bool:
    """Whether every instance of this class is of that type: the class was written for it and is not generic."""
    definition = run.plan.schema.type_map[name].extensions.get("strawberry-definition")
    return (
        definition is not None
        and definition.origin is kind
        and kind.__dict__.get("__strawberry_definition__") is definition
        and definition.concrete_of is None
        and not definition.is_graphql_generic
    )


def _no_runtime_type(name: Any, abstract: Any, place: Place, value: Any, run: Run) -> GraphQLError:
    """What graphql-core says when that is not the name of a possible type."""
    field = f"{place.parent_type}.{place.field_name}"
    found = run.plan.schema.get_type(name) if isinstance(name, str) else None
    if name is None:
        message = (
            f"Abstract type '{abstract}' must resolve to an Object type at runtime for field '{field}'."
            f" Either the '{abstract}' type should provide a 'resolve_type' function or each possible type should"
            " provide an 'is_type_of' function."
        )
    elif not isinstance(name, str):
        message = (
            f"Abstract type '{abstract}' must resolve to an Object type at runtime for field '{field}' with value"
            f" {inspect(value)}, received '{inspect(name)}', which is not a valid Object type name."
        )
    elif found is None:
        message = f"Abstract type '{abstract}' was resolved to a type '{name}' that does not exist inside the schema."
    elif not is_object_type(found):
        message = f"Abstract type '{abstract}' was resolved to a non-object type '{name}'."
    else:
        message = f"Runtime Object type '{found}' is not a possible type for '{abstract}'."
    return GraphQLError(message, place.nodes)
