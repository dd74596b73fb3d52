"""Indonesian mobile numbers: one written form to store, one masked form to show."""

from lokal import parse_phone

from domain.refusals import InvalidInput

MAX_TYPED = 32
FREE_CALL_PREFIX = "+6280"  # 0800, 0804, 0807, 0809 are service lines; the parser counts them as mobile


def mobile(text: str, field: str = "phone") -> str:
    """The number in E.164 (+62812…), however it was typed; refuses anything but an Indonesian mobile number.

    One-time codes, WhatsApp and SMS reach only these.
    """
    typed = parse_phone(text) if len(text) <= MAX_TYPED else None
    if typed is None or typed.e164 is None or typed.type != "mobile" or typed.e164.startswith(FREE_CALL_PREFIX):
        raise InvalidInput(
            field,
            indonesian="tulis nomor HP Indonesia, misalnya 0812-3456-7890",
            english="give an Indonesian mobile number such as 0812-3456-7890",
        )
    return typed.e164


def mask_phone(e164: str) -> str:
    """The number with its middle hidden: +62812••••••890. Short texts are hidden wholly."""
    shown_before, shown_after = 6, 3
    hidden = len(e164) - shown_before - shown_after
    if hidden < 3:
        return "•" * len(e164)
    return e164[:shown_before] + "•" * hidden + e164[-shown_after:]
