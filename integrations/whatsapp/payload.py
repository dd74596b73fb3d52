"""The body of a WhatsApp Cloud API request, `POST /v{N}/{phone_number_id}/messages`."""

from typing import Any

from integrations.delivery import Outgoing, check_phone


def template_payload(message: Outgoing) -> dict[str, Any]:
    """A template message: outside the 24 hours after a person's own message, nothing else is allowed.

    WhatsApp wants the number without its plus sign; `biz_opaque_callback_data` comes back in the delivery reports.
    Raises Undeliverable when the number is not E.164.
    """
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": check_phone(message.to).removeprefix("+"),
        "type": "template",
        "template": {
            "name": message.template,
            "language": {"code": message.language},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": each} for each in message.parameters]}
            ],
        },
        "biz_opaque_callback_data": message.key,
    }
