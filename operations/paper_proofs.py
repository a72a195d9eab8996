"""How well a paper is proved, from its files and confirmations; the levels are the rules'."""

from collections.abc import Collection

from rules.evidence import Evidence, Proof, level_of
from rules.papers import LETTERS, PaperFileRole, PaperKind
from schema.custody import Paper, PaperFile

ONE_SIDED = frozenset(
    {
        PaperKind.LOSS,
        PaperKind.ENTRUSTMENT_DECISION,
        PaperKind.INCIDENT_REPORT,
        PaperKind.REJECTION_NOTICE,
        PaperKind.SUBSCRIBER_SLIP,
        PaperKind.STOCKTAKE,
        PaperKind.INTAKE,
        PaperKind.STATUS,
    }
)
"""Papers that the agency alone signs digitally (a person: the slip)."""

CONFIRMABLE = frozenset(
    {
        PaperKind.HANDOVER,
        PaperKind.INTERNAL_RETURN,
        PaperKind.STATUS,
        PaperKind.CORRECTION,
        PaperKind.PERMISSION,
    }
)
"""Papers by which somebody receives, or confirms to have, a device."""


def lacks_to_go_out(paper: Paper) -> str:
    """What must be done before this paper can be recorded as sent; empty when nothing is left.

    House rule: whom the register names as told was told by a letter with number and signature.
    """
    if paper.kind not in LETTERS:
        return ""
    wanted = [] if paper.number else ["ghi số của văn bản"]
    if not level_of_paper(paper).closes_gap:
        wanted.append(
            "ký số đủ các chữ ký, hoặc lưu bản quét của văn bản đã ký tay và đóng dấu (mục “Lưu "
            "bản quét, ảnh chụp, chứng từ”)"
        )
    if not wanted:
        return ""
    return f"Chưa ghi nhận gửi được. Trước hết {'; rồi '.join(wanted)}."


def receivers_of(paper: Paper) -> frozenset[int]:
    """Who receives by this paper: its receiver, or with many receivers those of its lines."""
    if paper.receiver_id is not None:
        return frozenset({paper.receiver_id})
    return frozenset(one.person_id for one in paper.lines if one.person_id is not None)


def last_file(paper: Paper, role: PaperFileRole) -> PaperFile | None:
    """The newest file of a role, None without any."""
    return next((one for one in reversed(paper.files) if one.role is role), None)


def signed_sides(paper: Paper) -> dict[str, str]:
    """Which sides have signed digitally, each with the serial of its certificate."""
    signed = last_file(paper, PaperFileRole.SIGNED)
    if signed is None:
        return {}
    # With "left": signed here, block by block; without: in another program.
    return dict(
        zip(signed.anchors.get("sides", []), signed.anchors.get("serials", []), strict=False)
    )


def _giver_signed(paper: Paper, one_sided: bool) -> bool:
    """A paper of the agency alone that is signed here wants all its people, and the seal."""
    signed = last_file(paper, PaperFileRole.SIGNED)
    if one_sided and signed is not None and "left" in signed.anchors:
        return not signed.anchors["left"]
    return bool({"giver", "signer"} & signed_sides(paper).keys())


def proof_of(
    paper: Paper, *, person_id: int | None = None, certificates: Collection[str] = ()
) -> Proof:
    """What is at hand for a paper, for one of its receivers where it has many.

    `certificates` are the serials of those on the devices handed over.
    """
    receiver = person_id if person_id is not None else paper.receiver_id
    scan = last_file(paper, PaperFileRole.SCAN)
    sides = signed_sides(paper)
    confirmed = {one.person_id for one in paper.confirmations}
    one_sided = paper.kind in ONE_SIDED
    return Proof(
        giver_id=paper.giver_id,
        receiver_id=receiver,
        confirmed_by_id=receiver if receiver in confirmed else None,
        scan_sha256=scan.sha256 if scan else "",
        document_sha256=paper.sha256 or "",
        giver_signed=_giver_signed(paper, one_sided),
        receiver_signed_with=sides.get("receiver", ""),
        device_certificates=frozenset(certificates),
        one_sided=one_sided,
    )


def level_of_paper(paper: Paper, person_id: int | None = None) -> Evidence:
    """The best proof at hand: for the whole paper, or for one of many receivers.

    With many receivers the whole is confirmed only once each of them has.
    """
    if person_id is not None or paper.receiver_id is not None:
        return level_of(proof_of(paper, person_id=person_id))
    whole = level_of(proof_of(paper))
    people = receivers_of(paper)
    if whole is Evidence.NONE and people:
        confirmed = {one.person_id for one in paper.confirmations}
        return Evidence.INTERIM if people <= confirmed else Evidence.NONE
    return whole
