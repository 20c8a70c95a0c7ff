"""From RTMP's messages to other containers, and back. Floor 1.

Messages become access units (:mod:`~trio_srs.media.remux.unit_reader`), each whole, in its track's
format and with times that never go round; a muxer writes those. A muxer is fed messages and
returns pieces, and knows nothing of who reads them: it is made once per form of a stream.
"""
