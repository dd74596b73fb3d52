"""The SELECT of a document in the making: where its fields stand in a record, and what has to be joined for them."""

from collections.abc import Callable, Sequence
from enum import EnumMeta
from typing import Any

import orjson
from graphql import get_nullable_type, is_enum_type, is_non_null_type
from tortoise import fields
from tortoise.models import Model

from execution.lookahead import Asked
from execution.record import Cell, Child, Leaf
from schema.page import MAX_FIRST, Ends, Listed, cursor_text
from schema.table import TABLES, Many, One, Table

TABLE = "t0"  # the alias of the table that is read
# Scalars that are a column as the driver gives it; and moments, which orjson writes like isoformat(), but faster.
SAME: dict[str, tuple[type, ...]] = {
    "String": (fields.CharField, fields.TextField), "ID": (fields.CharField,), "Boolean": (fields.BooleanField,),
    "Int": (fields.IntField, fields.SmallIntField), "Rupiah": (fields.BigIntField,),
}  # fmt: skip
MOMENTS: dict[str, tuple[type, ...]] = {"DateTime": (fields.DatetimeField,), "Date": (fields.DateField,)}

Parameter = Callable[[Any], Any]  # a resolver's info -> value


class Unforeseen(Exception):
    """The arguments of this request do not fit into the statement of its document."""


class Select:
    """One SELECT, or a part of one: columns, joins and parameters are added as fields are looked at."""

    def __init__(self, alias: str = TABLE, above: "Select | None" = None) -> None:
        self.alias = alias
        self.columns: list[str | Callable[[], str]] = []
        self.joins: list[str] = []
        self.once: dict[str, tuple[str, str]] = {}  # column of TABLE -> its join, and the join if it has one value
        self._joined: dict[tuple[str, str], str] = {}
        self.parameters: list[Parameter] = above.parameters if above else []
        self._aliases: list[str] = above._aliases if above else [alias]

    def column(self, sql: str) -> int:
        """Where in a record the expression stands."""
        if sql not in self.columns:
            self.columns.append(sql)
        return self.columns.index(sql)

    def part(self, sql: Callable[[], str]) -> int:
        """Where in a record an expression stands that is known only when all fields have been looked at."""
        self.columns.append(sql)
        return len(self.columns) - 1

    def listed(self) -> str:
        """The columns as SQL."""
        return ", ".join(each if isinstance(each, str) else each() for each in self.columns) or "NULL"

    def parameter(self, value: Parameter) -> str:
        """A parameter whose value is asked for each request; `value` may raise Unforeseen."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def below(self) -> "Select":
        """A SELECT inside of this one, of another table."""
        self._aliases.append(f"t{len(self._aliases)}")
        return Select(self._aliases[-1], self)

    def joined(self, model: type[Model], alias: str, column: str, is_optional: bool) -> str:
        """The alias of the row that `alias.column` points at."""
        found = self._joined.get((alias, column))
        if found is None:
            found = self._joined[alias, column] = self.below().alias
            kind, table, key = "LEFT JOIN" if is_optional else "JOIN", model._meta.db_table, model._meta.db_pk_column
            # Limited to the one row there is, it stays a look-up for each row, whatever the planner guesses.
            one = f"SELECT * FROM {table} WHERE {key} = {alias}.{column} LIMIT 1"  # noqa: S608 - our names
            self.joins.append(f"{kind} LATERAL ({one}) {found} ON true")
            if alias == TABLE and not is_optional:
                self.once[column] = self.joins[-1], f"JOIN {table} {found} ON {found}.{key} = {alias}.{column}"
        return found

    def maker(self, table: Table, alias: str) -> Callable[[Sequence[Any]], Any]:
        """What makes an object from a record; all columns of its row are read."""
        names = list(table.model._meta.fields_db_projection.values())
        places = [self.column(f"{alias}.{name}") for name in names]
        of, made = table.target.of, table.model._init_from_db
        return lambda record: of(made(**{name: record[at] for name, at in zip(names, places, strict=True)}))

    def cursor(self, expressions: Sequence[str]) -> Callable[[Sequence[Any]], str]:
        """What makes a cursor from a record, of what the list is ordered by."""
        places = [self.column(expression) for expression in expressions]
        return lambda record: cursor_text([record[at] for at in places])

    def sql(self, source: str) -> str:
        """The statement up to its joins; `source` is a table or a subquery, with its alias."""
        return f"SELECT {self.listed()} FROM {source} {' '.join(self.joins)}"  # noqa: S608 - names of ours


class Row:
    """The layout of a type's objects: columns of a row, and what they point at."""

    def __init__(self, select: Select, table: Table, alias: str) -> None:
        self._select, self._table, self._alias = select, table, alias

    def cell(self, asked: Asked) -> Cell | None:
        """A column or a relation; everything else is a method."""
        name = asked.python_name
        if name in self._table.columns:
            return self._column(self._table.model._meta.fields_map[self._table.columns[name]], asked.field.type)
        match self._table.relations.get(name):
            case One() as relation:
                return self._one(relation)
            case Many() as relation:
                return self._many(relation, asked)
        return None

    def instance(self) -> Callable[[Any], Any]:
        """An object of the whole row."""
        return self._select.maker(self._table, self._alias)

    def _one(self, relation: One) -> Child:
        target = TABLES[relation.target]
        field: Any = self._table.model._meta.fields_map[relation.column]
        other = self._select.joined(target.model, self._alias, relation.column, field.null)
        column = f"{self._alias}.{relation.column}"
        absent = f"{{r}}[{self._select.column(column)}] is None" if field.null else None
        return Child("{r}", Row(self._select, target, other), absent)

    def _many(self, relation: Many, asked: Asked) -> Child:
        """The first rows that point back: in one column, as an array of records; of only one the columns beside."""
        table, inner = TABLES[relation.target], self._select.below()
        given = asked.constant_arguments
        is_single = given is not None and given.get("first") == 1 and given.get("after") is None
        first = "1" if is_single else self._select.parameter(lambda info: _first(asked, info))
        name = table.model._meta.db_table
        condition = f"WHERE {inner.alias}.{relation.column} = {self._alias}.id AND {self._may_see(relation)}"
        order = f"ORDER BY {inner.alias}.id {'DESC' if relation.order == '-id' else 'ASC'} LIMIT {first}"
        origin = f"FROM {name} {inner.alias} {{joins}} {condition}"

        def rows() -> str:
            return f"ARRAY(SELECT ROW({inner.listed()}) {origin.format(joins=' '.join(inner.joins))} {order})"

        def has_next() -> str:
            more = f"EXISTS (SELECT {origin.format(joins='')} OFFSET {first})"
            return f"{{r}}[{self._select.column(more)}]"

        if is_single:
            one = f"SELECT {inner.alias}.* {origin.format(joins='')} {order}"
            self._select.joins.append(f"LEFT JOIN LATERAL ({one}) {inner.alias} ON true")
            at = self._select.column(f"{inner.alias}.id::text")
            where, records = self._select, f"(({{r}},) if {{r}}[{at}] is not None else ())"
        else:
            where, records = inner, f"{{r}}[{self._select.part(rows)}]"
        ends = Ends(lambda: where.cursor([f"{inner.alias}.id"]), has_next)
        return Child("{r}", Listed(records, Row(where, table, inner.alias), ends))

    def _may_see(self, relation: Many) -> str:
        everything = self._select.parameter(lambda info: info.context.actor.sees_all(relation.noun))
        reader = self._select.parameter(lambda info: info.context.actor.id)
        parties = ", ".join(f"{self._alias}.{column}" for column in relation.parties)
        return f"({everything}::bool OR {reader}::uuid IN ({parties}))"

    def _column(self, field: Any, type_: Any) -> Leaf | None:
        """A value of this row; None where the type does more with it than this code knows."""
        if field.null and is_non_null_type(type_):
            return None
        named: Any = get_nullable_type(type_)
        is_optional: bool = field.null
        sql = f"{self._alias}.{field.source_field or field.model_field_name}"
        if is_enum_type(named):
            return self._enumeration(sql, field, named)
        if named.name == "UUID" and isinstance(field, fields.UUIDField):
            return Leaf(f"{{r}}[{self._select.column(f'{sql}::text')}]")
        if not hasattr(field, "enum_type") and isinstance(field, SAME.get(named.name, ())):
            return Leaf(f"{{r}}[{self._select.column(sql)}]")
        if isinstance(field, MOMENTS.get(named.name, ())):
            return _worked("{0}({value})[1:-1].decode()", self._select.column(sql), is_optional, orjson.dumps)
        return None

    def _enumeration(self, sql: str, field: Any, named: Any) -> Leaf | None:
        kind: Any = getattr(named.extensions.get("strawberry-definition"), "wrapped_cls", None)
        if not isinstance(kind, EnumMeta) or not isinstance(field, fields.CharField):
            return None
        members: Any = kind
        answers = {member.value: named.coerce_output_value(member) for member in members}
        return _worked("{0}[{value}]", self._select.column(sql), field.null, answers)


def _worked(code: str, at: int, is_optional: bool, *values: Any) -> Leaf:
    """A leaf that is made from a column's value."""
    code = code.replace("{value}", f"{{r}}[{at}]")
    return Leaf(f"(None if {{r}}[{at}] is None else {code})" if is_optional else code, values)


def _first(asked: Asked, info: Any) -> int:
    """How many children this request asks for. Other pages than the first, and refusals, are the resolver's matter."""
    given = asked.arguments(info)
    if given.get("after") is not None or not 1 <= given["first"] <= MAX_FIRST:
        raise Unforeseen
    return int(given["first"])
