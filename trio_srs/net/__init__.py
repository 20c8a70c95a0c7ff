"""Byte streams to peers: addresses, listening, dialling, sockets, TLS. Floor 2."""
