"""Payments of bookings. Only the simulator exists yet: it authorises at once, by pure computation."""

import hashlib
from dataclasses import dataclass

from domain.payment import PaymentMethod


@dataclass(frozen=True, slots=True)
class Authorisation:
    """The provider's yes: its reference for this payment."""

    reference: str


def authorise_locally(key: str, amount_idr: int, method: PaymentMethod) -> Authorisation:
    """The simulator's yes to every positive amount; the same key gives the same reference (idempotent).

    Because it touches nothing outside the process it may be called inside a transaction; a real provider may not, and
    arrives as a job with the money work.
    """
    if amount_idr <= 0:
        raise ValueError("a payment is positive")
    digest = hashlib.sha256(f"{key}|{amount_idr}|{method}".encode()).hexdigest()
    return Authorisation(reference=f"sim-{digest[:24]}")
