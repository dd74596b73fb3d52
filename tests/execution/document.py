"""Random documents for a schema: fragments, aliases, directives, variables, arguments, mostly valid."""

import random
import zlib
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
WORDS = ("hai", "", "dua kata", "\\u00e9")


class Document:
    """One random operation with its fragments and variables."""

    def __init__(self, schema: GraphQLSchema, seed: int, skipped: frozenset[str] = frozenset()) -> None:
        self.schema = schema
        self.dice = random.Random(seed)
        self.skipped = skipped
        self.fragments: list[str] = []
        self.declared: list[str] = []
        self.variables: dict[str, Any] = {}
        self.flags: list[str] = []
        is_mutation = schema.mutation_type is not None and self.dice.random() < 0.12
        root: Any = schema.mutation_type if is_mutation else schema.query_type
        body = self._selection(root, MAX_DEPTH, self.dice.randint(1, 3))
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        operation = f"{'mutation' if is_mutation else 'query'} Q{declared} {body}"
        self.text = "\n".join([operation, *self.fragments])

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
        parts = [self._one(type_, depth) for _ in range(count or self.dice.randint(1, 4))]
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
            given.append(f"{name}: {self._argument(argument.type)}")
        return f"({', '.join(given)})" if given else ""

    def _is_left_out(self, argument: Any) -> bool:
        required = is_non_null_type(argument.type) and argument.default is None
        return self.dice.random() < (0.01 if required else 0.5)

    def _argument(self, type_: Any) -> str:
        if self.dice.random() > 0.35:
            return self.literal(type_)
        name = f"v{len(self.declared)}"
        default = f" = {self.literal(type_)}" if self.dice.random() < 0.3 else ""
        self.declared.append(f"${name}: {type_}{default}")
        if not default or self.dice.random() < 0.5:
            self.variables[name] = self.json(type_)
            if not is_non_null_type(type_) and self.dice.random() < 0.2:
                del self.variables[name]
        return f"${name}"

    def literal(self, type_: Any) -> str:
        """A literal of that input type."""
        return _written(self.json(type_), type_)

    def json(self, type_: Any) -> Any:
        """A value of that input type as a client sends it; seldom a wrong one."""
        if not is_non_null_type(type_) and self.dice.random() < 0.15:
            return None
        type_ = type_.of_type if is_non_null_type(type_) else type_
        if self.dice.random() < 0.01:
            return self.dice.choice(["wrong", 1.5, True, 2**40])
        if is_list_type(type_):
            return [self.json(type_.of_type) for _ in range(self.dice.randrange(3))]
        if is_enum_type(type_):
            return self.dice.choice(list(type_.values))
        if is_input_object_type(type_):
            return self._object(type_)
        scalars = {"Int": 4, "Float": 1.25, "Boolean": True, "Date": "2026-03-04", "Rupiah": 900, "ID": "x1"}
        scalars |= {"DateTime": "2026-03-04T05:06:07+00:00", "UUID": "00000000-0000-0000-0000-000000000001"}
        return scalars.get(type_.name) or self.dice.choice(WORDS)

    def _object(self, type_: Any) -> dict[str, Any]:
        fields = dict(type_.fields)
        if getattr(type_.extensions.get("strawberry-definition"), "is_one_of", False):
            name = self.dice.choice(list(fields))
            return {name: self.json(fields[name].type)}
        wanted = {}
        for name, field in fields.items():
            required = is_non_null_type(field.type) and field.default is None
            if required or self.dice.random() < 0.5:
                wanted[name] = self.json(field.type)
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
