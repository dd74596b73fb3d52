"""The life of a partner and of each service it offers. Recruitment adds the states before ACTIVE."""

from enum import StrEnum

from domain import events
from domain.machine import Machine, Move


class PartnerState(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


PARTNER = Machine[PartnerState](
    start=PartnerState.ACTIVE,
    born=events.PartnerOpened,
    moves={
        "suspend": Move(frozenset({PartnerState.ACTIVE}), PartnerState.SUSPENDED, events.PartnerSuspended),
        "restore": Move(frozenset({PartnerState.SUSPENDED}), PartnerState.ACTIVE, events.PartnerRestored),
    },
)


class ServiceState(StrEnum):
    PENDING_EVIDENCE = "PENDING_EVIDENCE"
    UNDER_REVIEW = "UNDER_REVIEW"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


T = ServiceState
SERVICE = Machine[ServiceState](
    start=T.PENDING_EVIDENCE,
    born=events.ServiceOffered,
    moves={
        "submit": Move(frozenset({T.PENDING_EVIDENCE, T.REJECTED}), T.UNDER_REVIEW, events.ServiceSubmitted),
        "approve": Move(frozenset({T.UNDER_REVIEW}), T.APPROVED, events.ServiceApproved),
        "reject": Move(frozenset({T.UNDER_REVIEW, T.APPROVED}), T.REJECTED, events.ServiceRejected),
    },
)
