"""Documents that hypothesis-graphql makes of the schema: valid ones, and ones with one mistake."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache

import graphql
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis_graphql import Mode, mutations, nodes, queries

from tests.input.hostile import STRINGS
from tests.input.operation import Operation, client_schema

BOTH = (Mode.POSITIVE, Mode.NEGATIVE)
MAX_CHARACTERS = 1_000
FIRST, LAST = datetime(1900, 1, 1), datetime(2200, 12, 31)  # noqa: DTZ001 - hypothesis adds the zone
FURTHEST = 14 * 60  # minutes from UTC
SHORT = sorted(text for text in STRINGS.values() if len(text) < MAX_CHARACTERS and text.isprintable())

_zones = st.integers(-FURTHEST, FURTHEST).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_texts = st.one_of(st.sampled_from(SHORT), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))


@lru_cache(1)
def scalars(ids: tuple[str, ...]) -> Mapping[str, st.SearchStrategy[graphql.ValueNode]]:
    """What may stand for each scalar of the schema that is not GraphQL's own; some ids are of rows."""
    uuids = st.one_of(st.sampled_from(ids), st.uuids().map(str))
    return {
        "UUID": uuids.map(nodes.String),
        "DateTime": st.datetimes(FIRST, LAST, timezones=_zones).map(datetime.isoformat).map(nodes.String),
        "Date": st.dates().map(date.isoformat).map(nodes.String),
        "Time": st.times().map(time.isoformat).map(nodes.String),
        "Rupiah": st.integers(-(2**53), 2**53).map(nodes.Int),
        "Cursor": st.one_of(st.integers(0, 10**18).map("e{}".format), _texts).map(nodes.String),
    }


def documents(operation: Operation, mode: Mode, ids: tuple[str, ...], count: int, number: int) -> Sequence[str]:
    """At most so many documents that ask the operation, by a seed; fewer where there are not more, and none with a
    mistake where nothing of the operation can be mistaken."""
    make = mutations if operation.kind == "mutation" else queries
    strategy = make(client_schema(), fields=[operation.name], custom_scalars=dict(scalars(ids)), mode=mode)
    made: list[str] = []

    @seed(number)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def note(document: str) -> None:
        made.append(document)

    try:
        note()
    except InvalidArgument:
        assert mode is Mode.NEGATIVE, f"no document asks {operation.name}"
    return made
