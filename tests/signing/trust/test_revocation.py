"""Revocation lists: whom we believe, what they cover, and that their length does not matter."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID
from hypothesis import given, settings
from hypothesis import strategies as st

from signing.trust.certificates import load
from signing.trust.crl import IndexedCrl
from signing.trust.der import DerError
from signing.trust.revocation import Revocation, check
from signing.trust.store import TrustStore
from tests.signing.pki import DAY, NOW, crl, issuing_authority, large_crl, pki, serial, usual_trust

SIGNED_AT = NOW


def _state(*lists: bytes, proven: bool = False, at: dt.datetime = NOW + dt.timedelta(hours=1)):
    made = pki()
    store = TrustStore(roots=(made.root.certificate,), crls=tuple(map(IndexedCrl, lists)))
    return check(
        made.leader.certificate,
        made.issuing.certificate,
        store,
        signing_time=SIGNED_AT,
        proven=SIGNED_AT if proven else None,
        at=at,
    )


def _with(days: float) -> list[tuple[int, dt.datetime]]:
    return [(pki().leader.certificate.serial_number, NOW + days * DAY)]


def test_a_current_list_without_the_certificate_says_valid_and_is_the_evidence():
    found = _state(crl(pki().issuing))
    assert found.state is Revocation.GOOD
    assert (found.this_update, found.next_update) == (NOW - DAY, NOW + 6 * DAY)
    assert found.list_issuer == "CA phục vụ các cơ quan THỬ NGHIỆM"


def test_without_any_list_nothing_was_checked():
    found = _state()
    assert found.state is Revocation.UNCHECKED
    assert "Không có danh sách thu hồi" in found.reason


def test_a_list_that_another_key_signed_is_refused():
    forged = crl(pki().issuing, signer=pki().root)
    found = _state(forged)
    assert found.state is Revocation.UNCHECKED
    assert "không do chính cơ quan đó ký" in found.reason


def test_an_authority_of_which_one_cannot_read_what_it_may_do_signs_no_list():
    """A stranger's file may bring both along; neither may stop the verification."""
    issuing = pki().issuing
    begun = (
        x509.CertificateBuilder()
        .subject_name(issuing.certificate.subject)
        .issuer_name(issuing.certificate.subject)
        .public_key(issuing.key.public_key())
        .serial_number(5)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.UnrecognizedExtension(ExtensionOID.KEY_USAGE, b"\4\1\0"), critical=True)
    )
    odd = load(begun.sign(issuing.key, hashes.SHA256()).public_bytes(Encoding.DER))
    assert IndexedCrl(crl(issuing)).signed_by(issuing.certificate)
    assert not IndexedCrl(crl(issuing)).signed_by(odd)


def test_a_list_of_another_authority_is_not_used():
    assert _state(crl(pki().root)).state is Revocation.UNCHECKED


def test_revoked_before_signing_is_final():
    found = _state(crl(pki().issuing, _with(-3)))
    assert found.state is Revocation.REVOKED
    assert found.conclusive
    assert found.revoked_at == NOW - 3 * DAY


def test_revoked_after_a_claimed_time_is_not_conclusive_but_harmless_after_a_proven_one():
    later = crl(pki().issuing, _with(1), this_update=NOW + 2 * DAY, next_update=NOW + 9 * DAY)
    claimed = _state(later, at=NOW + 3 * DAY)
    assert (claimed.state, claimed.conclusive) == (Revocation.REVOKED, False)
    assert _state(later, proven=True, at=NOW + 3 * DAY).state is Revocation.GOOD


def test_an_outdated_list_proves_nothing_for_a_claimed_time():
    old = crl(pki().issuing, next_update=NOW + DAY)
    found = _state(old, at=NOW + 30 * DAY)
    assert found.state is Revocation.UNCHECKED
    assert "quá hạn cập nhật" in found.reason
    assert _state(old, proven=True, at=NOW + 30 * DAY).state is Revocation.GOOD


def test_a_list_that_ended_before_the_proven_time_proves_nothing():
    old = crl(pki().issuing, this_update=NOW - 9 * DAY, next_update=NOW - 2 * DAY)
    assert _state(old, proven=True).state is Revocation.UNCHECKED


def test_a_list_from_the_future_is_not_used():
    future = crl(pki().issuing, this_update=NOW + 5 * DAY, next_update=NOW + 9 * DAY)
    found = _state(future)
    assert found.state is Revocation.UNCHECKED
    assert "tương lai" in found.reason


def test_a_removed_list_leaves_the_older_ones_in_force(tmp_path: Path):
    trust = usual_trust(tmp_path)
    newer = trust / "crls" / "9.crl"
    newer.write_bytes(crl(pki().issuing, _with(-3), this_update=NOW - DAY / 2))
    assert len(TrustStore.load(trust).crls) == 3
    newer.unlink()
    assert len(TrustStore.load(trust).crls) == 2
    (trust / "crls" / "0.crl").unlink()
    (trust / "crls" / "1.crl").unlink()
    assert TrustStore.load(trust).crls == ()


def test_an_older_list_still_tells_of_a_revocation_that_a_newer_one_dropped():
    older = crl(pki().issuing, _with(-5), this_update=NOW - 4 * DAY)
    assert _state(crl(pki().issuing), older).state is Revocation.REVOKED


@pytest.mark.parametrize(
    "extension",
    [
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True),
        (
            x509.IssuingDistributionPoint(
                full_name=None,
                relative_name=None,
                only_contains_user_certs=False,
                only_contains_ca_certs=False,
                only_some_reasons=None,
                indirect_crl=True,
                only_contains_attribute_certs=False,
            ),
            True,
        ),
    ],
)
def test_lists_that_say_only_half_are_refused(extension):
    with pytest.raises(DerError):
        IndexedCrl(crl(pki().issuing, extension=extension))


def _delta(revoked=(), *, reason=x509.ReasonFlags.key_compromise, **options) -> bytes:
    settings = {"number": 8, "this_update": NOW - DAY / 2, "next_update": NOW + DAY}
    extension = (x509.DeltaCRLIndicator(7), True)
    return crl(pki().issuing, revoked, extension=extension, reason=reason, **(settings | options))


def test_a_delta_list_alone_says_nothing():
    found = _state(_delta())
    assert found.state is Revocation.UNCHECKED
    assert "thiếu danh sách đầy đủ" in found.reason


def test_a_delta_list_makes_an_outdated_list_fresh_and_adds_its_entries():
    base = crl(pki().issuing, next_update=NOW - DAY / 4)
    assert _state(base).state is Revocation.UNCHECKED
    fresh = _state(base, _delta())
    assert fresh.state is Revocation.GOOD
    assert fresh.source == "danh sách thu hồi (CRL) và danh sách bổ sung (delta)"
    assert fresh.next_update == NOW + DAY
    assert _state(base, _delta(_with(-1))).state is Revocation.REVOKED


def test_a_delta_list_lifts_a_suspension():
    base = crl(pki().issuing, _with(-3), reason=x509.ReasonFlags.certificate_hold)
    assert _state(base).state is Revocation.REVOKED
    lifted = _delta(_with(-3), reason=x509.ReasonFlags.remove_from_crl)
    assert _state(base, lifted).state is Revocation.GOOD


@pytest.mark.parametrize("number", [7, 6])
def test_a_delta_list_that_does_not_continue_the_list_is_not_joined_to_it(number):
    base = crl(pki().issuing, next_update=NOW - DAY / 4)
    assert _state(base, _delta(number=number)).state is Revocation.UNCHECKED


def test_a_list_for_authorities_only_does_not_speak_of_a_person():
    only_ca = x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=True,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    assert _state(crl(pki().issuing, extension=(only_ca, True))).state is Revocation.UNCHECKED


def test_fifty_thousand_entries_are_all_found_and_no_stranger_is():
    listed = IndexedCrl(large_crl(issuing_authority))
    assert listed.signed_by(pki().issuing.certificate)
    for number in (0, 1, 24_999, 49_999):
        entry = listed.find(serial(f"người lạ {number}"))
        assert entry is not None
        assert entry.revoked_at == NOW - (number % 900 + 2) * DAY
    assert listed.find(pki().leader.certificate.serial_number) is None


@settings(max_examples=25, deadline=None)
@given(listed=st.sets(st.integers(1, 2**70), max_size=30), asked=st.integers(1, 2**70))
def test_the_scan_agrees_with_a_full_parser(listed: set[int], asked: int):
    data = crl(pki().staff, [(number, NOW) for number in sorted(listed)])
    ours, theirs = IndexedCrl(data), x509.load_der_x509_crl(data)
    for number in {*listed, asked}:
        found = theirs.get_revoked_certificate_by_serial_number(number)
        assert (ours.find(number) is None) == (found is None)


@settings(max_examples=60, deadline=None)
@given(position=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_a_damaged_list_is_refused_or_not_believed(position: float, value: int):
    data = bytearray(crl(pki().issuing, _with(-3)))
    at = int(position * len(data))
    if data[at] == value:
        return
    data[at] = value
    try:
        damaged = IndexedCrl(bytes(data))
    except DerError:
        return
    assert not damaged.signed_by(pki().issuing.certificate)


def test_a_broken_file_in_the_trust_directory_is_named_and_the_others_count(tmp_path: Path):
    trust = usual_trust(tmp_path)
    (trust / "crls" / "hong.crl").write_bytes(b"rubbish")
    (trust / "roots" / "hong.crt").write_bytes(b"rubbish")
    store = TrustStore.load(trust)
    assert len(store.roots) == 1
    assert len(store.crls) == 2
    assert len(store.problems) == 2
    assert "hong.crl" in " ".join(store.problems)
