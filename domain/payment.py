"""How a booking is paid for, and in which state that payment is (S-07's three methods)."""

from enum import StrEnum


class PaymentMethod(StrEnum):
    BANK_TRANSFER = "BANK_TRANSFER"
    E_WALLET = "E_WALLET"
    GATEWAY = "GATEWAY"


class PaymentState(StrEnum):
    AUTHORISED = "AUTHORISED"
    PARTLY_REFUNDED = "PARTLY_REFUNDED"
    REFUNDED = "REFUNDED"


def state_after_refund(amount_idr: int, refunded_idr: int) -> PaymentState:
    """The state that follows from how much of the amount went back."""
    if not 0 <= refunded_idr <= amount_idr:
        raise ValueError(f"a refund of {refunded_idr} does not fit a payment of {amount_idr}")
    if refunded_idr == 0:
        return PaymentState.AUTHORISED
    return PaymentState.REFUNDED if refunded_idr == amount_idr else PaymentState.PARTLY_REFUNDED
