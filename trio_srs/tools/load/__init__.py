"""The load generator: many cheap clients in a process of their own, and what the server spends.

Floor 6. :mod:`.run` measures: it starts :mod:`.worker` processes, each one epoll loop
(:mod:`.loop`) with one kind of client, opens and closes the windows that are measured, and reads
/proc beside them. Linux only.
"""
