"""A partner's place in search: named parts from counts, each explainable, summing to 0..1000."""

from enum import StrEnum

from domain.service import Label


class Part(StrEnum):
    """What counts for the rank."""

    EXPERIENCE = "EXPERIENCE"
    PUNCTUALITY = "PUNCTUALITY"
    KEPT = "KEPT"
    PRESENCE = "PRESENCE"
    REPLY = "REPLY"


# The most a part can give; together 1000.
WEIGHT: dict[Part, int] = {
    Part.EXPERIENCE: 200,
    Part.PUNCTUALITY: 300,
    Part.KEPT: 250,
    Part.PRESENCE: 150,
    Part.REPLY: 100,
}

PART_LABELS: dict[Part, Label] = {
    Part.EXPERIENCE: Label("jumlah layanan selesai", "jobs completed"),
    Part.PUNCTUALITY: Label("tepat waktu", "on time"),
    Part.KEPT: Label("jarang membatalkan", "rarely cancels"),
    Part.PRESENCE: Label("selalu hadir", "always shows up"),
    Part.REPLY: Label("cepat membalas", "replies fast"),
}

# Every partner is judged as if it had PRIOR_JOBS more jobs with the usual result, so that one late start does not sink
# a new partner and one good one does not crown it.
PRIOR_JOBS = 10
PRIOR_PERCENT: dict[Part, int] = {Part.PUNCTUALITY: 80, Part.KEPT: 90, Part.PRESENCE: 95}

HALF_EXPERIENCE = 20  # with this many jobs a partner has half of the points for experience

# A median reply up to so many seconds gives that percent of the points; slower gives none. No replies yet: half.
REPLY_PERCENT: tuple[tuple[int, int], ...] = ((5 * 60, 100), (15 * 60, 90), (3600, 75), (4 * 3600, 50), (24 * 3600, 20))
REPLY_UNKNOWN_PERCENT = 50


def parts(
    *, completed: int, on_time: int, cancelled_by_partner: int, no_show_partner: int, median_reply_s: int | None
) -> dict[str, int]:
    """The points of each part, by its name; integers only, so that the same counts give the same rank everywhere.

    `on_time` is of the completed jobs; `completed` is also the base of the rates, so it moves more than one part, every
    other count exactly one. ValueError for a negative count or more jobs on time than completed.
    """
    if min(completed, on_time, cancelled_by_partner, no_show_partner, median_reply_s or 0) < 0 or on_time > completed:
        raise ValueError("counts out of range")
    return {
        Part.EXPERIENCE.value: WEIGHT[Part.EXPERIENCE] * completed // (completed + HALF_EXPERIENCE),
        Part.PUNCTUALITY.value: _rate(Part.PUNCTUALITY, on_time, completed),
        Part.KEPT.value: _rate(Part.KEPT, completed, completed + cancelled_by_partner),
        Part.PRESENCE.value: _rate(Part.PRESENCE, completed, completed + no_show_partner),
        Part.REPLY.value: WEIGHT[Part.REPLY] * _reply_percent(median_reply_s) // 100,
    }


def score(parts: dict[str, int]) -> int:
    """The rank, 0..1000: the sum of its parts and nothing else."""
    return sum(parts.values())


def _rate(part: Part, good: int, all_jobs: int) -> int:
    """The part's points for a rate of good jobs, drawn towards the usual rate while there are few."""
    good_percent = good * 100 + PRIOR_JOBS * PRIOR_PERCENT[part]
    return WEIGHT[part] * good_percent // ((all_jobs + PRIOR_JOBS) * 100)


def _reply_percent(median_reply_s: int | None) -> int:
    if median_reply_s is None:
        return REPLY_UNKNOWN_PERCENT
    return next((percent for up_to_s, percent in REPLY_PERCENT if median_reply_s <= up_to_s), 0)
