"""Time of a visible signature beside C_Sign, and of its verification with a list of 50,000 entries.

Run: python -m bench.signing [--repeat N]. Prints median and best of N runs in milliseconds. The
peer is pyHanko with its usual text stamp and with a static stamp, on the same 60 KB letter, with
the same RSA-3072 key and chain of three, in turn in the same run; the raw signature of the key is
taken off everywhere. The key is a file here: a token takes 140 to 1,500 ms for what is taken off.
"""

import argparse
import asyncio
import gc
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from asn1crypto import algos as asn1_algos
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from pyhanko import stamp
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing import cms
from signing.pades import hexstrings
from signing.pades.appearance import PictureAppearance, signing_lines
from signing.pades.prepare import prepare, reserve_for
from signing.pades.splice import splice
from signing.pades.verify import verify
from signing.trust.crl import IndexedCrl
from signing.trust.store import TrustStore
from tests.signing.files import LEADER, fonts, handwriting, letter, with_fields
from tests.signing.pki import NOW, crl, issuing_authority, large_crl, pki, write_trust

SIGN_BUDGET, VERIFY_BUDGET = 8.0, 20.0
BOX = (int(LEADER.x1), int(LEADER.y1), int(LEADER.x2), int(LEADER.y2))


def ours(base: bytes) -> bytes:
    """The whole of it: prepare, attributes, raw signature, container, splice."""
    leader = pki().leader
    lines = signing_lines("Nguyễn Thị Ánh Dương", "UBND xã Đồi Mẫu", NOW)
    made = prepare(
        base,
        field="lanh_dao",
        signing_time=NOW,
        appearance=PictureAppearance(handwriting(), lines),
        fonts=fonts(),
        reserve=reserve_for([leader.der, *leader.chain]),
    )
    return splice(
        made.pdf,
        made.byte_range,
        cms.build(made.digest, leader.der, leader.chain, leader.sign),
    )


class PeerSigner(signers.Signer):
    """pyHanko's own signer loads and checks the private key each time; a token does not."""

    def __init__(self) -> None:
        leader = pki().leader
        store = SimpleCertificateStore()
        store.register_multiple([asn1_x509.Certificate.load(der) for der in leader.chain])
        super().__init__(
            signing_cert=asn1_x509.Certificate.load(leader.der),
            cert_registry=store,
            signature_mechanism=asn1_algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
        )

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        return bytes(512) if dry_run else pki().leader.sign(data)


def peer(base: bytes, signer: signers.Signer, style: stamp.BaseStampStyle) -> bytes:
    """pyHanko as its guide shows it, PAdES B-B."""
    writer = IncrementalPdfFileWriter(io.BytesIO(base))
    tool = signers.PdfSigner(
        signers.PdfSignatureMetadata(
            field_name="ky", subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256"
        ),
        signer=signer,
        stamp_style=style,
        new_field_spec=fields.SigFieldSpec("ky", on_page=0, box=BOX),
    )
    return asyncio.run(tool.async_sign_pdf(writer)).getvalue()


def static_style(folder: Path) -> stamp.StaticStampStyle:
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen import canvas

    path = folder / "stamp.pdf"
    sheet = canvas.Canvas(str(path), pagesize=(180, 80))
    sheet.drawImage(ImageReader(io.BytesIO(handwriting())), 0, 0, 80, 40, mask="auto")
    sheet.drawString(84, 50, "Signed")
    sheet.save()
    return stamp.StaticStampStyle.from_pdf_file(str(path), border_width=0)


def text_style() -> stamp.TextStampStyle:
    from PIL import Image

    picture = Image.open(io.BytesIO(handwriting()))
    return stamp.TextStampStyle(background=PdfImage(picture), stamp_text="%(signer)s\n%(ts)s")


def measure(acts: dict[str, Callable[[], object]], repeat: int) -> dict[str, list[float]]:
    """Milliseconds of each act, the acts in turn, after one run to warm up."""
    times: dict[str, list[float]] = {name: [] for name in acts}
    for act in acts.values():
        act()
    for _ in range(repeat):
        for name, act in acts.items():
            gc.collect()
            start = time.perf_counter()
            act()
            times[name].append((time.perf_counter() - start) * 1000)
    return times


def show(name: str, times: list[float], less: float = 0.0, budget: float | None = None) -> None:
    median, best = statistics.median(times) - less, min(times) - less
    limit = "" if budget is None else f"   budget {budget:.0f}"
    print(f"  {name:<58} median {median:7.1f}   best {best:7.1f}{limit}")


def signing(repeat: int, folder: Path) -> None:
    plain = letter(2, 20_000)
    base = with_fields(plain)
    signer = PeerSigner()
    text, static = text_style(), static_style(folder)
    times = measure(
        {
            "raw": partial(pki().leader.sign, b"x" * 300),
            "ours": partial(ours, base),
            "text": partial(peer, plain, signer, text),
            "static": partial(peer, plain, signer, static),
        },
        repeat,
    )
    raw = statistics.median(times["raw"])
    print(
        f"A visible signature on a letter of {len(plain) // 1024} KB, beside the raw signature (ms)"
    )
    show("raw RSA-3072 signature (taken off below)", times["raw"])
    show("ours: prepare, picture and text, CMS, splice", times["ours"], raw, SIGN_BUDGET)
    show("pyHanko with a text stamp", times["text"], raw)
    show("pyHanko with a static stamp", times["static"], raw)


def peer_verdict(signed: bytes, crls: tuple[bytes, ...]) -> bool:
    """pyHanko's own verdict; it reads its hexadecimal strings itself."""
    roots = [asn1_x509.Certificate.load(pki().root.der)]

    async def judge() -> bool:
        context = ValidationContext(
            trust_roots=roots,
            crls=[asn1_crl.CertificateList.load(data) for data in crls],
            moment=NOW,
            revocation_mode="require" if crls else "soft-fail",
        )
        embedded = PdfFileReader(io.BytesIO(signed)).embedded_signatures[0]
        return (await async_validate_pdf_signature(embedded, context)).bottom_line

    generic.read_hex_string_from_stream = hexstrings.original
    try:
        return asyncio.run(judge())
    finally:
        hexstrings.install()


def verification(repeat: int, folder: Path) -> None:
    made = pki()
    lists = crl(made.root), large_crl(issuing_authority)
    trust = write_trust(
        folder / "trust", roots=(made.root,), intermediates=(made.issuing,), crls=lists
    )
    signed = ours(with_fields(letter(2, 20_000)))
    store = TrustStore.load(trust)
    bare = partial(peer_verdict, signed)

    def first_time() -> bool:
        fresh = TrustStore(
            roots=store.roots, intermediates=store.intermediates, crls=tuple(map(IndexedCrl, lists))
        )
        return verify(signed, trust=fresh, at=NOW).verdict == "hợp lệ"

    times = measure(
        {
            "ours": lambda: verify(signed, trust=store, at=NOW),
            "first": first_time,
            "bare": lambda: bare(()),
            "naive": lambda: bare(lists),
        },
        repeat,
    )
    if not (first_time() and bare(lists)):
        raise SystemExit("the signature is not valid: nothing was measured")
    print("Verification of one signature, chain of three, list of 50,000 entries (ms)")
    show("ours, warm", times["ours"], budget=VERIFY_BUDGET)
    show("ours, lists read and their signatures checked anew", times["first"])
    show("pyHanko without any list", times["bare"])
    show("pyHanko with the list", times["naive"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=25)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as folder:
        signing(repeat, Path(folder))
        verification(max(3, repeat // 3), Path(folder))


if __name__ == "__main__":
    main()
