"""OCSP from the web: asked where an administrator allowed it, kept with its freshness, believed
only when the right authority says it.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

import clock
from models import Certificate
from operations import trust
from signing.trust.store import TrustStore
from tests.cast import Cast
from tests.signing.pki import Holder, crl, key, pki, serial, write_trust
from tests.signing.responders import answer, ocsp_responder, serving
from tests.signing_desk import Login, register
from tests.views.requests import words
from views.signing_preparation import check_certificate

PAGE = "/quan-tri/tin-cay/ocsp"
Make = Callable[[Holder], bytes]


class Service:
    """An OCSP service and what it says at the moment; `base` is its address."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.says: Make = good
        self.asked = 0


def good(holder: Holder, **more: object) -> bytes:
    now = clock.now().replace(microsecond=0)
    told = {"this_update": now, "next_update": now + timedelta(hours=8), **more}
    return answer(holder.certificate, pki().issuing.certificate, ocsp_responder(), **told)


def revoked(holder: Holder) -> bytes:
    return good(holder, revoked_at=clock.now().replace(microsecond=0) - timedelta(days=2))


def by_a_stranger(holder: Holder) -> bytes:
    now = clock.now().replace(microsecond=0)
    return answer(holder.certificate, pki().issuing.certificate, pki().staff, this_update=now)


def stale(holder: Holder) -> bytes:
    return good(holder, next_update=clock.now().replace(microsecond=0) - timedelta(minutes=1))


@pytest.fixture
def service(instance: Path) -> Iterator[Service]:
    """A service on loopback; only the root's list is at hand, so that the answer decides."""
    made = pki()
    write_trust(
        instance / "trust",
        roots=(made.root,),
        intermediates=(made.issuing,),
        crls=(crl(made.root),),
    )
    found: list[Service] = []

    def respond(_query: bytes) -> bytes:
        found[0].asked += 1
        return found[0].says(addressed(found[0].base))

    with serving({"/ocsp": respond}) as base:
        found.append(Service(f"{base}/ocsp"))
        yield found[0]


def addressed(url: str) -> Holder:
    """A person's certificate that names this service."""
    issuer, own = pki().issuing, key("Người hỏi OCSP", 2048)
    place = x509.AccessDescription(Access.OCSP, x509.UniformResourceIdentifier(url))
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(pki().leader.certificate.subject)
        .issuer_name(issuer.certificate.subject)
        .public_key(own.public_key())
        .serial_number(serial("Người hỏi OCSP"))
        .not_valid_before(pki().leader.certificate.not_valid_before_utc)
        .not_valid_after(pki().leader.certificate.not_valid_after_utc)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True
        )
        .add_extension(x509.AuthorityInformationAccess([place]), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    return Holder(certificate, own, (issuer.certificate, *issuer.above))


@pytest.fixture
def row(app: Flask, db_session: Session, cast: Cast, service: Service) -> Certificate:
    app.extensions.pop("so_token_ocsp_failed", None)
    register(db_session, addressed(service.base), cast.person_giang)
    return db_session.scalars(select(Certificate)).one()


def test_an_administrator_asks_and_the_answer_is_kept_and_used(
    row: Certificate,
    service: Service,
    login: Login,
    cast: Cast,
    db_session: Session,
    instance: Path,
    actor: Callable[..., object],
) -> None:
    dung = login(cast.dung)
    typed = {"serial": row.serial_number}
    told = words(dung.post(PAGE, data=typed, follow_redirects=True))
    assert "không trả lời hoặc chưa được phép hỏi" in told
    assert "chưa kiểm tra" in told
    assert service.asked == 0
    assert "Sổ không có chứng thư nào mang số hiệu này" in words(
        dung.post(PAGE, data={"serial": "00"})
    )

    trust.set_hosts(db_session, actor=actor(cast.dung), hosts=["127.0.0.1"])
    told = words(dung.post(PAGE, data=typed, follow_redirects=True))
    assert "không bị thu hồi, theo cơ quan chứng thực lúc này" in told
    assert "còn hạn" in told
    (kept,) = TrustStore.load(instance / "trust").answers
    checked = check_certificate(db_session.scalars(select(Certificate)).one(), clock.now())
    assert "trạng thái thu hồi – hợp lệ" in " ".join(line.text for line in checked.lines)
    late = clock.now() + timedelta(hours=9)  # an answer that ran out proves nothing any more
    service.says = stale
    checked = check_certificate(db_session.scalars(select(Certificate)).one(), late)
    assert "trạng thái thu hồi – chưa kiểm tra" in " ".join(line.text for line in checked.lines)
    assert TrustStore.load(instance / "trust").answers[0].sha256 == kept.sha256

    service.says = revoked
    told = words(dung.post(PAGE, data=typed, follow_redirects=True))
    assert "ĐÃ BỊ THU HỒI" in told
    refused = check_certificate(db_session.scalars(select(Certificate)).one(), clock.now())
    assert not refused.usable
    assert len(list((instance / "trust" / "ocsps").iterdir())) == 1
    assert len(list((instance / "trust" / "removed" / "ocsps").iterdir())) == 1
    assert login(cast.chi).get(PAGE).status_code == 403


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (lambda holder: b"no answer", "không đọc được"),
        (by_a_stranger, "người được cơ quan đó cử"),
        (stale, "đã quá hạn"),
        (lambda holder: good(holder, unknown=True), "không biết chứng thư này"),
    ],
)
def test_an_answer_that_proves_nothing_is_told_and_not_kept(
    row: Certificate,
    service: Service,
    login: Login,
    cast: Cast,
    db_session: Session,
    instance: Path,
    actor: Callable[..., object],
    says: Make,
    why: str,
) -> None:
    trust.set_hosts(db_session, actor=actor(cast.dung), hosts=["127.0.0.1"])
    service.says = says
    number = row.serial_number
    told = words(login(cast.dung).post(PAGE, data={"serial": number}, follow_redirects=True))
    assert why in told
    assert not TrustStore.load(instance / "trust").answers


def test_before_a_signature_it_is_asked_once_and_a_silent_service_is_left_alone(
    row: Certificate,
    service: Service,
    cast: Cast,
    db_session: Session,
    actor: Callable[..., object],
    app: Flask,
) -> None:
    trust.set_hosts(db_session, actor=actor(cast.dung), hosts=["127.0.0.1"])
    service.says = lambda holder: b"no answer"
    for _ in range(3):
        found = check_certificate(db_session.scalars(select(Certificate)).one(), clock.now())
        assert found.usable
        assert any("chưa kiểm tra" in line.text for line in found.lines)
    assert service.asked == 1
    app.extensions.pop("so_token_ocsp_failed")
    service.says = good
    for _ in range(3):
        found = check_certificate(db_session.scalars(select(Certificate)).one(), clock.now())
    assert any("trạng thái thu hồi – hợp lệ" in line.text for line in found.lines)
    assert service.asked == 2
