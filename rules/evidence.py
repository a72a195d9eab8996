"""How well an act of custody is proved, and what is still missing on paper.

A handover is proved by minutes that both sides signed: by hand (a scan or photo is kept) or
digitally. A click of the receiver who is logged in is an interim proof: it says who has the device
today and is replaced by one of the other two. No text of law orders the levels: a house rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.findings import Finding, Severity, finding
from rules.grounds import ground
from rules.law import Law

AGENCY_HANDS_OVER = "agency.hands_over"  # Điều 37 khoản 2
MINUTES_NEEDED = "handover.minutes_required"  # Tuyên Quang Điều 10.2a

# Days that an interim proof may stand before it is called a gap. House rule.
INTERIM_DAYS = 7


class Evidence(StrEnum):
    """Levels of proof, from none to the best."""

    NONE = "none"
    INTERIM = "interim"
    SCAN = "scan"
    DIGITAL = "digital"

    @property
    def rank(self) -> int:
        """Its place in the order; a better proof has a higher one."""
        return list(Evidence).index(self)

    def reaches(self, least: "Evidence") -> bool:
        """True when this proof is at least as good as `least`."""
        return self.rank >= least.rank

    @property
    def closes_gap(self) -> bool:
        """True when nothing more is needed: paper signed by hand, or signatures of both sides."""
        return self.reaches(Evidence.SCAN)


@dataclass(frozen=True)
class Proof:
    """What is at hand for one act. Ids are those of people; None is nobody.

    `scan_sha256` is the hash of the stored scan or photo, `document_sha256` that of the frozen
    minutes. `receiver_signed_with` is the serial of the certificate used, `device_certificates`
    those on the devices just handed over. `one_sided`: a paper that the agency alone signs (Mẫu số
    09, decisions), where `giver_signed` is the agency's signature.
    """

    giver_id: int | None
    receiver_id: int | None
    confirmed_by_id: int | None = None
    scan_sha256: str = ""
    document_sha256: str = ""
    giver_signed: bool = False
    receiver_signed_with: str = ""
    device_certificates: frozenset[str] = frozenset()
    one_sided: bool = False


def level_of(proof: Proof) -> Evidence:
    """The best level that the proof reaches; a confirmation by somebody else counts for nothing.

    Digital needs all signatures and the frozen document they belong to.
    """
    all_signed = proof.giver_signed and (proof.one_sided or bool(proof.receiver_signed_with))
    if all_signed and proof.document_sha256:
        return Evidence.DIGITAL
    if proof.scan_sha256:
        return Evidence.SCAN
    if proof.confirmed_by_id is not None and proof.confirmed_by_id == proof.receiver_id:
        return Evidence.INTERIM
    return Evidence.NONE


def check_proof(proof: Proof, *, done_on: date, on: date, law: Law) -> tuple[Finding, ...]:
    """What must be said about the proof of an act done on a day, seen on another day.

    MUST refuses a confirmation by anybody but the receiver; the rest warns or tells.
    """
    return tuple(_check_sides(proof)) + tuple(_check_level(proof, done_on, on, law))


def _check_sides(proof: Proof) -> Iterator[Finding]:
    if proof.confirmed_by_id is not None and proof.confirmed_by_id != proof.receiver_id:
        yield finding(
            "evidence.confirmed_by_other",
            Severity.MUST,
            "Chỉ người nhận mới được xác nhận đã nhận thiết bị.",
            "Đề nghị người nhận đăng nhập và xác nhận, hoặc lưu bản quét biên bản đã ký.",
        )
    if proof.giver_id is not None and proof.giver_id == proof.receiver_id:
        yield finding(
            "evidence.same_person",
            Severity.SHOULD,
            "Bên giao và bên nhận là cùng một người.",
            "Để người khác của cơ quan ký bên giao.",
        )
    signed_with = proof.receiver_signed_with
    if signed_with and proof.device_certificates and signed_with not in proof.device_certificates:
        yield finding(
            "evidence.other_certificate",
            Severity.INFO,
            "Người nhận ký biên bản bằng chứng thư khác, không phải chứng thư trên thiết bị vừa "
            "nhận.",
            "Vẫn có giá trị xác nhận; ký bằng chính thiết bị vừa nhận thì chứng minh thêm rằng "
            "thiết bị dùng được.",
        )


def _check_level(proof: Proof, done_on: date, on: date, law: Law) -> Iterator[Finding]:
    level = level_of(proof)
    basis = ground(law, MINUTES_NEEDED, on=on) or ground(law, AGENCY_HANDS_OVER, on=on)
    if level is Evidence.NONE:
        yield finding(
            "evidence.none",
            Severity.SHOULD,
            "Chưa có biên bản hoặc xác nhận nào cho lần giao nhận này.",
            "In biên bản để hai bên ký rồi lưu bản quét, hoặc để hai bên ký số.",
            basis,
        )
    elif level is Evidence.INTERIM:
        days = (on - done_on).days
        yield finding(
            "evidence.interim",
            Severity.SHOULD if days > INTERIM_DAYS else Severity.INFO,
            f"Mới có xác nhận tạm thời của người nhận ({days} ngày); chưa có biên bản hai bên ký.",
            "Lưu bản quét biên bản đã ký, hoặc để hai bên ký số.",
            basis,
        )
