"""Random documents for a schema: fragments, aliases, directives, variables, arguments, mostly valid."""

import random
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

MAX_DEPTH = 4
NOTHING: Mapping[str, Sequence[Any]] = {}
SCALARS: dict[str, list[Any]] = {
    "Int": [4, 0, 7, -2], "Float": [1.25, 3, -0.5], "Boolean": [True, False], "Date": ["2026-03-04", "2027-01-31"],
    "Rupiah": [900, 5], "ID": ["x1", "x2", 7], "DateTime": ["2026-03-04T05:06:07+00:00", "2026-03-04T05:06:07Z"],
    "UUID": ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"],
}  # fmt: skip
WORDS = ("hai", "", "dua kata", "\\u00e9")


class Document:
    """One random operation with its fragments and variables.

    `known` has values to choose from, by the name of the argument or of its type; with it the operation only reads.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        seed: int,
        skipped: frozenset[str] = frozenset(),
        known: Mapping[str, Sequence[Any]] = NOTHING,
        depth: int = MAX_DEPTH,
    ) -> None:
        self.schema = schema
        self.dice = random.Random(seed)
        self.skipped = skipped
        self.known = known
        self.most = 5 if known else 4
        self.fragments: list[str] = []
        self.declared: list[str] = []
        self.types: dict[str, tuple[Any, str]] = {}
        self.variables: dict[str, Any] = {}
        self.flags: list[str] = []
        is_mutation = not known and schema.mutation_type is not None and self.dice.random() < 0.12
        root: Any = schema.mutation_type if is_mutation else schema.query_type
        body = self._selection(root, depth, self.dice.randint(1, 2 if known else 3))
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        operation = f"{'mutation' if is_mutation else 'query'} Q{declared} {body}"
        self.text = "\n".join([operation, *self.fragments])

    def again(self) -> dict[str, Any]:
        """Other values for the variables that are given; @skip and @include stay as they are."""
        return {
            name: self.json(*self.types[name]) if name in self.types else value
            for name, value in self.variables.items()
        }  # fmt: skip

    def turned(self) -> dict[str, Any]:
        """The same values, with @skip and @include the other way round."""
        return {name: not value if name in self.flags else value for name, value in self.variables.items()}

    def _flag(self) -> str:
        """A variable for @skip or @include: a known one, or one more of at most two."""
        if len(self.flags) == 2 or (self.flags and self.dice.random() < 0.5):
            return "$" + self.dice.choice(self.flags)
        name, default = f"flag{len(self.flags)}", self.dice.choice(["", " = true", " = false"])
        self.flags.append(name)
        self.declared.append(f"${name}: Boolean{'' if default else '!'}{default}")
        if not default or self.dice.random() < 0.5:
            self.variables[name] = self.dice.random() < 0.5
        return f"${name}"

    def _directives(self) -> str:
        if self.dice.random() > 0.12:
            return ""
        condition = self._flag() if self.dice.random() < 0.7 else self.dice.choice(["true", "false"])
        both = f" @skip(if: {self.dice.choice(['true', 'false'])})" if self.dice.random() < 0.1 else ""
        return f" @{self.dice.choice(['skip', 'include'])}(if: {condition}){both if 'skip(' not in both else ''}"

    def _selection(self, type_: Any, depth: int, count: int | None = None) -> str:
        parts = [self._one(type_, depth) for _ in range(count or self.dice.randint(1, self.most))]
        return "{ " + " ".join(parts) + " }"

    def _one(self, type_: Any, depth: int) -> str:
        roll = self.dice.random()
        if roll < 0.08:
            return self.dice.choice(["__typename", "kind: __typename"])
        if roll < 0.2 and depth > 1:
            return self._fragment(type_, depth)
        if not hasattr(type_, "fields"):
            return self._fragment(type_, depth) if depth > 0 else "__typename"
        fields = [name for name in type_.fields if name not in self.skipped]
        if depth <= 0:
            fields = [name for name in fields if not is_composite_type(get_named_type(type_.fields[name].type))]
        return self._field(type_, self.dice.choice(fields), depth) if fields else "__typename"

    def _fragment(self, type_: Any, depth: int) -> str:
        possible = [type_] if is_object_type(type_) else [*self.schema.get_possible_types(type_)]
        on = self.dice.choice([*possible, *getattr(type_, "interfaces", ()), type_])
        body = self._selection(on, depth - 1)
        if self.dice.random() < 0.5:
            condition = "" if on is type_ and self.dice.random() < 0.3 else f"on {on.name}"
            return f"... {condition}{self._directives()} {body}"
        name = f"F{len(self.fragments)}"
        self.fragments.append("")  # its number is taken while the body was made before it
        self.fragments[-1] = f"fragment {name} on {on.name} {body}"
        return f"...{name}{self._directives()}" + (f" ...{name}" if self.dice.random() < 0.1 else "")

    def _field(self, parent: Any, name: str, depth: int) -> str:
        field = parent.fields[name]
        arguments = self._arguments(field)
        named = get_named_type(field.type)
        body = " " + self._selection(named, depth - 1) if is_composite_type(named) else ""
        # One response name always means the same field, arguments and type, so that any two selections merge.
        sign = zlib.crc32(f"{arguments}{field.type}{parent if arguments else ''}".encode()) % 9973
        alias = "" if not field.args and self.dice.random() < 0.8 and parent.name != "Person" else f"{name}_{sign}: "
        return f"{alias}{name}{arguments}{self._directives()}{body}"

    def _arguments(self, field: Any) -> str:
        given = []
        for name, argument in field.args.items():
            if self._is_left_out(argument):
                continue
            given.append(f"{name}: {self._argument(argument.type, name)}")
        return f"({', '.join(given)})" if given else ""

    def _is_left_out(self, argument: Any) -> bool:
        required = is_non_null_type(argument.type) and argument.default is None
        return self.dice.random() < (0.01 if required else 0.5)

    def _argument(self, type_: Any, of: str) -> str:
        roll = self.dice.random()
        if roll < 0.12 and is_input_object_type(get_named_type(type_)):
            return self._around_variables(type_, of)
        if roll > 0.4:
            return self.literal(type_, of)
        return self._variable(type_, of)

    def _around_variables(self, type_: Any, of: str) -> str:
        """A literal object, or a list of one, some fields of which are variables."""
        named: Any = get_named_type(type_)
        fields = self._object(named)
        parts = [
            f"{name}: {self._argument(named.fields[name].type, name) if self.dice.random() < 0.6 else written}"
            for name, written in ((name, _written(value, named.fields[name].type)) for name, value in fields.items())
        ]
        return f"{{{', '.join(parts)}}}"

    def _variable(self, type_: Any, of: str) -> str:
        name = f"v{len(self.declared)}"
        default = f" = {self.literal(type_, of)}" if self.dice.random() < 0.3 else ""
        self.declared.append(f"${name}: {type_}{default}")
        self.types[name] = type_, of
        if not default or self.dice.random() < 0.5:
            self.variables[name] = self.json(type_, of)
            if not is_non_null_type(type_) and self.dice.random() < 0.2:
                del self.variables[name]
        return f"${name}"

    def literal(self, type_: Any, of: str = "") -> str:
        """A literal of that input type."""
        return _written(self.json(type_, of), type_)

    def json(self, type_: Any, of: str = "") -> Any:
        """A value of that input type, for the argument or field `of`, as a client sends it; seldom a wrong one."""
        if not is_non_null_type(type_) and self.dice.random() < 0.15:
            return None
        type_ = type_.of_type if is_non_null_type(type_) else type_
        if self.dice.random() < 0.01:
            return self.dice.choice(["wrong", 1.5, True, 2**40])
        if is_list_type(type_):
            return [self.json(type_.of_type, of) for _ in range(self.dice.randrange(3))]
        for name in (of, type_.name):
            if name in self.known:
                return self.dice.choice(self.known[name])
        if is_enum_type(type_):
            return self.dice.choice(list(type_.values))
        if is_input_object_type(type_):
            return self._object(type_)
        return self.dice.choice(SCALARS.get(type_.name, WORDS))

    def _object(self, type_: Any) -> dict[str, Any]:
        fields = dict(type_.fields)
        if getattr(type_.extensions.get("strawberry-definition"), "is_one_of", False):
            name = self.dice.choice(list(fields))
            return {name: self.json(fields[name].type, name)}
        wanted = {}
        for name, field in fields.items():
            required = is_non_null_type(field.type) and field.default is None
            if required or self.dice.random() < 0.5:
                wanted[name] = self.json(field.type, name)
        return wanted


def _written(value: Any, type_: Any) -> str:
    type_ = type_.of_type if is_non_null_type(type_) else type_
    if value is None or value is Undefined:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_written(item, getattr(type_, "of_type", type_)) for item in value) + "]"
    if isinstance(value, dict):
        fields = getattr(type_, "fields", {})
        return "{" + ", ".join(f"{k}: {_written(v, fields[k].type)}" for k, v in value.items()) + "}"
    if isinstance(value, str):
        return value if is_enum_type(type_) else f'"{value}"'
    return repr(value)
