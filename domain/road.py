"""The names and bounds that relay and hub agree on: the road that committed events take to listeners."""

STREAM = "events"  # the Redis stream; ids are `<position>-0`
KEPT = 10_000  # events the stream keeps; older ones are read from PostgreSQL
PAGE = 500  # events in one read of a replay, a gap or a publication
SWEEP_S = 1.0  # how long anything may stay unnoticed when every nudge is lost
