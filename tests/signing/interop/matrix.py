"""Every kind of signature that this program makes, as files, and what there is to see in each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from signing import cms
from signing.pades.appearance import Appearance, TextAppearance, signing_lines
from signing.pades.layout import Box
from signing.pades.prepare import reserve_for
from signing.pades.report import Level
from signing.pades.tsp import Tsa
from signing.pades.upgrade import upgrade
from signing.trust.crl import IndexedCrl
from signing.trust.fetching import FetchFailed
from signing.trust.store import TrustStore
from tests.signing.files import (
    COPY,
    LEADER,
    SEAL,
    sign,
    signed_by_both,
    signed_by_leader,
    signed_copy,
    with_fields,
)
from tests.signing.pki import NOW, Holder, crl, pki, subscriber
from tests.signing.responders import stamp, stamp_server

STAMPED_AT = NOW + dt.timedelta(minutes=5)
SOON = NOW + dt.timedelta(hours=23)
TSA = Tsa("http://tsa.example.vn/", timeout=5, attempts=1)


@dataclass(frozen=True)
class File:
    """One file: how it is made, its signatures and stamps, and where they are seen (first page)."""

    make: Callable[[], bytes]
    signatures: int = 1
    stamps: int = 0
    seen: tuple[Box, ...] = (LEADER,)


def trust() -> TrustStore:
    """The usual root and fresh lists of revoked certificates."""
    return TrustStore(
        roots=(pki().root.certificate,),
        intermediates=(pki().issuing.certificate,),
        crls=(IndexedCrl(crl(pki().root)), IndexedCrl(crl(pki().issuing))),
    )


def holder(bits: int) -> Holder:
    """A subscriber with a key of so many bits; 256 and 384 are elliptic curves."""
    usual = {3072: pki().leader, 256: pki().staff}
    if bits in usual:
        return usual[bits]
    return subscriber(f"Người Thử {bits}", pki().issuing, "UBND xã Đồi Mẫu", bits=bits)


def _text() -> Appearance:
    return TextAppearance(signing_lines("Nguyễn Thị Ánh Dương", "UBND xã Đồi Mẫu", NOW))


def _signed(bits: int, scheme: cms.Scheme = cms.Scheme.USUAL, level: Level = Level.B_B) -> bytes:
    by = holder(bits)
    reserve = reserve_for([by.der, *by.chain], level)
    return sign(with_fields(), "lanh_dao", by, appearance=_text(), scheme=scheme, reserve=reserve)


def _raised(pdf: bytes, level: Level) -> bytes:
    def fetch(url: str, body: bytes | None, _timeout: float) -> bytes:
        if url != TSA.url:
            raise FetchFailed(url)
        return stamp(body or b"", stamp_server(), made=STAMPED_AT)

    return upgrade(pdf, to=level, trust=trust(), at=SOON, fetch=fetch, tsa=TSA)


FILES: Mapping[str, File] = {
    "B-B, RSA-2048, hình chữ": File(lambda: _signed(2048)),
    "B-B, RSA-3072, hình chữ": File(lambda: _signed(3072)),
    "B-B, RSA-3072, ảnh chữ ký": File(signed_by_leader),
    "B-B, RSA-3072 PSS": File(lambda: _signed(3072, cms.Scheme.PSS)),
    "B-B, ECDSA P-256": File(lambda: _signed(256)),
    "B-B, ECDSA P-384": File(lambda: _signed(384)),
    "hai người ký, khóa số và ngày": File(signed_by_both, 2, 0, (LEADER, SEAL)),
    "hai người ký, rồi sao y": File(signed_copy, 3, 0, (LEADER, SEAL, COPY)),
    "B-T, RSA-3072": File(lambda: _raised(_signed(3072, level=Level.B_T), Level.B_T)),
    "B-T, ECDSA P-256": File(lambda: _raised(_signed(256, level=Level.B_T), Level.B_T)),
    "B-LTA, RSA-3072": File(
        lambda: _raised(_signed(3072, level=Level.B_LTA), Level.B_LTA), stamps=1
    ),
    "B-LTA, ECDSA P-384": File(
        lambda: _raised(_signed(384, level=Level.B_LTA), Level.B_LTA), stamps=1
    ),
    "B-LTA, hai người ký": File(
        lambda: _raised(signed_by_both(), Level.B_LTA), 2, 2, (LEADER, SEAL)
    ),
}


@lru_cache(maxsize=len(FILES))
def data_of(name: str) -> bytes:
    """The file of this name, made once per process."""
    return FILES[name].make()
