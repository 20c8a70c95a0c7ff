"""How an encoder behaves in situations that it meets sooner or later: a report card."""
