"""The rules of Rawat: states, permissions, events, money, refusals. Pure Python; no I/O, no async."""
