"""Files over HTTP: `PUT /uploads/{token}` takes one in, `GET /media/{token}` shows one; the token is the only key."""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.stream import show
from domain.media import MediaNotAccepted, MediaProblem, MediaType
from domain.permissions import Actor
from domain.photo import UploadState
from domain.refusals import Language, NotAllowed, NotFound, NotSignedIn, Refusal, TryAgain
from integrations.media.sanitiser import Media, MediaRefused, SanitiserFailed, sanitise
from integrations.storage import NotStored, Storage, new_key
from integrations.storage.signing import Expired, Forged, verify
from models.account import RoleGrant
from models.photo import Upload
from schema.photo import LOOK_PURPOSE, SEND_PURPOSE
from services import photo as photos

RECEIVE_S = 300.0  # for a whole file: 50 MB at 1.4 Mbit/s
SILENCE_S = 20.0  # between two pieces of it
LEFT_AFTER_S = 3600.0
MAX_RECEIVING = 32  # files at a time in one process; each has up to 50 MB on disk
MAX_LANGUAGES = 10  # of one Accept-Language header
MAX_HEADER_CHARACTERS = 300
MAX_LENGTH_DIGITS = 15
BUSY_RETRY_S = "5"

log = logging.getLogger("rawat.media")


class AddressForged(Refusal):
    code = "ADDRESS_FORGED"
    indonesian = "Alamat berkas ini tidak sah."
    english = "This file address is not valid."


class AddressExpired(Refusal):
    code = "ADDRESS_EXPIRED"
    indonesian = "Alamat berkas ini sudah tidak berlaku. Muat ulang untuk mendapatkan yang baru."
    english = "This file address has expired. Reload to get a new one."


class TooSlow(Refusal):
    code = "TOO_SLOW"
    indonesian = "Pengiriman berkas terlalu lama. Silakan coba lagi dengan sambungan yang lebih baik."
    english = "Sending the file took too long. Please try again on a better connection."


STATUS: dict[type[Refusal], int] = {
    AddressForged: 403, AddressExpired: 410, TooSlow: 408, NotFound: 404, NotAllowed: 403, NotSignedIn: 403,
    TryAgain: 503,
}  # fmt: skip
MEDIA_STATUS = {
    MediaProblem.TOO_LARGE: 413, MediaProblem.UNSUPPORTED_TYPE: 415, MediaProblem.NOT_AS_DECLARED: 415,
    MediaProblem.BUSY: 503,
}  # fmt: skip


@dataclass
class MediaDoor:
    """What the two routes need. `folder` is for files on their way in; what a killed server left there is removed by
    `sweep` when the next one starts."""

    storage: Storage
    key: bytes
    folder: Path
    receive_s: float = RECEIVE_S
    silence_s: float = SILENCE_S
    max_receiving: int = MAX_RECEIVING
    receiving: int = 0

    def routes(self) -> list[Route]:
        """To be mounted at the root."""
        return [
            Route("/uploads/{token}", _told(self.receive), methods=["PUT"]),
            Route("/media/{token}", _told(self.look), methods=["GET"]),
        ]

    def sweep(self) -> int:
        """Remove what a killed server left of uploads that nobody can still be sending; how many."""
        before_s = datetime.now(UTC).timestamp() - LEFT_AFTER_S
        left = [each for each in self._incoming().iterdir() if each.lstat().st_mtime < before_s]
        for each in left:
            shutil.rmtree(each, ignore_errors=True)
        return len(left)

    async def receive(self, request: Request) -> Response:
        """Take a file in. Sent twice, the second time has the first one's answer and no effect."""
        claims = self._claims(request, SEND_PURPOSE)
        actor = await present_actor(UUID(str(claims["account"])), spoken_language(request))
        upload = await Upload.get_or_none(id=UUID(str(claims["upload"])), owner_id=actor.id)
        if upload is None:
            raise NotFound()
        async with self._place() as folder:
            content = folder / "content"
            await self._keep_body(request, content, upload.declared_bytes)
            await upload.refresh_from_db()
            if upload.state is UploadState.WAITING:
                upload = await self._take_in(actor, upload, content, folder)
        return JSONResponse(_told_about(upload))

    async def look(self, request: Request) -> Response:
        """Show a file to whom the address was made for, as long as that account still sees it."""
        claims = self._claims(request, LOOK_PURPOSE)
        actor = await present_actor(UUID(str(claims["account"])), spoken_language(request))
        upload = await Upload.visible_to(actor).get_or_none(id=UUID(str(claims["media"])))
        if upload is None or upload.storage_key is None or upload.thumbnail_key is None:
            raise NotFound()
        try:
            if claims["small"]:
                return await show(request, self.storage, upload.thumbnail_key, MediaType.JPEG)
            return await show(request, self.storage, upload.storage_key, MediaType(upload.content_type or ""))
        except NotStored:
            log.error("the file of upload %s is gone", upload.id)
            raise NotFound() from None

    def _claims(self, request: Request, purpose: str) -> dict[str, str | int]:
        try:
            return verify(self.key, purpose, request.path_params["token"], datetime.now(UTC))
        except Expired:
            raise AddressExpired() from None
        except Forged:
            raise AddressForged() from None

    def _incoming(self) -> Path:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.folder

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[Path]:
        """A folder for one upload, gone afterwards; raises MediaNotAccepted(BUSY) when too many are on their way."""
        if self.receiving >= self.max_receiving:
            raise MediaNotAccepted(MediaProblem.BUSY)
        self.receiving += 1
        folder = Path(tempfile.mkdtemp(dir=self._incoming()))
        try:
            yield folder
        finally:
            self.receiving -= 1
            shutil.rmtree(folder, ignore_errors=True)  # three files at most

    async def _keep_body(self, request: Request, target: Path, max_bytes: int) -> None:
        """Write the body to disk, bounded in bytes and in time whatever the client says about it."""
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:MAX_LENGTH_DIGITS]) > max_bytes:
            raise MediaNotAccepted(MediaProblem.TOO_LARGE)
        received, pieces = 0, request.stream()
        with target.open("wb") as file:
            try:
                async with asyncio.timeout(self.receive_s):
                    while piece := await asyncio.wait_for(_next(pieces), self.silence_s):
                        received += len(piece)
                        if received > max_bytes:
                            raise MediaNotAccepted(MediaProblem.TOO_LARGE)
                        await asyncio.to_thread(file.write, piece)
            except TimeoutError:
                raise TooSlow() from None

    async def _take_in(self, actor: Actor, upload: Upload, content: Path, folder: Path) -> Upload:
        """Sanitise, store, record. The files are kept only if the row ends up naming them."""
        try:
            media = await sanitise(content, MediaType(upload.declared_type), folder)
        except MediaRefused as refused:
            log.info("upload %s refused: %s %s", upload.id, refused.problem, refused.detail)
            raise MediaNotAccepted(refused.problem) from None
        # Shielded, so that a server that is told to stop in between still tidies up.
        return await asyncio.shield(self._store(actor, upload, media))

    async def _store(self, actor: Actor, upload: Upload, media: Media) -> Upload:
        file_id = uuid4()  # not the upload's id: two of the same upload must not write over each other
        keys = (new_key(media.kind.value, file_id, media.path.suffix[1:]), new_key("thumbnail", file_id, "jpg"))
        try:
            await self.storage.put(keys[0], media.path)
            await self.storage.put(keys[1], media.thumbnail_path)
            return await photos.receive_upload(actor, upload.id, media, *keys)
        finally:
            await self._forget_unless_named(upload.id, keys)

    async def _forget_unless_named(self, upload_id: UUID, keys: tuple[str, str]) -> None:
        """Asks the database, because a commit whose answer was lost has happened all the same."""
        if not await Upload.exists(id=upload_id, storage_key=keys[0]):
            for key in keys:
                await self.storage.delete(key)


async def present_actor(account_id: UUID, language: Language) -> Actor:
    """The account with the roles it has at this moment: an address outlives neither a suspension nor a revoked role."""
    roles = await RoleGrant.filter(account_id=account_id, account__suspended_at=None).values_list("role", flat=True)
    return Actor(id=account_id, roles=frozenset(roles), language=language)  # type: ignore[arg-type]


def spoken_language(request: Request) -> Language:
    """The reader's preferred one of our languages by Accept-Language; Indonesian when it does not say."""
    header = request.headers.get("accept-language", "")[:MAX_HEADER_CHARACTERS]
    wanted: list[tuple[float, Language]] = []
    for part in header.lower().split(",")[:MAX_LANGUAGES]:
        name, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((float(weight or 1), Language(name.partition("-")[0])))
        except ValueError:
            continue  # a language that we do not speak
    return max(wanted, key=lambda each: each[0])[1] if wanted else Language.ID


def _told(act: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Say a refusal as JSON in the reader's language, and our own failures as "try again"."""

    async def route(request: Request) -> Response:
        try:
            return await act(request)
        except Refusal as refusal:
            return _refused(refusal, request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except (SanitiserFailed, OSError):
            log.exception("a file could not be taken in or shown")
            return _refused(TryAgain(), request)

    return route


def _refused(refusal: Refusal, request: Request) -> JSONResponse:
    reason = str(refusal.facts.get("reason", "")) if isinstance(refusal, MediaNotAccepted) else ""
    status = MEDIA_STATUS.get(MediaProblem(reason), 422) if reason else STATUS.get(type(refusal), 422)
    told = {"code": refusal.code, "message": refusal.sentence(spoken_language(request)), "field": refusal.field}
    headers = {"cache-control": "no-store"} | ({"retry-after": BUSY_RETRY_S} if status == 503 else {})
    return JSONResponse(told | ({"reason": reason} if reason else {}), status_code=status, headers=headers)


def _told_about(upload: Upload) -> dict[str, object]:
    return {
        "id": str(upload.id), "state": upload.state.value, "duplicate": upload.duplicate_of is not None,
        "contentType": upload.content_type, "byteSize": upload.byte_size, "width": upload.width,
        "height": upload.height, "durationS": upload.duration_s,
    }  # fmt: skip


async def _next(pieces: AsyncIterator[bytes]) -> bytes:
    """The next piece of a body; empty at its end (Starlette's stream also ends with an empty piece)."""
    return await anext(pieces, b"")
