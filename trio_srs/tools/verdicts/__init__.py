"""What came of a run, written for those who read it: people, CI systems, programs. Floor 6.

Every form is made of the same :class:`~trio_srs.tools.verdicts.outcome.Outcome` and knows nothing
of the others.
"""
