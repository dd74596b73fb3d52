"""The schema, assembled."""

import logging

import strawberry
from graphql import GraphQLError
from strawberry.extensions import MaskErrors
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from domain.refusals import Refusal
from resolvers.account import AccountMutation, AccountQuery
from resolvers.booking import BookingMutation, BookingQuery
from resolvers.message import MessageMutation
from resolvers.photo import PhotoMutation
from resolvers.pet import PetMutation, PetQuery
from schema.refusal import ToRefusal
from schema.scalar import SCALARS
from subscriptions.booking import BookingSubscription
from subscriptions.message import MessageSubscription
from subscriptions.photo import PhotoSubscription

log = logging.getLogger("rawat.graphql")

QUERIES = (AccountQuery, BookingQuery, PetQuery)
MUTATIONS = (AccountMutation, BookingMutation, MessageMutation, PhotoMutation, PetMutation)
SUBSCRIPTIONS = (BookingSubscription, MessageSubscription, PhotoSubscription)


def is_a_bug(error: GraphQLError) -> bool:
    """Whether the client must not read the error. A refusal gets its code and the reader's language; a bug is logged."""
    cause = error.original_error
    if cause is None:
        return False  # a syntax or validation error of the document
    if isinstance(cause, Refusal):
        error.extensions = {**(error.extensions or {}), "code": cause.code, "field": cause.field}
        return False
    if isinstance(cause, GraphQLError):
        return False
    log.error("an unexpected error at %s", error.path, exc_info=cause)
    return True


schema = strawberry.Schema(
    query=merge_types("Query", QUERIES),
    mutation=merge_types("Mutation", MUTATIONS),
    subscription=merge_types("Subscription", SUBSCRIPTIONS),
    extensions=[lambda: MaskErrors(should_mask_error=is_a_bug)],
    exception_handlers=[ToRefusal()],
    config=StrawberryConfig(scalar_map=SCALARS),
)
