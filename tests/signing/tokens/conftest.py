"""Three practice tokens per test process, and a manager over the fault library."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

from signing.tokens.manager import TokenManager
from signing.tokens.module import Limits
from tests.fault_pkcs11 import Control, build
from tests.signing.tokens.softhsm import TokenHandle, make_token

PIN = "PIN-thu-8461"
WRONG_PIN = "PIN-sai-1111"
SHA256 = hashes.SHA256()
LIMITS = Limits(listing=60, login=60, pad=60, signature=60, busy=30, retries=0)
IMPATIENT = Limits(listing=1, login=1, pad=1, signature=1, busy=0.3, retries=0)
"""For what hangs, and for nothing that must answer: a slow machine needs longer for that."""


def self_signed(
    key: CertificateIssuerPrivateKeyTypes,
    common_name: str,
    algorithm: hashes.SHA256 | None = SHA256,
) -> x509.Certificate:
    """A certificate that is good enough for a token: what it says does not matter here."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    since = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + dt.timedelta(days=1825))
        .sign(key, algorithm)
    )


@dataclass(frozen=True)
class Tokens:
    """All of them in one SoftHSM2 folder; `leader` and `twin` bear the same label."""

    leader: TokenHandle
    twin: TokenHandle
    elliptic: TokenHandle


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    folder = tmp_path_factory.mktemp("softhsm")

    def token(
        label: str, name: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    ) -> TokenHandle:
        return make_token(folder, label, "so-thu-9999", PIN, key, self_signed(key, name))

    return Tokens(
        token("VGCA THU NGHIEM", "Nguyễn Thử Nghiệm", rsa.generate_private_key(65537, 3072)),
        token("VGCA THU NGHIEM", "Trần Thị Thử", rsa.generate_private_key(65537, 3072)),
        token("EC THU NGHIEM", "Lê Văn Thử", ec.generate_private_key(ec.SECP384R1())),
    )


@pytest.fixture(scope="session")
def fault_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("fault"))


@pytest.fixture
def control(tmp_path: Path) -> Control:
    control = Control(tmp_path / "control")
    control.order()
    return control


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def make_manager(
    tokens: Tokens, fault_library: Path, control: Control, state_dir: Path
) -> Iterator[Callable[..., TokenManager]]:
    """Makes managers on the fault library, and ends their workers when the test is over."""
    made: list[TokenManager] = []

    def make(limits: Limits = LIMITS, modules: tuple[Path, ...] | None = None) -> TokenManager:
        manager = TokenManager(
            modules if modules is not None else (fault_library,),
            state_dir,
            limits=limits,
            environment={**tokens.leader.environment, **control.environment()},
        )
        made.append(manager)
        return manager

    yield make
    for manager in made:
        manager.close()


@pytest.fixture
def manager(make_manager: Callable[..., TokenManager]) -> TokenManager:
    return make_manager()
