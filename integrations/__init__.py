"""The outside world: for each thing a protocol, a local implementation and, where it exists, a real one."""
