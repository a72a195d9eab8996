"""Answers about single certificates: who may give them, and what they are worth."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from signing.trust.crl import IndexedCrl
from signing.trust.der import DerError
from signing.trust.ocsp import OcspAnswer
from signing.trust.revocation import Revocation, RevocationStatus, check
from signing.trust.store import TrustStore
from tests.signing.pki import DAY, NOW, Holder, crl, pki, usual_trust
from tests.signing.responders import answer, ocsp_responder, service

SOON = NOW + dt.timedelta(hours=1)


def _said(signer: Holder, **options) -> bytes:
    return answer(pki().leader.certificate, pki().issuing.certificate, signer, **options)


def _state(
    *answers: bytes, lists: tuple[bytes, ...] = (), at: dt.datetime = SOON, proven=None
) -> RevocationStatus:
    store = TrustStore(
        roots=(pki().root.certificate,),
        crls=tuple(map(IndexedCrl, lists)),
        answers=tuple(map(OcspAnswer, answers)),
    )
    leader, issuing = pki().leader.certificate, pki().issuing.certificate
    return check(leader, issuing, store, signing_time=NOW, proven=proven, at=at)


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("signer", [ocsp_responder, lambda: pki().issuing])
def test_the_authority_or_whom_it_named_may_answer(signer, by_name):
    found = _state(_said(signer(), by_name=by_name))
    assert found.state is Revocation.GOOD
    assert found.source == "trả lời trực tuyến (OCSP)"
    assert found.list_issuer == "CA phục vụ các cơ quan THỬ NGHIỆM"


def test_a_revocation_that_only_the_answer_tells_of_counts():
    said = _said(ocsp_responder(), revoked_at=NOW - DAY)
    found = _state(said, lists=(crl(pki().issuing),))
    assert (found.state, found.revoked_at) == (Revocation.REVOKED, NOW - DAY)


def test_a_good_answer_does_not_undo_what_the_list_says():
    entry = [(pki().leader.certificate.serial_number, NOW - 3 * DAY)]
    found = _state(_said(ocsp_responder()), lists=(crl(pki().issuing, entry),))
    assert found.state is Revocation.REVOKED


def test_the_list_is_the_evidence_when_both_say_good():
    found = _state(_said(ocsp_responder()), lists=(crl(pki().issuing),))
    assert found.source == "danh sách thu hồi (CRL)"


def test_an_answer_serves_where_the_list_is_outdated():
    old = crl(pki().issuing, next_update=NOW - DAY / 4)
    assert _state(_said(ocsp_responder()), lists=(old,)).state is Revocation.GOOD


def test_unknown_is_no_answer():
    assert _state(_said(ocsp_responder(), unknown=True)).state is Revocation.UNCHECKED


@pytest.mark.parametrize(
    "signer",
    [
        lambda: service("Không có quyền OCSP", pki().issuing, ExtendedKeyUsageOID.CLIENT_AUTH),
        lambda: service("OCSP của gốc", pki().root, ExtendedKeyUsageOID.OCSP_SIGNING),
        lambda: service(
            "OCSP hết hạn",
            pki().issuing,
            ExtendedKeyUsageOID.OCSP_SIGNING,
            not_after=NOW - 10 * DAY,
        ),
        lambda: service(
            "OCSP chưa biết còn hiệu lực",
            pki().issuing,
            ExtendedKeyUsageOID.OCSP_SIGNING,
            no_check=False,
        ),
        lambda: pki().leader,
    ],
)
def test_nobody_else_may_answer(signer):
    found = _state(_said(signer()))
    assert found.state is Revocation.UNCHECKED
    assert "không đủ tin cậy" in found.reason


def test_a_named_responder_that_is_not_exempt_is_looked_up_in_the_list():
    named = service(
        "OCSP có tra cứu", pki().issuing, ExtendedKeyUsageOID.OCSP_SIGNING, no_check=False
    )
    stale = crl(pki().issuing, next_update=NOW - DAY / 96)
    assert _state(_said(named), lists=(stale,)).state is Revocation.GOOD
    revoked = crl(
        pki().issuing, [(named.certificate.serial_number, NOW - DAY)], next_update=NOW - DAY / 96
    )
    assert _state(_said(named), lists=(revoked,)).state is Revocation.UNCHECKED


def test_an_outdated_answer_proves_nothing_for_a_claimed_time_only():
    said = _said(ocsp_responder())
    late = _state(said, at=NOW + 9 * DAY)
    assert late.state is Revocation.UNCHECKED
    assert "Trả lời OCSP" in late.reason
    assert _state(said, at=NOW + 9 * DAY, proven=NOW).state is Revocation.GOOD


def test_an_answer_without_an_end_is_current_for_an_hour():
    said = _said(ocsp_responder(), next_update=None, this_update=NOW)
    assert _state(said, at=NOW + dt.timedelta(minutes=59)).state is Revocation.GOOD
    assert _state(said, at=NOW + dt.timedelta(minutes=61)).state is Revocation.UNCHECKED


def test_an_answer_from_the_future_is_not_used():
    said = _said(ocsp_responder(), this_update=NOW + DAY, next_update=NOW + 2 * DAY)
    assert _state(said).state is Revocation.UNCHECKED


def test_an_answer_about_another_certificate_says_nothing():
    other = answer(pki().agency.certificate, pki().issuing.certificate, ocsp_responder())
    assert _state(other).state is Revocation.UNCHECKED


def test_a_suspension_is_named_as_one():
    said = _said(ocsp_responder(), revoked_at=NOW - DAY, reason=x509.ReasonFlags.certificate_hold)
    assert "tạm dừng" in _state(said).reason


def test_uploaded_answers_are_read_from_the_trust_directory(tmp_path):
    trust = usual_trust(tmp_path)
    (trust / "ocsps").mkdir()
    (trust / "ocsps" / "1.ocsp").write_bytes(_said(ocsp_responder()))
    (trust / "ocsps" / "hong.ocsp").write_bytes(b"rubbish")
    store = TrustStore.load(trust)
    assert len(store.answers) == 1
    assert "hong.ocsp" in store.problems[0]


@settings(max_examples=60, deadline=None)
@given(position=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_a_damaged_answer_is_refused_or_not_believed(position, value):
    data = bytearray(_said(ocsp_responder(), revoked_at=NOW - DAY))
    at = int(position * len(data))
    data[at] = value
    try:
        damaged = OcspAnswer(bytes(data))
    except DerError:
        return
    leader, issuing = pki().leader.certificate, pki().issuing.certificate
    single = damaged.about(leader, issuing)
    if single is not None and damaged.responder(issuing) is not None:
        assert single.entry is not None
