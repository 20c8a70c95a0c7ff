"""What was seen and heard when a stream was decoded, and what follows from it. Floor 1.

Nothing here decodes: measurements of each picture and each packet of sound come in, from
:mod:`trio_srs.decoding`, and facts come out.
"""
