"""What leaves the house by mail, WhatsApp or SMS, and the two ways in which that fails."""

import re
from dataclasses import dataclass

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to one person by one channel.

    `key` is the notification's own and the same on every try. `to` is an e-mail address, or a phone number in E.164
    (+62…). WhatsApp sends a registered `template` in a `language` with its `parameters` (in the order of the body)
    instead of the body; the other channels ignore these three.
    """

    key: str
    to: str
    subject: str
    body: str
    template: str
    language: str
    parameters: tuple[str, ...]


class Undeliverable(Exception):
    """It will never arrive, however often it is tried: no such mailbox, an impossible address, a refused content."""


class Unreachable(Exception):
    """It did not go this time: the provider is away, slow, busy, or wrongly set up by us. Try again later."""


def check_phone(number: str) -> str:
    """The number when it is E.164, else Undeliverable (without repeating the number, which would reach the log)."""
    if not _E164.fullmatch(number):
        raise Undeliverable("the phone number is not in E.164 form")
    return number
