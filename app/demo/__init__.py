"""The demo world: invented people of six cities, and weeks of bookings that happened to them by the use cases."""
