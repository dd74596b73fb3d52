"""What PostgreSQL itself keeps true: no double booking, no changed event, no impossible amounts.

Tortoise's CreateModel drops constraints, so they stand here as SQL; models/constraint.py lists their names and
`python -m app check` looks for each of them in the database.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

FORWARD = [
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    # Half-open ranges: one job may begin when the other's buffer ends. The states are domain.booking.BLOCKING.
    """ALTER TABLE booking ADD CONSTRAINT booking_no_overlap EXCLUDE USING gist
       (resource_id WITH =, tstzrange(blocked_from, blocked_until, '[)') WITH &&)
       WHERE (state IN ('HELD', 'REQUESTED', 'ACCEPTED', 'IN_SERVICE'))""",
    "ALTER TABLE booking ADD CONSTRAINT booking_times CHECK (starts_at < ends_at AND blocked_from <= starts_at AND blocked_until >= ends_at)",
    "ALTER TABLE booking ADD CONSTRAINT booking_split CHECK (price_idr > 0 AND commission_idr >= 0 AND net_idr >= 0 AND commission_idr + net_idr = price_idr)",
    "ALTER TABLE booking ADD CONSTRAINT booking_refund CHECK (refund_idr BETWEEN 0 AND price_idr)",
    "ALTER TABLE booking ADD CONSTRAINT booking_units CHECK (units > 0)",
    "ALTER TABLE payment ADD CONSTRAINT payment_amounts CHECK (amount_idr > 0 AND refunded_idr BETWEEN 0 AND amount_idr)",
    "ALTER TABLE price ADD CONSTRAINT price_positive CHECK (price_idr > 0 AND minutes > 0)",
    "ALTER TABLE plan_period ADD CONSTRAINT plan_period_times CHECK (weekday BETWEEN 0 AND 6 AND 0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440)",
    "ALTER TABLE plan_exception ADD CONSTRAINT plan_exception_times CHECK ((opens_minute IS NULL) = (closes_minute IS NULL) AND (opens_minute IS NULL OR (0 <= opens_minute AND opens_minute < closes_minute AND closes_minute <= 1440)))",
    "ALTER TABLE partner ADD CONSTRAINT partner_rank CHECK (rank BETWEEN 0 AND 1000)",
    "ALTER TABLE notification ADD CONSTRAINT notification_recipient CHECK ((account_id IS NULL) <> (queue IS NULL))",
    "CREATE UNIQUE INDEX consent_one_given ON consent (account_id, purpose) WHERE withdrawn_at IS NULL",
    # The event log.
    "ALTER TABLE event ADD CONSTRAINT event_numbered CHECK ((position IS NULL) = (hash IS NULL))",
    "CREATE INDEX event_unpositioned ON event (id) WHERE position IS NULL",
    "CREATE INDEX task_waiting ON task (due_at) WHERE state IN ('DUE', 'RUNNING')",
    "ALTER TABLE relay_head ADD CONSTRAINT relay_head_one CHECK (log = 'events')",
    "INSERT INTO relay_head (log, position, hash) VALUES ('events', 0, '')",
    """CREATE FUNCTION event_is_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF tg_op = 'UPDATE' AND old.position IS NULL AND new.position IS NOT NULL
            AND (new.id, new.name, new.subject, new.payload, new.topics, new.audience, new.actor_id, new.at)
                IS NOT DISTINCT FROM
                (old.id, old.name, old.subject, old.payload, old.topics, old.audience, old.actor_id, old.at)
         THEN RETURN new; END IF;
         RAISE EXCEPTION 'an event is never changed';
       END $$""",
    "CREATE TRIGGER event_is_final BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION event_is_final()",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0001_tables")]
    initial = False
    operations = [ops.RunSQL(FORWARD)]
