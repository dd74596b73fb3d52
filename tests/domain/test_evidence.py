"""The evidence rules as truth tables, one row a case."""

from collections.abc import Callable
from itertools import product

import pytest

from domain.evidence import (
    KIND_LABELS,
    RULES,
    All,
    Any,
    AtLeast,
    EvidenceKind,
    EvidenceMissing,
    OpenLeaf,
    Rule,
    check_evidence,
    open_leaves,
    satisfied,
)
from domain.refusals import Language
from domain.service import ServiceType

K = EvidenceKind
EVERYONE = {K.KTP: 1, K.BACKGROUND_CHECK: 1}

ENOUGH: dict[ServiceType, dict[EvidenceKind, int]] = {
    ServiceType.GROOMER: {**EVERYONE, K.PORTFOLIO: 1, K.CERTIFICATE: 1},
    ServiceType.DOG_WALKER: {**EVERYONE, K.EXPERIENCE: 1, K.REFERENCE: 1},
    ServiceType.DOG_TRAINER: {**EVERYONE, K.CERTIFICATE: 1, K.METHOD_REVIEW_POSITIVE: 1},
    ServiceType.DOG_HOTEL: {
        **EVERYONE,
        K.FACILITY_PHOTO: 1,
        K.BUSINESS_LICENCE: 1,
        K.HOTEL_DAILY_SOP: 1,
        K.HOTEL_SOP_FEEDING: 1,
        K.HOTEL_SOP_EXERCISE: 1,
        K.HOTEL_SOP_EMERGENCY: 1,
    },
}


@pytest.mark.proves("P-03")
def test_each_service_type_has_its_own_rule() -> None:
    assert set(RULES) == set(ServiceType)
    assert len({repr(rule) for rule in RULES.values()}) == len(ServiceType)


@pytest.mark.parametrize("service_type", ServiceType)
def test_what_is_asked_is_enough(service_type: ServiceType) -> None:
    assert satisfied(RULES[service_type], ENOUGH[service_type])
    assert open_leaves(RULES[service_type], ENOUGH[service_type]) == []


@pytest.mark.parametrize("service_type, left_out", [(t, kind) for t, counts in ENOUGH.items() for kind in counts])
def test_every_single_thing_left_out_is_missed(service_type: ServiceType, left_out: EvidenceKind) -> None:
    counts = ENOUGH[service_type] | {left_out: 0}
    assert not satisfied(RULES[service_type], counts)
    assert left_out in [leaf.kind for leaf in open_leaves(RULES[service_type], counts)]


@pytest.mark.parametrize("certificate, references, portfolio", list(product([0, 1], [0, 2, 3, 4], [0, 1])))
def test_a_groomer_needs_a_portfolio_and_a_certificate_or_three_references(
    certificate: int, references: int, portfolio: int
) -> None:
    counts = EVERYONE | {K.CERTIFICATE: certificate, K.REFERENCE: references, K.PORTFOLIO: portfolio}
    assert satisfied(RULES[ServiceType.GROOMER], counts) is (portfolio == 1 and (certificate == 1 or references >= 3))


def test_both_ways_of_an_open_choice_are_listed_as_a_choice() -> None:
    counts = EVERYONE | {K.PORTFOLIO: 1, K.REFERENCE: 2}
    assert open_leaves(RULES[ServiceType.GROOMER], counts) == [
        OpenLeaf(K.CERTIFICATE, have=0, need=1, is_choice=True),
        OpenLeaf(K.REFERENCE, have=2, need=3, is_choice=True),
    ]


A, B = AtLeast(K.CERTIFICATE), AtLeast(K.REFERENCE, 2)


@pytest.mark.parametrize(
    "rule, truth",
    [
        (A, [False, True, False, True]),
        (B, [False, False, True, True]),
        (All((A, B)), [False, False, False, True]),
        (Any((A, B)), [False, True, True, True]),
        (All(()), [True, True, True, True]),
        (Any(()), [False, False, False, False]),
        (All((A, Any((A, B)))), [False, True, False, True]),
        (Any((All((A, B)), B)), [False, False, True, True]),
    ],
)
def test_all_any_and_at_least_follow_their_truth_table(rule: Rule, truth: list[bool]) -> None:
    rows = [{}, {K.CERTIFICATE: 1}, {K.REFERENCE: 2}, {K.CERTIFICATE: 1, K.REFERENCE: 2}]
    assert [satisfied(rule, row) for row in rows] == truth


@pytest.mark.parametrize("service_type", ServiceType)
def test_leaves_are_open_exactly_when_the_rule_is_not_satisfied(service_type: ServiceType) -> None:
    rule, kinds = RULES[service_type], list(ENOUGH[service_type])
    for flags in product([0, 1], repeat=len(kinds)):
        counts = dict(zip(kinds, flags, strict=True))
        assert satisfied(rule, counts) is (open_leaves(rule, counts) == [])


def test_missing_evidence_is_refused_with_its_names() -> None:
    with pytest.raises(EvidenceMissing) as refused:
        check_evidence(ServiceType.GROOMER, EVERYONE | {K.REFERENCE: 2})
    assert refused.value.field == "evidence"
    assert refused.value.facts["missing"] == ["PORTFOLIO", "CERTIFICATE", "REFERENCE"]
    assert "referensi pelanggan 2/3 (pilihan)" in refused.value.sentence(Language.ID)
    assert "certificate (one way), customer reference 2/3 (one way)" in refused.value.sentence(Language.EN)


@pytest.mark.parametrize("service_type", ServiceType)
def test_enough_evidence_is_not_refused(service_type: ServiceType, refused_field: Callable[..., str | None]) -> None:
    assert refused_field(check_evidence, service_type, ENOUGH[service_type]) is None


def test_every_kind_has_its_words() -> None:
    assert set(KIND_LABELS) == set(EvidenceKind)
