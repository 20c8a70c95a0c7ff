"""The HTTP API: what the server knows and can be told to do, for programs in any language.

Floor 3. Everything here but ``config`` imports Litestar, and is itself imported only
by a server whose ``api.listen`` names an address.
"""
