"""What a partner must show before a service is approved: one rule tree per service type, as data (P-03 to P-15)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from domain.refusals import Refusal
from domain.service import Label, ServiceType


class EvidenceKind(StrEnum):
    """Kinds of evidence. Only accepted items are counted: what a reviewer refused or what has expired is none."""

    KTP = "KTP"
    CERTIFICATE = "CERTIFICATE"
    PORTFOLIO = "PORTFOLIO"
    REFERENCE = "REFERENCE"
    EXPERIENCE = "EXPERIENCE"
    FACILITY_PHOTO = "FACILITY_PHOTO"
    BUSINESS_LICENCE = "BUSINESS_LICENCE"
    HOTEL_DAILY_SOP = "HOTEL_DAILY_SOP"
    HOTEL_SOP_FEEDING = "HOTEL_SOP_FEEDING"
    HOTEL_SOP_EXERCISE = "HOTEL_SOP_EXERCISE"
    HOTEL_SOP_EMERGENCY = "HOTEL_SOP_EMERGENCY"
    METHOD_REVIEW_POSITIVE = "METHOD_REVIEW_POSITIVE"
    BACKGROUND_CHECK = "BACKGROUND_CHECK"


KIND_LABELS: dict[EvidenceKind, Label] = {
    EvidenceKind.KTP: Label("KTP", "KTP (identity card)"),
    EvidenceKind.CERTIFICATE: Label("sertifikat", "certificate"),
    EvidenceKind.PORTFOLIO: Label("portofolio foto atau video", "photo or video portfolio"),
    EvidenceKind.REFERENCE: Label("referensi pelanggan", "customer reference"),
    EvidenceKind.EXPERIENCE: Label("riwayat pengalaman", "experience history"),
    EvidenceKind.FACILITY_PHOTO: Label("foto fasilitas", "facility photo"),
    EvidenceKind.BUSINESS_LICENCE: Label("surat izin usaha", "business licence"),
    EvidenceKind.HOTEL_DAILY_SOP: Label("SOP harian", "daily SOP"),
    EvidenceKind.HOTEL_SOP_FEEDING: Label("SOP harian: jadwal makan", "daily SOP: feeding"),
    EvidenceKind.HOTEL_SOP_EXERCISE: Label("SOP harian: olahraga", "daily SOP: exercise"),
    EvidenceKind.HOTEL_SOP_EMERGENCY: Label("SOP harian: protokol darurat", "daily SOP: emergency protocol"),
    EvidenceKind.METHOD_REVIEW_POSITIVE: Label("penilaian metode positif", "method reviewed as positive"),
    EvidenceKind.BACKGROUND_CHECK: Label("pemeriksaan latar belakang", "background check"),
}


@dataclass(frozen=True, slots=True)
class AtLeast:
    """True with `number` or more accepted items of a kind."""

    kind: EvidenceKind
    number: int = 1


@dataclass(frozen=True, slots=True)
class All:
    """True when every branch is."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True when one branch is."""

    rules: tuple["Rule", ...]


Rule: TypeAlias = AtLeast | All | Any
Counts: TypeAlias = Mapping[EvidenceKind, int]

_K = EvidenceKind

# P-04, P-15. A background result of HIT is no accepted item; the others (with their reason) are.
EVERYONE = (AtLeast(_K.KTP), AtLeast(_K.BACKGROUND_CHECK))

RULES: dict[ServiceType, Rule] = {
    # P-06, P-07: references replace the certificate, never the portfolio (requirements.md 1.15, decision 4).
    ServiceType.GROOMER: All(
        (*EVERYONE, AtLeast(_K.PORTFOLIO), Any((AtLeast(_K.CERTIFICATE), AtLeast(_K.REFERENCE, 3))))
    ),
    # P-08
    ServiceType.DOG_WALKER: All((*EVERYONE, AtLeast(_K.EXPERIENCE), AtLeast(_K.REFERENCE))),
    # P-10 (an accepted certificate names a trusted issuer), P-11
    ServiceType.DOG_TRAINER: All((*EVERYONE, AtLeast(_K.CERTIFICATE), AtLeast(_K.METHOD_REVIEW_POSITIVE))),
    # P-12, P-13, P-14
    ServiceType.DOG_HOTEL: All(
        (
            *EVERYONE,
            AtLeast(_K.FACILITY_PHOTO),
            AtLeast(_K.BUSINESS_LICENCE),
            AtLeast(_K.HOTEL_DAILY_SOP),
            AtLeast(_K.HOTEL_SOP_FEEDING),
            AtLeast(_K.HOTEL_SOP_EXERCISE),
            AtLeast(_K.HOTEL_SOP_EMERGENCY),
        )
    ),
}


@dataclass(frozen=True, slots=True)
class OpenLeaf:
    """Evidence still wanted: `have` of `need`; `is_choice` when it is one of several ways."""

    kind: EvidenceKind
    have: int
    need: int
    is_choice: bool = False


class EvidenceMissing(Refusal):
    """Names what is still wanted; `leaves` has it for programs."""

    code = "EVIDENCE_MISSING"
    indonesian = "Bukti belum lengkap: {missing_id}."
    english = "Evidence is still missing: {missing_en}."

    def __init__(self, leaves: list[OpenLeaf], field: str = "evidence") -> None:
        self.leaves = leaves
        super().__init__(
            field=field,
            missing=[leaf.kind.value for leaf in leaves],
            missing_id=", ".join(_spoken(leaf, KIND_LABELS[leaf.kind].indonesian, "pilihan") for leaf in leaves),
            missing_en=", ".join(_spoken(leaf, KIND_LABELS[leaf.kind].english, "one way") for leaf in leaves),
        )


def satisfied(rule: Rule, counts: Counts) -> bool:
    """Is the rule true for so many accepted items of each kind?"""
    match rule:
        case AtLeast(kind, number):
            return counts.get(kind, 0) >= number
        case All(rules):
            return all(satisfied(branch, counts) for branch in rules)
        case Any(rules):
            return any(satisfied(branch, counts) for branch in rules)


def open_leaves(rule: Rule, counts: Counts) -> list[OpenLeaf]:
    """What is still wanted, in the rule's order; nothing exactly when the rule is satisfied.

    Under an open choice every way is listed, marked as one.
    """
    return _open(rule, counts, is_choice=False)


def check_evidence(service_type: ServiceType, counts: Counts) -> None:
    """Refuses a service whose evidence does not satisfy its rule, naming what is missing."""
    leaves = open_leaves(RULES[service_type], counts)
    if leaves:
        raise EvidenceMissing(leaves)


def _open(rule: Rule, counts: Counts, *, is_choice: bool) -> list[OpenLeaf]:
    if satisfied(rule, counts):
        return []
    if isinstance(rule, AtLeast):
        return [OpenLeaf(rule.kind, counts.get(rule.kind, 0), rule.number, is_choice)]
    below = is_choice or isinstance(rule, Any)
    return [leaf for branch in rule.rules for leaf in _open(branch, counts, is_choice=below)]


def _spoken(leaf: OpenLeaf, name: str, choice: str) -> str:
    amount = f"{name} {leaf.have}/{leaf.need}" if leaf.need > 1 else name
    return f"{amount} ({choice})" if leaf.is_choice else amount
