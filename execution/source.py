"""Writes the Python code of a plan: one function for each selection set of each object type, one for each list."""

from __future__ import annotations

import enum
import inspect
import keyword
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLString,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    Undefined,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.executor import Executor
from strawberry.schema.types.base_scalars import isoformat
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from execution.argument import Arguments
from execution.info import info, raw_info
from execution.place import Link, Place
from execution.run import Run, failed
from execution.value import (
    SAFE,
    Handlers,
    abstract_body,
    awaited,
    decides_by_class,
    handled,
    list_body,
    odd,
    resolves_by_class,
    typed_body,
    whole,
)

if TYPE_CHECKING:
    from graphql.execution.collect_fields import FieldDetails

    from execution.plan import Plan

MAX_FIELDS = 600  # of one plan: a document that repeats itself must not cost more to compile than to run
NEVER_NULL = (str, int, float, isoformat)  # code of scalars that gives a value or raises
MAX_ENUMERATIONS = 1_000
INDENT = "    "
MAX_FLOAT = 1.7976931348623157e308
# What is already its own answer; everything else goes through the type's own code.
CHECKS: dict[Any, str] = {
    GraphQLString: "{v}.__class__ is not str",
    GraphQLID: "{v}.__class__ is not str",
    GraphQLBoolean: "{v}.__class__ is not bool",
    GraphQLInt: "{v}.__class__ is not int or not -2147483648 <= {v} <= 2147483647",
    GraphQLFloat: f"{{v}}.__class__ is not float or not -{MAX_FLOAT!r} <= {{v}} <= {MAX_FLOAT!r}",
}


class Unproven(Exception):
    """A shape that the compiled executor does not promise to answer like the stock one."""


class Part:
    """Functions that are made together: their code, and what is to be done with them then."""

    __slots__ = ("_names", "binders", "functions")

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self.functions: list[str] = []
        self.binders: list[Callable[[], None]] = []

    def make(self) -> None:
        """Make the functions; the names have them afterwards. Done twice, it makes the same."""
        exec(compile("\n\n\n".join(self.functions), "<plan>", "exec"), self._names)  # noqa: S102 - only names and numbers
        for bind in self.binders:
            bind()


class Writer:
    """Writes code in parts, and collects the objects that the code names.

    What only a value that is awaited needs is a part of its own, made when there is one: a resolver that gives records
    has other code for them. All of it is written at once, though: no surprise may come after the first resolver ran.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.names: dict[str, Any] = {
            "safe": SAFE, "odd": odd, "failed": failed, "awaited": awaited, "info": info, "raw_info": raw_info,
            "Undefined": Undefined, "whole": whole, "handled": handled,
        }  # fmt: skip
        self.parts = [Part(self.names)]
        self._part = self.parts[0]

    def finish(self) -> None:
        """Make the functions of the first part; `names` has them afterwards."""
        self.parts[0].make()

    def source(self) -> str:
        """The code of all parts."""
        return "\n\n\n".join(function for part in self.parts for function in part.functions)

    def name(self, text: str, value: Any = None) -> str:
        """A name of its own for a value that the code uses."""
        name = f"{text}_{self.plan.count()}"
        self.names[name] = value
        return name

    def alone(self, type_: GraphQLObjectType, grouped: dict[str, list[FieldDetails]]) -> str | None:
        """Write a coroutine function for a root object whose one field is surely asynchronous: there is nothing else to
        do meanwhile, so it is awaited on the spot. None where it is not like that."""
        if len(grouped) != 1:
            return None
        ((key, details),) = grouped.items()
        field = self.plan.schema.get_field(type_, details[0].node.name.value)
        strawberry = (field.extensions or {}).get("strawberry-definition") if field is not None else None
        if field is None or not isinstance(strawberry, StrawberryField) or strawberry.is_subscription:
            return None
        place = Place(key, field.type, type_, details, strawberry)
        name, function, v = self.name(key, place), self.name(f"{type_.name}_alone"), f"{key}_"
        call, is_async = self._resolve(field, strawberry, place, name)
        if not is_async:
            return None
        self._apart(place, name)
        lines = self._guarded(v, [f"{v} = whole(await {call}, {name}, link, {key!r}, run)"], name, "link", repr(key))
        lines += [f"answer = {{{key!r}: {v}}}", "if run.unplaced:", f"{INDENT}run.put(answer, link)", "return answer"]
        text = "".join(f"{INDENT}{line}\n" for line in lines)
        self._part.functions.append(f"async def {function}(source, link, run):\n{text}")
        return function

    def object(self, type_: GraphQLObjectType, grouped: dict[str, list[FieldDetails]]) -> str:
        """Write the function that makes one object's answer; its name."""
        function = self.name(type_.name)
        lines: list[str] = []
        shown: list[str] = []
        for key, details in grouped.items():
            field_name = details[0].node.name.value
            if field_name == "__typename":
                shown.append(f"{key!r}: {type_.name!r}")
                continue
            field = self.plan.schema.get_field(type_, field_name)
            if field is SchemaMetaFieldDef or field is TypeMetaFieldDef:
                raise Unproven("introspection")
            if field is None:  # only without validation
                continue
            variable = f"{key}_"
            lines += self._field(variable, key, type_, field, details)
            shown.append(f"{key!r}: {variable}")
        self._part.functions.append(
            f"def {function}(source, link, run):\n"
            + "".join(f"{INDENT}{line}\n" for line in lines)
            + f"{INDENT}answer = {{{', '.join(shown)}}}\n{INDENT}if run.unplaced:\n{INDENT * 2}run.put(answer, link)\n"
            + f"{INDENT}return answer"
        )
        return function

    def _field(
        self, v: str, key: str, parent: GraphQLObjectType, field: GraphQLField, details: list[FieldDetails]
    ) -> list[str]:
        strawberry = (field.extensions or {}).get("strawberry-definition")
        if not isinstance(strawberry, StrawberryField):
            raise Unproven(f"{parent}.{key} is no field of Strawberry's")
        place = Place(key, field.type, parent, details, strawberry)
        name = self.name(key, place)
        call, is_async = self._resolve(field, strawberry, place, name)
        if is_async:
            self._apart(place, name)
            lines = [f"{v} = awaited({call}, {name}, link, {key!r}, run)"]
        else:
            lines = [f"{v} = {call}", *self._complete(v, place, name, "link", repr(key))]
        return self._guarded(v, lines, name, "link", repr(key))

    @staticmethod
    def _guarded(v: str, lines: list[str], place: str, link: str, key: str) -> list[str]:
        return [
            "try:",
            *(INDENT + line for line in lines),
            "except Exception as error:",
            f"{INDENT}{v} = failed(error, {place}, {link}, {key}, run)",
        ]

    def _resolve(self, field: GraphQLField, strawberry: StrawberryField, place: Place, name: str) -> tuple[str, bool]:
        """The expression that asks the resolver, and whether it surely gives an awaitable."""
        if _is_attribute(field, strawberry):
            python_name = strawberry.python_name
            if strawberry.default_resolver is getattr and _is_plain(python_name):
                return f"source.{python_name}", False
            return f"{self.name('get', strawberry.default_resolver)}(source, {python_name!r})", False
        if strawberry.is_subscription:
            return "source", False
        if _is_method(field, strawberry):
            base = strawberry.base_resolver
            is_async = base is not None and inspect.iscoroutinefunction(base.wrapped_func)
            handlers = _handlers(field.resolve)
            call = self._method(field, strawberry, place, name)
            if not handlers:
                return call, is_async
            self.plan.asks_viewer = True
            return f"handled(lambda: {call}, {self.name('handlers', handlers)}, {name}, link, run)", True
        self.plan.asks_viewer = True
        resolver = self.name(f"resolve_{place.field_name}", field.resolve)
        arguments = ""
        if field.args:
            slot = self.name("arguments", Arguments(self.plan.count(), field, place.nodes[0], None))
            arguments = f", **{slot}.raw(run)"
        return f"{resolver}(source, raw_info(run, {name}, link){arguments})", inspect.iscoroutinefunction(field.resolve)

    def _method(self, field: GraphQLField, strawberry: StrawberryField, place: Place, name: str) -> str:
        """Call the function the developer wrote, with what its signature asks for."""
        resolver = strawberry.base_resolver
        assert resolver is not None
        given = ["source"] if resolver.self_parameter else []
        if field.args:
            arguments = Arguments(self.plan.count(), field, place.nodes[0], strawberry)
            self.plan.asks_viewer |= arguments.needs_info
            slot = self.name("arguments", arguments)
            given.append(f"**{slot}.converted(run, {name}, link)")
        for parameter in (resolver.parent_parameter, resolver.root_parameter):
            if parameter is not None:
                given.append(f"{parameter.name}=source")
        if resolver.info_parameter is not None:
            self.plan.asks_viewer = True
            given.append(f"{resolver.info_parameter.name}=info(run, {name}, link)")
        return f"{self.name(f'call_{place.field_name}', resolver.wrapped_func)}({', '.join(given)})"

    def _complete(self, v: str, place: Place, name: str, link: str, key: str) -> list[str]:
        """Lines that turn what the resolver gave into the answer."""
        otherwise = f"{v} = odd({v}, {name}, {link}, {key}, run)"
        body = self._body(place, name)
        if is_leaf_type(place.type):
            check = CHECKS.get(place.type)
            if check is not None:
                return [f"if {check.format(v=v)}:", INDENT + otherwise]
            return [*self._leaf(v, place), "else:", INDENT + otherwise]
        condition = f"{v}.__class__ is list" if is_list_type(place.type) else f"{v}.__class__ in safe"
        return [
            f"if {condition}:",
            f"{INDENT}{v} = {body}({v}, ({link}, {key}, {name}), run)",
            "else:",
            INDENT + otherwise,
        ]

    def _leaf(self, v: str, place: Place) -> list[str]:
        """Enumerations by a table of their members; other scalars by their own code."""
        members = _members(place.type)
        if members is not None:
            kind, table = self.name(place.type.name, place.type.wrapped_cls), self.name("names", members)
            return [f"if {v}.__class__ is {kind}:", f"{INDENT}{v} = {table}[{v}._name_]"]
        coerce = place.type.coerce_output_value
        if coerce not in NEVER_NULL:
            coerce = partial(Executor.complete_leaf_value, place.type)
        return [f"if {v}.__class__ in safe:", f"{INDENT}{v} = {self.name(place.type.name, coerce)}({v})"]

    def _apart(self, place: Place, name: str) -> None:
        """Give the place its body, which no code calls by its name; it is made when it is called for the first time."""
        if is_leaf_type(place.type):
            self._body(place, name)
            return
        around, part = self._part, Part(self.names)
        self._part = part
        self.parts.append(part)
        self._body(place, name)
        self._part = around

        def first(value: Any, link: Link, run: Run) -> Any:
            part.make()  # the last of its binders gives the place another body
            return place.body(value, link, run)

        place.body = first

    def _body(self, place: Place, name: str) -> str:
        """Give the place its body, and write what that needs; the name by which the code may call it."""
        type_ = place.type
        if is_leaf_type(type_):
            place.body = lambda value, link, run: Executor.complete_leaf_value(type_, value)
            return name
        if is_list_type(type_):
            return self._list(place)
        if is_abstract_type(type_):
            return self._abstract(place)
        function = self._typed(place, type_)
        self._part.binders.append(lambda: setattr(place, "body", self.names[function]))
        return function

    def _typed(self, place: Place, type_: GraphQLObjectType) -> str:
        """The function for objects of one type, behind the type's own question whether a value is one."""
        function = self.object(type_, self.plan.collect(type_, place.details))
        if type_.is_type_of is None:
            return function
        self.plan.asks_viewer |= not decides_by_class(type_)
        checked = self.name(f"checked_{type_.name}")
        self._part.binders.append(lambda: self.names.update({checked: typed_body(place, type_, self.names[function])}))
        return checked

    def _abstract(self, place: Place) -> str:
        """All possible types are written at once: no surprise may come after the first resolver ran."""
        self.plan.asks_viewer |= not resolves_by_class(place.type)
        possible = self.plan.schema.get_possible_types(place.type)
        functions = {type_.name: self._typed(place, type_) for type_ in possible}
        name = self.name(f"some_{place.type.name}")

        def bind() -> None:
            place.body = abstract_body(place, {type_: self.names[written] for type_, written in functions.items()})
            self.names[name] = place.body

        self._part.binders.append(bind)
        return name

    def _list(self, place: Place) -> str:
        item = place.item(place.type.of_type)
        name = self.name(f"{place.key}_item", item)
        function = self.name(f"{place.key}_list")
        lines = self._guarded("item", self._complete("item", item, name, "link", "index"), name, "link", "index")
        self._part.functions.append(
            f"def {function}(items, link, run):\n{INDENT}answer = []\n{INDENT}for index, item in enumerate(items):\n"
            + "".join(f"{INDENT * 2}{line}\n" for line in lines)
            + f"{INDENT * 2}answer.append(item)\n{INDENT}if run.unplaced:\n{INDENT * 2}run.put(answer, link)\n"
            + f"{INDENT}return answer"
        )
        self._part.binders.append(lambda: setattr(place, "body", list_body(place, self.names[function])))
        return function


def _is_attribute(field: GraphQLField, strawberry: StrawberryField) -> bool:
    """Whether Strawberry answers the field by its default resolver and nothing else."""
    return (
        strawberry.is_basic_field
        and type(strawberry).get_result is StrawberryField.get_result
        and getattr(field.resolve, "__qualname__", "").endswith("._get_basic_result")
    )


def _is_plain(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _is_method(field: GraphQLField, strawberry: StrawberryField) -> bool:
    """Whether Strawberry only converts arguments and calls the function: no extensions or permissions."""
    resolver = strawberry.base_resolver
    return (
        resolver is not None
        and type(resolver).__call__ is StrawberryResolver.__call__
        and callable(resolver.wrapped_func)
        and not strawberry.extensions
        and type(strawberry).get_result is StrawberryField.get_result
        and getattr(field.resolve, "__qualname__", "").endswith(
            ("from_resolver.<locals>._resolver", "._async_resolver")
        )
        and _may_be_handled(resolver, _handlers(field.resolve))
    )


def _may_be_handled(resolver: StrawberryResolver[Any], handlers: Handlers | None) -> bool:
    """Whether `handled` does what Strawberry does: the handlers see no error of an argument (a GraphQLError),
    and what they give is awaited."""
    if not handlers:
        return handlers is not None
    sees_arguments = any(issubclass(GraphQLError, kinds) for kinds, _ in handlers)
    return inspect.iscoroutinefunction(resolver.wrapped_func) and not sees_arguments


def _handlers(resolve: Any) -> Handlers | None:
    """What makes values of the field's result union from exceptions; None if that is not to be seen."""
    names = resolve.__code__.co_freevars
    if "field_exception_handlers" not in names:
        return None
    found: Handlers = resolve.__closure__[names.index("field_exception_handlers")].cell_contents
    return found


@lru_cache(maxsize=MAX_ENUMERATIONS)
def _members(type_: Any) -> dict[str, str] | None:
    """Answers by the member's Python name; None where a member's name does not decide."""
    kind: Any = getattr(type_, "wrapped_cls", None)
    if not isinstance(kind, enum.EnumMeta) or issubclass(kind, enum.Flag):
        return None
    members: Any = kind
    try:
        return {member.name: type_.coerce_output_value(member) for member in members}
    except Exception:
        return None
