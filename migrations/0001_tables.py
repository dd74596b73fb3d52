from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.booking.machine import BookingState
from domain.booking.rule import IncidentKind
from domain.cancellation import Policy
from domain.delivery import DeliveryState
from domain.identifier import new_id
from domain.message import Side
from domain.notification.template import Channel, Template
from domain.partner import PartnerState, ServiceState
from domain.payment import PaymentMethod, PaymentState
from domain.permissions import Role
from domain.photo import UploadState
from domain.refusals import Language
from domain.service import CareKind, ChecklistItem, ServiceType, Unit
from domain.task import TaskState
from orjson import loads
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.contrib.postgres.indexes import GinIndex
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index, PartialIndex


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Account",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                ("phone", fields.CharField(null=True, unique=True, max_length=20)),
                ("email", fields.CharField(null=True, unique=True, max_length=254)),
                ("name", fields.CharField(max_length=120)),
                (
                    "language",
                    fields.CharEnumField(
                        default=Language.ID, description="ID: id\nEN: en", enum_type=Language, max_length=2
                    ),
                ),
                ("zone", fields.CharField(default="WIB", max_length=4)),
                ("password_hash", fields.CharField(null=True, max_length=200)),
                ("totp_secret", fields.CharField(null=True, max_length=200)),
                ("totp_used_step", fields.BigIntField(null=True)),
                ("suspended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "account",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A person who signs in: by phone (customer, partner) or by e-mail and password (staff).",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Address",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="owner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="addresses",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("label", fields.CharField(max_length=60)),
                ("recipient", fields.CharField(max_length=120)),
                ("phone", fields.CharField(max_length=20)),
                ("street", fields.CharField(max_length=300)),
                ("landmark", fields.CharField(default="", max_length=200)),
                ("region_code", fields.CharField(max_length=13)),
                ("postcode", fields.CharField(max_length=5)),
                ("archived_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "address",
                "app": "models",
                "indexes": [Index(fields=["owner_id", "id"])],
                "pk_attr": "id",
                "table_description": "A service address. An address that a booking used is never changed: it is archived and a new one made.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Consent",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="consents",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("purpose", fields.CharField(max_length=20)),
                ("text_version", fields.CharField(max_length=20)),
                ("withdrawn_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "consent",
                "app": "models",
                "indexes": [Index(fields=["account_id", "purpose"])],
                "pk_attr": "id",
                "table_description": "A person's recorded yes to one purpose and text version (UU 27/2022 art. 20-22).",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Event",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("name", fields.CharField(max_length=60)),
                ("subject", fields.UUIDField()),
                ("payload", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("topics", ArrayField(element_type="TEXT")),
                ("audience", ArrayField(element_type="TEXT")),
                ("actor_id", fields.UUIDField(null=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("position", fields.BigIntField(null=True, unique=True)),
                ("hash", fields.BinaryField(null=True)),
            ],
            options={
                "table": "event",
                "app": "models",
                "indexes": [Index(fields=["subject", "id"])],
                "pk_attr": "id",
                "table_description": "One thing that happened. `position` and `hash` are NULL until the relay numbers it; nothing else ever changes",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="EventTopic",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("topic", fields.CharField(max_length=80)),
                ("position", fields.BigIntField()),
            ],
            options={
                "table": "event_topic",
                "app": "models",
                "unique_together": (("topic", "position"),),
                "pk_attr": "id",
                "table_description": "Which positions a topic heard: what a replay walks along. Primary key (topic, position), see the migration.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("actor_id", fields.UUIDField()),
                ("operation", fields.CharField(max_length=40)),
                ("key", fields.CharField(max_length=100)),
                ("input_hash", fields.CharField(max_length=64)),
                ("result_id", fields.UUIDField(null=True)),
                ("created_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=True)),
            ],
            options={
                "table": "idempotency_key",
                "app": "models",
                "unique_together": (("actor_id", "operation", "key"),),
                "pk_attr": "id",
                "table_description": "One answered request: the same key and input gives the same result again, other input is refused.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LoginAttempt",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                ("subject", fields.CharField(max_length=64)),
            ],
            options={
                "table": "login_attempt",
                "app": "models",
                "indexes": [Index(fields=["subject", "created_at"])],
                "pk_attr": "id",
                "table_description": "One failed try to sign in, counted per subject (an e-mail address or a phone number, as a keyed hash).",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="LoginCode",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                ("phone", fields.CharField(max_length=20)),
                ("code_hash", fields.CharField(max_length=64)),
                ("sealed_code", fields.CharField(null=True, max_length=200)),
                (
                    "language",
                    fields.CharEnumField(
                        default=Language.ID, description="ID: id\nEN: en", enum_type=Language, max_length=2
                    ),
                ),
                ("tries", fields.SmallIntField(default=0)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "login_code",
                "app": "models",
                "indexes": [Index(fields=["phone", "created_at"])],
                "pk_attr": "id",
                "table_description": "A one-time code on its way to a phone; the code itself is sealed until it was sent, then gone.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Notification",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                ("dedupe_key", fields.CharField(unique=True, max_length=120)),
                ("account_id", fields.UUIDField(null=True)),
                ("queue", fields.CharField(null=True, max_length=20)),
                ("booking_id", fields.UUIDField(null=True)),
                (
                    "channel",
                    fields.CharEnumField(
                        description="IN_APP: IN_APP\nEMAIL: EMAIL\nWHATSAPP: WHATSAPP\nSMS: SMS",
                        enum_type=Channel,
                        max_length=10,
                    ),
                ),
                (
                    "template",
                    fields.CharEnumField(
                        description="LOGIN_CODE: login_code\nWELCOME: welcome\nNEW_MESSAGE: new_message\nHOLD_EXPIRED: hold_expired\nBOOKING_REQUESTED: booking_requested\nBOOKING_CONFIRMED: booking_confirmed\nBOOKING_DECLINED: booking_declined\nREQUEST_EXPIRED: request_expired\nBOOKING_REMINDER: booking_reminder\nBOOKING_REMINDER_PARTNER: booking_reminder_partner\nBOOKING_CANCELLED: booking_cancelled\nBOOKING_CANCELLED_PARTNER: booking_cancelled_partner\nBOOKING_CANCELLED_BY_STAFF: booking_cancelled_by_staff\nBOOKING_CANCELLED_BY_STAFF_PARTNER: booking_cancelled_by_staff_partner\nPARTNER_CANCELLED: partner_cancelled\nPARTNER_CANCELLED_SUPPORT: partner_cancelled_support\nNO_SHOW_CUSTOMER: no_show_customer\nNO_SHOW_CUSTOMER_PARTNER: no_show_customer_partner\nNO_SHOW_CUSTOMER_SUPPORT: no_show_customer_support\nNO_SHOW_PARTNER: no_show_partner\nNO_SHOW_PARTNER_PARTNER: no_show_partner_partner\nNO_SHOW_PARTNER_SUPPORT: no_show_partner_support\nSTART_UNRECORDED: start_unrecorded\nSTART_UNRECORDED_SUPPORT: start_unrecorded_support\nBOOKING_CLOSED: booking_closed\nREVIEW_REQUEST: review_request\nPARTNER_LATE: partner_late\nPARTNER_LATE_SUPPORT: partner_late_support\nPARTNER_MISSING: partner_missing\nPARTNER_MISSING_PARTNER: partner_missing_partner\nPARTNER_MISSING_SUPPORT: partner_missing_support\nSERVICE_STARTED: service_started\nPHOTO_UPDATE: photo_update\nPHOTO_UPDATE_NOTED: photo_update_noted\nUPDATE_OVERDUE: update_overdue\nUPDATE_OVERDUE_SUPPORT: update_overdue_support\nNO_UPDATES_FLAG: no_updates_flag\nCARE_LOG_MISSING: care_log_missing\nCARE_LOG_MISSING_SUPPORT: care_log_missing_support\nSERVICE_COMPLETED: service_completed\nVIOLATION_REPORTED: violation_reported\nDEVIATION_REPORTED: deviation_reported",
                        enum_type=Template,
                        max_length=40,
                    ),
                ),
                ("subject", fields.CharField(max_length=200)),
                ("body", fields.CharField(max_length=2000)),
                (
                    "language",
                    fields.CharEnumField(
                        default=Language.ID, description="ID: id\nEN: en", enum_type=Language, max_length=2
                    ),
                ),
                ("parameters", ArrayField(default=list, element_type="TEXT")),
                (
                    "state",
                    fields.CharEnumField(
                        description="QUEUED: QUEUED\nSENT: SENT\nDEAD: DEAD\nSKIPPED: SKIPPED",
                        enum_type=DeliveryState,
                        max_length=10,
                    ),
                ),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("attempts", fields.SmallIntField(default=0)),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("read_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("last_error", fields.CharField(default="", max_length=300)),
            ],
            options={
                "table": "notification",
                "app": "models",
                "indexes": [
                    Index(fields=["account_id", "id"]),
                    Index(fields=["queue", "id"]),
                    PartialIndex(fields=["id"], condition={"state": "DEAD"}),
                ],
                "pk_attr": "id",
                "table_description": "A message to one account, or to one staff queue; `dedupe_key` = event, recipient and channel.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Partner",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                ("name", fields.CharField(max_length=120)),
                ("bio", fields.CharField(default="", max_length=2000)),
                ("place", fields.CharField(default="", max_length=300)),
                ("zone", fields.CharField(default="WIB", max_length=4)),
                (
                    "state",
                    fields.CharEnumField(
                        default=PartnerState.ACTIVE,
                        description="ACTIVE: ACTIVE\nSUSPENDED: SUSPENDED",
                        enum_type=PartnerState,
                        max_length=12,
                    ),
                ),
                ("state_reason", fields.CharField(default="", max_length=500)),
                ("areas", ArrayField(default=list, element_type="TEXT")),
                ("rank", fields.SmallIntField(default=500)),
                ("completed_count", fields.IntField(default=0)),
                ("on_time_count", fields.IntField(default=0)),
                ("cancelled_count", fields.IntField(default=0)),
                ("no_show_count", fields.IntField(default=0)),
            ],
            options={
                "table": "partner",
                "app": "models",
                "indexes": [GinIndex(fields=["areas"]), Index(fields=["rank", "id"])],
                "pk_attr": "id",
                "table_description": "A provider of care. Its id is its account's id: one person, one identity in events and audiences.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="PartnerService",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "models.Partner",
                        source_field="partner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="services",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "type",
                    fields.CharEnumField(
                        description="GROOMER: GROOMER\nDOG_WALKER: DOG_WALKER\nDOG_TRAINER: DOG_TRAINER\nDOG_HOTEL: DOG_HOTEL",
                        enum_type=ServiceType,
                        max_length=12,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=ServiceState.PENDING_EVIDENCE,
                        description="PENDING_EVIDENCE: PENDING_EVIDENCE\nUNDER_REVIEW: UNDER_REVIEW\nAPPROVED: APPROVED\nREJECTED: REJECTED",
                        enum_type=ServiceState,
                        max_length=20,
                    ),
                ),
                (
                    "cancel_policy",
                    fields.CharEnumField(
                        default=Policy.ONE_DAY,
                        description="SAME_DAY: SAME_DAY\nONE_DAY: ONE_DAY\nTHREE_DAY: THREE_DAY\nSEVEN_DAY: SEVEN_DAY",
                        enum_type=Policy,
                        max_length=10,
                    ),
                ),
                ("evidence", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("decided_by", fields.UUIDField(null=True)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reason", fields.CharField(default="", max_length=500)),
            ],
            options={
                "table": "partner_service",
                "app": "models",
                "unique_together": (("partner", "type"),),
                "indexes": [Index(fields=["type", "state"])],
                "pk_attr": "id",
                "table_description": "One of the four services as one partner offers it, decided on its own (P-03).",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Pet",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="owner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="pets",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=60)),
                ("species", fields.CharField(max_length=10)),
                ("breed", fields.CharField(default="", max_length=60)),
                ("size", fields.CharField(max_length=10)),
                ("born_on", fields.DateField(null=True)),
                ("notes", fields.CharField(default="", max_length=1000)),
                ("archived_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "pet", "app": "models", "indexes": [Index(fields=["owner_id", "id"])], "pk_attr": "id"},
            bases=["Row"],
        ),
        ops.CreateModel(
            name="PlanException",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "models.Partner",
                        source_field="partner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="exceptions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("on_day", fields.DateField()),
                ("available", fields.BooleanField()),
                ("opens_minute", fields.SmallIntField(null=True)),
                ("closes_minute", fields.SmallIntField(null=True)),
                ("note", fields.CharField(default="", max_length=200)),
            ],
            options={
                "table": "plan_exception",
                "app": "models",
                "indexes": [Index(fields=["partner_id", "on_day"])],
                "pk_attr": "id",
                "table_description": "A local day that differs from the plan: closed hours, a free day, or extra hours.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="PlanPeriod",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "models.Partner",
                        source_field="partner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="plan",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("weekday", fields.SmallIntField()),
                ("opens_minute", fields.SmallIntField()),
                ("closes_minute", fields.SmallIntField()),
            ],
            options={
                "table": "plan_period",
                "app": "models",
                "indexes": [Index(fields=["partner_id", "weekday"])],
                "pk_attr": "id",
                "table_description": "Open hours of one weekday, in minutes since local midnight (0..1440), half-open.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Preference",
            fields=[
                ("account_id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("email", fields.BooleanField(default=True)),
                ("whatsapp", fields.BooleanField(default=True)),
                ("sms", fields.BooleanField(default=True)),
                ("quiet_from_minute", fields.SmallIntField(default=1260)),
                ("quiet_until_minute", fields.SmallIntField(default=420)),
            ],
            options={
                "table": "preference",
                "app": "models",
                "pk_attr": "account_id",
                "table_description": "What a person switched off, and when they sleep (minutes since local midnight).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Price",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "service",
                    fields.ForeignKeyField(
                        "models.PartnerService",
                        source_field="service_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="prices",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("title", fields.CharField(max_length=80)),
                (
                    "unit",
                    fields.CharEnumField(
                        description="SESSION: SESSION\nHOUR: HOUR\nNIGHT: NIGHT", enum_type=Unit, max_length=8
                    ),
                ),
                ("minutes", fields.IntField()),
                ("price_idr", fields.BigIntField()),
                ("archived_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "price",
                "app": "models",
                "indexes": [Index(fields=["service_id", "price_idr"])],
                "pk_attr": "id",
                "table_description": "What one unit of a service costs, and how long it takes.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Region",
            fields=[
                ("code", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=13)),
                ("name", fields.CharField(max_length=120)),
                ("parent", fields.CharField(null=True, max_length=8)),
                ("postcode", fields.CharField(null=True, max_length=5)),
            ],
            options={
                "table": "region",
                "app": "models",
                "indexes": [Index(fields=["postcode"]), Index(fields=["parent", "code"])],
                "pk_attr": "code",
                "table_description": "A province (31), regency (31.71), district (31.71.01) or village (31.71.01.1001).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RelayHead",
            fields=[
                ("log", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=8)),
                ("position", fields.BigIntField()),
                ("hash", fields.BinaryField()),
            ],
            options={
                "table": "relay_head",
                "app": "models",
                "pk_attr": "log",
                "table_description": "The one row that says how far positions go; its lock is the fence between relays.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Resource",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "models.Partner",
                        source_field="partner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="resources",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("is_kennel", fields.BooleanField(default=False)),
                ("label", fields.CharField(max_length=60)),
                ("archived_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "resource",
                "app": "models",
                "indexes": [Index(fields=["partner_id", "is_kennel"])],
                "pk_attr": "id",
                "table_description": "What can be booked once at a time: the partner in person, or one kennel of a hotel.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Booking",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                ("code", fields.CharField(unique=True, max_length=12)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="customer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bookings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "partner",
                    fields.ForeignKeyField(
                        "models.Partner",
                        source_field="partner_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bookings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "service",
                    fields.ForeignKeyField(
                        "models.PartnerService",
                        source_field="service_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bookings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "option",
                    fields.ForeignKeyField(
                        "models.Price",
                        source_field="option_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bookings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "resource",
                    fields.ForeignKeyField(
                        "models.Resource",
                        source_field="resource_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bookings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "pet",
                    fields.ForeignKeyField(
                        "models.Pet",
                        source_field="pet_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bookings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "address",
                    fields.ForeignKeyField(
                        "models.Address",
                        source_field="address_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="bookings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "service_type",
                    fields.CharEnumField(
                        description="GROOMER: GROOMER\nDOG_WALKER: DOG_WALKER\nDOG_TRAINER: DOG_TRAINER\nDOG_HOTEL: DOG_HOTEL",
                        enum_type=ServiceType,
                        max_length=12,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=BookingState.HELD,
                        description="HELD: HELD\nREQUESTED: REQUESTED\nACCEPTED: ACCEPTED\nIN_SERVICE: IN_SERVICE\nCOMPLETED: COMPLETED\nCLOSED: CLOSED\nHOLD_EXPIRED: HOLD_EXPIRED\nDECLINED: DECLINED\nREQUEST_EXPIRED: REQUEST_EXPIRED\nCANCELLED_BY_CUSTOMER: CANCELLED_BY_CUSTOMER\nCANCELLED_BY_PARTNER: CANCELLED_BY_PARTNER\nCANCELLED_BY_STAFF: CANCELLED_BY_STAFF\nNO_SHOW_CUSTOMER: NO_SHOW_CUSTOMER\nNO_SHOW_PARTNER: NO_SHOW_PARTNER",
                        enum_type=BookingState,
                        max_length=24,
                    ),
                ),
                ("zone", fields.CharField(max_length=4)),
                ("starts_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ends_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("blocked_from", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("blocked_until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "unit",
                    fields.CharEnumField(
                        description="SESSION: SESSION\nHOUR: HOUR\nNIGHT: NIGHT", enum_type=Unit, max_length=8
                    ),
                ),
                ("units", fields.SmallIntField()),
                ("price_idr", fields.BigIntField()),
                ("commission_bp", fields.IntField()),
                ("commission_idr", fields.BigIntField()),
                ("net_idr", fields.BigIntField()),
                (
                    "cancel_policy",
                    fields.CharEnumField(
                        description="SAME_DAY: SAME_DAY\nONE_DAY: ONE_DAY\nTHREE_DAY: THREE_DAY\nSEVEN_DAY: SEVEN_DAY",
                        enum_type=Policy,
                        max_length=10,
                    ),
                ),
                ("refund_idr", fields.BigIntField(null=True)),
                ("refund_rule", fields.CharField(default="", max_length=40)),
                ("note", fields.CharField(default="", max_length=1000)),
                ("end_reason", fields.CharField(default="", max_length=500)),
                ("hold_expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("requested_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("request_expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("started_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("completed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("late_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("late_reason", fields.CharField(default="", max_length=200)),
                ("last_update_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("has_no_updates", fields.BooleanField(default=False)),
            ],
            options={
                "table": "booking",
                "app": "models",
                "indexes": [
                    Index(fields=["customer_id", "starts_at", "id"]),
                    Index(fields=["partner_id", "starts_at", "id"]),
                    Index(fields=["partner_id", "state"]),
                    Index(fields=["starts_at", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "One job. `resource` with `blocked_from`/`blocked_until` (buffer included) is what the exclusion constraint",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="CareLog",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "booking",
                    fields.ForeignKeyField(
                        "models.Booking",
                        source_field="booking_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="care_logs",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("on_day", fields.DateField()),
                (
                    "kind",
                    fields.CharEnumField(
                        description="CLEAN: CLEAN\nFOOD: FOOD\nDRINK: DRINK\nPLAY: PLAY",
                        enum_type=CareKind,
                        max_length=8,
                    ),
                ),
                ("note", fields.CharField(default="", max_length=500)),
            ],
            options={
                "table": "care_log",
                "app": "models",
                "unique_together": (("booking", "on_day", "kind"),),
                "pk_attr": "id",
                "table_description": "One entry of a hotel day (Q-06).",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="ChecklistTick",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "booking",
                    fields.ForeignKeyField(
                        "models.Booking",
                        source_field="booking_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="ticks",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "item",
                    fields.CharEnumField(
                        description="TOOLS_CLEAN: TOOLS_CLEAN\nSAFETY_PROTOCOL: SAFETY_PROTOCOL\nSTRONG_LEASH: STRONG_LEASH\nNO_PHONE: NO_PHONE\nCLEAN_UP: CLEAN_UP\nPOSITIVE_METHODS: POSITIVE_METHODS\nSAFE_ENVIRONMENT: SAFE_ENVIRONMENT\nLODGING_CLEAN: LODGING_CLEAN\nFEEDING_READY: FEEDING_READY\nPLAY_AREA_SAFE: PLAY_AREA_SAFE",
                        enum_type=ChecklistItem,
                        max_length=24,
                    ),
                ),
                ("at_end", fields.BooleanField(default=False)),
            ],
            options={
                "table": "checklist_tick",
                "app": "models",
                "unique_together": (("booking", "item", "at_end"),),
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Incident",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "booking",
                    fields.ForeignKeyField(
                        "models.Booking",
                        source_field="booking_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="incidents",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "kind",
                    fields.CharEnumField(
                        description="LATENESS: LATENESS\nMISSED_START: MISSED_START\nOVERDUE_UPDATE: OVERDUE_UPDATE\nNO_UPDATES: NO_UPDATES\nMISSED_CARE: MISSED_CARE\nDEVIATION: DEVIATION\nVIOLATION: VIOLATION",
                        enum_type=IncidentKind,
                        max_length=16,
                    ),
                ),
                ("cause", fields.CharField(max_length=80)),
                (
                    "item",
                    fields.CharEnumField(
                        null=True,
                        description="TOOLS_CLEAN: TOOLS_CLEAN\nSAFETY_PROTOCOL: SAFETY_PROTOCOL\nSTRONG_LEASH: STRONG_LEASH\nNO_PHONE: NO_PHONE\nCLEAN_UP: CLEAN_UP\nPOSITIVE_METHODS: POSITIVE_METHODS\nSAFE_ENVIRONMENT: SAFE_ENVIRONMENT\nLODGING_CLEAN: LODGING_CLEAN\nFEEDING_READY: FEEDING_READY\nPLAY_AREA_SAFE: PLAY_AREA_SAFE",
                        enum_type=ChecklistItem,
                        max_length=24,
                    ),
                ),
                ("note", fields.CharField(default="", max_length=1000)),
                ("reported_by", fields.UUIDField(null=True)),
            ],
            options={
                "table": "incident",
                "app": "models",
                "unique_together": (("booking", "kind", "cause"),),
                "pk_attr": "id",
                "table_description": "Something support should look at. `cause` makes each noticed thing one incident, however often noticed.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Message",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "booking",
                    fields.ForeignKeyField(
                        "models.Booking",
                        source_field="booking_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="messages",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("partner_id", fields.UUIDField()),
                ("sender_id", fields.UUIDField()),
                (
                    "side",
                    fields.CharEnumField(
                        description="CUSTOMER: CUSTOMER\nPARTNER: PARTNER", enum_type=Side, max_length=8
                    ),
                ),
                ("body", fields.CharField(max_length=2000)),
                ("reply_s", fields.IntField(null=True)),
            ],
            options={
                "table": "message",
                "app": "models",
                "indexes": [Index(fields=["booking_id", "id"]), Index(fields=["partner_id", "reply_s"])],
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Payment",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "booking",
                    fields.OneToOneField(
                        "models.Booking",
                        source_field="booking_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="payment",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "method",
                    fields.CharEnumField(
                        description="BANK_TRANSFER: BANK_TRANSFER\nE_WALLET: E_WALLET\nGATEWAY: GATEWAY",
                        enum_type=PaymentMethod,
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="AUTHORISED: AUTHORISED\nPARTLY_REFUNDED: PARTLY_REFUNDED\nREFUNDED: REFUNDED",
                        enum_type=PaymentState,
                        max_length=16,
                    ),
                ),
                ("amount_idr", fields.BigIntField()),
                ("refunded_idr", fields.BigIntField(default=0)),
                ("provider_reference", fields.CharField(max_length=80)),
                ("authorised_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "payment", "app": "models", "pk_attr": "id"},
            bases=["Row"],
        ),
        ops.CreateModel(
            name="PhotoUpdate",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "booking",
                    fields.ForeignKeyField(
                        "models.Booking",
                        source_field="booking_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="photo_updates",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("note", fields.CharField(default="", max_length=500)),
            ],
            options={
                "table": "photo_update",
                "app": "models",
                "indexes": [Index(fields=["booking_id", "id"])],
                "pk_attr": "id",
                "table_description": "News from a job: up to a handful of photos or clips with a note (Q-08).",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="RoleGrant",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="grants",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "role",
                    fields.CharEnumField(
                        description="CUSTOMER: customer\nPARTNER: partner\nAGENT: agent\nSENIOR_AGENT: senior_agent\nORDER_TEAM: order_team\nSHIPPING_TEAM: shipping_team\nPARTNER_OPS: partner_ops\nPIC: pic\nTECHNICIAN: technician\nFINANCE: finance\nHEAD: head\nMANAGEMENT: management\nSOP_AUTHOR: sop_author\nSYSTEM: system",
                        enum_type=Role,
                        max_length=16,
                    ),
                ),
            ],
            options={
                "table": "role_grant",
                "app": "models",
                "unique_together": (("account", "role"),),
                "pk_attr": "id",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("device", fields.CharField(default="", max_length=120)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("end_reason", fields.CharField(null=True, max_length=20)),
            ],
            options={
                "table": "session",
                "app": "models",
                "indexes": [Index(fields=["account_id", "ended_at"]), Index(fields=["ended_at"])],
                "pk_attr": "id",
                "table_description": "A signed-in device. Ended sessions stay, so that a stolen refresh token is recognised.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="RefreshToken",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                (
                    "session",
                    fields.ForeignKeyField(
                        "models.Session",
                        source_field="session_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "refresh_token",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One link of a session's chain of refresh tokens; only the newest may be used, and once.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Task",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=160)),
                ("name", fields.CharField(max_length=60)),
                ("payload", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                (
                    "state",
                    fields.CharEnumField(
                        default=TaskState.DUE,
                        description="DUE: DUE\nRUNNING: RUNNING\nDONE: DONE\nDEAD: DEAD",
                        enum_type=TaskState,
                        max_length=8,
                    ),
                ),
                ("attempts", fields.IntField(default=0)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("lease_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("done_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("last_error", fields.CharField(default="", max_length=500)),
            ],
            options={
                "table": "task",
                "app": "models",
                "indexes": [Index(fields=["state", "due_at"])],
                "pk_attr": "key",
                "table_description": "One piece of work under a unique key. Claimed by a lease; only the attempt that claimed it may finish it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Upload",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ("version", fields.IntField(default=1)),
                ("owner_id", fields.UUIDField(db_index=True)),
                (
                    "booking",
                    fields.ForeignKeyField(
                        "models.Booking",
                        source_field="booking_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="uploads",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "update",
                    fields.ForeignKeyField(
                        "models.PhotoUpdate",
                        source_field="update_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="media",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        default=UploadState.WAITING,
                        description="WAITING: WAITING\nREADY: READY\nUSED: USED",
                        enum_type=UploadState,
                        max_length=10,
                    ),
                ),
                ("declared_type", fields.CharField(max_length=40)),
                ("declared_bytes", fields.IntField()),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("received_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("content_type", fields.CharField(null=True, max_length=40)),
                ("storage_key", fields.CharField(null=True, max_length=120)),
                ("thumbnail_key", fields.CharField(null=True, max_length=120)),
                ("content_hash", fields.CharField(null=True, max_length=64)),
                ("byte_size", fields.IntField(null=True)),
                ("width", fields.IntField(null=True)),
                ("height", fields.IntField(null=True)),
                ("duration_s", fields.FloatField(null=True)),
                ("duplicate_of", fields.UUIDField(null=True)),
            ],
            options={
                "table": "upload",
                "app": "models",
                "indexes": [Index(fields=["owner_id", "content_hash"]), Index(fields=["update_id", "id"])],
                "pk_attr": "id",
                "table_description": "One file: announced, received and re-encoded, then used once in a photo update.",
            },
            bases=["Row"],
        ),
    ]
