"""A bad network: a TCP proxy on 127.0.0.1 whose connections can be slow, cut one way or both, reset, or refused.

What is cut is held back, not thrown away: TCP would send it again, so it arrives when the network heals.
"""

import asyncio
import random
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

CHUNK = 65_536  # bytes in one read
CONNECT_TIMEOUT_S = 5.0
# SO_LINGER with no time to linger: closing sends RST instead of FIN.
ABORT = struct.pack("ii", 1, 0)


@dataclass
class Weather:
    """What the network does at the moment; changed while connections are open."""

    latency_s: float = 0.0  # on each chunk, in each direction
    jitter_s: float = 0.0  # up to this much more
    reset_after: int | None = None  # bytes that a connection carries in all; then it is reset
    is_cut_up: bool = False  # nothing reaches the server
    is_cut_down: bool = False  # nothing comes back from it
    slow_close_s: float = 0.0  # between one side's end and telling the other
    is_down: bool = False  # new connections are reset
    # A connection whose client says this is reset: before the server hears of it, or after.
    severs: bytes | None = None
    severs_before: bool = False


@dataclass(eq=False)
class Link:
    """One connection through the proxy, both ends of it."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    carried: int = 0
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def reset(self) -> None:
        """End both ends at once, without a word."""
        for writer in (self.client, self.server):
            if writer is not None:
                _abort(writer)
        for task in self.tasks:
            task.cancel()


class Proxy:
    """A port of 127.0.0.1 behind which `target` gives the port of the real server, asked anew for each connection."""

    def __init__(self, target: Callable[[], int], random: random.Random) -> None:
        self.weather = Weather()
        self.port = 0
        self.severed = asyncio.Event()  # a sentence of `severs` was heard
        self._target, self._random = target, random
        self._links: set[Link] = set()
        self._clear = asyncio.Event()  # set while nothing is cut
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a port that stays the same until the end."""
        self._clear.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """End every connection and listen no more."""
        if self._server is not None:
            self._server.close()
        tasks = [task for link in self._links for task in link.tasks]
        self.reset()
        await asyncio.gather(*tasks, return_exceptions=True)

    def reset(self) -> int:
        """Reset every open connection; how many there were."""
        links = list(self._links)
        for link in links:
            link.reset()
        return len(links)

    def cut(self, *, up: bool = True, down: bool = True) -> None:
        """Carry nothing in these directions until healed. New connections are made, but say nothing either."""
        self.weather.is_cut_up, self.weather.is_cut_down = up, down
        self._clear.clear()

    def go_down(self) -> None:
        """As if the machine behind it were off: open connections end, new ones too."""
        self.weather.is_down = True
        self.reset()

    def heal(self) -> None:
        """A good network again; what was held back goes on its way."""
        self.weather = Weather()
        self._clear.set()

    @property
    def open(self) -> int:
        """Connections through it at the moment."""
        return len(self._links)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(writer)
        if self.weather.is_down:
            return link.reset()
        self._links.add(link)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                back, link.server = await asyncio.open_connection("127.0.0.1", self._target())
            ways = [self._pump(link, reader, link.server, is_up=True), self._pump(link, back, writer, is_up=False)]
            link.tasks = [asyncio.create_task(way) for way in ways]
            await asyncio.gather(*link.tasks, return_exceptions=True)
        except (OSError, TimeoutError):
            pass  # the server is away: the client finds its connection reset
        finally:
            link.reset()
            self._links.discard(link)
        return None

    async def _pump(self, link: Link, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_up: bool) -> None:
        """Carry one direction until its source ends."""
        try:
            while chunk := await source.read(CHUNK):
                await self._delay(is_up=is_up)
                severs = self.weather.severs
                is_severed = is_up and severs is not None and severs in chunk
                if is_severed and self.weather.severs_before:
                    return self._sever(link)
                sink.write(chunk)
                await sink.drain()
                if is_severed:
                    return self._sever(link)
                link.carried += len(chunk)
                if self.weather.reset_after is not None and link.carried > self.weather.reset_after:
                    return link.reset()
            await asyncio.sleep(self.weather.slow_close_s)
            await self._delay(is_up=is_up)  # an end is not heard through a cut either
            if sink.can_write_eof():
                sink.write_eof()
        except OSError:
            link.reset()  # one end was reset: the other one is told so
        return None

    async def _delay(self, *, is_up: bool) -> None:
        weather = self.weather
        if weather.latency_s or weather.jitter_s:
            await asyncio.sleep(weather.latency_s + self._random.uniform(0, weather.jitter_s))
        while self.weather.is_cut_up if is_up else self.weather.is_cut_down:
            await self._clear.wait()

    def _sever(self, link: Link) -> None:
        self.severed.set()
        if not self.weather.severs_before:
            # The server has what it was told; only the way back is gone.
            _abort(link.client)
            if link.server is not None and link.server.can_write_eof():
                with suppress(OSError):
                    link.server.write_eof()
            return
        link.reset()


def _abort(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, AttributeError):
        peer = writer.get_extra_info("socket")
        if peer is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
    writer.transport.abort()
