"""Why a partner was suspended or restored."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0003_regions")]
    initial = False
    operations = [
        ops.AddField(model_name="Partner", name="state_reason", field=fields.CharField(default="", max_length=500))
    ]
