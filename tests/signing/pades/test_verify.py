"""Verdicts: honest letters, forgeries, certificates in every state, hostile structures."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing import cms
from signing.pades.prepare import prepare
from signing.pades.report import Report, Verdict
from signing.pades.splice import splice
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests.signing import forgery
from tests.signing.files import (
    LATER,
    fonts,
    letter,
    sign,
    signed_by_both,
    signed_by_leader,
    signed_copy,
    with_fields,
)
from tests.signing.pki import (
    DAY,
    NOW,
    Holder,
    authority,
    crl,
    issuing_authority,
    large_crl,
    pki,
    subscriber,
    usual_trust,
    write_trust,
)

SOON = NOW + dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> TrustStore:
    return TrustStore.load(usual_trust(tmp_path_factory.mktemp("tin-cay")))


def _judged(holder: Holder, folder: Path, *lists: bytes, at: dt.datetime = SOON, **extra) -> Report:
    made = pki()
    store = TrustStore.load(
        write_trust(folder, roots=(made.root,), intermediates=(made.issuing,), crls=lists, **extra)
    )
    return verify(sign(with_fields(), "lanh_dao", holder), trust=store, at=at)


def test_leader_and_agency_are_both_valid_and_only_the_last_covers_the_file(trust):
    report = verify(signed_by_both(), trust=trust, at=SOON)
    leader, agency = report.signatures
    assert report.verdict == Verdict.VALID
    assert report.reasons == ()
    assert (leader.field, agency.field) == ("lanh_dao", "co_quan")
    assert leader.intact
    assert not leader.covers_whole_file
    assert leader.modification == "chỉ điền trường hoặc ký thêm"
    assert set(leader.changed_fields) == {"so", "ngay", "co_quan"}
    assert agency.covers_whole_file
    assert agency.modification == "không có thay đổi"
    assert agency.locked_fields == ("ngay", "so")


def test_the_report_says_all_that_should_be_printed(trust):
    found = verify(signed_by_leader(), trust=trust, at=SOON).signatures[0]
    assert found.signer == "Nguyễn Thị Ánh Dương"
    assert found.organisation == "UBND tỉnh Thử Nghiệm"
    assert found.units == ("UBND xã Đồi Mẫu",)
    assert found.serial == f"{pki().leader.certificate.serial_number:016X}"
    assert found.issuer == "CA phục vụ các cơ quan THỬ NGHIỆM"
    assert found.signing_time == "2026-11-21T10:08:05+07:00"
    assert "không có dấu thời gian" in found.time_source
    assert found.algorithm == "RSA PKCS#1 v1.5, SHA-256"
    assert found.key_size == 3072
    assert found.path[-1] == "RootCA THỬ NGHIỆM"
    assert found.evidence[0].this_update == "2026-11-20T10:08:05+07:00"
    assert found.revocation == "hợp lệ"


def test_the_json_has_the_keys_of_the_contract_and_can_be_read_back(trust):
    report = verify(signed_by_both(), trust=trust, at=SOON)
    plain = report.as_dict()
    assert {"verdict", "reasons", "signatures"} <= plain.keys()
    wanted = "field signer intact covers_whole_file modification trusted revocation signing_time"
    assert {*wanted.split(), "verdict", "reasons"} <= plain["signatures"][0].keys()
    assert Report.from_dict(plain) == report


def test_a_later_copy_keeps_all_signatures_valid(trust):
    report = verify(signed_copy(), trust=trust, at=NOW + 2 * DAY)
    assert report.verdict == Verdict.VALID
    assert [s.verdict for s in report.signatures] == [Verdict.VALID] * 3


@pytest.mark.parametrize(
    ("bits", "scheme", "words"),
    [
        (2048, cms.Scheme.USUAL, "RSA PKCS#1 v1.5, SHA-256"),
        (4096, cms.Scheme.USUAL, "RSA PKCS#1 v1.5, SHA-256"),
        (2048, cms.Scheme.PSS, "RSA-PSS, SHA-256"),
        (256, cms.Scheme.USUAL, "ECDSA, SHA-256"),
        (384, cms.Scheme.USUAL, "ECDSA, SHA-256"),
    ],
)
def test_every_kind_of_key_that_tokens_hold_is_valid(trust, bits, scheme, words):
    holder = subscriber(f"Người dùng khóa {bits}", pki().issuing, bits=bits)
    report = verify(sign(with_fields(), "lanh_dao", holder, scheme=scheme), trust=trust, at=SOON)
    assert report.verdict == Verdict.VALID, report.reasons
    assert report.signatures[0].algorithm == words
    assert report.signatures[0].key_size == bits


@pytest.mark.parametrize(
    "change",
    [
        forgery.other_number,
        forgery.other_appearance,
        forgery.appearance_in_place,
        forgery.other_page_content,
        forgery.page_content_in_place,
        forgery.cover_of_the_number,
        forgery.comment,
    ],
)
def test_what_is_forged_behind_the_agencys_signature_is_called_invalid(trust, change):
    report = verify(forgery.forged(signed_by_both(), change), trust=trust, at=SOON)
    assert report.verdict == Verdict.INVALID
    agency = report.signatures[1]
    assert agency.verdict == Verdict.INVALID
    assert agency.modification == "nội dung bị thay đổi"
    assert agency.reasons


def test_a_number_filled_without_any_signature_over_it_leaves_the_file_undecided(trust):
    filled = forgery.forged(signed_by_leader(), forgery.other_number)
    report = verify(filled, trust=trust, at=SOON)
    assert report.verdict == Verdict.UNDECIDED
    assert report.signatures[0].verdict == Verdict.VALID
    assert "không chữ ký nào bảo vệ" in report.reasons[0]


def test_strange_bytes_behind_the_signed_part_leave_the_file_undecided(trust):
    report = verify(signed_by_leader() + b"% them vao", trust=trust, at=SOON)
    assert report.verdict == Verdict.UNDECIDED


def test_a_changed_byte_in_the_text_is_called_invalid(trust):
    data = bytearray(signed_by_leader())
    at = data.index(b"stream\n") + 40
    data[at] ^= 1
    assert verify(bytes(data), trust=trust, at=SOON).verdict == Verdict.INVALID


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_in_the_signed_bytes_leaves_the_file_valid(trust, place, bit):
    data = bytearray(signed_by_both())
    end = data.rindex(b"/Contents <") + len(b"/Contents ")
    hole = (end, data.index(b">", end))
    at = int(place * len(data))
    if hole[0] < at < hole[1]:
        return
    data[at] ^= 1 << bit
    report = verify(bytes(data), trust=trust, at=SOON)
    assert report.verdict not in (Verdict.VALID, Verdict.PRACTICE)


def test_under_a_practice_root_the_best_is_practice(tmp_path):
    store = TrustStore.load(usual_trust(tmp_path, practice=True))
    report = verify(signed_by_both(), trust=store, at=SOON)
    assert report.verdict == "hợp lệ (THỬ NGHIỆM)"
    assert all(s.practice for s in report.signatures)
    assert "không có giá trị pháp lý" in report.reasons[-1]


def test_without_a_list_nothing_is_ever_called_valid(tmp_path):
    report = _judged(pki().leader, tmp_path)
    assert report.verdict == Verdict.UNDECIDED
    assert report.signatures[0].revocation == "chưa kiểm tra"
    assert report.signatures[0].trusted


def test_the_list_of_the_issuing_authority_alone_is_not_enough(tmp_path):
    report = _judged(pki().leader, tmp_path, crl(pki().issuing))
    assert report.verdict == Verdict.UNDECIDED
    assert any("RootCA THỬ NGHIỆM" in reason for reason in report.reasons)


def test_a_list_of_fifty_thousand_serves(tmp_path):
    report = _judged(pki().leader, tmp_path, crl(pki().root), large_crl(issuing_authority))
    assert report.verdict == Verdict.VALID


def test_a_certificate_revoked_before_signing_makes_the_signature_invalid(tmp_path):
    entry = [(pki().leader.certificate.serial_number, NOW - 2 * DAY)]
    report = _judged(pki().leader, tmp_path, crl(pki().root), crl(pki().issuing, entry))
    assert report.verdict == Verdict.INVALID
    assert report.signatures[0].revocation == "đã thu hồi"


def test_a_certificate_revoked_after_the_claimed_time_leaves_it_undecided(tmp_path):
    entry = [(pki().leader.certificate.serial_number, NOW + DAY)]
    lists = crl(pki().root), crl(pki().issuing, entry, this_update=NOW + 2 * DAY)
    report = _judged(pki().leader, tmp_path, *lists, at=NOW + 3 * DAY)
    assert report.verdict == Verdict.UNDECIDED
    assert report.signatures[0].revocation == "đã thu hồi"
    assert "không có dấu thời gian" in report.signatures[0].reasons[0]


def test_a_revoked_issuing_authority_makes_the_signature_invalid(tmp_path):
    entry = [(pki().issuing.certificate.serial_number, NOW - 2 * DAY)]
    report = _judged(pki().leader, tmp_path, crl(pki().root, entry), crl(pki().issuing))
    assert report.verdict == Verdict.INVALID


def test_a_certificate_that_expired_since_leaves_it_undecided_without_a_time_stamp(tmp_path):
    short = subscriber("Người sắp hết hạn", pki().issuing, not_after=NOW + DAY)
    lists = crl(pki().root), crl(pki().issuing)
    assert _judged(short, tmp_path / "a", *lists).verdict == Verdict.VALID
    report = _judged(short, tmp_path / "b", *lists, at=NOW + 3 * DAY)
    assert report.verdict == Verdict.UNDECIDED
    assert "đã hết hạn" in report.signatures[0].reasons[0]


def test_a_certificate_outside_its_term_at_signing_makes_the_signature_invalid(tmp_path):
    lists = crl(pki().root), crl(pki().issuing)
    expired = subscriber("Người đã hết hạn", pki().issuing, not_after=NOW - DAY)
    early = subscriber("Người chưa đến hạn", pki().issuing, not_before=NOW + DAY)
    assert _judged(expired, tmp_path / "a", *lists).verdict == Verdict.INVALID
    assert _judged(early, tmp_path / "b", *lists).verdict == Verdict.INVALID


def test_an_unknown_authority_leaves_it_undecided(trust):
    stranger = authority("RootCA lạ", None)
    person = subscriber("Người lạ", stranger)
    report = verify(sign(with_fields(), "lanh_dao", person), trust=trust, at=SOON)
    assert report.verdict == Verdict.UNDECIDED
    assert not report.signatures[0].trusted


def test_a_signing_time_in_the_future_leaves_it_undecided(trust):
    signed = sign(with_fields(), "lanh_dao", pki().leader, when=NOW + 2 * DAY)
    assert verify(signed, trust=trust, at=SOON).verdict == Verdict.UNDECIDED


def test_a_certificate_without_non_repudiation_is_valid_with_a_notice(tmp_path):
    plain = subscriber("Người dùng kiểu cũ", pki().issuing, usages=("digital_signature",))
    report = _judged(plain, tmp_path, crl(pki().root), crl(pki().issuing))
    assert report.verdict == Verdict.VALID
    assert any("chống chối bỏ" in notice for notice in report.signatures[0].notices)


def test_a_certificate_for_encryption_only_makes_the_signature_invalid(tmp_path):
    wrong = subscriber("Chứng thư mã hóa", pki().issuing, usages=("key_encipherment",))
    report = _judged(wrong, tmp_path, crl(pki().root), crl(pki().issuing))
    assert report.verdict == Verdict.INVALID


def test_a_short_key_is_accepted_with_a_warning(tmp_path):
    weak = subscriber("Người dùng khóa ngắn", pki().issuing, bits=1024)
    report = _judged(weak, tmp_path, crl(pki().root), crl(pki().issuing))
    assert any("1024 bit" in notice for notice in report.signatures[0].notices)


def test_the_older_sub_filter_is_accepted(trust):
    made = prepare(
        with_fields(), field="lanh_dao", signing_time=NOW, appearance=None, fonts=fonts()
    )
    old = made.pdf.replace(b"/ETSI.CAdES.detached", b"/adbe.pkcs7.detached")
    assert old != made.pdf
    leader = pki().leader
    digest = cms.digest_of(old, made.byte_range)
    signed = splice(old, made.byte_range, cms.build(digest, leader.der, leader.chain, leader.sign))
    report = verify(signed, trust=trust, at=SOON)
    assert report.verdict == Verdict.VALID
    assert report.signatures[0].sub_filter == "/adbe.pkcs7.detached"


def test_a_signature_over_another_document_is_called_invalid(trust):
    """The CMS of one letter put by hand into the hole of another."""
    first, second = signed_by_leader(), None
    made = prepare(
        with_fields(), field="lanh_dao", signing_time=NOW + LATER, appearance=None, fonts=fonts()
    )
    start = first.rindex(b"/Contents <") + len(b"/Contents <")
    foreign = first[start : first.index(b">", start)]
    hole = made.byte_range[1] + 1
    second = made.pdf[:hole] + foreign + made.pdf[hole + len(foreign) :]
    report = verify(second, trust=trust, at=SOON)
    assert report.verdict == Verdict.INVALID
    assert not report.signatures[0].intact


def test_a_file_without_signature_is_undecided_and_says_so(trust):
    report = verify(letter(), trust=trust, at=SOON)
    assert report.verdict == Verdict.UNDECIDED
    assert report.reasons == ("Tệp không có chữ ký số.",)


@pytest.mark.parametrize(
    "data", [b"", b"not a pdf", b"%PDF-1.7\n", b"%PDF-1.7\nstartxref\n9\n%%EOF"]
)
def test_what_is_no_pdf_cannot_be_read(trust, data):
    report = verify(data, trust=trust, at=SOON)
    assert report.verdict == Verdict.UNREADABLE
    assert report.reasons


def test_an_encrypted_file_cannot_be_read(trust):
    from io import BytesIO

    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(BytesIO(letter())))
    writer.encrypt("bi mat", "bi mat")
    out = BytesIO()
    writer.write(out)
    report = verify(out.getvalue(), trust=trust, at=SOON)
    assert report.verdict == Verdict.UNREADABLE
    assert "mật khẩu" in report.reasons[0]


def _with_script(writer) -> None:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.generic import pdf_name

    writer.root[pdf_name("/OpenAction")] = generic.DictionaryObject(
        {
            pdf_name("/S"): pdf_name("/JavaScript"),
            pdf_name("/JS"): generic.TextStringObject("app.alert(1)"),
        }
    )
    writer.update_root()


def _with_xfa(writer) -> None:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.generic import pdf_name

    form = writer.root["/AcroForm"]
    form[pdf_name("/XFA")] = generic.TextStringObject("<xdp/>")
    writer.update_container(form)


@pytest.mark.parametrize(("change", "word"), [(_with_script, "JavaScript"), (_with_xfa, "XFA")])
def test_a_file_that_can_change_what_it_shows_is_never_valid(trust, change, word):
    prepared = forgery.forged(with_fields(), change)
    report = verify(sign(prepared, "lanh_dao", pki().leader), trust=trust, at=SOON)
    assert report.verdict == Verdict.UNDECIDED
    assert word in report.reasons[0]


def test_a_file_over_the_limit_is_refused_with_a_reason(trust, monkeypatch):
    from signing.pades import verify as module

    monkeypatch.setattr(module, "MAX_PDF_BYTES", 1000)
    report = verify(signed_by_leader(), trust=trust, at=SOON)
    assert report.verdict == Verdict.UNREADABLE
    assert "100 MB" in report.reasons[0]
