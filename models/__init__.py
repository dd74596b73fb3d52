"""Tables, and who may see which rows. Tortoise on PostgreSQL."""
