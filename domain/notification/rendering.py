"""From a template and the facts of one case to the text that a person reads."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from domain.notification.account import ACCOUNT_TEXTS
from domain.notification.booking import BOOKING_TEXTS
from domain.notification.care import CARE_TEXTS
from domain.notification.template import Template, Text
from domain.refusals import Language

MAX_FACT_LENGTH = 500  # characters of one fact; a signed link is about 250

TEXTS: dict[Template, Text] = ACCOUNT_TEXTS | BOOKING_TEXTS | CARE_TEXTS

# Controls, line and paragraph separators, lone surrogates: they break headers, wire formats or encodings.
_BREAKING = frozenset({"Cc", "Zl", "Zp", "Cs"})
# Marks that turn the direction of writing, by which a name could disguise the text around it.
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class MissingFact(KeyError):
    """A variable of the template has no fact, or an empty one: a bug of the caller, so the message is not sent."""

    def __init__(self, template: Template, name: str) -> None:
        self.template, self.name = template, name
        super().__init__(f"{template.value}: {name}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished text; `parameters` are the body's facts in order of first appearance (WhatsApp numbers them so)."""

    subject: str
    body: str
    parameters: tuple[str, ...]


def variables(template: Template) -> frozenset[str]:
    """The names of all facts that rendering needs; the same in both languages."""
    text = TEXTS[template]
    return frozenset(_names(text.subject_id)) | frozenset(_names(text.body_id))


def render(template: Template, language: Language, facts: Mapping[str, str]) -> Rendered:
    """The text with the facts filled in; facts that the template does not name are ignored.

    Facts are plain text: control characters become a space and each is cut to MAX_FACT_LENGTH. Raises MissingFact when
    one is missing or has nothing to read in it (S-06: rendering fails if one is empty).
    """
    text = TEXTS[template]
    english = language is Language.EN
    subject, body = (text.subject_en, text.body_en) if english else (text.subject_id, text.body_id)
    folded = {name: _folded(facts.get(name, "")) for name in variables(template)}
    for name in sorted(folded):
        if not is_readable(folded[name]):
            raise MissingFact(template, name)
    return Rendered(
        subject=subject.format_map(folded),
        body=body.format_map(folded),
        parameters=tuple(folded[name] for name in _names(body)),
    )


def _names(text: str) -> tuple[str, ...]:
    """The variables of a text in order of first appearance, each once."""
    return tuple(dict.fromkeys(name for _, name, _, _ in Formatter().parse(text) if name))


def _folded(fact: str) -> str:
    """One line of plain text: what breaks or turns lines becomes a space, runs of spaces become one."""
    # Cut before the work as well as after, so that a huge fact costs no more than a long one.
    kept = fact[: MAX_FACT_LENGTH * 2]
    one_line = "".join(" " if unicodedata.category(each) in _BREAKING or each in _TURNING else each for each in kept)
    return " ".join(one_line.split())[:MAX_FACT_LENGTH].rstrip()


def is_readable(fact: str) -> bool:
    """Whether something can be seen: a lone zero-width joiner is as empty as nothing."""
    return any(unicodedata.category(each)[0] not in "CZM" for each in fact)
