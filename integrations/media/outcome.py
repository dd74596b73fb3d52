"""What comes out of sanitising: a refusal with a reason, or the facts of what was kept."""

from dataclasses import dataclass

from domain.media import MediaProblem

# Inside the folder given to the subprocess; fixed, so that it has no say in where files land.
CONTENT_NAME = "content"
THUMBNAIL_NAME = "thumbnail"


class MediaRefused(Exception):
    """The file is not taken. `detail` is for the log, never for the customer: it may quote the file."""

    def __init__(self, problem: MediaProblem, detail: str = "") -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Facts:
    """What the subprocess tells about the files it wrote; see Media for the meaning."""

    width: int
    height: int
    duration_s: float | None
    content_hash: str
    look_hash: int
