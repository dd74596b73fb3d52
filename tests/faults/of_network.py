"""Scenarios in which the network between us and our servers, or between us and listeners, is bad."""

import asyncio
import json

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from domain.road import STREAM
from tests.faults.part import within
from tests.faults.proxy import Proxy
from tests.faults.rig import Rig
from tests.faults.stage import Stage, now, scenario

COMMIT = b"COMMIT\x00"
SLOW_S = 2.0
READS_WITHIN_S = 1.0
DEAD_WITHIN_S = 60.0  # until the server lets go of a socket that says nothing more
DEAD_SOCKETS = 40
PROTOCOLS = [Subprotocol("graphql-transport-ws")]


def roads(rig: Rig, server: str) -> list[Proxy]:
    return [proxy for name, proxy in rig.proxies.items() if name.endswith(server)]


@scenario("F16")
async def redis_slow_and_half_open(stage: Stage) -> None:
    """Redis answers two seconds late, then hears us and does not answer at all: reads do not ask it, and stay fast."""
    began_s = now()
    for road in roads(stage.rig, "-redis"):
        road.weather.latency_s, road.weather.jitter_s = SLOW_S, 0.2
    await asyncio.sleep(stage.span(2.5, 20))
    for road in roads(stage.rig, "-redis"):
        road.weather.latency_s = road.weather.jitter_s = 0.0
        road.cut(up=False, down=True)
    await asyncio.sleep(stage.span(2, 15))
    stage.note_slowest("read", began_s, "read")
    slow = stage.figures.get("read_p95_s", 0.0)
    stage.check(slow < READS_WITHIN_S, f"95 % of the reads took up to {slow:.2f} s")
    stage.check_worded(began_s)


@scenario("F17")
async def api_cut_from_postgres(stage: Stage) -> None:
    """Nothing passes between the API and PostgreSQL for ten seconds (short: two)."""
    began_s = now()
    road = stage.rig.proxies["api-db"]
    await stage.pause()
    road.cut()
    await asyncio.sleep(stage.span(2, 10))
    road.heal()
    await stage.rig.api.ready(10)
    road.cut(up=False, down=True)  # what we say arrives, its answers do not
    await asyncio.sleep(stage.span(1, 6))
    road.heal()
    await stage.rig.api.ready(10)
    stage.check_worded(began_s)


@scenario("F18")
async def reset_in_the_middle_of_a_commit(stage: Stage) -> None:
    """The connection is reset when COMMIT is said: before the server hears it, and after."""
    began_s = now()
    road = stage.rig.proxies["api-db"]
    for number in stage.times(4, 20):
        road.severed.clear()
        road.weather.severs, road.weather.severs_before = COMMIT, number % 2 == 0
        async with asyncio.timeout(10):
            await road.severed.wait()
        road.heal()
        await stage.pause(0.05, 0.3)
    for _ in stage.times(3, 20):
        road.weather.reset_after = stage.rig.random.randrange(100, 20_000)
        await stage.pause(0.1, 0.4)
    road.heal()
    asked = stage.since(began_s)
    stage.figures["try_again"] = sum(each.code == "TRY_AGAIN" for each in asked)
    stage.check_worded(began_s)


@scenario("F25")
async def listeners_cut_off(stage: Stage) -> None:
    """Sockets are reset again and again; then the network goes silent. Who comes back with its cursor misses nothing,
    and the server lets go of sockets that say nothing more."""
    front, cut = stage.rig.proxies["front"], 0
    for _ in stage.times(8, 120):
        await stage.pause(0.05, 0.4)
        cut += front.reset()
    stage.figures["cut"] = cut
    front.weather.slow_close_s = 0.5
    await stage.pause()
    front.cut()
    await asyncio.sleep(stage.span(1.5, 30))
    front.heal()
    if stage.is_long:
        await _dead_sockets_are_let_go(stage)


async def _dead_sockets_are_let_go(stage: Stage) -> None:
    """Sockets whose clients say nothing more, not even that they are gone: the server closes them."""
    port = stage.rig.api.port
    assert port is not None
    silent = Proxy(lambda: port, stage.rig.random)
    await silent.start()
    try:
        address = f"ws://127.0.0.1:{silent.port}/graphql"
        sockets = [await connect(address, subprotocols=PROTOCOLS, ping_interval=None) for _ in range(DEAD_SOCKETS)]
        credentials = {"authorization": f"Bearer {stage.world.everybody()[0].token}"}
        hello = json.dumps({"type": "connection_init", "payload": credentials})
        for socket in sockets:
            await socket.send(hello)
            await socket.recv()
        before = stage.rig.api.open_files()
        silent.cut()
        few = before - DEAD_SOCKETS // 2  # others come and go meanwhile
        is_free = await within(DEAD_WITHIN_S, lambda: stage.rig.api.open_files() <= few)
        stage.check(is_free, "the server keeps sockets that are dead")
    finally:
        await silent.stop()


@scenario("F26")
async def stream_loses_entries(stage: Stage) -> None:
    """Half of the stream's new entries vanish, nudges come twice or for nothing, connections to Redis are reset: the
    hub finds every event in PostgreSQL."""
    ends_s, lost, dice = now() + stage.span(3, 20), 0, stage.rig.random
    async with stage.rig.redis() as redis:
        while now() < ends_s:
            entries = await redis.xrevrange(STREAM, count=20)
            chosen = [identifier for identifier, _ in entries if dice.random() < 0.5]
            lost += await redis.xdel(STREAM, *chosen) if chosen else 0
            if dice.random() < 0.2:
                await redis.publish("nudge", b"")
            if dice.random() < 0.02:
                stage.rig.proxies["api-redis"].reset()
            await asyncio.sleep(0.005)
    stage.figures["entries_lost"] = lost
