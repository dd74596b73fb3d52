"""Who plays which story, when: special ones first, so that each way through a booking is there; plain ones fill."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from app.demo import story
from app.demo.album import Album
from app.demo.partner import Host
from app.demo.person import Guest
from app.demo.slot import Slot, slots, visit
from app.demo.story import DAY, HOUR, MINUTE, Plan, StoryOf
from domain.permissions import Actor
from domain.service import CARE

# Each of these is played once in turn over what lies behind; a world of any size has all of them at least once.
VISITS: tuple[StoryOf, ...] = (
    story.late_and_said_so, story.late_and_silent, story.complained_about, story.deviating, story.never_completed,
    story.declined, story.requested, story.held, story.let_go, story.withdrawn, story.cancelled_early,
    story.cancelled_late, story.cancelled_after_the_start, story.cancelled_by_partner, story.cancelled_by_staff,
    story.customer_not_there, story.partner_not_there, story.accepted,
)  # fmt: skip
STAYS: tuple[StoryOf, ...] = (story.served, story.stayed_with_a_gap, story.served, story.cancelled_late)
AHEAD: tuple[StoryOf, ...] = (story.served,) * 5 + (story.cancelled_early,)
MOST_RUNNING = 10  # at this moment, besides the demo partner's
SETTLED = timedelta(days=4)  # after this long the clock has brought every story to its end
LEAST_LEAD, MOST_LEAD = 5 * 60, 4 * 24 * 60  # minutes between the hold and the start


class Cast:
    """Gives each booking its number, its customer and the moment it begins."""

    def __init__(self, guests: list[Guest], support: Actor, album: Album, opened_at: datetime, now: datetime) -> None:
        self._guests, self._support, self._album = guests, support, album
        self._opened_at, self._now, self._luck, self._count = opened_at, now, Random("cast"), 0

    def past_and_running(self, times: list[Slot], how_many: int) -> Iterator[tuple[StoryOf, Plan]]:
        """Stories whose start lies behind us; the special ones lie far enough back to have ended."""
        times = self._shuffled(times)
        settled = [each for each in times if each.ends_at < self._now - SETTLED]
        # A third of what is told is special; in a small world, each story once.
        specials = max(len(VISITS), how_many // 3)
        by_day = [each for each in settled if not CARE[each.host.kind].by_night][:specials]
        by_night = [each for each in settled if CARE[each.host.kind].by_night][: max(len(STAYS), specials // 6)]
        yield from self._each(by_day, VISITS)
        yield from self._each(by_night, STAYS)
        special = {id(each) for each in (*by_day, *by_night)}
        plain = [each for each in times if id(each) not in special]
        running = [each for each in plain if each.ends_at > self._now][:MOST_RUNNING]
        over = [each for each in plain if each.ends_at <= self._now]
        yield from self._each([*running, *over[: max(0, how_many - len(special) - len(running))]], (story.served,))

    def ahead(self, times: list[Slot], how_many: int) -> Iterator[tuple[StoryOf, Plan]]:
        """Stories that were only begun."""
        yield from self._each(self._shuffled(times)[:how_many], AHEAD)

    def at_this_moment(self, host: Host, times: list[Slot]) -> Iterator[tuple[StoryOf, Plan]]:
        """What the demo customer and the demo partner see at once: one job that runs, one to begin, one to answer, one
        held. `times` are three of the partner's to come."""
        guest, half = self._guests[0], 30 * MINUTE
        begun_at = datetime.fromtimestamp((self._now - 20 * MINUTE).timestamp() // 1800 * 1800, UTC)
        job = visit(host, begun_at, host.options[-1])
        yield story.served, self._plan(job, guest, begun_at - DAY)
        for tells, slot, before in zip(
            (story.served, story.requested, story.held), times, (3 * HOUR, half, 30 * MINUTE / 30), strict=False
        ):
            yield tells, self._plan(slot, guest, self._now - before)

    def _shuffled(self, times: list[Slot]) -> list[Slot]:
        return self._luck.sample(times, len(times))

    def _each(self, times: list[Slot], stories: tuple[StoryOf, ...]) -> Iterator[tuple[StoryOf, Plan]]:
        for number, slot in enumerate(times):
            yield stories[number % len(stories)], self._plan(slot, self._some_guest(slot), self._held_at(slot))

    def _held_at(self, slot: Slot) -> datetime:
        before = timedelta(minutes=self._luck.randint(LEAST_LEAD, MOST_LEAD), seconds=self._luck.randint(0, 59))
        if slot.starts_at - before < self._now:
            return max(self._opened_at, slot.starts_at - before)
        return self._now - timedelta(minutes=self._luck.randint(15, 2 * 24 * 60))

    def _some_guest(self, slot: Slot) -> Guest:
        return self._luck.choice([each for each in self._guests if each.city is slot.host.city])

    def _plan(self, slot: Slot, guest: Guest, held_at: datetime) -> Plan:
        self._count += 1
        return Plan(self._count, guest, slot, held_at, self._album, self._support)


def split(hosts: list[Host], now: datetime) -> tuple[list[Slot], list[Slot], list[Slot]]:
    """Times behind us (or running), times ahead, and those ahead of the first partner, soonest first."""
    past: list[Slot] = []
    ahead: list[Slot] = []
    first: list[Slot] = []
    luck = Random("slots")
    for host in hosts:
        for slot in slots(host, now, luck, is_busy_now=host is hosts[0]):
            if slot.starts_at < now:
                past.append(slot)
            elif slot.starts_at > now + LEAST_LEAD * MINUTE:
                (first if host is hosts[0] else ahead).append(slot)
    return past, ahead + first[3:], first[:3]
