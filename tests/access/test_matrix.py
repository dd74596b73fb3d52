"""The access matrix: every field and operation has a row, and the product does what each cell says."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema
from tortoise import connections

from app.asgi import Front, make_app
from app.graphql import schema
from app.limit import LIMITS
from app.settings import Settings
from domain.permissions import ALLOWED, ANYONE, SYSTEM_ONLY, Can, Role
from execution.around import Documents
from execution.schema import MAX_KEPT_CHARACTERS
from integrations.token import Tokens
from models.account import Account
from tests import world
from tests.access import asking
from tests.access.asking import DENY, GONE, MAY, SHUT, SIGN, Answer, Desk
from tests.access.land import COLUMNS, STAFF, TURNED, Land, Side, land
from tests.access.table import OPERATIONS, TABLE, Matrix, Row, read
from tests.access.ways import ANSWERS, ASKED, AT_LAST, BY_RULE, RESET, SILENT, WAYS
from tests.conftest import KEPT
from tests.running import System, numbered, system
from tests.talk import INIT, Talk, acknowledged, opened
from tests.test_schema import NAMED_OTHERWISE, OUTSIDE_GRAPHQL

SCHEMA: GraphQLSchema = schema._schema
MATRIX = read(TABLE.read_text())
REFUSED = frozenset({SIGN, DENY, GONE})
FORBIDDEN = 4403
ROLES = {
    "nobody": frozenset[Role](), "cust": frozenset({Role.CUSTOMER}), "partn": frozenset({Role.CUSTOMER, Role.PARTNER}),
    **{name: frozenset({role}) for name, role in STAFF.items()},
}  # fmt: skip


# The table itself


def gaps(schema: GraphQLSchema, matrix: Matrix) -> set[str]:
    """What the schema has and the table does not, and the other way round."""
    objects = [each for each in schema.type_map.values() if isinstance(each, GraphQLObjectType)]
    fields = {f"{each.name}.{name}" for each in objects if not each.name.startswith("__") for name in each.fields}
    special = {f"{section.partition(':')[0]}.{row.partition(':')[0]}" for section, rows in matrix.rows.items()
               for row in rows}  # fmt: skip
    return (fields ^ matrix.names()) | (special - fields)


def test_every_field_and_operation_has_a_row_and_every_row_is_of_one() -> None:
    assert gaps(SCHEMA, MATRIX) == set()
    assert set(MATRIX.left_out) == {"Lagged"}


def test_every_section_has_a_way_and_every_way_a_section() -> None:
    assert set(MATRIX.rows) == {*OPERATIONS, *WAYS, *ANSWERS}
    operations = {name for kind in OPERATIONS for name in MATRIX.rows[kind]}
    assert set(ASKED) <= operations
    assert {name for name in operations if ":" in name} <= set(ASKED)


@pytest.mark.parametrize("sdl", ["type Query { me: ID }", "type Query { me: ID more: ID }", "type Query { x: ID }"])
def test_a_field_without_a_row_and_a_row_without_a_field_are_noticed(sdl: str) -> None:
    matrix = Matrix({"Query": {"me": {}, "me: again": {}}})
    assert gaps(build_schema(sdl), matrix) == {
        "type Query { me: ID }": set(), "type Query { me: ID more: ID }": {"Query.more"},
        "type Query { x: ID }": {"Query.x", "Query.me"},
    }[sdl]  # fmt: skip


@pytest.mark.parametrize("change", [("me     ", "you    "), ("shown", "shwon"), ("[Query]", "[Account]")])
def test_a_table_with_a_slip_is_no_table(change: tuple[str, str]) -> None:
    text = TABLE.read_text()
    start = text.index("\n[Query]")
    changed = text[:start] + text[start:].replace(*change, 1)
    try:
        assert gaps(SCHEMA, read(changed))
    except ValueError:
        return


def test_the_rows_of_mutations_say_what_the_permissions_say() -> None:
    """Two tables of one truth: a role may pass the guard exactly where ALLOWED names it."""
    for can in set(Can) - OUTSIDE_GRAPHQL:
        allowed = ALLOWED[can]
        if allowed == SYSTEM_ONLY:
            continue
        name = NAMED_OTHERWISE.get(can) or _camel(can.value)
        for column, roles in ROLES.items():
            word = MATRIX.rows["Mutation"][name][column]
            passes = allowed is ANYONE or bool(allowed & roles)
            assert (word in (MAY, GONE)) == passes, f"{name} for {column}: {word}"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)


# Over HTTP


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """One document asks for every field: its size is not what is looked at here."""
    limits = replace(
        LIMITS, characters=10**6, tokens=10**5, depth=100, aliases=10**4, selections=10**5, repeats=10**4, list_size=0
    )
    monkeypatch.setattr(schema, "_limits", limits)
    monkeypatch.setattr(schema, "_documents", Documents(MAX_KEPT_CHARACTERS, limits))


@pytest.fixture
async def desk(clean: str, redis_url: str, tmp_path: Path) -> Desk:
    settings = Settings(environment="test", data_dir=tmp_path, rate_user=0)
    app = make_app(settings, clean, redis_url, owns_database=False)
    assert isinstance(app, Front)
    desk = Desk(app, await land(), Tokens(settings.secret_key, timedelta(minutes=settings.access_token_minutes)))
    for column in COLUMNS:
        await desk.sign_in(column)
    return desk


def cells(land: Land, *, is_by_id: bool) -> Iterator[tuple[str, str, Side]]:
    """Who asks, whose column says what it gets, and the side it is about. Without an id both sides are one."""
    for reader in COLUMNS:
        yield reader, reader, land.sides[0]
        if is_by_id:
            yield reader, TURNED.get(reader, reader), land.sides[1]


def differing(where: str, rows: dict[str, Row], column: str, words: dict[str, str]) -> list[str]:
    """Sentences about the words that are not the table's."""
    return [f"{where}.{row} for {column} is {words[row]}, not {rows[row][column]}" for row in rows
            if rows[row][column] != words[row]]  # fmt: skip


def is_nowhere(answer: Answer, root: str) -> bool:
    """Whether nothing is there at all."""
    data = answer.said["data"]
    return data is None or data[root] is None


async def test_every_field_says_what_the_table_says(desk: Desk) -> None:
    wrong: list[str] = []
    for section, way in WAYS.items():
        if way.kind != "query":
            continue
        rows = MATRIX.rows[section]
        document = asking.document_of(SCHEMA, section, way)
        missing = asking.ids_for(document, None)
        for reader, column, side in cells(desk.land, is_by_id=bool(missing)):
            for ask in (desk.long, desk.short):
                answer = await ask(reader, document, asking.ids_for(document, side))
                words = asking.words_of(answer.said, way.path, list(rows))
                wrong += differing(section, rows, column, words)
                if missing and is_nowhere(answer, way.path[0]):
                    nobodys = await ask(reader, document, missing)
                    assert answer.body == nobodys.body, f"{section} tells {column} that there is something"
    assert wrong == []
    assert desk.asked > 4_000


async def test_every_question_says_what_the_table_says(desk: Desk) -> None:
    wrong: list[str] = []
    rows = MATRIX.rows["Query"]
    for name in rows:
        field = name.partition(":")[0]
        document = asking.operation_of(SCHEMA, "Query", field, list(asking.variables_of(name, desk.land.sides[0])))
        is_by_id = asking.nobodys(name, asking.variables_of(name, desk.land.sides[0]), desk.land.sides[0]) is not None
        for reader, column, side in cells(desk.land, is_by_id=is_by_id):
            variables = asking.variables_of(name, side)
            missing = asking.nobodys(name, variables, side)
            for ask in (desk.long, desk.short):
                answer = await ask(reader, document, variables)
                word = asking.word_of_query(answer.said, field, is_by_id=is_by_id)
                wrong += differing("Query", {name: rows[name]}, column, {name: word})
                if missing:
                    wrong += await _like_missing(ask, reader, document, missing, answer, f"{name} for {column}", word)
    assert wrong == []


async def _like_missing(
    ask: Any, reader: str, document: str, missing: Any, answer: Answer, where: str, word: str
) -> list[str]:
    """A missing id says the same to whoever is refused; to others it says nothing."""
    nobodys = await ask(reader, document, missing)
    if word in REFUSED:
        return [] if nobodys.body == answer.body else [f"{where}: others' and missing ids differ"]
    return [f"{where}: a missing id has something"] if b"__typename" in nobodys.body else []


async def test_every_order_does_what_the_table_says(desk: Desk) -> None:
    """First what is refused, which leaves no trace in any table; then what passes the guards."""
    await Account.all().update(suspended_at=None)
    rows = MATRIX.rows["Mutation"]
    before = await everything()
    wrong = [each for name in rows for each in await _refused(desk, name)]
    assert wrong == []
    assert await everything() == before
    done: set[str] = set()
    for name in [*(each for each in rows if each not in AT_LAST), *AT_LAST]:
        wrong += await _passing(desk, name, done)
    assert wrong == []
    assert {name for name in rows if MAY in rows[name].values()} - done == BY_RULE


def _order(desk: Desk, name: str) -> tuple[str, bool]:
    """The document of a mutation, and whether it is about an id of somebody's."""
    side = desk.land.sides[0]
    variables = asking.variables_of(name, side)
    document = asking.operation_of(SCHEMA, "Mutation", name, list(variables))
    return document, asking.nobodys(name, variables, side) is not None


async def _refused(desk: Desk, name: str) -> list[str]:
    wrong: list[str] = []
    document, is_by_id = _order(desk, name)
    for reader, column, side in cells(desk.land, is_by_id=is_by_id):
        expected = MATRIX.rows["Mutation"][name][column]
        if expected == MAY:
            continue
        variables = asking.variables_of(name, side)
        missing = asking.nobodys(name, variables, side)
        for ask in (desk.long, desk.short):
            answer = await ask(reader, document, variables)
            code = asking.code_of(answer.said, name)
            if asking.REFUSED.get(code or "") != expected:
                wrong.append(f"{name} for {column} is {code or 'done'}, not {expected}")
            wrong += _answered(name, column, answer, expected)
            if missing is not None and (await ask(reader, document, missing)).body != answer.body:
                wrong.append(f"{name} for {column}: others' and missing ids differ")
    return wrong


async def _passing(desk: Desk, name: str, done: set[str]) -> list[str]:
    wrong: list[str] = []
    document, is_by_id = _order(desk, name)
    for reader, column, side in cells(desk.land, is_by_id=is_by_id):
        if MATRIX.rows["Mutation"][name][column] != MAY:
            continue
        if name in RESET:
            await connections.get("default").execute_script(RESET[name])
        if name in AT_LAST:
            await desk.sign_in(reader)
        variables = asking.variables_of(name, side)
        if name == "refreshSession":
            variables = {"refreshToken": await desk.land.sign_in(reader)}
        missing = asking.nobodys(name, variables, side)
        nobodys = await desk.long(reader, document, missing) if missing is not None else None
        answer = await desk.long(reader, document, variables)
        code = asking.code_of(answer.said, name)
        if code in asking.REFUSED:
            wrong.append(f"{name} for {column} is {code}, not {MAY}")
        wrong += _answered(name, column, answer, GONE)
        differs = nobodys is not None and nobodys.body != answer.body  # else a rule was asked before
        if nobodys and differs and (name in SILENT or asking.code_of(nobodys.said, name) != "NOT_FOUND"):
            wrong.append(f"{name} tells {column} that there is something: {nobodys.said}")
        done |= {name} if code is None else set()
    return wrong


def _answered(name: str, column: str, answer: Answer, without: str) -> list[str]:
    """What the rows of the type say that only this mutation answers; `without` where it answers something else."""
    wrong: list[str] = []
    for section in [each for each, mutation in ANSWERS.items() if mutation == name]:
        rows, said = MATRIX.rows[section], answer.said["data"][name]
        is_it = said["__typename"] == section
        words = {row: asking.word_of(said[f"{section}_{row}"]) if is_it else without for row in rows}
        wrong += differing(section, rows, column, words)
    return wrong


def beside(own: Side, others: Side, groomer: world.Provider) -> dict[str, tuple[str, dict[str, Any]]]:
    """Who asks what with one id of others' among one's own, by operation and argument."""
    stay = {"optionId": own.ids["price"], "arrivesOn": str(world.in_days(60)), "leavesOn": str(world.in_days(61))}
    walk = {"optionId": str(groomer.option.id), "petId": own.ids["pet"], "startsAt": world.at(10, days=20).isoformat()}
    price = {"title": "Paket", "unit": "SESSION", "priceIdr": 60_000, "minutes": 60}
    day, key = str(world.in_days(20)), {"idempotencyKey": "beside"}
    return {
        "holdBooking.petId": ("cust", {"input": stay | {"petId": others.ids["pet"]}} | key),
        "holdBooking.addressId": ("cust", {"input": walk | {"addressId": others.ids["address"]}} | key),
        "sendPhotoUpdate.uploadIds": (
            "partn", {"bookingId": own.ids["running"], "uploadIds": [others.ids["upload"]]} | key
        ),
        "setPrice.replaces": (
            "partn", {"serviceId": own.ids["draft"], "input": price | {"replaces": others.ids["spare_price"]}}
        ),
        "freeSlots.priceId": (
            "cust", {"partnerId": own.ids["partner"], "priceId": others.ids["price"], "fromDay": day, "toDay": day}
        ),
    }  # fmt: skip


async def test_an_id_of_others_beside_ones_own_is_like_a_missing_one(desk: Desk) -> None:
    own, others = desk.land.sides
    for name, (reader, variables) in beside(own, others, await world.provider()).items():
        field, _, argument = name.partition(".")
        kind = "Mutation" if field in MATRIX.rows["Mutation"] else "Query"
        document = asking.operation_of(SCHEMA, kind, field, list(variables))
        missing = asking.nobodys("", variables, others)
        assert missing is not None
        answers = {(await desk.long(reader, document, each)).body for each in (variables, missing)}
        assert len(answers) == 1, name
        [body] = answers
        assert b'"NOT_FOUND"' in body and argument.encode() in body, (name, body)


async def everything() -> dict[str, str]:
    """A checksum of each table."""
    connection = connections.get("default")
    tables = await connection.execute_query_dict("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {}
    for name in sorted(row["tablename"] for row in tables if row["tablename"] not in KEPT):
        [row] = await connection.execute_query_dict(
            f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS sum FROM {name} t"
        )
        found[name] = row["sum"]
    return found


# Over sockets


@pytest.fixture
async def running(clean: str, redis_url: str, tmp_path: Path) -> AsyncIterator[System]:
    async with system(clean, redis_url, tmp_path) as api:
        yield api


async def test_every_stream_tells_what_the_table_says(running: System) -> None:
    made = await land()
    await numbered()
    wrong = await _closed_to_nobody(running)
    for reader in COLUMNS[1:]:
        async with acknowledged(running, made.readers[reader]) as talk:
            for name in MATRIX.rows["Subscription"]:
                wrong += await _followed(talk, made, reader, name)
            for section, way in WAYS.items():
                if way.kind == "subscription":
                    wrong += await _items(talk, made, reader, section)
    assert wrong == []


async def _closed_to_nobody(running: System) -> list[str]:
    async with opened(running) as talk:
        await talk.say({"type": INIT})
        assert (await talk.closed())[0] == FORBIDDEN
    sections = ["Subscription", *(section for section, way in WAYS.items() if way.kind == "subscription")]
    rows = {f"{section}.{row}": words for section in sections for row, words in MATRIX.rows[section].items()}
    return [f"{row} for nobody is {SHUT}" for row, words in rows.items() if words["nobody"] != SHUT]


async def _followed(talk: Talk, made: Land, reader: str, name: str) -> list[str]:
    wrong: list[str] = []
    field, rows = name.partition(":")[0], MATRIX.rows["Subscription"]
    document = asking.operation_of(SCHEMA, "Subscription", field, list(asking.variables_of(name, made.sides[0])))
    for who, column, side in cells(made, is_by_id=name in ASKED):
        if who != reader:
            continue
        variables = asking.variables_of(name, side)
        said = await asking.heard(talk, document, variables)
        word = asking.word_heard(said)
        wrong += differing("Subscription", {name: rows[name]}, column, {name: word})
        missing = asking.nobodys(name, variables, side)
        if missing is not None:
            nobodys = await asking.heard(talk, document, missing)
            if nobodys != said if word in REFUSED else asking.word_heard(nobodys) != GONE:
                wrong.append(f"{name} for {column}: a missing id is told {nobodys}")
    return wrong


async def _items(talk: Talk, made: Land, reader: str, section: str) -> list[str]:
    wrong: list[str] = []
    rows = MATRIX.rows[section]
    document = asking.document_of(SCHEMA, section, WAYS[section])
    for who, column, side in cells(made, is_by_id=bool(asking.ids_for(document, None))):
        if who == reader:
            said = await asking.heard(talk, document, asking.ids_for(document, side))
            wrong += differing(section, rows, column, asking.words_heard(said, section, list(rows)))
    return wrong
