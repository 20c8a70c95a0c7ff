"""Records know what they are, and what they cost."""

from __future__ import annotations

from trio_srs.hub.record import HEADER, Account, AlteredRecord, Record
from trio_srs.wire.flv.enhanced import FrameKind


def test_headers_are_what_configures_a_decoder() -> None:
    assert HEADER & FrameKind.SEQUENCE_HEADER
    assert HEADER & FrameKind.METADATA
    assert not HEADER & (FrameKind.KEYFRAME | FrameKind.SEQUENCE_END | FrameKind.COMMAND)


def test_two_records_are_never_equal() -> None:
    assert Record(9, 0, b"same", 0.0) != Record(9, 0, b"same", 0.0)


def test_pieces_that_share_the_body_cost_nothing() -> None:
    record = Record(9, 0, b"body", 0.0, account=Account(100))
    record.remember("a form", (b"head", record.body))
    assert (record.form, record.pieces, record.copied) == ("a form", (b"head", b"body"), 0)
    assert record.account is not None
    assert record.account.size == 100


def test_pieces_that_refer_to_the_body_cost_little() -> None:
    body = bytes(100_000)
    record = Record(9, 0, body, 0.0, account=Account())
    view = memoryview(body)
    record.remember("a form", (b"head", view[:60_000], b"\xc6", view[60_000:]))
    assert record.copied == 4 * 128


def test_pieces_that_copy_the_body_are_charged_to_the_log() -> None:
    account = Account(100)
    record = Record(9, 0, b"body", 0.0, account=account)
    record.remember("a form", (b"head bo head dy",))
    assert record.copied == 15
    assert account.size == 115


def test_a_record_of_no_log_keeps_no_form() -> None:
    record = Record(9, 0, b"body", 0.0)
    record.remember("a form", (b"head bo head dy",))
    assert (record.form, record.pieces, record.copied) == (None, (), 0)


def test_a_log_without_room_for_a_copy_keeps_none() -> None:
    account = Account(100, most=114)
    record = Record(9, 0, b"body", 0.0, account=account)
    record.remember("a form", (b"head bo head dy",))
    assert (record.form, record.copied, account.size) == (None, 0, 100)
    record.remember("another", (b"head", record.body))  # takes nothing
    assert record.form == "another"


def test_what_was_sent_is_charged_if_something_was_put_in() -> None:
    account = Account(100)
    record = AlteredRecord(18, 0, b"more", 0.0, account=account, sent_body=b"sent")
    assert record.copied == 4
    record.remember("a form", (b"head mo head re",))
    assert (record.copied, account.size) == (19, 115)
    body = b"as it came"
    assert AlteredRecord(18, 0, body, 0.0, sent_ms=5, sent_body=body).copied == 0


def test_each_further_form_is_charged_also_if_it_shares_the_body() -> None:
    record = Record(9, 0, b"body", 0.0, account=Account())
    for form in ("first", "second", "third", "fourth"):
        record.remember(form, (b"head", record.body))
    assert record.form == "first"
    assert [form for form, _ in record.others] == ["second", "third"]
    assert record.account is not None
    assert record.copied == record.account.size == 2 * 2 * 128


def test_what_is_around_the_body_is_charged_and_the_body_is_not() -> None:
    record = Record(9, 0, bytes(1000), 0.0, account=Account())
    record.remember("a form", (b"head", record.body, b"tail"))
    assert record.copied == 8


def test_a_form_that_is_forgotten_gives_back_what_it_took_and_its_place() -> None:
    record = Record(9, 0, b"body", 0.0, account=Account(100))
    record.remember("first", (b"head bo head dy",))
    record.remember("second", (b"head", record.body))
    record.forget("neither")
    assert record.copied == 15 + 2 * 128
    record.forget("first")
    assert (record.form, record.pieces, record.others) == ("second", (b"head", b"body"), ())
    assert record.account is not None
    assert (record.copied, record.account.size) == (0, 100)
    record.remember("third", (b"a copy",))
    record.forget("third")
    assert record.others == ()
    record.forget("second")
    assert (record.form, record.pieces, record.copied, record.account.size) == (None, (), 0, 100)
    record.remember("fourth", (b"a copy",))
    record.account = None  # it has left the log
    record.forget("fourth")
    assert record.form is None
