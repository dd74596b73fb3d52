"""The product's schema twice: compiled as it ships, and under the stock executor; and whether both answer alike."""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

from graphql import DocumentNode, GraphQLError, parse, specified_rules
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import validate_document
from strawberry.tools import merge_types

from app import graphql as product
from app.graphql import shown_error, shown_errors
from domain.permissions import Actor
from execution.opening import OpeningSchema
from execution.schema import CompiledSchema
from schema.refusal import ToRefusal
from schema.scalar import SCALARS
from tests.execution.compare import difference
from tests.job import context


@lru_cache(maxsize=4)
def checked(schema: Any, text: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """The document, and why it is not valid."""
    document = parse(text)
    return document, validate_document(schema, document, tuple(specified_rules))


class CheckedOnce(SchemaExtension):
    """Parses and validates a document once for all that ask it: neither is what is compared here."""

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        context.graphql_document = checked(context.schema._schema, context.query or "")[0]
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        context.pre_execution_errors = checked(context.schema._schema, context.query or "")[1]
        yield


class Stock(OpeningSchema):
    """What graphql-core and Strawberry answer, with errors shown as the product shows them."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Say nothing here."""

    async def _handle_execution_result(self, context: Any, *arguments: Any, **named: Any) -> Any:
        answer = await super()._handle_execution_result(context, *arguments, **named)
        if answer.errors:
            answer.errors = shown_errors(answer.errors, context)
        return answer


class Twin:
    """The two schemas; what was compiled is kept from document to document."""

    def __init__(self) -> None:
        kinds: tuple[tuple[Callable[..., Any], list[type[SchemaExtension]]], ...] = (
            (Stock, [product.StreamErrors, CheckedOnce]), (product.Schema, [product.StreamErrors]),
        )  # fmt: skip
        self.stock, self.compiled = [
            kind(
                query=merge_types("Query", product.QUERIES),
                mutation=merge_types("Mutation", product.MUTATIONS),
                subscription=merge_types("Subscription", product.SUBSCRIPTIONS),
                extensions=extensions,
                exception_handlers=[ToRefusal()],
                config=StrawberryConfig(scalar_map=SCALARS),
            )
            for kind, extensions in kinds
        ]
        assert isinstance(self.compiled, CompiledSchema)

    async def difference(self, document: str, variables: dict[str, Any], actor: Actor) -> str | None:
        """What differs between the answers to this reader, or None. An invalid document would teach nothing."""
        assert not (why := checked(self.stock._schema, document)[1]), why

        def as_shown(error: GraphQLError) -> GraphQLError:
            return shown_error(error, actor)

        try:
            found = await difference(
                self.stock, self.compiled, document, variables, partial(context, actor), as_shown
            )  # fmt: skip
        except Exception as error:  # neither may raise
            found = repr(error)
        return found and f"{found}\n{document}\n{variables}\n{actor}"

    async def ask(self, document: str, actor: Actor, **variables: Any) -> dict[str, Any]:
        """The data of the compiled answer; errors fail the test."""
        result = await self.compiled.execute(document, variables, context_value=context(actor))
        assert not result.errors, result.errors
        return dict(result.data)
