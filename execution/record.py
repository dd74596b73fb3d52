"""Objects that stand in database records: the code that answers from a record without making an object of it.

A resolver that looks ahead gives `Recorded`. What it knows of its own tables it says by layouts: where in a record each
field stands. Fields that a layout does not know are methods, asked of an object that is made from the record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import GraphQLError, GraphQLObjectType, get_named_type, get_nullable_type, is_list_type, is_object_type

from execution.info import RawInfo
from execution.lookahead import Asked, Selection, asked
from execution.place import Body, Place
from execution.source import INDENT, Unproven, Writer
from execution.value import Recorded

__all__ = ["Cell", "Child", "Children", "Layout", "Leaf", "Recorded", "compiled", "kept"]

RECORD = "{r}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value just as clients get it: `code`, where {r} is the record and {0}, {1}, … are `values`."""

    code: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """One object; `code` gives its record. `absent` is code that is true when there is none."""

    code: str
    layout: Layout
    absent: str | None = None


@dataclass(frozen=True, slots=True)
class Children:
    """A list of objects; `code` gives their records."""

    code: str
    layout: Layout


Cell = Leaf | Child | Children


class Layout(Protocol):
    """How the objects of one type stand in a record."""

    def cell(self, asked: Asked) -> Cell | None:
        """Where this field stands; None: it is a method's matter."""

    def instance(self) -> Callable[[Any], Any]:
        """What makes an object of the type from a record, so that its methods can be asked."""


def compiled(info: Any, root: Child | Children) -> Body | None:
    """Code that answers the field of this resolver from records laid out like that; None where it cannot be proved, or
    where the stock executor runs."""
    raw = getattr(info, "_raw_info", info)
    if not isinstance(raw, RawInfo):
        return None
    try:
        return _Writer(raw.run.plan).root(raw.place, asked(info), root)
    except (Unproven, GraphQLError, RecursionError):
        return None


def kept(info: Any) -> dict[Any, Any] | None:
    """What a resolver may keep with this field of the plan, for all requests with the document; None where the stock
    executor runs."""
    raw = getattr(info, "_raw_info", info)
    return raw.place.kept if isinstance(raw, RawInfo) else None


class _Shape:
    """What is asked of one type's objects, and where it stands."""

    def __init__(self, type_: GraphQLObjectType, selection: Selection, layout: Layout) -> None:
        self.type = type_
        self.layout = layout
        self.fields = [_Field(type_, asked, layout) for asked in selection.of(type_.name).values()]
        self.is_pure: bool = all(field.is_pure for field in self.fields)


class _Field:
    """One answer of a shape."""

    def __init__(self, parent: GraphQLObjectType, asked: Asked, layout: Layout) -> None:
        self.asked = asked
        self.key = asked.key
        self.cell = Leaf(repr(parent.name)) if asked.name == "__typename" else layout.cell(asked)
        self.shape: _Shape | None = None
        if isinstance(self.cell, Child | Children):
            type_ = get_named_type(asked.field.type)
            is_list = is_list_type(get_nullable_type(asked.field.type))
            if not is_object_type(type_) or is_list is not isinstance(self.cell, Children):
                raise Unproven(f"{parent}.{asked.name} is not of that shape")
            self.shape = _Shape(type_, asked.selection, self.cell.layout)
        self.is_pure = self.cell is not None and (self.shape is None or self.shape.is_pure)

    def place(self, parent: GraphQLObjectType) -> Place:
        """Where it stands in the document."""
        definition = self.asked.field.extensions.get("strawberry-definition")
        return Place(self.key, self.asked.field.type, parent, self.asked.details, definition)


class _Writer(Writer):
    """Writes functions that take records. An object of which no method is asked is one expression of its parent's."""

    def root(self, place: Place, selection: Selection, cell: Child | Children) -> Body:
        """The function for the value of a whole field."""
        type_ = get_named_type(place.type)
        if not is_object_type(type_) or is_list_type(place.type) is not isinstance(cell, Children):
            raise Unproven("not of that shape")
        shape = _Shape(type_, selection, cell.layout)
        read = self._function("read", "record", [], self._child(place, shape, cell, "record", "link"))
        self.finish()
        body: Body = self.names[read]
        return body

    def _child(self, place: Place, shape: _Shape, cell: Child | Children, r: str, link: str) -> str:
        """An expression for the answer of a child or the children of the record `r`; they stand at `link`."""
        record = cell.code.replace(RECORD, r)
        if isinstance(cell, Child):
            answer = self._display(shape, record) if shape.is_pure else f"{self._object(shape)}({record}, {link}, run)"
            return f"(None if {cell.absent.replace(RECORD, r)} else {answer})" if cell.absent else answer
        if shape.is_pure:
            item = f"r{self.plan.count()}"
            return f"[{self._display(shape, item)} for {item} in {record}]"
        return f"{self._loop(place, shape)}({record}, {link}, run)"

    def _display(self, shape: _Shape, r: str) -> str:
        """A dict display: everything that is asked stands in the record."""
        return "{" + ", ".join(f"{field.key!r}: {self._shown(shape, field, r)}" for field in shape.fields) + "}"

    def _shown(self, shape: _Shape, field: _Field, r: str) -> str:
        """An expression for a field that asks no method."""
        cell = field.cell
        if isinstance(cell, Leaf):
            names = [self.name(f"{field.key}_value", value) for value in cell.values]
            code = cell.code.replace(RECORD, r)
            return code.format(*names) if names else code
        assert isinstance(cell, Child | Children)
        assert field.shape is not None
        return self._child(field.place(shape.type), field.shape, cell, r, "None")

    def _object(self, shape: _Shape) -> str:
        """The function for objects of which methods are asked, too, or whose children have such."""
        lines, shown = [], []
        if any(field.cell is None for field in shape.fields):
            lines.append(f"source = {self.name('instance', shape.layout.instance())}(record)")
        for field in shape.fields:
            if field.is_pure:
                shown.append(f"{field.key!r}: {self._shown(shape, field, 'record')}")
            else:
                lines += self._lines(shape, field, f"{field.key}_")
                shown.append(f"{field.key!r}: {field.key}_")
        lines += [f"answer = {{{', '.join(shown)}}}", "if run.unplaced:", f"{INDENT}run.put(answer, link)"]
        return self._function(shape.type.name, "record", lines, "answer")

    def _lines(self, shape: _Shape, field: _Field, v: str) -> list[str]:
        """Lines that give a field its answer by a method, or by a function of its own."""
        asked, cell, key = field.asked, field.cell, repr(field.key)
        if cell is None:
            return self._field(v, field.key, shape.type, asked.field, asked.details)
        assert isinstance(cell, Child | Children)
        assert field.shape is not None
        place = field.place(shape.type)
        name = self.name(field.key, place)
        code = self._child(place, field.shape, cell, "record", f"(link, {key}, {name})")
        return self._guarded(v, [f"{v} = {code}"], name, "link", key)

    def _loop(self, place: Place, shape: _Shape) -> str:
        """The function for a list of objects that are no single expression."""
        item = self.name(f"{place.key}_item", place.item(place.type.of_type))
        call = [f"item = {self._object(shape)}(item, (link, index, {item}), run)"]
        lines = ["answer = []", "for index, item in enumerate(records):"]
        lines += [INDENT + line for line in self._guarded("item", call, item, "link", "index")]
        lines += [f"{INDENT}answer.append(item)", "if run.unplaced:", f"{INDENT}run.put(answer, link)"]
        return self._function(f"{place.key}_records", "records", lines, "answer")

    def _function(self, name: str, parameter: str, lines: list[str], answer: str) -> str:
        function = self.name(name)
        text = "".join(f"{INDENT}{line}\n" for line in lines)
        self._part.functions.append(f"def {function}({parameter}, link, run):\n{text}{INDENT}return {answer}")
        return function
