"""A booking through GraphQL is what a model of it in plain Python says, in every state and for every verb."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.walk import CLOCK, DOERS, STATES, TABLE, WAYS, Walk, acts, crowd, walked_to

WALKS, STEPS = 4, 15  # from each state
ACTS = tuple(acts())
OFFSETS_S = (-1, 0, 1)


def test_every_verb_is_tried_by_somebody_and_every_state_is_reached() -> None:
    """So the next test visits each pair of state and verb."""
    assert set(WAYS) == STATES
    assert {verb for verb, _ in ACTS} == {*TABLE, *CLOCK}


@pytest.mark.parametrize("state", sorted(STATES))
async def test_in_each_state_each_verb_of_each_person_does_what_the_model_says(state: str) -> None:
    """First everything that is refused there, on one booking; then each thing that is done, on a booking of its own."""
    others = await crowd()
    here = await walked_to(state, others)
    possible = [(verb, who) for verb, who in ACTS if verb in CLOCK or here.model.expected(verb, who) is None]
    for verb, who in sorted(set(ACTS) - set(possible)):
        assert await here.act(verb, who) == "refused"
    for verb, who in possible:
        await (await walked_to(state, others)).act(verb, who)
    await here.end()


@pytest.mark.parametrize("state", sorted(STATES))
async def test_random_walks_through_verbs_people_and_moments_are_what_the_model_says(state: str) -> None:
    others, loop = await crowd(), asyncio.get_running_loop()

    def wait(step: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(step, loop).result()

    class Wandering(RuleBasedStateMachine):
        """Hypothesis has a thread of its own; the booking lives in the test's loop."""

        here: Walk | None = None

        @initialize()
        def begin(self) -> None:
            self.here = wait(walked_to(state, others))

        @rule(act=st.sampled_from(ACTS))
        def somebody_acts(self, act: tuple[str, str]) -> None:
            self._act(*act)

        @rule(verb=st.sampled_from(sorted(TABLE)), who=st.sampled_from((0, -1)))
        def one_of_its_people_acts(self, verb: str, who: int) -> None:
            self._act(verb, DOERS[verb][who])

        @rule(number=st.integers(0, 9), seconds=st.sampled_from(OFFSETS_S))
        def time_passes(self, number: int, seconds: int) -> None:
            assert self.here
            self.here.wait_until(self.here.moments[number] + timedelta(seconds=seconds))

        @rule()
        def an_update_is_sent(self) -> None:
            assert self.here
            wait(self.here.send_update())

        def _act(self, verb: str, who: str) -> None:
            assert self.here
            wait(self.here.act(verb, who))

        def teardown(self) -> None:
            if self.here:
                wait(self.here.end())

    given = settings(
        max_examples=WALKS, stateful_step_count=STEPS, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    await asyncio.to_thread(run_state_machine_as_test, Wandering, settings=given)
