"""The practice tokens open with their printed PIN and sign with the key of their certificate."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask import Flask
from sqlalchemy import select

from extensions import db
from models import Certificate, Device
from practice import holdings, tokens
from signing.tokens.manager import TokenManager
from tests.practice.fixtures import PracticeInstance

ACCOUNTS = {
    holdings.LEADER: "lanhdao.dong",
    holdings.SEAL: "vanthu.dong",
    holdings.FOCAL_POINT: "daumoi.dong",
}


@pytest.fixture
def manager(practice_instance: PracticeInstance, tmp_path: Path) -> Iterator[TokenManager]:
    """What the signing agent would see with the practice configuration, in its own process."""
    conf = practice_instance.folder / "practice" / tokens.CONF
    environment = {**os.environ, "SOFTHSM2_CONF": str(conf)}
    found = TokenManager([tokens.find().module], tmp_path, environment=environment)
    yield found
    found.close()


def test_three_tokens_bear_the_certificates_that_the_register_knows(
    manager: TokenManager, practice_app: Flask
) -> None:
    seen = {token.label: token for token in manager.list_tokens().tokens}
    assert set(seen) == set(ACCOUNTS)
    for label, token in seen.items():
        device = db.session.scalars(select(Device).where(Device.label == label)).one()
        row = db.session.scalars(select(Certificate).where(Certificate.device == device)).one()
        assert [one.der for one in token.certificates] == [row.der]
        assert device.driver_serial == token.serial


@pytest.mark.parametrize(("label", "username"), ACCOUNTS.items())
def test_a_token_signs_with_the_printed_pin(
    manager: TokenManager, practice_instance: PracticeInstance, label: str, username: str
) -> None:
    token = next(one for one in manager.list_tokens().tokens if one.label == label)
    (signature,) = manager.sign(
        token.certificates[0].der,
        [b"thu nghiem"],
        practice_instance.login(username)["pin"],
    )
    key = x509.load_der_x509_certificate(token.certificates[0].der).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 3072
    key.verify(signature, b"thu nghiem", padding.PKCS1v15(), hashes.SHA256())


def test_the_configuration_names_the_place_where_the_folder_ended_up(
    practice_instance: PracticeInstance,
) -> None:
    folder = practice_instance.folder / "practice"
    conf = (folder / tokens.CONF).read_text(encoding="utf-8")
    assert f"directories.tokendir = {(folder / tokens.STORE).as_posix()}\n" in conf
    assert not list(folder.glob("*building*"))


@pytest.mark.skipif(os.name == "nt", reason="on Windows the rights of the folder are inherited")
def test_keys_and_logins_can_be_read_by_their_owner_only(
    practice_instance: PracticeInstance,
) -> None:
    folder = practice_instance.folder / "practice"
    for path in (folder / "logins.json", *(folder / "authority").glob("*.key")):
        assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
