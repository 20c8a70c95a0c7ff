"""SRS's own API, ``/api/v1``: what programs that were written for SRS ask, and what they are told.
Floor 3.

Parameters that are not known are no error here, and a number that is none counts as left out.
"""
