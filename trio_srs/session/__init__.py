"""Protocol state machines: bytes in, events out, time as an argument. Floor 1."""
