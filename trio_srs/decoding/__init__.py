"""Decodes what was kept of a stream, in a process of its own: the extra ``trio-srs[decode]``.
Floor 2.

A decoder that crashes or hangs ends that process, and is a fact. Nothing here imports a decoder:
only the process does, from :mod:`trio_srs.decoding.child`.
"""
