"""Rows and lists read by one SELECT of what is asked are answered as the stock executor answers, for every reader."""

import base64
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import pytest
import time_machine
from graphql import get_named_type, is_leaf_type, is_object_type

import schema.page
import schema.reading
import schema.select
from domain.permissions import Actor
from execution.record import Leaf
from schema.select import Row
from tests import reading
from tests.filled import NOW, Filled, filled
from tests.queries import statements
from tests.twin import Twin

DOCUMENTS = 200
FREE = frozenset({"freeSlots", "whyThisRank"})  # many rows each, and no matter of reading

# Each list, who reads something in it, and columns of its rows.
LISTS = {
    "bookings": ("agent", "id code refundIdr startsAt completedAt state"), "myBookings": ("customer", "id note state"),
    "myJobs": ("groomer", "id units"), "incidents": ("agent", "id kind item raisedAt"),
    "partners": ("nobody", "id name rank"), "myPets": ("customer", "id bornOn archivedAt version"),
    "myAddresses": ("customer", "id street"), "regions": ("nobody", "code name postcode"),
    "myConsents": ("customer", "id givenAt withdrawnAt textVersion"),
    "myNotifications": ("customer", "id template readAt"),
    "queueNotifications": ("agent", "id queue body"), "deadNotifications": ("agent", "id state"),
    "servicesToReview": ("partner_ops", "partner { id rank }"), "deadTasks": ("system", "key dueAt state attempts"),
}  # fmt: skip
ORDERS = {**{name: (reader, "") for name, (reader, _) in LISTS.items()},
          "soonest: myJobs": ("groomer", "soonestFirst: true"), "cheapest: partners": ("customer", "sort: PRICE"),
          "inside: regions": ("nobody", 'parent: "31"'), "found: regions": ("nobody", 'search: "Gambir"')}  # fmt: skip
READERS = ("nobody", "customer", "other", "groomer", "hotel", "agent", "finance", "system")
Q1 = """query ($partner: UUID!, $first: Int! = 50) { bookings(partnerId: $partner, first: $first) { edges { node {
 id code state startsAt priceIdr customer { name } partner { name rank }
 photoUpdates(first: 1) { edges { node { id } } } } } } }"""
PHOTO = "edges { cursor node { id note sentAt media { id url } } }"
ENDS = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
NESTED = f"""query ($first: Int!, $after: String, $more: Boolean! = true) {{ bookings {{ edges {{ cursor node {{ id
 photoUpdates(first: $first, after: $after) {{ ...page {PHOTO} }}
 all: photoUpdates @include(if: $more) {{ ...page edges {{ node {{ note }} }} }}
 messages(first: 2) {{ {ENDS} edges {{ cursor node {{ body isMine side }} }} }}
 m: messages(first: 1) {{ edges {{ cursor }} }}
 }} }} ...ends }} }}
 fragment page on PhotoUpdateConnection {{ {ENDS} }}
 fragment ends on BookingConnection {{ pageInfo {{ endCursor }} }}"""


@pytest.fixture
async def full() -> Any:
    full = await filled()
    with time_machine.travel(NOW, tick=False):  # signed addresses tell when they end
        yield full


def everything(twin: Twin, name: str, depth: int = 3) -> str:
    """A document for a root field with every field below it, to a depth."""
    query: Any = twin.stock._schema.query_type
    body = _field(query.fields[name], name, depth)
    declared = [each for each in ("$id: UUID!", "$first: Int! = 3") if each.split(":")[0] in body]
    return f"query ({', '.join(declared)}) {{ {body} }}" if declared else f"{{ {body} }}"


def _field(field: Any, name: str, depth: int) -> str:
    given = [f"{each}: $id" for each, argument in field.args.items() if str(argument.type) == "UUID!"]
    given += ["first: $first"] if "first" in field.args else []
    arguments = f"({', '.join(given)})" if given else ""
    return f"{name}{arguments}{_body(get_named_type(field.type), depth)}"


def _body(type_: Any, depth: int) -> str:
    if not is_object_type(type_):
        return ""
    below = depth if type_.name.endswith(("Connection", "Edge")) else depth - 1
    parts = [
        _field(field, name, below) for name, field in type_.fields.items()
        if name not in FREE and (is_leaf_type(get_named_type(field.type)) or below > 0)
    ]  # fmt: skip
    return f" {{ __typename {' '.join(parts)} is: __typename }}"


async def differences(twin: Twin, asked: list[tuple[str, dict[str, Any], Actor]]) -> list[str]:
    return [found for each in asked if (found := await twin.difference(*each)) is not None]


async def test_every_field_of_every_list_and_row_is_answered_alike_for_every_reader(full: Filled) -> None:
    twin = Twin()
    rows: dict[str, list[Any]] = {
        "booking": [full.bookings[0], full.bookings[4], full.bookings[6]], "partner": [full.groomer.id, full.hotel.id],
        "account": [full.customer.id], "me": [None], "myPartner": [None], "partnerStatistics": [full.groomer.id],
    }  # fmt: skip
    asked = []
    for name in (*LISTS, *rows):
        document = everything(twin, name)
        for each in rows.get(name, [None]):
            variables = {"id": str(each)} if each else {}
            asked += [(document, variables, full.viewers[reader]) for reader in READERS]
    assert not (found := await differences(twin, asked)), found[0]


async def test_random_documents_over_real_rows_are_answered_alike(full: Filled) -> None:
    twin, known = Twin(), await reading.known(full)
    how = await reading.run(twin, full, known, DOCUMENTS)
    assert not how.differences, how.differences[0]
    assert how.documents > DOCUMENTS * 0.8, how
    assert how.compiled == how.documents, how
    assert how.answered > DOCUMENTS * 0.4, how  # with data, not with refusals alone


async def test_odd_pages_of_nested_lists_are_answered_and_refused_alike(full: Filled) -> None:
    twin, agent = Twin(), full.viewers["agent"]
    page = await twin.ask(NESTED, agent, first=1)
    cursor = page["bookings"]["edges"][0]["node"]["photoUpdates"]["pageInfo"]["endCursor"]
    assert cursor
    refused = set()
    for first, after in ((1, None), (2, None), (0, None), (101, None), (-1, None), (100, cursor), (2, ""), (2, "x"),
                         (2, page["bookings"]["edges"][0]["cursor"]), (1, cursor), (3, None)):  # fmt: skip
        for reader in ("agent", "customer", "finance"):
            for more in (True, False):
                variables = {"first": first, "after": after, "more": more}
                found = await twin.difference(NESTED, variables, full.viewers[reader])
                assert found is None, found
        answer = await twin.compiled.execute(NESTED, {"first": first, "after": after}, reading.context(agent))
        refused |= {(error.message, first, after) for error in answer.errors or ()}
    assert {first for _, first, _ in refused} >= {0, 101, -1}
    assert {after for _, _, after in refused} >= {"", "x"}


async def test_documents_of_one_kind_only_are_answered_alike(full: Filled) -> None:
    twin, customer = Twin(), full.customer.actor
    for document in (
        "{ myBookings { edges { node { nextMoves commissionIdr area { name } checklist { label } } } } }",
        "{ myBookings { edges { node { __typename } } } }", "{ myBookings { edges { __typename cursor } } }",
        "{ myBookings { __typename } }", f"{{ myBookings {{ {ENDS} }} }}",
        f"{{ myBookings(first: 2) {{ {ENDS} }} }}",
        "{ myBookings { edges { node { refundIdr completedAt lateUntil requestedAt } } } }",
        f"{{ a: myBookings(first: 1) {{ edges {{ node {{ id }} }} }} b: myBookings(first: 2) {{ {ENDS} }} }}",
        "{ a: myBookings(filter: {states: [HELD]}) { edges { node { id } } } b: myBookings { edges { cursor } } }",
        "{ myBookings { edges { node { messages { edges { node { isMine } } } } } } }",
        "{ myBookings { edges { node { partner { __typename } customer { id } pet { bornOn archivedAt } } } } }",
        "{ myBookings { edges { node { partner { services { name prices { title } } areas { name } } } } } }",
        "{ myBookings { edges { node { partner { id place } c: customer { name } d: customer { id name } } } } }",
        "{ incidents { edges { node { booking { id partner { name } } item } } } }",
        "{ me { roles consents { purpose } zone language } }", "{ myPets { edges { node { bornOn } cursor } } }",
    ):  # fmt: skip
        for actor in (customer, full.viewers["agent"], customer):
            found = await twin.difference(document, {}, actor)
            assert found is None, found


async def test_walking_a_list_by_cursors_gives_every_row_once(full: Filled) -> None:
    twin = Twin()
    for name, (reader, given) in ORDERS.items():
        page = f"{ENDS} edges {{ cursor node {{ {LISTS[name.split()[-1]][1]} }} }}"
        document = (
            f"query ($first: Int!, $after: String) {{ {name}(first: $first, after: $after, {given}) {{ {page} }} }}"
        )
        key, actor = name.split(":")[0], full.viewers[reader]
        whole = (await twin.ask(document, actor, first=100))[key]
        assert len(whole["edges"]) > 1 or name == "servicesToReview", name
        walked: list[Any] = []
        after, goes_on = None, True
        while goes_on:
            found = (await twin.ask(document, actor, first=2, after=after))[key]
            walked += found["edges"]
            ends = found["pageInfo"]
            assert ends["hasPreviousPage"] is (after is not None), name
            assert ends["startCursor"] == found["edges"][0]["cursor"], name
            after, goes_on = ends["endCursor"], ends["hasNextPage"]
            assert after == found["edges"][-1]["cursor"], name
        assert walked == whole["edges"], name
        assert len({each["cursor"] for each in walked}) == len(walked), name


async def test_a_cursor_from_elsewhere_is_refused_or_answered_and_never_a_bug(full: Filled) -> None:
    twin, id = Twin(), str(full.bookings[0])
    odd: list[list[Any]] = [
        [id], ["31.71"], [500, id], [id, id], [str(NOW), id], [str(NOW), "a:1"], ["\0"], [str(NOW), "\0"],
        [str(NOW), "x" * 161],
        ["0001-01-01T00:00:00+14:00", id], ["9999-12-31T23:59:59-12:00", id], ["9999-12-31T23:59:59-12:00", "a"],
        [None], [None, None], [True], [True, id], [2**40, id], [-1, id], [[id]], [{"a": 1}], [1.5, id], ["x" * 50],
    ]  # fmt: skip
    cursors = [base64.urlsafe_b64encode(orjson.dumps(each)).decode() for each in odd]
    for name, (reader, given) in ORDERS.items():
        document = f"query ($after: String) {{ {name}(after: $after, {given}) {{ edges {{ cursor }} }} }}"
        for cursor, values in zip(cursors, odd, strict=True):
            answer = await twin.compiled.execute(document, {"after": cursor}, reading.context(full.viewers[reader]))
            refused = [error.extensions for error in answer.errors or ()]
            assert refused in ([], [{"code": "INVALID_INPUT", "field": "after"}]), (name, values, answer.errors)


async def test_each_reader_sees_its_own_bookings_and_no_others(full: Filled) -> None:
    twin, mine = Twin(), set(full.bookings)
    others, stay, held = full.bookings[5], full.bookings[6], full.bookings[0]
    seen: dict[str, set[UUID]] = {
        "nobody": set(), "customer": mine - {others}, "other": {others}, "groomer": mine - {stay, held},
        "hotel": {stay}, "agent": mine, "technician": set(), "finance": mine,
    }  # fmt: skip
    document = "query ($id: UUID!) { booking(id: $id) { code messages { edges { cursor } } incidents: nextMoves } }"
    for reader, expected in seen.items():
        for id in full.bookings:
            found = (await twin.ask(document, full.viewers[reader], id=str(id)))["booking"]
            assert (found is not None) is (id in expected), (reader, full.bookings.index(id))
            if found and reader != "finance":
                assert len(found["messages"]["edges"]) == 3 * (full.bookings.index(id) > 2)
            elif found:  # staff who see no messages
                assert found["messages"]["edges"] == []


async def test_a_page_is_one_statement_of_what_is_asked(full: Filled) -> None:
    twin = Twin()
    for name, (reader, node) in LISTS.items():
        document = f"query ($first: Int!) {{ {name}(first: $first) {{ edges {{ node {{ {node} }} }} }} }}"
        for first in (1, 100, 3):
            with statements() as sent:
                await twin.ask(document, full.viewers[reader], first=first)
            assert len(sent) == 1, (name, sent)
        assert columns(sent[0]) == len(node.replace("partner {", "").replace("}", "").split()), sent
    for first in (1, 100, 3):
        with statements() as sent:
            answer = await twin.ask(Q1, full.viewers["agent"], partner=str(full.groomer.id), first=first)
        assert len(sent) == 1, sent
        assert columns(sent[0]) == 9  # eight fields, and an array of records
        assert len(answer["bookings"]["edges"]) == min(first, 6)


async def test_what_a_list_is_about_is_looked_up_once(full: Filled) -> None:
    document = (
        "query ($id: UUID) { bookings(partnerId: $id) { edges { node { partner { name } customer { name } } } } }"
    )
    sent = {}
    for id in (str(full.groomer.id), None):
        with statements() as sent[id]:
            await Twin().ask(document, full.viewers["agent"], id=id)
    of_one, of_all = (statement for [statement] in sent.values())
    assert "FROM account WHERE id = t0.customer_id LIMIT 1" in of_one
    assert re.search(r"JOIN partner (t\d) ON \1.id = t0.partner_id", of_one)
    assert "FROM partner WHERE id = t0.partner_id LIMIT 1" in of_all
    assert "ON true WHERE true" in of_all


def columns(statement: str) -> int:
    """How many columns of the table, or of what it joins, a statement selects."""
    found = re.search(r"SELECT (.*?) FROM (?:\w+ t0|\()", statement.replace("\n", " "))
    assert found, statement
    return len(re.sub(r"\([^()]*(\([^()]*(\([^()]*\)[^()]*)*\)[^()]*)*\)", "", found[1]).split(","))


Bug = Callable[[pytest.MonkeyPatch], None]


def _columns_shifted(patch: pytest.MonkeyPatch) -> None:
    real = Row._column

    def column(self: Row, field: Any, type_: Any) -> Leaf | None:
        leaf = real(self, field, type_)
        return leaf and Leaf(re.sub(r"\[(\d+)\]", lambda at: f"[{max(int(at[1]) - 1, 0)}]", leaf.code), leaf.values)

    patch.setattr(Row, "_column", column)


def _null_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = schema.select._worked
    patch.setattr(schema.select, "_worked", lambda code, at, _, *values: real(code, at, False, *values))


def _cursor_of_another_row(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(schema.reading, "LAST", schema.reading.LAST.replace("[-1]", "[0]"))


def _everybody_sees_nested_rows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Row, "_may_see", lambda self, relation: "true")


def _one_more_child(patch: pytest.MonkeyPatch) -> None:
    real = schema.select._first
    patch.setattr(schema.select, "_first", lambda asked, info: real(asked, info) + 1)


def _refusals_of_nested_lists_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(schema.select, "_first", lambda asked, info: asked.arguments(info)["first"])


def _pages_have_no_next(patch: pytest.MonkeyPatch) -> None:
    real = schema.page._PageInfo.cell

    def cell(self: Any, asked: Any) -> Any:
        return Leaf("False") if asked.python_name == "has_next_page" else real(self, asked)

    patch.setattr(schema.page._PageInfo, "cell", cell)


def _aliases_share_children(patch: pytest.MonkeyPatch) -> None:
    real = Row._many
    made: dict[Any, Any] = {}

    def many(self: Row, relation: Any, asked: Any) -> Any:
        key = (id(self._select), relation)
        made.setdefault(key, (self, real(self, relation, asked)))
        return made[key][1]

    patch.setattr(Row, "_many", many)


BUGS: tuple[Bug, ...] = (
    _columns_shifted, _null_forgotten, _cursor_of_another_row, _everybody_sees_nested_rows,
    _one_more_child, _refusals_of_nested_lists_forgotten, _pages_have_no_next, _aliases_share_children,
)  # fmt: skip


async def test_planted_bugs_are_found(full: Filled) -> None:
    missed = []
    for bug in BUGS:
        readers = [full.viewers[reader] for reader in ("agent", "finance", "agent")]
        asked = [(NESTED, {"first": first}, reader) for first in (2, 0) for reader in readers]
        asked.append(("{ myBookings { edges { cursor node { refundIdr completedAt } } } }", {}, full.customer.actor))
        with pytest.MonkeyPatch.context() as patch:
            bug(patch)
            if not await differences(Twin(), asked):
                missed.append(bug.__name__)
    assert missed == []
