"""Documents and variables that try to get round a limit; tests/resolvers/test_limit.py sends each of them."""

import json
from typing import Any, NamedTuple

CHEAP = "consentText { version }"
DEEP = "incidents { edges { node { booking { photoUpdates { edges { node { media { url } } } } } } } }"
MEDIA = "fragment Media on PhotoUpdateConnection { edges { node { media { url } } } }"
ALIASES = " ".join(f"a{number}: unreadCount" for number in range(16))
EIGHT = "fragment Eight on Query { " + " ".join(f"a{number}: unreadCount" for number in range(8)) + " }"
TICKS = " ".join(f"a{number}: unreadCount @include(if: true)" for number in range(11))
PAGES = "myBookings(first: 100) { edges { node { messages(first: 100) { edges { node { body } } } } } }"
PAGED = "query ($n: Int{0}) {{ myBookings(first: $n) {{ edges {{ node {{ {1} }} }} }} }}"
NUMBERED = PAGED.format("!", "messages(first: 100) { edges { node { body } } }")
LOG_IN = 'logInWithCode(input: {phone: "+6281200000001", code: "%06d"}) { __typename }'
LOG_INS = " ".join(f"l{number}: {LOG_IN % number}" for number in range(2))
DOUBLING = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(12))
CHAIN = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(25))
LEAF = " fragment F{0} on Query {{ unreadCount }}"
OTHER = "query Other { consentText { version } }"
FRAGMENT = "fragment F on Query { %s }"
ON_MUTATION = "fragment F on Mutation { %s }"


class Form(NamedTuple):
    """What is sent. Without a code any error will do, but for data."""

    document: str
    code: str | None = None
    variables: dict[str, Any] | None = None
    name: str | None = None


FORMS: dict[str, Form] = {
    "depth: inline": Form(f"{{ {DEEP} }}", "TOO_DEEP"),
    "depth: a fragment": Form(f"{{ ...F }} {FRAGMENT % DEEP}", "TOO_DEEP"),
    "depth: nested fragments": Form(
        f"{{ incidents {{ ...I }} }} fragment I on IncidentConnection {{ edges {{ node {{ ...N }} }} }}"
        f" fragment N on Incident {{ booking {{ ...B }} }} fragment B on Booking {{ photoUpdates {{ ...Media }} }}"
        f" {MEDIA}",
        "TOO_DEEP"
    ),
    "depth: inline fragments": Form(f"{{ ... {{ ... on Query {{ {DEEP} }} }} }}", "TOO_DEEP"),
    "depth: a fragment in an inline fragment": Form(f"{{ ... {{ ...F }} }} {FRAGMENT % DEEP}", "TOO_DEEP"),
    "depth: below an alias": Form(f"{{ x: {DEEP} }}", "TOO_DEEP"),
    "depth: skipped": Form(DEEP.replace("incidents", "query { incidents @skip(if: true)", 1) + " }", "TOO_DEEP"),
    "depth: included by a variable": Form(
        "query ($y: Boolean!) {" + DEEP.replace("incidents", "incidents @include(if: $y)", 1) + "}",
        "TOO_DEEP", {"y": False},
    ),
    "depth: another operation": Form(f"{OTHER} query Deep {{ {DEEP} }}", "TOO_DEEP", name="Other"),
    "depth: the asked of several operations": Form(f"{OTHER} query Deep {{ {DEEP} }}", "TOO_DEEP", name="Deep"),
    "depth: an unused fragment": Form(f"{{ {CHEAP} }} {FRAGMENT % DEEP}", "TOO_DEEP"),
    "depth: the second of two spreads": Form(
        f"{{ {CHEAP} ...G ...F }} {FRAGMENT % DEEP} fragment G on Query {{ unreadCount }}", "TOO_DEEP",
    ),
    "depth: of braces": Form("{ myBookings " * 400, "TOO_DEEP"),
    "depth: of a list": Form("{ regions(search: " + "[" * 400, "TOO_DEEP"),
    "depth: of an object": Form("{ partners(filter: " + "{text: " * 300, "TOO_DEEP"),
    "aliases: inline": Form(f"{{ {ALIASES} }}", "TOO_MANY_ALIASES"),
    "aliases: a fragment": Form(f"{{ ...F }} {FRAGMENT % ALIASES}", "TOO_MANY_ALIASES"),
    "aliases: a fragment spread twice": Form(f"{{ ...Eight ... {{ ...Eight }} }} {EIGHT}", "TOO_MANY_ALIASES"),
    "aliases: inline fragments": Form(f"{{ ... on Query {{ {ALIASES} }} }}", "TOO_MANY_ALIASES"),
    "aliases: aliases in aliases": Form(
        "{" + " ".join(f"m{n}: me {{ a: id b: name c: zone }}" for n in range(4)) + "}", "TOO_MANY_ALIASES"
    ),
    "aliases: a fragment in aliases": Form(
        "{" + " ".join(f"m{n}: me {{ ...F }}" for n in range(4)) + "} fragment F on Account { a: id b: name c: zone }",
        "TOO_MANY_ALIASES"
    ),
    "aliases: their own names": Form("{ me {" + "id: id " * 8 + "name: name " * 8 + "} }", "TOO_MANY_ALIASES"),
    "aliases: skipped": Form(f"{{ ... @skip(if: true) {{ {ALIASES} }} {CHEAP} }}", "TOO_MANY_ALIASES"),
    "aliases: another operation": Form(f"{OTHER} query Many {{ {ALIASES} }}", "TOO_MANY_ALIASES", name="Other"),
    "aliases: mutations": Form(
        "mutation {" + " ".join(f"a{n}: logOut {{ __typename }}" for n in range(16)) + "}", "TOO_MANY_ALIASES"
    ),
    "repeats: inline": Form("{" + " unreadCount" * 11 + "}", "TOO_MANY_REPEATS"),
    "repeats: 300": Form("{" + " unreadCount" * 300 + "}", "TOO_MANY_REPEATS"),
    "repeats: spreads of a fragment": Form("{" + "...F " * 11 + "}" + FRAGMENT % "unreadCount", "TOO_MANY_REPEATS"),
    "repeats: inline fragments": Form("{" + "... { unreadCount } " * 11 + "}", "TOO_MANY_REPEATS"),
    "repeats: with selections": Form("{" + "me { id } " * 11 + "}", "TOO_MANY_REPEATS"),
    "repeats: commas between": Form("{" + ",,unreadCount,," * 11 + "}", "TOO_MANY_REPEATS"),
    "fan-out: doubling fragments": Form(f"{{ ...F0 }} {DOUBLING}{LEAF.format(12)}", "TOO_MANY_REPEATS"),
    "fan-out: in aliases": Form(
        "{" + " ".join(f"m{n}: me {{ ...A }}" for n in range(10)) + "} fragment A on Account {" + "...B " * 10 + "}"
        " fragment B on Account { id name zone phone email language }", "TOO_MANY_SELECTIONS"
    ),
    "fan-out: a chain of fragments": Form(f"{{ ...F0 }} {CHAIN}{LEAF.format(25)}", "TOO_MANY_FRAGMENTS"),
    "fan-out: a tower of inline fragments": Form(
        "{" + "... { " * 25 + "unreadCount" + " }" * 25 + "}", "TOO_MANY_FRAGMENTS"
    ),
    "fan-out: a circle": Form("{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }", None),
    "directives: inline": Form(f"{{ {TICKS} }}", "TOO_MANY_DIRECTIVES"),
    "directives: a fragment": Form(f"{{ ...F }} {FRAGMENT % TICKS}", "TOO_MANY_DIRECTIVES"),
    "directives: on spreads": Form(
        "{" + "...F @include(if: true) " * 10 + "... @skip(if: false) { unreadCount } }" + FRAGMENT % CHEAP,
        "TOO_MANY_DIRECTIVES"
    ),
    "directives: on one field": Form("{ unreadCount" + " @skip(if: false)" * 11 + "}", "TOO_MANY_DIRECTIVES"),
    "directives: unknown": Form("{ unreadCount" + " @x" * 11 + "}", "TOO_MANY_DIRECTIVES"),
    "directives: on the operation": Form("query" + " @x" * 11 + "{ unreadCount }", "TOO_MANY_DIRECTIVES"),
    "directives: on a variable": Form("query ($a: Int" + " @x" * 11 + ") { unreadCount }", "TOO_MANY_DIRECTIVES"),
    "tokens: fields": Form("{" + " unreadCount" * 1_000 + "}", "TOO_MANY_TOKENS"),
    "tokens: comments": Form("#\n" * 1_000 + f"{{ {CHEAP} }}", "TOO_MANY_TOKENS"),
    "tokens: a list": Form("{ regions(search: [" + "1 " * 1_000 + "]) { edges { cursor } } }", "TOO_MANY_TOKENS"),
    "tokens: operations": Form(
        " ".join(f"query Q{n} {{ unreadCount }}" for n in range(250)), "TOO_MANY_TOKENS", name="Q1",
    ),
    "characters: commas": Form(f"{{ {CHEAP} }}" + "," * 15_000, "TOO_MANY_CHARACTERS"),
    "characters: spaces": Form(" " * 15_000 + f"{{ {CHEAP} }}", "TOO_MANY_CHARACTERS"),
    "characters: byte order marks": Form("\ufeff" * 7_500 + " " * 7_500 + f"{{ {CHEAP} }}", "TOO_MANY_CHARACTERS"),
    "characters: new lines": Form(f"{{ {CHEAP} }}" + "\r\n" * 7_500, "TOO_MANY_CHARACTERS"),
    "characters: a comment": Form(f"{{ {CHEAP} }} #" + "x" * 15_000, "TOO_MANY_CHARACTERS"),
    "characters: a block string": Form(
        '{ regions(search: """' + "x" * 15_000 + '""") { edges { cursor } } }', "TOO_MANY_CHARACTERS"
    ),
    "characters: a name": Form("{ " + "x" * 15_000 + " }", "TOO_MANY_CHARACTERS"),
    "cost: pages in pages": Form(f"{{ {PAGES} }}", "TOO_COSTLY"),
    "cost: a fragment on the page": Form(
        "{ myBookings(first: 100) { ...F } } fragment F on BookingConnection { edges { node { ...G } } }"
        " fragment G on Booking { messages(first: 100) { ... { edges { node { body } } } } }", "TOO_COSTLY"
    ),
    "cost: aliases of pages": Form(
        "{" + " ".join(f"a{n}: myBookings(first: 100) {{ edges {{ node {{ id }} }} }}" for n in range(15)) + "}",
        "TOO_COSTLY"
    ),
    "cost: repeated pages": Form(
        "{" + "myBookings(first: 100) { edges { node { id code state } } } " * 10 + "}", "TOO_COSTLY",
    ),
    "cost: pages that are not named": Form(
        "{ myBookings { edges { node { messages { edges { node { id body } } }"
        " photoUpdates { edges { node { media { id } } } } } } } }", "TOO_COSTLY"
    ),
    "cost: a huge page": Form("{ myBookings(first: 2147483647) { edges { cursor } } }", "TOO_COSTLY"),
    "cost: a page beyond 64 bits": Form(f"{{ myBookings(first: {10**30}) {{ edges {{ cursor }} }} }}", None),
    "cost: another operation's price": Form(f"{OTHER} query Costly {{ {PAGES} }}", "TOO_COSTLY", name="Costly"),
    "cost: skipped": Form(f"{{ ... @skip(if: true) {{ {PAGES} }} }}", "TOO_COSTLY"),
    "cost: a variable": Form(NUMBERED, "TOO_COSTLY", {"n": 100}),
    "cost: a variable's default": Form(NUMBERED.replace("Int!", "Int! = 100"), "TOO_COSTLY"),
    "cost: a default beside a value": Form(NUMBERED.replace("Int!", "Int! = 1"), "TOO_COSTLY", {"n": 100}),
    "cost: a variable for both": Form(NUMBERED.replace("first: 100", "first: $n"), "TOO_COSTLY", {"n": 100}),
    "cost: a negative page": Form(NUMBERED.replace("first: 100", "first: 10000"), "TOO_COSTLY", {"n": -100}),
    "cost: a huge variable": Form(NUMBERED, "TOO_COSTLY", {"n": 2**31 - 1}),
    "cost: a variable beyond 64 bits": Form(NUMBERED, None, {"n": 10**30}),
    "cost: a float": Form(NUMBERED, "TOO_COSTLY", {"n": 100.0}),
    "cost: a huge float": Form(NUMBERED, None, {"n": 1e300}),
    "cost: a text": Form(NUMBERED, None, {"n": "100"}),
    "cost: a truth": Form(NUMBERED, None, {"n": True}),
    "cost: null": Form(NUMBERED, None, {"n": None}),
    "cost: a list": Form(NUMBERED, None, {"n": [100]}),
    "cost: a deep list": Form(NUMBERED, None, {"n": json.loads("[" * 400 + "]" * 400)}),
    "cost: a deep object": Form(NUMBERED, None, {"n": json.loads('{"n":' * 400 + "1" + "}" * 400)}),
    "once: aliases": Form(f"mutation {{ {LOG_INS} }}", "ONCE_A_REQUEST"),
    "once: 15 aliases": Form(
        "mutation {" + " ".join(f"l{n}: {LOG_IN % n}" for n in range(15)) + "}", "ONCE_A_REQUEST"
    ),
    "once: the same again": Form(f"mutation {{ {LOG_IN % 1} {LOG_IN % 1} }}", "ONCE_A_REQUEST"),
    "once: a fragment": Form(f"mutation {{ ...F }} {ON_MUTATION % LOG_INS}", "ONCE_A_REQUEST"),
    "once: nested fragments": Form(
        f"mutation {{ ...G }} fragment G on Mutation {{ ...F }} {ON_MUTATION % LOG_INS}", "ONCE_A_REQUEST"
    ),
    "once: beside a fragment": Form(
        f"mutation {{ a: {LOG_IN % 1} ...F }} {ON_MUTATION % ('b: ' + LOG_IN % 2)}", "ONCE_A_REQUEST"
    ),
    "once: inline fragments": Form(
        f"mutation {{ ... {{ a: {LOG_IN % 1} }} ... on Mutation {{ b: {LOG_IN % 2} }} }}", "ONCE_A_REQUEST"
    ),
    "once: skipped": Form(
        f"mutation {{ ... @skip(if: true) {{ a: {LOG_IN % 1} }} b: {LOG_IN % 2} }}", "ONCE_A_REQUEST"
    ),
    "once: different ways in": Form(
        f'mutation {{ {LOG_IN % 1} requestLoginCode(phone: "+6281200000001") {{ __typename }} }}',
        "ONCE_A_REQUEST"
    ),
    "once: another operation": Form(
        f"mutation A {{ logOut {{ __typename }} }} mutation B {{ {LOG_INS} }}", "ONCE_A_REQUEST", name="A",
    ),
}  # fmt: skip
