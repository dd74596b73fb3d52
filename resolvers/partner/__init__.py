"""Questions and orders about partners, split by what they are about."""

import strawberry

from resolvers.partner.plan import PlanMutation
from resolvers.partner.profile import ProfileMutation, ProfileQuery
from resolvers.partner.search import SearchQuery
from resolvers.partner.service import ServiceMutation, ServiceQuery

__all__ = ["PartnerMutation", "PartnerQuery"]


@strawberry.type
class PartnerQuery(SearchQuery, ProfileQuery, ServiceQuery):
    """Every Query field about partners."""


@strawberry.type
class PartnerMutation(ProfileMutation, ServiceMutation, PlanMutation):
    """Every Mutation field about partners."""
