"""What is found valid sooner is valid, and what is valid is found so: compared with graphql-core, rule by rule."""

import random
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLDeferDirective,
    GraphQLSchema,
    GraphQLStreamDirective,
    GraphQLSyntaxError,
    Lexer,
    Source,
    TokenKind,
    build_schema,
    parse,
    specified_directives,
    validate,
)
from strawberry.extensions import DisableValidation
from strawberry.schema import schema as module
from strawberry.schema.schema import validate_document

from app.graphql import schema as product
from bench.work import DOCUMENTS
from execution import validation
from execution.schema import CompiledSchema
from execution.validation import KNOWN, RULES, is_valid
from tests.execution import synthetic
from tests.execution.document import Document
from tests.execution.test_template import CONFIG
from tests.execution.test_template import Query as Arguments

RANDOM_DOCUMENTS = 150
CHANGES_OF_EACH = 8

built = build_schema(
    """
    interface Being { name: String }
    type Dog implements Being { name: String barks(loud: Boolean!, times: Int = 1): Boolean puppies: [Dog] }
    type Cat implements Being { name: String! }
    union Pet = Dog | Cat
    enum Size { SMALL BIG }
    input Wish { size: Size!, word: String = "w" }
    type Query { dog(wish: Wish, sizes: [Size!]): Dog cat: Cat being: Being pet: Pet dogs: [Dog!] }
    type Mutation { dog: Dog }
    type Subscription { dog: Dog cat: Cat }
    """
)
incremental: dict[str, Any] = {"directives": (*specified_directives, GraphQLDeferDirective, GraphQLStreamDirective)}
core = GraphQLSchema(**{**built.to_kwargs(), **incremental})
arguments = strawberry.Schema(Arguments, config=CONFIG)._schema
VALID = [
    "{ dog { name barks(loud: true) } }",
    "query A($l: Boolean!) { dog { barks(loud: $l) ...F } } fragment F on Dog { n: name }",
    "query($w: Wish = {size: BIG}, $s: [Size!]) { dog(wish: $w, sizes: $s) { name } }",
    "query($s: Size!) { dog(wish: {size: $s}, sizes: [$s, BIG]) { name } }", "mutation { dog { name } }",
    "{ pet { __typename ... on Dog { puppies @include(if: true) { name } } ... on Being { name @skip(if: false) } } }",
    "subscription { dog { name } }", "query A { dog { name } } query B { cat { name } }",
    "{ dog { ...A } } fragment A on Dog { puppies { ...B } } fragment B on Being { name }",
    "{ being { ... @defer(label: \"x\") { name } } }", "{ dogs @stream(initialCount: 1) { name } }",
    "{ dog { name name } dog { n: name } }", "{ __schema { types { name fields { name } } } }",
    "query($a: Boolean! = true) { dog { barks(loud: $a) other: barks(loud: $a, times: 2) } }",
]  # fmt: skip
INVALID = [
    "type A { a: Int }", "subscription { dog { name } cat { name } }", "{ nothing }", "{ dog }",
    "{ dog { name { a } } }",
    "query A { cat { name } } query A { cat { name } }", "{ cat { name } } query B { cat { name } }",
    "query($a: Nothing) { dog { name } }", "query($a: Dog) { dog { name } }", "{ ... on Size { a } }",
    "fragment F on Size { a } { ...F }", "{ dog { ...F } }", "{ cat { name } } fragment F on Dog { name }",
    "{ dog { ...F } } fragment F on Dog { name } fragment F on Dog { name }", "{ dog { ... on Cat { name } } }",
    "{ dog { ...F } } fragment F on Dog { puppies { ...F } }",
    "query($a: Int, $a: Int) { dog { barks(loud: true, times: $a) } }",
    "{ dog { barks(loud: $a) } }", "query($a: Int) { dog { name } }", "{ dog @nothing { name } }",
    "query @skip(if: true) { dog { name } }", "{ dog { name @skip(if: true) @skip(if: true) } }",
    "{ dog { barks(loud: true, soft: 1) } }", "{ dog { barks(loud: true, loud: false) } }", "{ dog { barks } }",
    "{ dog { barks(loud: 5) } }", "{ dog(wish: {word: \"a\"}) { name } }", "{ dog(wish: {size: TALL}) { name } }",
    "query($a: Int) { dog { barks(loud: $a) } }", "{ dog { a: name a: barks(loud: true) } }",
    "{ dog { a: barks(loud: true) ...F } } fragment F on Dog { a: barks(loud: false) }",
    "{ dog(wish: {size: BIG, size: SMALL}) { name } }", "{ dog(wish: {size: BIG, more: 1}) { name } }",
    "mutation { ... @defer { dog { name } } }", "subscription { dog { ... @defer { name } } }",
    "{ being { ... @defer(label: \"a\") { name } ... @defer(label: \"a\") { name } } }", "{ dog @stream { name } }",
    "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
    "query($a: [Size]) { dog(sizes: $a) { name } }", "query($a: Int = \"x\") { dog { barks(loud: true, times: $a) } }",
    "query Q($a: Int!) { dog { ...F } } fragment F on Dog { barks(loud: $a) }", "{ dog { barks(times: 1) } }",
    "query { dog { name } } subscription S { dog { name } cat { name } }", "{ dog { name @include } }",
]  # fmt: skip
OF_ARGUMENTS = [
    "mutation { leaves }",
    "{ choice(choice: {}) }", '{ choice(choice: {byId: "a"}) }', '{ choice(choice: {byId: "a", byWord: "b"}) }',
    "query($a: ID) { choice(choice: {byId: $a}) }", "query($a: ID!) { choice(choice: {byId: $a}) }",
    "{ maybe(n: null) }", "{ maybe(n: null, word: null) }", "{ doubtful(doubtful: {maybe: null}) }",
    '{ outer(outer: {word: "a", sure: null}) }',
]  # fmt: skip


def check(schema: GraphQLSchema, text: str) -> bool:
    """Whether the document is valid; both must say the same."""
    document = parse(text)
    expected = not validate_document(schema, document, KNOWN)
    assert is_valid(schema, document, KNOWN) is expected, text
    return expected


def test_known_documents_are_judged_alike() -> None:
    assert all(check(core, text) for text in VALID)
    assert not any(check(core, text) for text in INVALID)
    assert {check(arguments, text) for text in OF_ARGUMENTS} == {True, False}
    assert all(check(product._schema, text) for text in DOCUMENTS.values())


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_asked(rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each rule there is a document that it alone, among the rules that are asked, finds wrong."""
    corpus = [(core, parse(text)) for text in INVALID] + [(arguments, parse(text)) for text in OF_ARGUMENTS]
    monkeypatch.setattr(validation, "RULES", (rule,))
    judged = [(bool(validate(schema, each, [rule])), is_valid(schema, each, KNOWN)) for schema, each in corpus]
    assert any(is_wrong for is_wrong, _ in judged)
    assert all(is_wrong is not found for is_wrong, found in judged)


def _changed(text: str, names: list[str], dice: random.Random) -> str:
    """The document with one of its tokens left out, doubled, or another in its place."""
    lexer, tokens = Lexer(Source(text)), []
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        tokens.append(text[token.start : token.end])
    at = dice.randrange(len(tokens))
    tokens[at : at + 1] = dice.choice(([], [tokens[at]] * 2, [dice.choice(tokens)], [dice.choice(names)]))
    return " ".join(tokens)


@pytest.mark.parametrize("schema", [synthetic.schema._schema, product._schema], ids=["synthetic", "product"])
def test_random_documents_are_judged_alike(schema: GraphQLSchema) -> None:
    """Also with mistakes in them."""
    names = sorted({name for type_ in schema.type_map.values() for name in getattr(type_, "fields", ())})
    judged = []
    for seed in range(RANDOM_DOCUMENTS):
        text, dice = Document(schema, seed).text, random.Random(seed)
        judged.append(check(schema, text))
        for _ in range(CHANGES_OF_EACH):
            try:
                judged.append(check(schema, _changed(text, names, dice)))
            except GraphQLSyntaxError:
                continue
    assert judged.count(True) > RANDOM_DOCUMENTS / 2
    assert judged.count(False) > RANDOM_DOCUMENTS


def test_other_rules_are_graphql_cores_matter() -> None:
    assert not is_valid(core, parse(VALID[0]), KNOWN[1:])
    assert not is_valid(core, parse(VALID[0]), (*KNOWN, RULES[-1]))


def test_heavy_documents_are_judged_once() -> None:
    """By graphql-core, which bears more."""
    heavy = parse("{ " + "__typename " * 400 + "}")
    assert not validate_document(core, heavy, KNOWN)
    assert not is_valid(core, heavy, KNOWN)
    assert check(core, "{ " + "__typename " * 100 + "}")


def test_deep_documents_are_graphql_cores_matter() -> None:
    deep = "{ dog " + "{ puppies " * 95 + "{ name }" + " }" * 96
    assert check(core, deep)
    chain = "".join(f" fragment F{n} on Dog {{ puppies {{ puppies {{ ...F{n + 1} }} }} }}" for n in range(200))
    assert not check(core, "{ dog { ...F0 } }" + chain + " fragment F200 on Dog { name }")


async def test_graphql_core_validates_only_what_is_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def noted(*given: Any) -> Any:
        asked.append(given)
        return validate_document(*given)

    monkeypatch.setattr(module, "validate_document", noted)
    schema = CompiledSchema(Arguments, config=CONFIG)
    for text in ("{ leaves }", "{ leaves }", "{ nothing }", "{ nothing }"):
        await schema.execute(text)
    assert len(asked) == 2
    free = CompiledSchema(Arguments, config=CONFIG, extensions=[DisableValidation])
    assert (await free.execute("{ nothing }")).errors is None
    assert len(asked) == 2
