"""Whom a time stamp needs to be trusted by, and raising levels where strangers' files belong."""

import datetime as dt
import socket
import threading
import time

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing.pades.boxed_upgrade import Boxed
from signing.pades.errors import NotUpgradable
from signing.pades.prepare import reserve_for
from signing.pades.report import Level, Report, Verdict
from signing.pades.sandbox import Sandbox
from signing.pades.tsp import Tsa, obtain_for
from signing.pades.upgrade import HERE, raise_level
from signing.pades.verify import verify
from signing.trust.crl import IndexedCrl
from signing.trust.fetching import FetchFailed, HttpFetcher
from signing.trust.store import TrustStore
from tests.signing.files import letter, sign, signed_by_both, with_fields
from tests.signing.pki import NOW, authority, crl, pki
from tests.signing.responders import service, stamp, stamp_server

SOON = NOW + dt.timedelta(hours=1)
STAMPED = NOW + dt.timedelta(minutes=5)
TSA = Tsa("http://tsa.example.vn/", 5, 1)


def _store(**more: object) -> TrustStore:
    own = {
        "roots": (pki().root.certificate,),
        "intermediates": (pki().issuing.certificate,),
        "crls": tuple(IndexedCrl(crl(one)) for one in (pki().root, pki().issuing)),
    }
    return TrustStore(**{**own, **more})  # type: ignore[arg-type]


def _signed() -> bytes:
    leader = pki().leader
    reserve = reserve_for([leader.der, *leader.chain], Level.B_LTA)
    return sign(with_fields(), "lanh_dao", leader, reserve=reserve)


def _raised(pdf: bytes, signer: object, to: Level, trust: TrustStore, **more: object) -> bytes:
    def ask(digest: bytes) -> bytes:
        return obtain_for(digest, TSA, lambda url, body, wait: stamp(body, signer, made=STAMPED))

    return raise_level(
        pdf, **{"to": to, "hands": HERE, "ask": ask, "trust": trust, "at": SOON, **more}
    )


def _judged(pdf: bytes, trust: TrustStore) -> Report:
    return verify(pdf, trust=trust, at=SOON)


def _other_authority() -> tuple[object, object, TrustStore, TrustStore]:
    root = authority("Gốc dấu thời gian", None)
    server = service("TSA của gốc khác", root, ExtendedKeyUsageOID.TIME_STAMPING, no_check=False)
    lists = (*_store().crls, IndexedCrl(crl(root)))
    as_stamps = _store(stamp_roots=(root.certificate,), crls=lists)
    as_practice = _store(practice_roots=(root.certificate,), crls=lists)
    return root, server, as_stamps, as_practice


def test_a_root_for_time_stamps_counts_for_nothing_else_and_a_practice_stamp_marks_its_file():
    root, server, as_stamps, as_practice = _other_authority()
    pdf = _raised(_signed(), server, Level.B_LT, as_stamps)
    found = _judged(pdf, as_stamps)
    assert (found.verdict, found.signatures[0].level) == (Verdict.VALID, Level.B_LT)
    assert _judged(pdf, _store()).verdict == Verdict.UNDECIDED

    own = service("Người ký của gốc khác", root, ExtendedKeyUsageOID.EMAIL_PROTECTION)
    by_them = sign(with_fields(), "lanh_dao", own)
    assert not _judged(by_them, as_stamps).signatures[0].trusted
    marked = _judged(_raised(_signed(), server, Level.B_T, as_practice), as_practice)
    assert marked.verdict == Verdict.PRACTICE


def test_the_sandbox_raises_a_level_as_this_process_does(tmp_path):
    trust = _store()
    with Sandbox(workers=1) as box:
        for before in (_signed(), signed_by_both()):
            after = _raised(before, stamp_server(), Level.B_LTA, trust, hands=Boxed(box))
            report = _judged(after, trust)
            assert report.verdict == Verdict.VALID, report.reasons
            assert {one.level for one in report.signatures if one.level} == {Level.B_LTA}
        with pytest.raises(NotUpgradable):
            _raised(letter(), stamp_server(), Level.B_T, trust, hands=Boxed(box))


def test_while_signatures_are_to_come_only_the_hole_of_the_last_one_is_touched():
    one = _raised(_signed(), stamp_server(), Level.B_LTA, _store(), in_hole_only=True)
    assert len(one) == len(_signed())
    assert _judged(one, _store()).signatures[0].level == Level.B_T
    # Without room for it the file comes back as it was, and nothing is written behind it.
    leader = pki().leader
    reserve = reserve_for([leader.der, *leader.chain])
    tight = sign(with_fields(), "lanh_dao", leader, reserve=reserve)
    assert _raised(tight, stamp_server(), Level.B_T, _store(), in_hole_only=True) == tight


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nX-Slow: ",
        b"HTTP/1.0 2",
    ],
)
def test_a_server_that_drips_its_answer_is_given_up(head: bytes):
    listener = socket.create_server(("127.0.0.1", 0))
    cut: list[int] = []

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(head)
            try:
                while True:
                    connection.sendall(b".")
                    time.sleep(0.02)
            except OSError:
                cut.append(1)

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    try:
        with pytest.raises(FetchFailed):
            HttpFetcher({"127.0.0.1"})(address, b"", 0.3)
    finally:
        listener.close()
        thread.join()
    assert cut
