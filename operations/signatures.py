"""One signature that is wanted, or was given: the same words for every kind of document."""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.documents import SigningAct
from rules.law import Law
from rules.office_documents import SignatureFacts


@dataclass(frozen=True)
class BeforeSeal:
    """What was verified before the agency's signature, if the clerk has seen it, and the law."""

    law: Law
    signatures: Sequence[SignatureFacts] = ()
    seen: bool = False


@dataclass(frozen=True)
class Wanted:
    """One signature on one thing, as of one version, with one certificate.

    `before_seal` is needed when a job for a document of the office is opened; when the signature
    comes back the document has not changed since, and it is not asked again.
    """

    object_id: int
    version: int | None
    act: SigningAct
    certificate_id: int | None
    before_seal: BeforeSeal | None = None
