"""Asking the product's application as one of the readers, and one word for what it answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, GraphQLUnionType, get_named_type, is_leaf_type
from starlette.types import Message
from strawberry.http import process_result

from app.asgi import Front
from app.post import written
from domain.account import SESSION_LIVES
from integrations.token import Tokens
from models.account import Session
from tests.access.land import MISSING, Land, Side
from tests.access.ways import ASKED, BY_ID, KEPT, Given, Way
from tests.talk import Talk

# The words of the table; what each means stands in docs/access.md.
SHOWN, NULL, EMPTY, GONE, SIGN, DENY, MAY, SHUT = "shown", "null", "empty", "gone", "sign", "deny", "may", "shut"
REFUSED = {"NOT_SIGNED_IN": SIGN, "NOT_ALLOWED": DENY, "NOT_FOUND": GONE}
PLAIN, ODD = b"application/json", b"application/json, application/octet-stream;q=0.1"
MAX_HEARD = 300  # messages of one subscription before it is live
ADDRESS = "127.0.0.1"
LAST = frozenset({"error", "complete"})
_numbers = count(1)


@dataclass(frozen=True)
class Answer:
    """What came back: the bytes, and what they say."""

    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


@dataclass
class Desk:
    """The application as its clients reach it over HTTP, without a network in between."""

    app: Front
    land: Land
    tokens: Tokens
    asked: int = 0

    async def sign_in(self, reader: str) -> None:
        """A session of its own for the reader, with a token that nobody revoked."""
        actor = self.land.readers[reader]
        if actor.id is None:
            return
        now = datetime.now(UTC)
        session = await Session.create(account_id=actor.id, expires_at=now + SESSION_LIVES)
        self.land.tokens[reader] = self.tokens.issue(actor.id, session.id, actor.roles, actor.language, now)[0]

    async def long(self, reader: str, document: str, variables: Given) -> Answer:
        """By the long way: middleware, routing and Strawberry's view, as a document goes that nobody asked before."""
        self.asked += 1
        body = _body(document, variables)
        headers = self._headers(reader, body) | {b"accept": ODD}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": "/graphql", "raw_path": b"/graphql", "query_string": b"", "root_path": "",
            "headers": list(headers.items()), "client": (ADDRESS, 1), "server": ("rawat.example", 80),
        }  # fmt: skip
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        told: list[Message] = []

        async def receive() -> Message:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            told.append(message)

        await self.app(scope, receive, send)
        return Answer(b"".join(message.get("body", b"") for message in told[1:]))

    async def short(self, reader: str, document: str, variables: Given) -> Answer:
        """By the short way of a document that is known, as app/http.py takes it from the connection."""
        self.asked += 1
        body = _body(document, variables)
        found = self.app.short(self._headers(reader, body), body, ADDRESS)
        assert found is not None, f"not known: {document}"
        return Answer(written(process_result(await found[2])))

    def _headers(self, reader: str, body: bytes) -> dict[bytes, bytes]:
        token = self.land.tokens.get(reader)
        who = {b"authorization": f"Bearer {token}".encode()} if token is not None else {}
        length = b"%d" % len(body)
        return {b"host": b"rawat.example", b"content-type": PLAIN, b"content-length": length, b"accept": PLAIN} | who


def _body(document: str, variables: Given) -> bytes:
    return json.dumps({"query": document, "variables": dict(variables)}).encode()


# Documents


def fields_of(schema: GraphQLSchema, name: str) -> Mapping[str, GraphQLField]:
    """The fields of an object type of the schema; what stands behind a colon is no part of its name."""
    found = schema.type_map[name.partition(":")[0]]
    assert isinstance(found, GraphQLObjectType)
    fields: Mapping[str, GraphQLField] = found.fields
    return fields


def chosen(name: str, field: GraphQLField) -> str:
    """How a field is asked for, so that one sees whether there is something in it."""
    target = get_named_type(field.type)
    if is_leaf_type(target):
        return name
    return f"{name} {_selection(target.name)}"


def _selection(target: str) -> str:
    return "{ edges { __typename } }" if target.endswith("Connection") else "{ __typename }"


def document_of(schema: GraphQLSchema, name: str, way: Way) -> str:
    """The document that asks a type's every field by its way, with the ids as variables."""
    asked = "__typename " + " ".join(chosen(each, field) for each, field in fields_of(schema, name).items())
    if way.kind == "subscription":
        asked = f"__typename ... on {name.partition(':')[0]} {{ {asked} }}"
    body = way.body % asked
    declared = ", ".join(f"${each}: UUID!" for each in BY_ID if f"${each}" in body)
    return f"{way.kind}{f' ({declared})' if declared else ''} {{ {body} }}"


def ids_for(document: str, side: Side | None) -> dict[str, str]:
    """The ids that a document asks with: of a side, or nobody's."""
    names = [each for each in BY_ID if f"${each}:" in document]
    return {name: side.ids[name] if side else str(MISSING) for name in names}


def operation_of(schema: GraphQLSchema, kind: str, name: str, arguments: Sequence[str]) -> str:
    """The document of one operation, with those arguments as variables. A member of a result is asked with all its
    fields, each by a name of its own."""
    field = fields_of(schema, kind)[name]
    given = {each: argument.type for each, argument in field.args.items() if each in arguments}
    declared = ", ".join(f"${each}: {type}" for each, type in given.items())
    passed = ", ".join(f"{each}: ${each}" for each in given)
    target = get_named_type(field.type)
    if isinstance(target, GraphQLUnionType):
        selection = "{ __typename " + " ".join(_part(each) for each in target.types) + " }"
    else:
        selection = "" if is_leaf_type(target) else _selection(target.name)
    declared, passed = f" ({declared})" if declared else "", f"({passed})" if passed else ""
    return f"{kind.lower()}{declared} {{ {name}{passed} {selection} }}"


def _part(target: GraphQLObjectType) -> str:
    fields = " ".join(f"{target.name}_{each}: {chosen(each, field)}" for each, field in target.fields.items())
    return f"... on {target.name} {{ {fields} }}"


def variables_of(name: str, side: Side) -> dict[str, Any]:
    """What an operation is asked with, of this side."""
    return dict(ASKED[name](side)) if name in ASKED else {}


def nobodys(name: str, variables: Given, side: Side) -> dict[str, Any] | None:
    """The same with every id of the side replaced by one that is nobody's; None where there is none."""
    before = text = json.dumps(dict(variables))
    for key, each in side.ids.items():
        if _is_id(each) and key not in KEPT.get(name, ()):
            text = text.replace(each, str(MISSING))
    return None if text == before else dict(json.loads(text))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


# Words


def refusal_of(said: Any) -> str | None:
    """The word for an answer with errors. Only refusals are: anything else fails the test."""
    errors = said.get("errors")
    if not errors:
        return None
    code = (errors[0].get("extensions") or {}).get("code")
    assert code, said
    return REFUSED.get(code, MAY)


def word_of(value: Any) -> str:
    """What the value of one field says."""
    if value is None:
        return NULL
    if value == [] or (isinstance(value, dict) and value.get("edges") == []):
        return EMPTY
    return SHOWN


def object_at(data: Any, path: Sequence[str]) -> dict[str, Any] | None:
    """What the path leads to, by the first elements of lists; None when it leads nowhere."""
    found: dict[str, Any] | None = data
    for step in path:
        found = found[step] if found is not None else None
        if isinstance(found, list):
            found = found[0] if found else None
    return found


def words_of(said: Any, path: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """The word of each field of the type that the path leads to."""
    refused = refusal_of(said)
    found = None if refused else object_at(said["data"], path)
    if found is None:
        return dict.fromkeys(fields, refused or GONE)
    return {each: word_of(found[each]) for each in fields}


def word_of_query(said: Any, name: str, *, is_by_id: bool) -> str:
    """What a Query field answers; by an id that the reader does not see, nothing is there."""
    refused = refusal_of(said)
    if refused:
        return refused
    word = word_of(said["data"][name])
    return GONE if word == NULL and is_by_id else word


def code_of(said: Any, name: str) -> str | None:
    """The code of the refusal that a mutation answers; None when it was done."""
    answer = (said.get("data") or {}).get(name)
    assert answer, said
    return str(answer["Refusal_code"]) if answer["__typename"] == "Refusal" else None


# Over a socket


async def heard(talk: Talk, document: str, variables: Given) -> list[Any]:
    """What a subscription says until it is live or over, without its id; then it is completed."""
    id = f"a{next(_numbers)}"
    await talk.ask(id, document, variables=dict(variables))
    said: list[Any] = []
    for _ in range(MAX_HEARD):
        message = await talk.hear()
        if message.get("id") != id:
            continue
        said.append({"type": message["type"], "payload": message.get("payload")})
        if message["type"] in LAST:
            return said
        if "CaughtUp" in [item["__typename"] for item in _items([said[-1]])]:
            await talk.say({"id": id, "type": "complete"})
            return said
    raise AssertionError(f"it goes on and on: {document}")


def _items(said: Sequence[Any]) -> list[Any]:
    return [item for each in said if each["type"] == "next" for item in (each["payload"]["data"] or {}).values()]


def word_heard(said: Sequence[Any]) -> str:
    """One word for what a subscription said."""
    payload = said[0]["payload"]
    if said[0]["type"] == "next" and not payload.get("errors"):
        return SHOWN
    errors = payload if isinstance(payload, list) else payload["errors"]
    return REFUSED[errors[0]["extensions"]["code"]]


def words_heard(said: Sequence[Any], name: str, fields: Sequence[str]) -> dict[str, str]:
    """The word of each field, over all items of the type: shown when any had it."""
    word = word_heard(said)
    if word != SHOWN:
        return dict.fromkeys(fields, word)
    items = [item for item in _items(said) if item["__typename"] == name.partition(":")[0]]
    if not items:
        return dict.fromkeys(fields, GONE)
    return {each: SHOWN if any(item[each] is not None for item in items) else NULL for each in fields}
