"""Random documents through both executors: `python -m tests.execution.fuzz 100000 [first seed]`."""

import asyncio
import logging
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
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

PROGRESS = 5_000


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


def new_schema() -> CompiledSchema:
    """A compiled schema that has compiled nothing yet."""
    return CompiledSchema(synthetic.Query, synthetic.Mutation, extensions=[CheckedOnce], **TYPES)


compiled = new_schema()


async def one(seed: int, schema: CompiledSchema = compiled) -> tuple[Document, str | None]:
    """The document of that seed, asked twice: of another world and with its @skip and @include variables turned."""
    document = Document(synthetic.schema._schema, seed)
    turned = {name: not value if name in document.flags else value for name, value in document.variables.items()}
    for world, variables in ((seed, document.variables), (seed + 1, turned)):
        try:
            found = await difference(stock, schema, document.text, variables, partial(World, world))
        except Exception as error:  # neither executor may raise
            found = repr(error)
        if found is not None:
            return document, f"seed {seed}: {found}\n{document.text}\n{variables}"
    return document, None


async def run(
    count: int, first: int = 0, stop_at: int = 1, schema: CompiledSchema = compiled
) -> tuple[list[str], Counter[str]]:
    """Differences found, and how the documents were executed."""
    differences: list[str] = []
    how: Counter[str] = Counter()
    for seed in range(first, first + count):
        if seed > first and (seed - first) % PROGRESS == 0:
            sys.stderr.write(f"{seed - first} documents, {len(differences)} differences\n")
        document, found = await one(seed, schema)
        how[_how(document, schema)] += 1
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


def main() -> int:
    """The long run; exit code 1 when anything differs."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    logging.disable()
    warnings.simplefilter("ignore", RuntimeWarning)  # values that nobody asked for are never awaited
    began = time.process_time()
    differences, how = asyncio.run(run(count, first, stop_at=5))
    sys.stdout.write("\n\n".join(differences) + f"\n{dict(how)} in {time.process_time() - began:.1f} s\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
