"""What strangers send: every operation asked with good, wrong and hostile input, over ASGI and a filled world."""
