"""Integer rupiah: what a booking costs, what the platform keeps, and what the partner gets (M-01)."""

from dataclasses import dataclass
from typing import TypeAlias

from domain.refusals import InvalidInput
from domain.service import ServiceType
from domain.wording import rupiah

Rupiah: TypeAlias = int

WHOLE_BP = 10_000  # basis points in a whole; 2000 = 20 %
MIN_PRICE_IDR = 10_000
MAX_PRICE_IDR = 20_000_000
MAX_UNITS = 30  # a full month of nights; the dearest booking still fits a 32-bit integer

# Percent of each job the platform keeps (indonesia.md 7); snapshotted into a booking, so a change never reaches back.
COMMISSION_BP: dict[ServiceType, int] = {
    ServiceType.GROOMER: 2000,
    ServiceType.DOG_WALKER: 2000,
    ServiceType.DOG_TRAINER: 2500,
    ServiceType.DOG_HOTEL: 2000,
}


@dataclass(frozen=True, slots=True)
class Split:
    """How a price is divided; it refuses to exist unless commission and net are the price, to the rupiah."""

    price_idr: Rupiah
    commission_bp: int
    commission_idr: Rupiah
    net_idr: Rupiah

    def __post_init__(self) -> None:
        if min(self.price_idr, self.commission_idr, self.net_idr) < 0 or not 0 <= self.commission_bp <= WHOLE_BP:
            raise ValueError(f"a part is out of range: {self}")
        if self.commission_idr + self.net_idr != self.price_idr:
            raise ValueError(f"the parts are not the price: {self}")


def share(amount_idr: Rupiah, basis_points: int) -> Rupiah:
    """That part of an amount, rounded once to whole rupiah, half up. ValueError outside 0..10000 or below 0 rupiah."""
    if amount_idr < 0 or not 0 <= basis_points <= WHOLE_BP:
        raise ValueError(f"no share of {basis_points} basis points of {amount_idr} rupiah")
    return (amount_idr * basis_points * 2 + WHOLE_BP) // (WHOLE_BP * 2)


def split(price_idr: Rupiah, commission_bp: int) -> Split:
    """Divides a price: the partner's net is rounded, and the platform takes what is left, so the parts always sum."""
    net_idr = share(price_idr, WHOLE_BP - commission_bp)
    return Split(price_idr, commission_bp, price_idr - net_idr, net_idr)


def commission_rate(service_type: ServiceType) -> int:
    """The platform's part of a job of this type, in basis points."""
    return COMMISSION_BP[service_type]


def check_price(price_idr: Rupiah, field: str = "unitPriceIdr") -> None:
    """Refuses a unit price below MIN_PRICE_IDR or above MAX_PRICE_IDR."""
    if not MIN_PRICE_IDR <= price_idr <= MAX_PRICE_IDR:
        raise InvalidInput(
            field,
            indonesian=f"harga harus {rupiah(MIN_PRICE_IDR)} sampai {rupiah(MAX_PRICE_IDR)}",
            english=f"a price is between {rupiah(MIN_PRICE_IDR)} and {rupiah(MAX_PRICE_IDR)}",
        )


def check_units(units: int, field: str = "units") -> None:
    """Refuses fewer than one or more than MAX_UNITS sessions, hours or nights."""
    if not 1 <= units <= MAX_UNITS:
        raise InvalidInput(
            field, indonesian=f"jumlah harus 1 sampai {MAX_UNITS}", english=f"the number is between 1 and {MAX_UNITS}"
        )


def price(unit_price_idr: Rupiah, units: int) -> Rupiah:
    """What so many units cost; refuses a unit price or a number out of bounds."""
    check_price(unit_price_idr)
    check_units(units)
    return unit_price_idr * units
