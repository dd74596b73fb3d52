"""The language and the WhatsApp parameters of a message; new texts for support, and messages that were not needed."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.delivery import DeliveryState
from domain.notification.template import Template
from domain.refusals import Language
from tortoise.contrib.postgres.fields import ArrayField
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0004_partner_state_reason')]

    initial = False

    operations = [
        ops.AlterField(
            model_name='Notification',
            name='state',
            field=fields.CharEnumField(description='QUEUED: QUEUED\nSENT: SENT\nDEAD: DEAD\nSKIPPED: SKIPPED', enum_type=DeliveryState, max_length=10),
        ),
        ops.AlterField(
            model_name='Notification',
            name='template',
            field=fields.CharEnumField(description='LOGIN_CODE: login_code\nWELCOME: welcome\nNEW_MESSAGE: new_message\nHOLD_EXPIRED: hold_expired\nBOOKING_REQUESTED: booking_requested\nBOOKING_CONFIRMED: booking_confirmed\nBOOKING_DECLINED: booking_declined\nREQUEST_EXPIRED: request_expired\nBOOKING_REMINDER: booking_reminder\nBOOKING_REMINDER_PARTNER: booking_reminder_partner\nBOOKING_CANCELLED: booking_cancelled\nBOOKING_CANCELLED_PARTNER: booking_cancelled_partner\nPARTNER_CANCELLED: partner_cancelled\nPARTNER_CANCELLED_SUPPORT: partner_cancelled_support\nNO_SHOW_CUSTOMER: no_show_customer\nNO_SHOW_CUSTOMER_PARTNER: no_show_customer_partner\nNO_SHOW_CUSTOMER_SUPPORT: no_show_customer_support\nNO_SHOW_PARTNER: no_show_partner\nNO_SHOW_PARTNER_PARTNER: no_show_partner_partner\nNO_SHOW_PARTNER_SUPPORT: no_show_partner_support\nBOOKING_CLOSED: booking_closed\nREVIEW_REQUEST: review_request\nPARTNER_LATE: partner_late\nPARTNER_LATE_SUPPORT: partner_late_support\nPARTNER_MISSING: partner_missing\nPARTNER_MISSING_PARTNER: partner_missing_partner\nPARTNER_MISSING_SUPPORT: partner_missing_support\nSERVICE_STARTED: service_started\nPHOTO_UPDATE: photo_update\nPHOTO_UPDATE_NOTED: photo_update_noted\nUPDATE_OVERDUE: update_overdue\nUPDATE_OVERDUE_SUPPORT: update_overdue_support\nNO_UPDATES_FLAG: no_updates_flag\nCARE_LOG_MISSING: care_log_missing\nCARE_LOG_MISSING_SUPPORT: care_log_missing_support\nSERVICE_COMPLETED: service_completed\nVIOLATION_REPORTED: violation_reported\nDEVIATION_REPORTED: deviation_reported', enum_type=Template, max_length=40),
        ),
        # In three steps each, so that messages that are there already get a value.
        ops.AddField(
            model_name='Notification',
            name='language',
            field=fields.CharEnumField(null=True, description='ID: id\nEN: en', enum_type=Language, max_length=2),
        ),
        ops.AddField(
            model_name='Notification',
            name='parameters',
            field=ArrayField(null=True, element_type='TEXT'),
        ),
        ops.RunSQL("UPDATE notification SET language = 'id', parameters = '{}'"),
        ops.AlterField(
            model_name='Notification',
            name='language',
            field=fields.CharEnumField(default=Language.ID, description='ID: id\nEN: en', enum_type=Language, max_length=2),
        ),
        ops.AlterField(
            model_name='Notification',
            name='parameters',
            field=ArrayField(default=list, element_type='TEXT'),
        ),
    ]
