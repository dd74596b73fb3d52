"""The schema, assembled."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types import ExecutionContext
from strawberry.types.execution import StreamExecutionResult

from app.settings import settings
from domain.refusals import Language, Refusal
from execution.opening import OpeningSchema
from execution.schema import CompiledSchema
from resolvers.account import AccountMutation, AccountQuery
from resolvers.booking import BookingMutation, BookingQuery
from resolvers.message import MessageMutation
from resolvers.notification import NotificationMutation, NotificationQuery
from resolvers.partner import PartnerMutation, PartnerQuery
from resolvers.pet import PetMutation, PetQuery
from resolvers.photo import PhotoMutation
from resolvers.task import TaskMutation, TaskQuery
from schema.refusal import ToRefusal
from schema.scalar import SCALARS
from subscriptions.booking import BookingSubscription
from subscriptions.message import MessageSubscription
from subscriptions.notification import NotificationSubscription
from subscriptions.photo import PhotoSubscription

log = logging.getLogger("rawat.graphql")

# Of an integer of more digits than Python reads: its own words are none for clients.
PYTHON_SAYS = "set_int_max_str_digits"
DIGITS = "A number in the document has too many digits."

QUERIES = (AccountQuery, BookingQuery, PetQuery, PartnerQuery, NotificationQuery, TaskQuery)
MUTATIONS = (
    AccountMutation,
    BookingMutation,
    MessageMutation,
    PhotoMutation,
    PetMutation,
    PartnerMutation,
    NotificationMutation,
    TaskMutation,
)
SUBSCRIPTIONS = (BookingSubscription, MessageSubscription, PhotoSubscription, NotificationSubscription)


def shown_errors(errors: list[GraphQLError], operation: ExecutionContext) -> list[GraphQLError]:
    """The errors of an operation as its reader may read them."""
    return [shown_error(error, operation.context.actor.language) for error in errors]


def shown_error(error: GraphQLError, language: Language) -> GraphQLError:
    """The error as the client may read it. What was shown before stays as it is."""
    cause = error.original_error
    if isinstance(cause, Refusal):
        extensions = {"code": cause.code, "field": cause.field}
        return GraphQLError(cause.sentence(language), error.nodes, path=error.path, extensions=extensions)
    if cause is None or isinstance(cause, GraphQLError):
        return error  # of the document itself, or said on purpose
    if error.path is None and error.nodes and isinstance(cause, ValueError):  # a scalar cannot read what is written
        return GraphQLError(DIGITS, error.nodes) if PYTHON_SAYS in error.message else error
    log.error("an unexpected error at %s", error.path, exc_info=cause)
    return GraphQLError(
        "Unexpected error.", error.nodes, source=error.source, positions=error.positions, path=error.path
    )  # fmt: skip


class StreamErrors(SchemaExtension):
    """Errors of a stream that Strawberry itself carries, shown as the client may read them."""

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        errors = getattr(result, "errors", None)
        if errors:
            result.errors = shown_errors(errors, self.execution_context)  # type: ignore[union-attr]
        yield


IS_COMPILED = settings().executor == "compiled"
if TYPE_CHECKING:
    Executor = OpeningSchema
else:
    Executor = CompiledSchema if IS_COMPILED else OpeningSchema
CACHES: tuple[type[SchemaExtension], ...] = () if IS_COMPILED else (ParserCache, ValidationCache)


class Schema(Executor):
    """Ours: a refusal that is no part of a result union gets its code and the reader's language; a bug is masked for
    the client and whole in the log, once."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Say nothing here: most of them are refusals."""

    async def _handle_execution_result(
        self, context: ExecutionContext, result: Any, extensions_runner: Any, *, skip_process_errors: bool = False
    ) -> Any:
        answer = await super()._handle_execution_result(
            context, result, extensions_runner, skip_process_errors=skip_process_errors
        )
        if answer.errors:
            answer.errors = shown_errors(answer.errors, context)
        return answer


schema = Schema(
    query=merge_types("Query", QUERIES),
    mutation=merge_types("Mutation", MUTATIONS),
    subscription=merge_types("Subscription", SUBSCRIPTIONS),
    extensions=[StreamErrors, *CACHES],
    exception_handlers=[ToRefusal()],
    config=StrawberryConfig(scalar_map=SCALARS),
)
