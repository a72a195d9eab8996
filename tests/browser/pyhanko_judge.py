"""Judge the signatures of a PDF with pyHanko's validator alone; prints VALID for each sound one.

`python -m tests.browser.pyhanko_judge FILE INSTANCE`: the practice root of the instance is trusted.
"""

import sys
from pathlib import Path

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext


def certificates(folder: Path) -> list[x509.Certificate]:
    """All certificates (DER or PEM) of a folder of the trust store."""
    from asn1crypto import pem

    found = []
    for path in sorted(folder.glob("*")):
        content = path.read_bytes()
        der = pem.unarmor(content)[2] if pem.detect(content) else content
        found.append(x509.Certificate.load(der))
    return found


def main(file: str, instance: str) -> None:
    """Print VALID or what is wrong, one line for each signature."""
    trust = Path(instance) / "trust"
    lists = [path.read_bytes() for path in sorted((trust / "crls").glob("*"))]
    with Path(file).open("rb") as stream:
        for embedded in PdfFileReader(stream).embedded_signatures:
            context = ValidationContext(
                trust_roots=certificates(trust / "practice-roots"),
                other_certs=certificates(trust / "intermediates"),
                crls=lists,
                revocation_mode="soft-fail",
            )
            status = validate_pdf_signature(
                embedded,
                signer_validation_context=context,
                key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
            )
            print("VALID" if status.bottom_line else status.pretty_print_details())  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
