"""The same four keys in every module that tests can play, and the agent on top of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from signing.tokens.manager import TokenManager
from tests.fault_pkcs11 import Control, build
from tests.signing.agent.conftest import PIN, clock, make, office, pictures  # noqa: F401
from tests.signing.interop import softokn
from tests.signing.interop.softokn import Softokn
from tests.signing.pki import Holder, pki, subscriber
from tests.signing.tokens.conftest import LIMITS
from tests.signing.tokens.softhsm import TokenHandle, make_token

KEYS = ("RSA-2048", "RSA-3072", "P-256", "P-384")
MODULES = ("SoftHSM2", "NSS", "fault/SoftHSM2", "fault/NSS")


def holder_of(kind: str) -> Holder:
    """A subscriber of the usual authority with a key of this kind, the same in one process."""
    usual = {"RSA-3072": pki().leader, "P-256": pki().staff}
    bits = {"RSA-2048": 2048, "P-384": 384}
    if kind in usual:
        return usual[kind]
    return subscriber(f"Người Thử {kind}", pki().issuing, "UBND xã Đồi Mẫu", bits=bits[kind])


@dataclass(frozen=True)
class Module:
    """One module, what a process needs to see its tokens, and the fault library's orders."""

    name: str
    path: Path
    environment: Mapping[str, str]
    control: Control | None

    @property
    def warns(self) -> bool:
        """Whether its tokens say that a PIN was wrong; NSS keeps silent."""
        return self.name != "NSS"

    @property
    def locks(self) -> bool:
        """Whether its tokens can be locked: only where the fault library plays that."""
        return self.control is not None


@pytest.fixture(scope="session")
def holders() -> Mapping[str, Holder]:
    return {kind: holder_of(kind) for kind in KEYS}


@pytest.fixture(scope="session")
def soft_tokens(
    tmp_path_factory: pytest.TempPathFactory, holders: Mapping[str, Holder]
) -> Sequence[TokenHandle]:
    """SoftHSM2: a token for each key."""
    folder = tmp_path_factory.mktemp("interop-softhsm")
    return [
        make_token(folder, kind, "so-thu-9999", PIN, each.key, each.certificate)
        for kind, each in holders.items()
    ]


@pytest.fixture(scope="session")
def nss(tmp_path_factory: pytest.TempPathFactory, holders: Mapping[str, Holder]) -> Softokn:
    """NSS: all keys on one token."""
    return softokn.make(tmp_path_factory.mktemp("interop-nss"), PIN, list(holders.values()))


@pytest.fixture(scope="session")
def fault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("interop-fault"))


@pytest.fixture(params=MODULES)
def module(request: pytest.FixtureRequest, tmp_path: Path, fault: Path) -> Module:
    """Each module in turn; the fault library passes on until a test gives orders."""
    name: str = request.param
    if name.endswith("NSS"):
        behind = request.getfixturevalue("nss")
        real, environment = behind.library, dict(behind.environment)
    else:
        token = request.getfixturevalue("soft_tokens")[0]
        real, environment = token.module, dict(token.environment)
    if not name.startswith("fault/"):
        return Module(name, real, environment, None)
    control = Control(tmp_path / "control", real)
    control.order()
    return Module(name, fault, {**environment, **control.environment()}, control)


@pytest.fixture
def tokens(module: Module, tmp_path: Path) -> Iterator[TokenManager]:
    with TokenManager(
        [module.path], tmp_path / "counts", limits=LIMITS, environment=module.environment
    ) as manager:
        yield manager
