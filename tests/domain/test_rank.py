"""The rank: what each count moves, and by how much."""

from typing import TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.rank import PART_LABELS, WEIGHT, Part, parts, score


class Counts(TypedDict):
    completed: int
    on_time: int
    cancelled_by_partner: int
    no_show_partner: int
    median_reply_s: int | None


NEW = Counts(completed=0, on_time=0, cancelled_by_partner=0, no_show_partner=0, median_reply_s=None)
BUSY = Counts(completed=40, on_time=36, cancelled_by_partner=2, no_show_partner=1, median_reply_s=600)


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    completed = draw(st.integers(0, 10_000))
    return Counts(
        completed=completed,
        on_time=draw(st.integers(0, completed)),
        cancelled_by_partner=draw(st.integers(0, 1000)),
        no_show_partner=draw(st.integers(0, 1000)),
        median_reply_s=draw(st.none() | st.integers(0, 200_000)),
    )


@settings(max_examples=100, deadline=None)
@given(counts=counts())
def test_the_score_is_the_sum_of_its_parts_within_bounds(counts: Counts) -> None:
    found = parts(**counts)
    assert score(found) == sum(found.values())
    assert 0 <= score(found) <= 1000
    assert all(0 <= found[part.value] <= WEIGHT[part] for part in Part)


def test_the_weights_sum_to_a_thousand_and_every_part_is_named() -> None:
    assert sum(WEIGHT.values()) == 1000
    assert set(WEIGHT) == set(PART_LABELS) == set(Part)
    assert list(parts(**NEW)) == [part.value for part in Part]


@pytest.mark.parametrize(
    "changed, part",
    [
        (BUSY | {"on_time": 20}, Part.PUNCTUALITY),
        (BUSY | {"cancelled_by_partner": 12}, Part.KEPT),
        (BUSY | {"no_show_partner": 9}, Part.PRESENCE),
        (BUSY | {"median_reply_s": 80_000}, Part.REPLY),
        (BUSY | {"median_reply_s": None}, Part.REPLY),
    ],
)
def test_one_count_moves_only_its_part_and_downwards(changed: Counts, part: Part) -> None:
    before, after = parts(**BUSY), parts(**changed)
    assert [name for name in before if before[name] != after[name]] == [part.value]
    assert after[part.value] < before[part.value]


def test_a_new_partner_starts_in_the_middle() -> None:
    assert parts(**NEW) == {"EXPERIENCE": 0, "PUNCTUALITY": 240, "KEPT": 225, "PRESENCE": 142, "REPLY": 50}


def test_one_late_job_does_not_sink_a_new_partner_and_one_good_does_not_crown_it() -> None:
    one = NEW | {"completed": 1}
    late = parts(**one)["PUNCTUALITY"]
    good = parts(**one | {"on_time": 1})["PUNCTUALITY"]
    usual = parts(**NEW)["PUNCTUALITY"]
    assert usual - 25 < late < usual < good < usual + 10


def test_experience_is_worth_half_after_twenty_jobs() -> None:
    assert parts(**NEW | {"completed": 20})["EXPERIENCE"] == 100


@pytest.mark.parametrize(
    "median_reply_s, points",
    [(0, 100), (300, 100), (301, 90), (900, 90), (3600, 75), (14_400, 50), (86_400, 20), (86_401, 0), (None, 50)],
)
def test_replies_are_worth_what_the_table_says(median_reply_s: int | None, points: int) -> None:
    assert parts(**BUSY | {"median_reply_s": median_reply_s})["REPLY"] == points


@pytest.mark.parametrize(
    "wrong",
    [
        BUSY | {"completed": -1},
        BUSY | {"on_time": 41},
        BUSY | {"cancelled_by_partner": -1},
        BUSY | {"no_show_partner": -1},
        BUSY | {"median_reply_s": -1},
    ],
)
def test_impossible_counts_are_a_bug(wrong: Counts) -> None:
    with pytest.raises(ValueError):
        parts(**wrong)
