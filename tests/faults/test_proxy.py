"""The bad network does what it is told: slow, cut one way, reset, ended, down."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.faults.proxy import Proxy

SHORT_S = 0.2
HELLO = b"halo"


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """In front of a server that says everything back."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(1000):
            writer.write(said)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made = Proxy(lambda: port, random.Random(1))
    await made.start()
    yield made
    await made.stop()
    server.close()


@asynccontextmanager
async def called(proxy: Proxy) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def hears(reader: asyncio.StreamReader, count: int = len(HELLO)) -> bytes:
    return await asyncio.wait_for(reader.readexactly(count), 5)


async def is_silent(reader: asyncio.StreamReader) -> bool:
    try:
        await asyncio.wait_for(reader.readexactly(1), SHORT_S)
    except TimeoutError:
        return True
    return False


async def test_a_good_network_carries_everything(proxy: Proxy) -> None:
    async with called(proxy) as (reader, writer):
        writer.write(HELLO)
        assert await hears(reader) == HELLO
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b""


@pytest.mark.parametrize("way", ["up", "down"])
async def test_what_is_cut_one_way_arrives_after_healing(proxy: Proxy, way: str) -> None:
    async with called(proxy) as (reader, writer):
        writer.write(HELLO)
        await hears(reader)
        proxy.cut(up=way == "up", down=way == "down")
        writer.write(HELLO)
        assert await is_silent(reader)
        proxy.heal()
        assert await hears(reader) == HELLO


async def test_latency_delays_each_direction(proxy: Proxy) -> None:
    proxy.weather.latency_s = SHORT_S
    async with called(proxy) as (reader, writer):
        began = asyncio.get_running_loop().time()
        writer.write(HELLO)
        await hears(reader)
        assert asyncio.get_running_loop().time() - began >= 2 * SHORT_S


async def test_a_reset_is_no_polite_end(proxy: Proxy) -> None:
    async with called(proxy) as (reader, writer):
        writer.write(HELLO)
        await hears(reader)
        assert proxy.reset() == 1
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(reader.readexactly(1), 5)


async def test_a_connection_ends_after_so_many_bytes(proxy: Proxy) -> None:
    proxy.weather.reset_after = 2 * len(HELLO)
    async with called(proxy) as (reader, writer):
        writer.write(HELLO)
        assert await hears(reader) == HELLO
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            while True:
                writer.write(HELLO)
                await hears(reader)


@pytest.mark.parametrize("before", [True, False])
async def test_a_connection_is_severed_at_a_word(proxy: Proxy, before: bool) -> None:
    async with called(proxy) as (reader, writer):
        proxy.weather.severs, proxy.weather.severs_before = b"COMMIT", before
        writer.write(HELLO)
        assert await hears(reader) == HELLO
        writer.write(b"COMMIT")
        await asyncio.wait_for(proxy.severed.wait(), 5)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await hears(reader, 6)


async def test_what_is_down_takes_no_connection_and_comes_back(proxy: Proxy) -> None:
    proxy.go_down()
    async with called(proxy) as (reader, _):
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await hears(reader)
    proxy.heal()
    async with called(proxy) as (reader, writer):
        writer.write(HELLO)
        assert await hears(reader) == HELLO
