"""Tests of ``trio_srs.wire.flv``."""
