"""Questions and orders about accounts."""

import strawberry

from resolvers.account.login import LoginMutation
from resolvers.account.profile import ProfileMutation, ProfileQuery
from resolvers.account.staff import StaffMutation, StaffQuery


@strawberry.type
class AccountQuery(ProfileQuery, StaffQuery):
    pass


@strawberry.type
class AccountMutation(LoginMutation, ProfileMutation, StaffMutation):
    pass


__all__ = ["AccountMutation", "AccountQuery"]
