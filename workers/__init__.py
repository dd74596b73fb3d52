"""Jobs, the relay, and table.py: what follows from what, and when."""
