"""The life of a partner and of each service it offers. Recruitment adds the states before ACTIVE."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum

from domain import events
from domain.calendar import Zone, check_length
from domain.evidence import EvidenceKind
from domain.machine import Machine, Move
from domain.refusals import InvalidInput, Refusal
from domain.region import DISTRICT, LEVEL_LENGTH, REGENCY, check_code, province_zone
from domain.service import CARE, ServiceType, Unit

MAX_AREAS = 50
MAX_PRICES = 20  # active ones of one service
MAX_KENNELS = 50
MAX_EXCEPTIONS = 366  # days ahead that differ from the plan
MAX_EVIDENCE = 100  # items of one kind
NIGHT_MINUTES = 24 * 60
HOUR_MINUTES = 60


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


class ResourceInUse(Refusal):
    """A kennel that is booked cannot be removed."""

    code = "RESOURCE_IN_USE"
    indonesian = "Unit ini masih dipesan. Hapus setelah pemesanannya selesai."
    english = "This unit is still booked. Remove it once its bookings are over."


class TooMany(Refusal):
    """A list of the partner's is full."""

    code = "TOO_MANY"
    indonesian = "Paling banyak {limit}. Hapus salah satunya dahulu."
    english = "At most {limit}. Remove one of them first."


def check_areas(areas: Sequence[str], field: str = "areas") -> list[str]:
    """The areas without repeats, in the order given: 1 to MAX_AREAS codes of regencies or districts (P-02).

    Whether such regions exist is a question for the region table.
    """
    if not 1 <= len(areas) <= MAX_AREAS:
        raise InvalidInput(field, indonesian=f"1 sampai {MAX_AREAS} wilayah", english=f"1 to {MAX_AREAS} areas")
    for code in areas:
        if len(check_code(code, field=field)) not in (LEVEL_LENGTH[REGENCY], LEVEL_LENGTH[DISTRICT]):
            raise InvalidInput(
                field,
                indonesian="pakai kode kabupaten/kota atau kecamatan",
                english="use codes of regencies or districts",
            )
    return list(dict.fromkeys(areas))


def zone_for(areas: Sequence[str], wished: Zone | None, field: str = "zone") -> Zone:
    """The clock of a partner that works in these areas: the wished one if it is the clock of any, else the first's."""
    zones = [province_zone(code) for code in areas]
    if wished is not None and wished not in zones:
        raise InvalidInput(
            field, indonesian="bukan zona waktu wilayah kerja Anda", english="not the time zone of any of the areas"
        )
    return wished or zones[0]


def check_unit(service_type: ServiceType, unit: Unit, minutes: int | None) -> int:
    """How long one unit lasts, in minutes: a night and an hour are what they are, a session is as long as said.

    A service by night is sold by the night only; every other one by its own unit, by the session or by the hour.
    """
    if CARE[service_type].by_night is not (unit is Unit.NIGHT):
        raise InvalidInput("unit", indonesian="bukan satuan layanan ini", english="not a unit of this service")
    fixed = {Unit.NIGHT: NIGHT_MINUTES, Unit.HOUR: HOUR_MINUTES}.get(unit)
    if fixed is not None:
        if minutes not in (None, fixed):
            raise InvalidInput("minutes", indonesian=f"harus {fixed} menit", english=f"must be {fixed} minutes")
        return fixed
    if minutes is None:
        raise InvalidInput("minutes", indonesian="wajib diisi", english="is required")
    check_length(timedelta(minutes=minutes), "minutes")
    return minutes


def check_counts(counts: Mapping[EvidenceKind, int]) -> None:
    """Refuses a count of evidence below 0 or above MAX_EVIDENCE."""
    if not all(0 <= count <= MAX_EVIDENCE for count in counts.values()):
        raise InvalidInput(
            "evidence", indonesian=f"jumlah harus 0 sampai {MAX_EVIDENCE}", english=f"counts are 0 to {MAX_EVIDENCE}"
        )
