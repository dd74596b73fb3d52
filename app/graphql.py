"""The schema, assembled."""

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types import ExecutionContext
from strawberry.types.execution import StreamExecutionResult

from app.limit import LIMITS, MAX_ERRORS, Doorkeeper, hides_from, sentence
from app.settings import settings
from domain.permissions import Actor
from domain.refusals import Refusal, TryAgain
from execution.limit import Exceeded
from execution.opening import OpeningSchema
from execution.schema import CompiledSchema
from models.pool import is_away
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


HINT = re.compile(r" Did you mean .*", re.DOTALL)
OF_VARIABLES = "Variable '"  # how graphql-core begins when a value does not fit: the client's own, so it is told which
DOORKEEPER = Doorkeeper(hides_schema=settings().is_production)


def shown_errors(errors: list[GraphQLError], operation: ExecutionContext) -> list[GraphQLError]:
    """The errors of an operation as its reader may read them: the first few."""
    return told(errors, operation.context.actor)


def told(errors: list[GraphQLError], actor: Actor) -> list[GraphQLError]:
    """The first few errors as this reader may read them. Bugs are in the log, all of them."""
    return [shown_error(error, actor) for error in errors][:MAX_ERRORS]


def shown_error(error: GraphQLError, actor: Actor) -> GraphQLError:
    """The error as the client may read it. What was shown before stays as it is."""
    cause = error.original_error
    if isinstance(cause, Refusal):
        extensions = {"code": cause.code, "field": cause.field}
        return GraphQLError(cause.sentence(actor.language), error.nodes, path=error.path, extensions=extensions)
    if isinstance(cause, Exceeded):
        facts: dict[str, Any] = {"code": cause.code, "limit": cause.limit, **cause.facts}
        return GraphQLError(sentence(cause, actor.language), extensions=facts)
    if cause is None or isinstance(cause, GraphQLError):
        return _without_hints(error) if hides_from(actor, DOORKEEPER.hides_schema) else error
    if is_away(cause):
        log.warning("the database is away at %s: %s", error.path, type(cause).__name__)
        extensions = {"code": TryAgain.code, "field": None}
        return GraphQLError(TryAgain().sentence(actor.language), error.nodes, path=error.path, extensions=extensions)
    if error.path is None and error.nodes and isinstance(cause, ValueError):  # a scalar cannot read what is written
        return GraphQLError(DIGITS, error.nodes) if PYTHON_SAYS in error.message else error
    log.error("an unexpected error at %s", error.path, exc_info=cause)
    return GraphQLError(
        "Unexpected error.", error.nodes, source=error.source, positions=error.positions, path=error.path
    )  # fmt: skip


def _without_hints(error: GraphQLError) -> GraphQLError:
    """An error of the document itself, or said on purpose, that tells nothing of the schema."""
    is_of_schema = error.path is None and not error.extensions and not isinstance(error, GraphQLSyntaxError)
    if is_of_schema and not error.message.startswith(OF_VARIABLES):
        message, extensions = "The document does not fit the schema.", {"code": "INVALID_DOCUMENT"}
        return GraphQLError(message, source=error.source, positions=error.positions, extensions=extensions)
    message = HINT.sub("", error.message)
    if message == error.message:
        return error
    return GraphQLError(
        message, error.nodes, source=error.source, positions=error.positions, path=error.path,
        extensions=error.extensions,
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
    limits=LIMITS,
    gate=DOORKEEPER,
)
