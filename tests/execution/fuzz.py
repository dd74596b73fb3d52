"""Random documents through both executors. The long run is `make fuzz documents=100000` (tests/fuzz.py)."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache, partial

import strawberry
from graphql import DocumentNode, GraphQLError, parse, specified_rules
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from execution.schema import CompiledSchema
from tests.execution import synthetic
from tests.execution.compare import difference
from tests.execution.document import Document
from tests.execution.synthetic import World

TYPES = {"types": [synthetic.Pet, synthetic.Person], **synthetic.ARGUMENTS}


@lru_cache(maxsize=4)
def _checked(text: str) -> tuple[DocumentNode, list[GraphQLError]]:
    document = parse(text)
    return document, validate_document(synthetic.schema._schema, document, tuple(specified_rules))


class CheckedOnce(SchemaExtension):
    """Both executors get the same parsed and validated document: neither step is what is compared here."""

    def on_parse(self) -> Iterator[None]:
        self.execution_context.graphql_document = _checked(self.execution_context.query or "")[0]
        yield

    def on_validate(self) -> Iterator[None]:
        self.execution_context.pre_execution_errors = _checked(self.execution_context.query or "")[1]
        yield


stock = strawberry.Schema(synthetic.Query, synthetic.Mutation, extensions=[CheckedOnce], **TYPES)


class Around(SchemaExtension):
    """Has a say in every operation, and changes nothing."""

    def on_operation(self) -> Iterator[None]:
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        yield


def new_schema(*extensions: type[SchemaExtension]) -> CompiledSchema:
    """A compiled schema that has compiled nothing yet."""
    return CompiledSchema(synthetic.Query, synthetic.Mutation, extensions=extensions, **TYPES)


@lru_cache(maxsize=1)
def schemas() -> tuple[CompiledSchema, ...]:
    """One without extensions, one that is surrounded by them, and one whose extensions parse and validate."""
    return new_schema(), new_schema(Around), new_schema(CheckedOnce)


async def one(seed: int, schema: CompiledSchema) -> tuple[Document, str | None]:
    """The document of that seed, asked four times: of other worlds, with other values, and with its @skip and @include
    variables turned. So the first time it is compiled, and later its plan and its templates are used."""
    document = Document(synthetic.schema._schema, seed)
    asked = (document.variables, document.again(), document.again(), document.turned())
    for world, variables in enumerate(asked if document.variables else asked[:2], seed):
        try:
            found = await difference(stock, schema, document.text, variables, partial(World, world))
        except Exception as error:  # neither executor may raise
            found = repr(error)
        if found is not None:
            return document, f"seed {seed}: {found}\n{document.text}\n{variables}"
    return document, None


async def run(
    count: int, first: int = 0, stop_at: int = 1, schema: CompiledSchema | None = None
) -> tuple[list[str], Counter[str]]:
    """Differences found, and how the documents were executed."""
    differences: list[str] = []
    how: Counter[str] = Counter()
    for seed in range(first, first + count):
        asked = schema or schemas()[seed % 3]
        document, found = await one(seed, asked)
        how[_how(document, asked)] += 1
        if found is not None:
            differences.append(found)
            if len(differences) >= stop_at:
                break
    return differences, how


def _how(document: Document, schema: CompiledSchema) -> str:
    operation = schema._operations.get((document.text, "Q"))
    if operation is None:
        return "invalid"
    if operation.reason is not None:
        return f"stock: {operation.reason}"
    return "compiled" if operation.variants else "variables refused"
