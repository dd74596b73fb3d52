"""How a rule's "no" reaches the client: as data, in the result union, in the actor's language."""

import strawberry
from strawberry.types.field import StrawberryField

from domain import refusals


@strawberry.type(description="The request was understood and a rule said no.")
class Refusal:
    code: str = strawberry.field(description="Stable; meant for programs.")
    message: str = strawberry.field(description="One sentence in the reader's language.")
    field: str | None = strawberry.field(description="The input that would have to change, where there is one.")

    @classmethod
    def of(cls, refusal: refusals.Refusal, language: refusals.Language) -> "Refusal":
        return cls(code=refusal.code, message=refusal.sentence(language), field=refusal.field)


class ToRefusal(strawberry.ExceptionHandler[refusals.Refusal, Refusal]):
    """Lets every field whose result is a union with Refusal simply raise."""

    def handle(self, exception: refusals.Refusal, *, field: StrawberryField, info: strawberry.Info) -> Refusal:
        return Refusal.of(exception, info.context.actor.language)
