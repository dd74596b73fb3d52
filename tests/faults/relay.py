"""`python -m tests.faults.relay relay`: the product's relay alone, for the torture of the event log.

PLANT=unfenced makes it number without the fence: the head is read unlocked, and whoever is slower overwrites. The
database would refuse that, so the torture drops its constraints for this one.
"""

import asyncio
import os

import uvloop
from redis.asyncio import Redis

from app.log import configure
from workers import relay
from workers.relay import Relay, hear_nudges

KEY = b"k" * 32
UNFENCED_HEAD = "SELECT h.position, h.hash FROM relay_head h, (SELECT pg_sleep(0.02)) s"
UNFENCED_NUMBER = """
WITH given AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS g(id, position, hash)),
numbered AS (UPDATE event e SET position = g.position, hash = g.hash FROM given g WHERE e.id = g.id
             RETURNING e.position, e.topics),
heard AS (INSERT INTO event_topic (topic, position) SELECT DISTINCT t, position FROM numbered, unnest(topics) AS t
          ON CONFLICT DO NOTHING)
UPDATE relay_head SET position = $4, hash = $5"""


async def main() -> None:
    configure()
    if os.environ.get("PLANT") == "unfenced":
        relay.TAKE_HEAD, relay.NUMBER = UNFENCED_HEAD, UNFENCED_NUMBER
    redis: Redis = Redis.from_url(os.environ["REDIS_URL"], socket_timeout=3, socket_connect_timeout=1)
    running = Relay(os.environ["DATABASE_URL"], redis, KEY)
    async with asyncio.TaskGroup() as loops:
        loops.create_task(running.run())
        loops.create_task(hear_nudges(redis, running.wake))


if __name__ == "__main__":
    uvloop.run(main())
