"""The tamper-evident chain of the event log: each hash covers the one before."""

import hmac
from collections.abc import Mapping
from typing import Any

# The facts of an event as PostgreSQL prints them: nobody decodes or re-encodes a payload to chain it.
FACTS = (
    "id, name, subject::text, payload::text, topics, audience, coalesce(actor_id::text, '') AS actor, "
    "(extract(epoch FROM at) * 1000000)::bigint AS at_us"
)


def chained(key: bytes, before: bytes, position: int, row: Mapping[str, Any]) -> bytes:
    """The hash of an event: HMAC-SHA256, under a key that lives outside the database, over the hash before it and its
    facts, each with its length."""
    parts = [
        str(position), str(row["id"]), row["name"], row["subject"], row["payload"], *row["topics"], "|",
        *row["audience"], "|", row["actor"], str(row["at_us"]),
    ]  # fmt: skip
    text = b"".join(b"%d:%b," % (len(part), part) for part in (part.encode() for part in parts))
    return hmac.digest(key, before + text, "sha256")
