"""Subscription fields, and the hub that feeds them."""
