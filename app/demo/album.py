"""Pictures for photo updates: drawn, sanitised like a stranger's, and kept in the store once for each use."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import NAMESPACE_OID, UUID, uuid5

from app.pictures import make_clip, make_photo
from domain.media import MediaType
from domain.permissions import Actor
from integrations.media.sanitiser import Media, sanitise
from integrations.storage import LocalStorage, new_key
from services import photo as photos

CAPTIONS = ("Sudah segar!", "Jalan sore", "Duduk manis", "Makan siang habis", "Main bola", "Istirahat dulu")
DRAWING_AT_A_TIME = 2


@dataclass
class Album:
    """Sanitised pictures. Each partner takes them in turn, so that it sends none twice before it has sent all."""

    storage: LocalStorage
    pictures: list[Media]
    clips: list[Media]
    _taken: Counter[UUID | None] = field(default_factory=Counter)
    _stored: int = 0

    async def send(self, partner: Actor, booking_id: UUID, count: int, note: str, *, clip: bool = False) -> None:
        """Upload so many pictures (and a clip) and send them to the customer, all by the use cases."""
        chosen = [self.pictures[self._turn(partner) % len(self.pictures)] for _ in range(count)]
        if clip and self.clips:
            chosen.append(self.clips[self._turn(partner) % len(self.clips)])
        uploads = [await self._upload(partner, booking_id, media) for media in chosen]
        await photos.send_update(partner.once(f"update-{self._stored}"), booking_id, uploads, note)

    def _turn(self, partner: Actor) -> int:
        self._taken[partner.id] += 1
        return self._taken[partner.id]

    async def _upload(self, partner: Actor, booking_id: UUID, media: Media) -> UUID:
        self._stored += 1
        # A fixed id: a world that is made again after a killed start writes over that one's files.
        file_id = uuid5(NAMESPACE_OID, f"rawat demo {self._stored}")
        actor = partner.once(f"upload-{self._stored}")
        upload = await photos.request_upload(actor, booking_id, media.content_type, media.byte_size)
        keys = (new_key(media.kind.value, file_id, media.path.suffix[1:]), new_key("thumbnail", file_id, "jpg"))
        await asyncio.gather(self.storage.put(keys[0], media.path), self.storage.put(keys[1], media.thumbnail_path))
        await photos.receive_upload(partner, upload.id, media, *keys)
        upload_id: UUID = upload.id
        return upload_id


@asynccontextmanager
async def album(storage: LocalStorage, pictures: int, clips: int) -> AsyncIterator[Album]:
    """Draw and sanitise; the originals go at the end."""
    with TemporaryDirectory(prefix="rawat-demo-") as name:
        folder, room = Path(name), asyncio.Semaphore(DRAWING_AT_A_TIME)

        async def photo(number: int) -> Media:
            async with room:
                content = await asyncio.to_thread(make_photo, number, CAPTIONS[number % len(CAPTIONS)])
                return await _sanitised(folder / f"{number}.jpg", content, MediaType.JPEG)

        async def clip(number: int) -> Media:
            async with room:
                content = await asyncio.to_thread(make_clip, number)
                return await _sanitised(folder / f"{number}.mp4", content, MediaType.MP4)

        drawn = await asyncio.gather(*(photo(number) for number in range(pictures)))
        filmed = await asyncio.gather(*(clip(number) for number in range(clips)))
        yield Album(storage, list(drawn), list(filmed))


async def _sanitised(source: Path, content: bytes, media_type: MediaType) -> Media:
    await asyncio.to_thread(source.write_bytes, content)
    return await sanitise(source, media_type, source.parent)
