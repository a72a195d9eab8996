"""Documents of other systems made ready for a signature: fields, appearance, hole, evidence.

All that is PDF is done here (DESIGN 4), at the places that decree 30 gives unless the person chose
one. Number and date get fields before the first signature; a file that was signed elsewhere before
cannot get any, and its number and date are then only told to the other system.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import regulations
from extensions import db
from labels import label
from letters import fonts as letter_fonts
from models import Certificate, SigningAgent
from operations import files
from operations.law import law_for
from operations.office_documents import refuse
from operations.outside_documents import PERSONS, Bound, PreparedOutside
from operations.pictures import current_picture
from operations.signing_jobs import new_public_id
from rules import document_places as rule
from rules.document_landmarks import PageWord
from rules.document_places import Place
from rules.documents import SigningAct
from rules.findings import warnings
from rules.office_documents import PictureKind, SignatureFacts, check_before_seal
from schema.outside import OutsideDocument
from signing.messages import (
    TICKET_LIFETIME,
    Evidence,
    Item,
    Manifest,
    OutsideOrder,
    OutsideRefused,
    SignaturesUnseen,
    sign_manifest,
)
from signing.pades import appearance, layout, strangers
from signing.pades.prepare import Prepared
from signing.pades.report import Report, Verdict
from views import outside_places as places
from views.agent_batches import OUTSIDE
from views.guards import settings
from views.signing_keys import server_key
from views.signing_preparation import (
    Checked,
    hole_for,
    stored,
)
from views.verifier import sandbox

COMMENT_SIZE = (85.0, 22.0)
STAMP_SIZE = (60.0, 24.0)


@dataclass(frozen=True)
class Wish:
    """What the person typed on the agent's page, read once."""

    act: SigningAct
    number: str
    day: date | None
    words: str
    write_number: bool
    seen: bool
    place: Place | None

    @classmethod
    def read(cls, act: SigningAct, order: OutsideOrder) -> "Wish":
        """Raises `OutsideRefused` for a day that is none, or a missing number where one is due."""
        try:
            day = date.fromisoformat(order.day) if order.day else None
        except ValueError as error:
            raise OutsideRefused("Ngày văn bản không đúng.") from error
        needs = act in (SigningAct.ANNEX, SigningAct.RECEIVE) or (
            act is SigningAct.ISSUE and order.write_number
        )
        if needs and not order.number.strip():
            raise OutsideRefused("Chưa ghi số văn bản.")
        if act is SigningAct.ISSUE and order.write_number and day is None:
            raise OutsideRefused("Chưa ghi ngày văn bản.")
        chosen = order.place
        place = Place(chosen.page, chosen.left, chosen.top, 1, 1) if chosen is not None else None
        words, number = " ".join(order.words.split()), order.number.strip()
        return cls(act, number, day, words, order.write_number, order.seen, place)


# Places -------------------------------------------------------------------------------------------


def _size(row: OutsideDocument, kind: PictureKind, usual: tuple[float, float]) -> Any:
    owner = {"agency_id": row.agency_id}
    if kind is not PictureKind.SEAL:
        owner = {"person_id": row.certificate.person_id or 0}
    found = current_picture(db.session(), kind, **owner)
    return (found.width_mm, found.height_mm) if found is not None else usual


def _usual(row: OutsideDocument, act: SigningAct, words: Sequence[PageWord]) -> Place:
    pages = places.sizes(row)
    last = len(pages) - 1
    if rule.has_corner(act):
        return rule.corner(0, pages[0])
    if act is SigningAct.INITIAL:
        return rule.person(0, last, pages[last])
    if act is SigningAct.COMMENT:
        return Place(last, 30, pages[last][1] * 0.85, *COMMENT_SIZE).moved_into(*pages[last])
    if act is SigningAct.RECEIVE:
        return Place(0, 28, pages[0][1] * 0.17, *STAMP_SIZE).moved_into(*pages[0])
    if act is SigningAct.APPROVE:
        size = _size(row, PictureKind.SIGNATURE, rule.SIGNATURE)
        own = places.signature(row, words, row.certificate.common_name, size)
        return own or rule.leader(last, pages[last], size)
    return _seal(row, rule.leader(last, pages[last], rule.SIGNATURE))


def _seal(row: OutsideDocument, leader: Place) -> Place:
    """The seal over the left third of the leader's signature."""
    size = _size(row, PictureKind.SEAL, rule.SEAL_WITHOUT_PICTURE)
    return rule.seal(leader, places.sizes(row)[leader.page], size)


def _place(row: OutsideDocument, wish: Wish, words: Sequence[PageWord]) -> Place:
    usual, pages = _usual(row, wish.act, words), places.sizes(row)
    if wish.place is None:
        return usual
    if wish.place.page >= len(pages):
        raise OutsideRefused(f"Văn bản chỉ có {len(pages)} trang.")
    chosen = Place(wish.place.page, wish.place.left, wish.place.top, usual.width, usual.height)
    return chosen.moved_into(*pages[chosen.page])


# Fields -------------------------------------------------------------------------------------------


def can_be_numbered(row_layout: dict[str, Any]) -> bool:
    """Whether number and date can be written: no signature yet, or our fields wait for them."""
    made = row_layout.get("fields") or {}
    return not row_layout["signatures"] or bool(made.get("number"))


def _with_fields(
    row: OutsideDocument, wish: Wish, pdf: bytes
) -> tuple[bytes, str, dict[str, str], dict[str, Any]]:
    """The document with the field to sign, that field's name, what to fill, and what was made."""
    own = row.original_sha256[:8]
    made: dict[str, Any] = dict(row.layout.get("fields") or {})
    issuing = wish.act is SigningAct.ISSUE
    if issuing and wish.write_number and made.get("number"):
        return pdf, made["agency"], _fill(made, wish), {}
    field = f"ky_ngoai_{own}"
    words = places.read(row, pdf)
    place = _place(row, wish, words)
    numbered = wish.write_number and (issuing or wish.act in PERSONS)
    if numbered and not can_be_numbered(row.layout):
        raise OutsideRefused(
            "Tệp đã có chữ ký số tạo ở phần mềm khác nên không ghi thêm số, ngày vào tệp được. "
            "Bỏ chọn ghi số, ngày vào văn bản."
        )
    signatures = [layout.SignatureField(field, places.box(row, place))]
    texts: list[layout.TextField] = []
    if numbered and not made:
        made = {name: f"{name}_ngoai_{own}" for name in ("number", "day", "agency")}
        texts, known = places.texts(row, made, words)
        made |= known
        at = place
        if not issuing:
            approves = wish.act is SigningAct.APPROVE
            at = _seal(row, place) if approves else _usual(row, SigningAct.ISSUE, words)
        lock = tuple(one.name for one in texts)
        agencys = layout.SignatureField(made["agency"], places.box(row, at), lock=lock)
        signatures = [agencys] if issuing else [*signatures, agencys]
    pdf = strangers.add_fields(sandbox(), pdf, texts, signatures, letter_fonts.find())
    if issuing and texts:
        return pdf, made["agency"], _fill(made, wish), {}
    return pdf, field, {}, made


def _fill(made: dict[str, Any], wish: Wish) -> dict[str, str]:
    number, symbol = wish.number, made.get("symbol", "")
    if symbol:
        number, _, rest = wish.number.partition("/")
        if rest and not f"/{rest}".casefold().startswith(symbol.casefold()):
            raise OutsideRefused(f"Tệp in sẵn ký hiệu “{symbol}”, khác với số “{wish.number}”.")
    filled = {made["number"]: rule.number_text(number.strip()), made["day"]: ""}
    if wish.day is not None:
        # Fields of an older version have one for the whole date, and no word of it.
        filled[made["day"]] = rule.day_text(wish.day, bool(made.get("whole", "y")))
        if made.get("month"):
            filled[made["month"]] = rule.month_text(wish.day)
    return filled


# What it shows ------------------------------------------------------------------------------------


def _appearance(row: OutsideDocument, wish: Wish, at: datetime) -> appearance.Appearance:
    agency, act = row.agency.name, wish.act
    if rule.has_corner(act):
        words = rule.corner_text(act, agency=agency, symbol=wish.number, at=at)
        return appearance.TextAppearance((words,), size=rule.TEXT_SIZE)
    if act is SigningAct.RECEIVE:
        day = f"{wish.day:%d/%m/%Y}" if wish.day is not None else f"{at:%d/%m/%Y}"
        lines = (agency, "ĐẾN", f"Số: {wish.number}", f"Ngày: {day}")
        return appearance.TextAppearance(lines, ink="red", frame=True)
    if act is SigningAct.ISSUE:
        png = _picture(PictureKind.SEAL, agency_id=row.agency_id)
        lines = appearance.signing_lines(agency, agency, at)[1:]
        return appearance.PictureAppearance(png) if png else appearance.seal(lines)
    name = row.certificate.common_name
    if act is SigningAct.COMMENT:
        words = f"Ý kiến của {name}: {wish.words}" if wish.words else f"Ý kiến: {name}"
        return appearance.TextAppearance(
            (words, appearance.signing_lines(name, agency, at)[-1]), ink="blue"
        )
    kind = PictureKind.SIGNATURE if act is SigningAct.APPROVE else PictureKind.INITIALS
    png = _picture(kind, person_id=row.certificate.person_id or 0)
    if png:
        return appearance.PictureAppearance(png)
    if act is SigningAct.APPROVE:
        return appearance.approval(appearance.signing_lines(name, agency, at))
    return appearance.TextAppearance((f"{label(act)}: {name}",), ink="blue")


def _picture(kind: PictureKind, **owner: int) -> bytes | None:
    found = current_picture(db.session(), kind, **owner)
    return files.read(db.session, found.sha256) if found is not None else None


# The order ----------------------------------------------------------------------------------------


def evidence_of(row: OutsideDocument, wish: Wish, at: datetime) -> list[Evidence]:
    """What our verification says of the signatures that a document has already.

    Before the agency's signature an invalid one refuses, and one that could not be decided has to
    be seen (Bắc Ninh Điều 15.3): raises `operations.transactions.Refused`, `SignaturesUnseen`.
    """
    if not row.layout["signatures"]:
        return []
    content = files.read(db.session, row.original_sha256)
    report: Report = sandbox().verify(content, settings().trust, at)
    if wish.act not in PERSONS:
        law = law_for(regulations.load(), row.agency)
        found = check_before_seal(_facts(report), on=at.date(), law=law)
        refuse(found)
        if warnings(found) and not wish.seen:
            raise SignaturesUnseen(" ".join(one.message for one in warnings(found))[:400])
    return [
        Evidence(
            f"Chữ ký đã có của {one.signer or one.field}: {one.verdict}.",
            good=one.verdict in (Verdict.VALID, Verdict.PRACTICE),
        )
        for one in report.signatures[:20]
    ]


def _facts(report: Report) -> list[SignatureFacts]:
    return [
        SignatureFacts(
            one.signer or one.field,
            True,
            one.verdict == Verdict.INVALID,
            one.verdict == Verdict.UNDECIDED,
        )
        for one in report.signatures
    ]


def prepared(
    row: OutsideDocument, certificate: Certificate, checked: Checked, wish: Wish, at: datetime
) -> tuple[Item, PreparedOutside]:
    """One document with its hole, as the manifest names it and as it is kept.

    Raises `OutsideRefused`, and `signing.errors.SigningError` when the PDF cannot be prepared.
    """
    pdf, field, fill, made = _with_fields(row, wish, files.read(db.session, row.original_sha256))
    ready: Prepared = strangers.prepare(
        sandbox(),
        pdf,
        field=field,
        signing_time=at,
        appearance=_appearance(row, wish, at),
        fonts=letter_fonts.find(),
        fill=fill,
        reserve=hole_for(certificate, checked),
    )
    number = wish.number
    if number and wish.day is not None:
        number = f"{number}, ngày {wish.day:%d/%m/%Y}"
    item = Item(
        name=row.file_name,
        sha256=hashlib.sha256(ready.pdf).hexdigest(),
        size=len(ready.pdf),
        byte_range=ready.byte_range,
        field=field,
        title=row.file_name,
        number=number,
    )
    return item, PreparedOutside(row.id, field, ready.pdf, ready.byte_range, made)


def bound(
    agent: SigningAgent,
    certificate: Certificate,
    checked: Checked,
    wish: Wish,
    items: Sequence[Item],
    evidence: Sequence[Evidence],
    at: datetime,
) -> tuple[Bound, Manifest]:
    """The job over these items, and its manifest signed by the server."""
    device = certificate.device
    manifest = Manifest(
        job_id=new_public_id(),
        server_id=server_key().public.server_id,
        server_name=settings().server_name,
        user_id=str(agent.user_id),
        user_name=agent.user.display_name,
        act=label(wish.act),
        certificate_sha256=certificate.sha256,
        chain=checked.chain,
        items=tuple(items),
        evidence=(*checked.lines, *evidence),
        return_path=OUTSIDE,
        issued_at=at,
        expires_at=at + TICKET_LIFETIME,
        device_serial=(device.driver_serial or "") if device is not None else "",
    )
    tied = Bound(
        public_id=manifest.job_id,
        act=wish.act,
        certificate_id=certificate.id,
        manifest=stored(sign_manifest(server_key(), manifest)),
        evidence=[line.to_dict() for line in manifest.evidence],
        expires_at=manifest.expires_at,
        number=wish.number,
        document_on=wish.day,
    )
    return tied, manifest
