"""Conditions as SQL text: what a hot read asks for each request, without building a query object first."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from tortoise.expressions import Q, Subquery
from tortoise.fields import Field
from tortoise.models import Model
from tortoise.queryset import ValuesQuery

COMPARISONS = {"": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
ODD_FIELDS = ("ArrayField", "JSONField")  # their filters mean other things
MAX_KEYS = 2_000  # names of filters that are remembered; the code has some hundred

Say = Callable[[str, Any, list[Any]], str]  # (alias of the table, value, parameters so far) -> SQL


class NotSimple(Exception):
    """A condition that only Tortoise can write: a relation's column, a function, a negation, an annotation."""


def where(model: type[Model], condition: Q, alias: str, values: list[Any], **only: Any) -> str:
    """The condition on the table called `alias`, as Tortoise means it, and what is `only` wanted, by filters as Q has
    them; what it compares with is added to `values`.

    What is not simple becomes a subquery of ids that Tortoise writes.
    """
    known = len(values)
    try:
        text = _said(model, condition, alias, values)
        for key, value in only.items():
            wanted = _filter(model, key)(alias, value, values)
            text = f"{text} AND {wanted}" if text else wanted
        return text or "true"
    except NotSimple:
        del values[known:]
    ids = model.filter(condition, **only).values(model._meta.pk_attr)
    return f"{alias}.{model._meta.db_pk_column} IN ({_written(ids, values)})"


def held(condition: Q, alias: str, sql: str) -> Iterator[str]:
    """Columns that have one value in all rows of the condition; `sql` is what `where` made of it."""
    if condition._is_negated or condition.join_type != Q.AND:
        return
    for key in condition.filters:
        if f"{alias}.{key} = $" in sql:  # not where Tortoise wrote it: the planner sees nothing of it then
            yield key
    for child in condition.children:
        yield from held(child, alias, sql)


def _written(rows: ValuesQuery[Any], values: list[Any]) -> str:
    """Tortoise's own SQL, with its parameters numbered behind those that are known."""
    rows._choose_db_if_not_chosen()
    rows._make_query()
    text, given = rows.query.get_parameterized_sql()
    for number in range(len(given), 0, -1):  # from the last: $1 is the beginning of $10
        text = text.replace(f"${number}", f"$_{number + len(values)}")
    values.extend(given)
    return text.replace("$_", "$")


def _said(model: type[Model], q: Q, alias: str, values: list[Any]) -> str:
    """SQL of the tree; empty where it asks nothing."""
    if q._is_negated:
        raise NotSimple("a negation")
    if not q.children and len(q.filters) == 1:  # the most of them
        ((key, value),) = q.filters.items()
        return _filter(model, key)(alias, value, values)
    parts = [text for child in q.children if (text := _said(model, child, alias, values))]
    parts += [_filter(model, key)(alias, value, values) for key, value in q.filters.items()]
    if len(parts) < 2:
        return parts[0] if parts else ""
    return f"({f' {q.join_type} '.join(parts)})"


@lru_cache(MAX_KEYS)
def _filter(model: type[Model], key: str) -> Say:
    """How to say one filter of a column of the model's own."""
    name, _, verb = key.partition("__")
    field = model._meta.fields_map.get(model._meta.pk_attr if name == "pk" else name)
    if field is None or name in model._meta.fetch_fields or type(field).__name__ in ODD_FIELDS:
        raise NotSimple(key)
    column = field.source_field or field.model_field_name
    if verb in COMPARISONS:
        return _comparison(field, column, COMPARISONS[verb])
    if verb == "in":
        return _membership(field, column)
    if verb in ("isnull", "not_isnull"):
        return _emptiness(column, verb == "isnull")
    raise NotSimple(key)


def _comparison(field: Field[Any], column: str, operator: str) -> Say:
    encode: Any = field.to_db_value

    def say(alias: str, value: Any, values: list[Any]) -> str:
        if value is None and operator == "=":
            return f"{alias}.{column} IS NULL"
        if value is None or hasattr(value, "resolve") or isinstance(value, Subquery | Model):
            raise NotSimple(column)
        values.append(encode(value, None))
        return f"{alias}.{column} {operator} ${len(values)}"

    return say


def _membership(field: Field[Any], column: str) -> Say:
    encode: Any = field.to_db_value

    def say(alias: str, value: Any, values: list[Any]) -> str:
        if isinstance(value, Subquery):
            return f"{alias}.{column} IN ({_subquery(value, f'{alias}_{column}', values)})"
        if not value:
            return "false"
        values.append([encode(each, None) for each in value])
        return f"{alias}.{column} = ANY(${len(values)})"

    return say


def _emptiness(column: str, asks_null: bool) -> Say:
    def say(alias: str, value: Any, values: list[Any]) -> str:
        return f"{alias}.{column} {'IS NULL' if bool(value) is asks_null else 'IS NOT NULL'}"

    return say


def _subquery(subquery: Subquery, alias: str, values: list[Any]) -> str:
    """`SELECT column FROM table WHERE …`, of a queryset's `.values("column")`."""
    rows = subquery.query
    if not isinstance(rows, ValuesQuery) or rows._annotations or rows._limit is not None or rows._distinct:
        raise NotSimple("a subquery")
    (name, *more), model = rows._fields_for_select.values(), rows.model
    field = model._meta.fields_map.get(name)
    if field is None or more:
        raise NotSimple("a subquery")
    condition = _said(model, Q(*rows._q_objects), alias, values) or "true"
    column, table = field.source_field or field.model_field_name, model._meta.db_table
    return f"SELECT {alias}.{column} FROM {table} {alias} WHERE {condition}"  # noqa: S608 - names of our models
