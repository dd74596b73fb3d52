"""A refusal is a rule saying no. The client is told why, in its language; nobody is paged."""

from enum import StrEnum
from typing import ClassVar


class Language(StrEnum):
    """The languages user-facing text exists in; Indonesian is the default."""

    ID = "id"
    EN = "en"


class Refusal(Exception):
    """A rule's no.

    Each subclass fixes a stable `code` and one sentence per language. Facts named in a sentence are given as keyword
    arguments and filled in; `field` names the input that the client would have to change.
    """

    code: ClassVar[str]
    indonesian: ClassVar[str]
    english: ClassVar[str]

    def __init__(self, *, field: str | None = None, **facts: object) -> None:
        self.field = field
        self.facts = facts
        super().__init__(self.sentence(Language.EN))

    def sentence(self, language: Language) -> str:
        """The reason as one sentence a customer could read."""
        text = self.english if language is Language.EN else self.indonesian
        return text.format_map(self.facts)


class NotFound(Refusal):
    """Unseen and missing rows give this same answer (no probing for other people's rows)."""

    code = "NOT_FOUND"
    indonesian = "Data yang Anda cari tidak ditemukan."
    english = "We couldn't find what you are looking for."


class NotAllowed(Refusal):
    code = "NOT_ALLOWED"
    indonesian = "Akun Anda tidak boleh melakukan ini."
    english = "Your account may not do this."


class NotSignedIn(Refusal):
    code = "NOT_SIGNED_IN"
    indonesian = "Silakan masuk terlebih dahulu."
    english = "Please sign in first."


class InvalidInput(Refusal):
    """An input that no rule can work with; `field` says which, `reason_id`/`reason_en` say why."""

    code = "INVALID_INPUT"
    indonesian = "Isian {field_name} tidak sah: {reason_id}."
    english = "The input {field_name} is not valid: {reason_en}."

    def __init__(self, field: str, *, indonesian: str, english: str) -> None:
        super().__init__(field=field, field_name=field, reason_id=indonesian, reason_en=english)


class IllegalMove(Refusal):
    code = "ILLEGAL_MOVE"
    indonesian = "Langkah {verb} tidak bisa dilakukan pada status {state}."
    english = "{verb} is not possible in state {state}."


class IdempotencyKeyReused(Refusal):
    code = "IDEMPOTENCY_KEY_REUSED"
    indonesian = "Kunci permintaan ini sudah dipakai untuk isian yang lain."
    english = "This idempotency key was already used with other input."


class TryAgain(Refusal):
    """The database was busy (deadlock, lock or serialization) longer than we retry, or away. Nothing was done, or it
    was done under an idempotency key, so that asking again is safe."""

    code = "TRY_AGAIN"
    indonesian = "Sistem sedang sibuk, silakan coba lagi sebentar lagi."
    english = "The system is busy, please try again in a moment."


class OutcomeUnknown(Refusal):
    """The database went away between the order to commit and its answer, and no idempotency key makes a second try
    harmless."""

    code = "OUTCOME_UNKNOWN"
    indonesian = "Sambungan terputus di saat terakhir. Periksa dulu apakah perubahan Anda sudah tersimpan."
    english = "The connection broke at the last moment. Please check first whether your change was saved."
