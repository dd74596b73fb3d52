"""The demo world: invented people of six cities, and weeks of bookings that happened to them by the use cases."""

from app.demo.world import FULL, SMALL, Size, make_world

__all__ = ["FULL", "SMALL", "Size", "make_world"]
