"""Notifications as their readers see them, and messages on their way as staff see them."""

from datetime import datetime, time
from typing import Annotated
from uuid import UUID

import strawberry

from domain.delivery import DeliveryState
from domain.notification import Channel, Template
from models import notification as rows
from schema.refusal import Refusal
from schema.table import reads
from services.notification import Wants

strawberry.enum(Channel, name="NotificationChannel")
strawberry.enum(Template, name="NotificationTemplate")
strawberry.enum(DeliveryState)


@reads(rows.Notification)
@strawberry.type(description="Something a person, or a staff queue, is told in the app.")
class Notification:
    id: UUID
    template: Template = strawberry.field(description="What it is about; meant for programs.")
    subject: str
    body: str
    booking_id: UUID | None
    queue: str | None = strawberry.field(description="The staff queue it is addressed to, if it is to no one person.")
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, row: rows.Notification) -> "Notification":
        return cls(
            id=row.id, template=row.template, subject=row.subject, body=row.body, booking_id=row.booking_id,
            queue=row.queue, created_at=row.created_at, read_at=row.read_at,
        )  # fmt: skip


@reads(rows.Notification)
@strawberry.type(description="One message by one outside channel, as staff see it; its text stays with its reader.")
class Delivery:
    id: UUID
    account_id: UUID | None
    booking_id: UUID | None
    channel: Channel
    template: Template
    state: DeliveryState
    attempts: int
    last_error: str
    due_at: datetime
    created_at: datetime

    @classmethod
    def of(cls, row: rows.Notification) -> "Delivery":
        return cls(
            id=row.id, account_id=row.account_id, booking_id=row.booking_id, channel=row.channel, template=row.template,
            state=row.state, attempts=row.attempts, last_error=row.last_error, due_at=row.due_at,
            created_at=row.created_at,
        )  # fmt: skip


@strawberry.type(description="Which outside channels a person wants for what is not urgent, and when it is quiet.")
class Preference:
    email: bool
    whatsapp: bool
    sms: bool
    quiet_from: time = strawberry.field(description="On the person's own clock; equal to quietUntil means never.")
    quiet_until: time

    @classmethod
    def of(cls, wants: Wants) -> "Preference":
        wanted = wants.preference.allows
        return cls(
            email=wanted(Channel.EMAIL), whatsapp=wanted(Channel.WHATSAPP), sms=wanted(Channel.SMS),
            quiet_from=wants.quiet.start, quiet_until=wants.quiet.end,
        )  # fmt: skip


@strawberry.type
class MarkedNotifications:
    count: int = strawberry.field(description="How many were unread before.")


MarkNotificationsReadResult = Annotated[MarkedNotifications | Refusal, strawberry.union("MarkNotificationsReadResult")]
SetPreferenceResult = Annotated[Preference | Refusal, strawberry.union("SetPreferenceResult")]
ResendNotificationResult = Annotated[Delivery | Refusal, strawberry.union("ResendNotificationResult")]
