"""Which clients play what: real programs watch streams in every form that they can.

``python -m tests.clients`` (``nox -s clients``) tries all of it and writes what held into
``docs/reference/clients``, a file for each client, of which the page of that name is made. Some of
it is among the usual tests.
"""
