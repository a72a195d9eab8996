"""PAdES B-T, B-LT and B-LTA with a real time-stamp server, and what proves which time."""

import asyncio
import datetime as dt
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from io import BytesIO

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

from signing import cms
from signing.errors import SignatureCheckFailed
from signing.pades import evidence, tsp
from signing.pades.errors import (
    NotUpgradable,
    RevocationUnreachable,
    TsaAnswerBad,
    TsaUnreachable,
)
from signing.pades.prepare import reserve_for
from signing.pades.report import Level, Report, Verdict
from signing.pades.tsp import Tsa
from signing.pades.upgrade import upgrade
from signing.pades.verify import verify
from signing.trust.crl import IndexedCrl
from signing.trust.fetching import FetchFailed, HttpFetcher
from signing.trust.store import TrustStore
from tests.signing.files import LATER, letter, sign, signed_by_both, with_fields
from tests.signing.forgery import forged, other_number
from tests.signing.pki import DAY, NOW, Holder, crl, pki, subscriber
from tests.signing.responders import answer, ocsp_responder, service, serving, stamp, stamp_server

STAMPED_AT = NOW + dt.timedelta(minutes=5)
SOON = NOW + dt.timedelta(hours=1)
MUCH_LATER = NOW + 800 * DAY
TSA = Tsa("http://tsa.example.vn/", timeout=5, attempts=1)


class Network:
    """The usual services under the names in the certificates, on one loopback port."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.asked: list[str] = []
        self._fetch = HttpFetcher({"127.0.0.1"})
        self.places = {
            "http://tsa.example.vn/": "/tsa",
            "http://ocsp.ca.example.vn": "/ocsp",
            "http://ca.example.vn/pub/crl/thu.crl": "/crl",
        }

    def __call__(self, url: str, body: bytes | None, timeout: float) -> bytes:
        self.asked.append(url)
        if url not in self.places:
            raise FetchFailed(url)
        return self._fetch(self.base + self.places[url], body, timeout)


def _answer(holder: Holder, _query: bytes) -> bytes:
    return answer(holder.certificate, pki().issuing.certificate, ocsp_responder())


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    made = {
        "/tsa": lambda query: stamp(query, stamp_server(), made=STAMPED_AT),
        "/ocsp": partial(_answer, pki().leader),
        "/crl": lambda _: crl(pki().issuing),
    }
    with serving(made) as base:
        yield Network(base)


def _trust(*lists: bytes) -> TrustStore:
    return TrustStore(
        roots=(pki().root.certificate,),
        intermediates=(pki().issuing.certificate,),
        crls=tuple(map(IndexedCrl, lists)),
    )


def _fresh() -> TrustStore:
    return _trust(crl(pki().root), crl(pki().issuing))


def _signed(holder: Holder | None = None, level: Level = Level.B_LTA, **options) -> bytes:
    holder = holder or pki().leader
    reserve = reserve_for([holder.der, *holder.chain], level)
    return sign(with_fields(), "lanh_dao", holder, reserve=reserve, **options)


def _judged(pdf: bytes, trust: TrustStore | None = None, at: dt.datetime = SOON, **more) -> Report:
    return verify(pdf, trust=trust or _fresh(), at=at, **more)


def test_a_stamp_goes_into_the_hole_and_changes_no_signed_byte(network):
    before = _signed()
    after = upgrade(before, to=Level.B_T, trust=_fresh(), at=SOON, fetch=network, tsa=TSA)
    assert len(after) == len(before)
    found = _judged(after).signatures[0]
    assert (found.verdict, found.level) == (Verdict.VALID, Level.B_T)
    assert found.covers_whole_file
    assert found.time_source == "dấu thời gian"
    assert found.stamp_authority == "Máy dấu thời gian THỬ NGHIỆM"
    assert found.signing_time == "2026-11-21T10:13:05+07:00"
    assert found.claimed_time == "2026-11-21T10:08:05+07:00"
    assert upgrade(after, to=Level.B_T, trust=_fresh(), at=SOON) == after


def test_two_signatures_or_a_full_hole_get_one_document_time_stamp(network):
    for before in (signed_by_both(), _signed(level=Level.B_B)):
        after = upgrade(before, to=Level.B_T, trust=_fresh(), at=SOON, fetch=network, tsa=TSA)
        assert after.startswith(before)
        *signed, stamped = _judged(after).signatures
        assert stamped.kind == "dấu thời gian"
        assert [s.verdict for s in (*signed, stamped)] == [Verdict.VALID] * (len(signed) + 1)
        assert {s.level for s in signed} == {Level.B_T}
        assert all(s.proven_time == "2026-11-21T10:13:05+07:00" for s in signed)


def test_the_last_level_carries_all_evidence_and_is_judged_without_ours(network):
    before = _signed()
    after = upgrade(before, to=Level.B_LTA, trust=_fresh(), at=SOON, fetch=network, tsa=TSA)
    signed, stamped = _judged(after, _trust(), at=SOON).signatures
    assert (signed.verdict, signed.level) == (Verdict.VALID, Level.B_LTA), signed.reasons
    assert stamped.verdict == Verdict.VALID
    assert signed.modification == "chỉ bổ sung dữ liệu kiểm tra"
    assert {change.kind for change in signed.later_changes} == {
        "bổ sung dữ liệu kiểm tra",
        "thêm dấu thời gian",
    }
    assert all(change.allowed for change in signed.later_changes)
    assert all(each.source for each in signed.evidence[:-1])
    again = upgrade(after, to=Level.B_LTA, trust=_fresh(), at=SOON, fetch=network, tsa=TSA)
    assert again.startswith(after)
    assert _judged(again, _trust()).verdict == Verdict.VALID


def test_a_short_answer_is_embedded_rather_than_a_long_list(network):
    leader = evidence.Subject(pki().leader.certificate, (), NOW)
    found = evidence.gather([leader], _fresh(), network, SOON)
    assert len(found.answers) == 1
    assert [crl.issuer for crl in found.lists.values()] == [
        pki().root.certificate.subject.public_bytes()
    ]
    offline = evidence.gather([leader], _fresh(), None, SOON)
    assert (len(offline.answers), len(offline.lists)) == (0, 2)


def test_the_evidence_outlives_the_certificate_of_the_signer(network):
    after = upgrade(_signed(), to=Level.B_LT, trust=_fresh(), at=SOON, fetch=network, tsa=TSA)
    report = _judged(after, _trust(), at=MUCH_LATER)
    assert report.verdict == Verdict.VALID, report.reasons
    assert _judged(_signed(), _trust(), at=MUCH_LATER).verdict == Verdict.UNDECIDED


def test_pyhanko_accepts_the_stamps_too(network):
    after = upgrade(_signed(), to=Level.B_LTA, trust=_fresh(), at=SOON, fetch=network, tsa=TSA)

    async def judge() -> None:
        reader = PdfFileReader(BytesIO(after))
        signed, stamped = reader.embedded_signatures
        roots = [asn1_x509.Certificate.load(pki().root.der)]
        context = partial(ValidationContext, trust_roots=roots, moment=SOON)
        status = await async_validate_pdf_signature(
            signed, context(), ts_validation_context=context()
        )
        assert status.bottom_line, status.pretty_print_details()
        assert status.timestamp_validity.timestamp == STAMPED_AT
        assert (await async_validate_pdf_timestamp(stamped, context())).intact

    asyncio.run(judge())


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="poppler-utils is not installed")
def test_poppler_and_qpdf_accept_the_last_level(network, tmp_path):
    path = tmp_path / "luu-tru.pdf"
    path.write_bytes(
        upgrade(signed_by_both(), to=Level.B_LTA, trust=_fresh(), at=SOON, fetch=network, tsa=TSA)
    )
    told = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=True
    ).stdout
    assert told.count("Signature is Valid") >= 2
    if shutil.which("qpdf"):
        subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)


def test_what_is_not_intact_or_not_signed_is_not_upgraded(network):
    for pdf in (letter(), forged(signed_by_both(), other_number)):
        with pytest.raises(NotUpgradable):
            upgrade(pdf, to=Level.B_T, trust=_fresh(), at=SOON, fetch=network, tsa=TSA)
    with pytest.raises(NotUpgradable):
        upgrade(_signed(), to=Level.B_T, trust=_fresh(), at=SOON)


def test_without_revocation_data_there_is_no_long_term_level(network):
    with pytest.raises(RevocationUnreachable):
        upgrade(_signed(), to=Level.B_LT, trust=_trust(), at=SOON, fetch=network, tsa=TSA)


def _asked(make, *, attempts: int = 1) -> bytes:
    with serving({"/tsa": make} if make else {}) as base:
        return tsp.obtain(b"x", Tsa(base + "/tsa", 5, attempts), HttpFetcher({"127.0.0.1"}))


@pytest.mark.parametrize(
    "make",
    [
        lambda query: b"not DER",
        lambda query: stamp(query, stamp_server(), made=NOW, refuse=True),
        lambda query: stamp(query, stamp_server(), made=NOW, nonce_shift=1),
        lambda query: stamp(tsp.request(bytes(32), 5), stamp_server(), made=NOW),
        lambda query: stamp(query, Holder(stamp_server().certificate, pki().staff.key), made=NOW),
    ],
)
def test_a_server_that_answers_something_else_is_refused(make):
    with pytest.raises(TsaAnswerBad):
        _asked(make)


def test_a_server_that_does_not_answer_is_asked_again_and_then_named():
    with pytest.raises(TsaUnreachable):
        _asked(None)
    tries = []

    def flaky(url, body, timeout):
        tries.append(timeout)
        if len(tries) == 1:
            raise FetchFailed("time")
        return stamp(body, stamp_server(), made=NOW)

    assert tsp.obtain(b"x", Tsa("http://a/", 7, 2), flaky)
    assert tries == [7, 7]


def test_the_fetcher_asks_no_host_that_is_not_listed():
    with pytest.raises(FetchFailed):
        HttpFetcher({"ca.gov.vn"})("http://127.0.0.1:9/", None, 1)
    with pytest.raises(FetchFailed):
        HttpFetcher({"127.0.0.1"})("file:///etc/passwd", None, 1)


@pytest.mark.parametrize("address", ["http://[::1", "http://127.0.0.1:99999/", "http://a b/", ""])
def test_an_address_that_is_none_is_not_asked(address):
    """Addresses stand in certificates, and certificates come from strangers."""
    with pytest.raises(FetchFailed):
        HttpFetcher({"127.0.0.1", "a b", ""})(address, None, 1)


def test_a_second_stamp_does_not_go_into_one_container():
    holder = pki().staff
    container = cms.build(bytes(32), holder.der, holder.chain, holder.sign)
    stamped = cms.with_time_stamp(container, _asked(lambda q: stamp(q, stamp_server(), made=NOW)))
    with pytest.raises(SignatureCheckFailed):
        cms.with_time_stamp(stamped, b"0\0")


def _by(authority: Holder, *, made: dt.datetime = STAMPED_AT, pdf: bytes | None = None) -> bytes:
    def fetch(_url: str, body: bytes | None, _timeout: float) -> bytes:
        return stamp(body or b"", authority, made=made)

    return upgrade(pdf or _signed(), to=Level.B_T, trust=_fresh(), at=SOON, fetch=fetch, tsa=TSA)


@pytest.mark.parametrize(
    ("authority", "made", "words"),
    [
        (
            lambda: service("TSA sai mục đích", pki().issuing, ExtendedKeyUsageOID.CODE_SIGNING),
            STAMPED_AT,
            "không được cấp cho mục đích đó",
        ),
        (
            lambda: service(
                "TSA đã hết hạn",
                pki().issuing,
                ExtendedKeyUsageOID.TIME_STAMPING,
                not_after=NOW - DAY,
            ),
            STAMPED_AT,
            "không có hiệu lực",
        ),
        (
            lambda: service("TSA lạ", pki().staff, ExtendedKeyUsageOID.TIME_STAMPING),
            STAMPED_AT,
            "không do tổ chức được tin cậy cấp",
        ),
        (stamp_server, NOW + 5 * DAY, "tương lai"),
    ],
)
def test_a_stamp_by_an_unfit_server_proves_nothing(authority, made, words):
    found = _judged(_by(authority(), made=made)).signatures[0]
    assert found.verdict == Verdict.UNDECIDED
    assert any(words in reason for reason in found.reasons), found.reasons


def test_a_stamping_key_that_was_revoked_later_is_not_believed():
    revoked = [(stamp_server().certificate.serial_number, NOW + DAY)]
    lists = crl(pki().root), crl(pki().issuing, revoked, this_update=NOW + 2 * DAY)
    found = _judged(_by(stamp_server()), _trust(*lists), at=NOW + 3 * DAY).signatures[0]
    assert found.verdict == Verdict.UNDECIDED
    assert any("đã bị thu hồi" in reason for reason in found.reasons)


def test_a_stamp_makes_a_later_revocation_harmless_and_an_earlier_one_final():
    def on(day: float) -> TrustStore:
        entry = [(pki().leader.certificate.serial_number, NOW + day * DAY)]
        return _trust(crl(pki().root), crl(pki().issuing, entry, this_update=NOW + 2 * DAY))

    stamped = _by(stamp_server())
    assert _judged(stamped, on(1), at=NOW + 3 * DAY).verdict == Verdict.VALID
    assert _judged(stamped, on(-1), at=NOW + 3 * DAY).verdict == Verdict.INVALID


def test_a_revocation_between_the_claimed_and_the_proven_time_is_undecided():
    entry = [(pki().leader.certificate.serial_number, NOW + 2 * DAY)]
    lists = crl(pki().root), crl(pki().issuing, entry, this_update=NOW + 3 * DAY)
    stamped = _by(stamp_server(), made=NOW + 2.5 * DAY)
    found = _judged(stamped, _trust(*lists), at=NOW + 4 * DAY).signatures[0]
    assert found.verdict == Verdict.UNDECIDED
    assert any("sớm hơn dấu thời gian trên một ngày" in notice for notice in found.notices)


def test_local_time_under_the_name_of_utc_is_noted_and_harmless():
    written = _signed(when=STAMPED_AT + dt.timedelta(hours=7))
    found = _judged(_by(stamp_server(), pdf=written)).signatures[0]
    assert found.verdict == Verdict.VALID
    assert any("lệch nhau 7 giờ" in notice for notice in found.notices)


def test_what_we_received_while_the_certificate_was_valid_stays_valid(tmp_path):
    short = subscriber("Người sắp hết hạn", pki().issuing, not_after=NOW + DAY)
    pdf, trust, late = _signed(short), _fresh(), NOW + 3 * DAY
    assert _judged(pdf, trust, at=late).verdict == Verdict.UNDECIDED
    known = _judged(pdf, trust, at=late, known_since=NOW + LATER)
    assert known.verdict == Verdict.VALID, known.reasons
    assert "nhật ký tiếp nhận" in known.signatures[0].time_source
    for useless in (NOW + 2 * DAY, late + DAY):
        assert _judged(pdf, trust, at=late, known_since=useless).verdict == Verdict.UNDECIDED


def test_a_certificate_that_is_no_longer_valid_cannot_be_saved_by_backdating():
    expired = subscriber("Người đã hết hạn", pki().issuing, not_after=NOW - DAY)
    backdated = _signed(expired, when=NOW - 5 * DAY)
    assert _judged(backdated).verdict == Verdict.UNDECIDED
    found = _judged(_by(stamp_server(), pdf=backdated)).signatures[0]
    assert found.verdict == Verdict.UNDECIDED
    assert any("đã hết hạn" in reason for reason in found.reasons)
    assert _judged(backdated, known_since=NOW).verdict == Verdict.UNDECIDED
