"""Programs that others wrote, each asked in its own way what it thinks of a signed file.

A reader answers with a few words; `Refuses` with the reason when anything is not as it should be.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path

import pypdfium2
from asn1crypto import cms as asn1_cms
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

from signing.pades.layout import Box
from signing.pades.report import Verdict
from signing.pades.verify import verify
from tests.signing.interop.matrix import FILES, SOON, File, data_of, trust
from tests.signing.pki import crl, pki

_STAMP = b"/ETSI.RFC3161"


class Refuses(AssertionError):
    """A reader is not content."""


def ours(name: str, _folder: Path) -> str:
    """The verifier of this program."""
    report = verify(data_of(name), trust=trust(), at=SOON)
    valid = sum(each.verdict is Verdict.VALID for each in report.signatures)
    if report.verdict is not Verdict.VALID:
        raise Refuses(f"{report.verdict}: {report.reasons} {report.signatures}")
    return _count(valid, FILES[name])


def pyhanko(name: str, _folder: Path) -> str:
    """pyHanko's own validator, with the revocation lists demanded."""
    return asyncio.run(_pyhanko(name))


async def _pyhanko(name: str) -> str:
    roots = [asn1_x509.Certificate.load(pki().root.der)]
    others = [asn1_x509.Certificate.load(pki().issuing.der)]
    lists = [asn1_crl.CertificateList.load(crl(each)) for each in (pki().root, pki().issuing)]
    context = partial(
        ValidationContext, trust_roots=roots, other_certs=others, crls=lists, moment=SOON
    )
    valid = 0
    for embedded in PdfFileReader(BytesIO(data_of(name))).embedded_signatures:
        if embedded.sig_object["/Type"] == "/DocTimeStamp":
            stamped = await async_validate_pdf_timestamp(embedded, context())
            valid += stamped.intact and stamped.valid and stamped.trusted
            continue
        status = await async_validate_pdf_signature(
            embedded, context(revocation_mode="require"), ts_validation_context=context()
        )
        if not status.bottom_line or status.modification_level > ModificationLevel.FORM_FILLING:
            raise Refuses(status.pretty_print_details())
        valid += 1
    return _count(valid, FILES[name])


def poppler(name: str, folder: Path) -> str:
    """pdfsig, whose cryptography is NSS. It judges paths by the clock of the machine, so they are
    left to others here; time stamps of documents it does not know and says so."""
    file = FILES[name]
    told = _run("pdfsig", "-nocert", str(_file(name, folder)))
    valid = told.count("Signature Validation: Signature is Valid")
    unknown = told.count("Signature Validation: Signature has not yet been verified")
    if (told.count("Total document signed"), valid, unknown) != (1, file.signatures, file.stamps):
        raise Refuses(told)
    words = f"hợp lệ {valid}/{file.signatures}"
    return f"{words}; không đọc dấu thời gian" if unknown else words


def qpdf(name: str, folder: Path) -> str:
    """The structure of the file, all its revisions."""
    told = _run("qpdf", "--check", str(_file(name, folder)))
    if "No syntax or stream encoding errors found" not in told:
        raise Refuses(told)
    return "cấu trúc đúng"


def openssl(name: str, folder: Path) -> str:
    """OpenSSL over the bytes that each signature says it covers, to the root, at the time."""
    data, root = data_of(name), folder / "root-openssl.pem"
    root.write_bytes(pki().root.certificate.public_bytes(Encoding.PEM))
    ranges = re.findall(rb"/ByteRange *\[ *(\d+) +(\d+) +(\d+) +(\d+) *\]", data)
    for number, (_, *parts) in enumerate(ranges):
        before, after, rest = map(int, parts)
        signed, container = folder / f"{number}.bin", folder / f"{number}.der"
        signed.write_bytes(data[:before] + data[after : after + rest])
        padded = bytes.fromhex(data[before + 1 : after - 1].decode("ascii"))
        content = asn1_cms.ContentInfo.load(padded)
        container.write_bytes(content.dump())
        about = data[max(0, before - 400) : before] + data[after : after + 400]
        of_time = ("-CAfile", str(root), "-attime", str(int(SOON.timestamp())))
        if _STAMP in about:
            _run("openssl", "ts", "-verify", "-token_in", "-in", str(container),
                 "-data", str(signed), *of_time)  # fmt: skip
            continue
        _run("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(container),
             "-content", str(signed), "-purpose", "any", "-out", "/dev/null", *of_time)  # fmt: skip
        _stamp_inside(content, folder, of_time)
    return _count(len(ranges), FILES[name])


def _stamp_inside(content: asn1_cms.ContentInfo, folder: Path, of_time: tuple[str, ...]) -> None:
    """The time stamp within a container, if any, over the signature's value."""
    (signer,) = content["content"]["signer_infos"]
    for attribute in signer["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token":
            token, value = folder / "token.der", folder / "value.bin"
            token.write_bytes(attribute["values"][0].dump())
            value.write_bytes(signer["signature"].native)
            _run("openssl", "ts", "-verify", "-token_in", "-in", str(token),
                 "-data", str(value), *of_time)  # fmt: skip


def pdfium(name: str, _folder: Path) -> str:
    """What people see: all pages drawn as in a browser, each signature where it should stand."""
    file = FILES[name]
    document = pypdfium2.PdfDocument(data_of(name))
    try:
        document.init_forms()
        fields = range(pypdfium2.raw.FPDF_GetSignatureCount(document))
        found = [pypdfium2.raw.FPDF_GetSignatureObject(document, number) for number in fields]
        # Fields that nobody has signed yet are counted too; they have no contents.
        counted = sum(
            pypdfium2.raw.FPDFSignatureObj_GetContents(each, None, 0) > 0 for each in found
        )
        drawn = [page.render(scale=1.0).to_pil().convert("RGB") for page in document]
    finally:
        document.close()
    if counted != file.signatures + file.stamps:
        raise Refuses(f"{counted} signatures")
    if not all(_ink(page, None) for page in drawn):
        raise Refuses("a blank page")
    missing = [box for box in file.seen if not _ink(drawn[0], box)]
    if missing:
        raise Refuses(f"nothing is drawn at {missing}")
    return f"thấy đủ {len(file.seen)} hình"


def _ink(page: Image.Image, box: Box | None) -> bool:
    """Whether anything is drawn there: a stroke or two of a pen at least."""
    area = page
    if box is not None:
        top, bottom = page.height - box.y2, page.height - box.y1
        area = page.crop((int(box.x1), int(top), int(box.x2), int(bottom)))
    return sum(count for count, colour in area.getcolors(1 << 20) or [] if min(colour) < 160) > 60


def _count(valid: int, file: File) -> str:
    whole = file.signatures + file.stamps
    return f"hợp lệ {valid}/{whole}"


def _file(name: str, folder: Path) -> Path:
    path = folder / f"{list(FILES).index(name)}.pdf"
    if not path.exists():
        path.write_bytes(data_of(name))
    return path


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise Refuses(f"{command[0]}: {done.stdout} {done.stderr}")
    return done.stdout + done.stderr


READERS: Mapping[str, Callable[[str, Path], str]] = {
    "Sổ Token": ours,
    "pyHanko": pyhanko,
    "Poppler (pdfsig)": poppler,
    "OpenSSL": openssl,
    "qpdf": qpdf,
    "PDFium": pdfium,
}
