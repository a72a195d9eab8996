"""Sign a PDF as another document system would: pyHanko with its own PKCS#11 signer, two signatures.

`python -m tests.browser.sign_elsewhere IN OUT MODULE PIN` signs with the only token that opens.
"""

import sys
from pathlib import Path

import pkcs11
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner


def main(source: str, target: str, module: str, pin: str) -> None:
    """Write the signed file; raises when no token opens with the PIN."""
    library = pkcs11.lib(module)
    for slot in library.get_slots(token_present=True):
        try:
            session = slot.get_token().open(user_pin=pin)
        except (pkcs11.PinIncorrect, pkcs11.PKCS11Error):
            continue
        with session:
            certificate = next(
                iter(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}))
            )
            identifier = certificate[pkcs11.Attribute.ID]
            signer = PKCS11Signer(session, cert_id=identifier, key_id=identifier)
            metadata = PdfSignatureMetadata(
                field_name="Signature1", subfilter=SigSeedSubFilter.PADES
            )
            with Path(source).open("rb") as stream:
                writer = IncrementalPdfFileWriter(stream)
                Path(target).write_bytes(
                    PdfSigner(metadata, signer=signer).sign_pdf(writer).getvalue()
                )
            return
    raise SystemExit("no token opens with this PIN")


if __name__ == "__main__":
    main(*sys.argv[1:])
