"""Tests of ``trio_srs.wire.codec``."""
