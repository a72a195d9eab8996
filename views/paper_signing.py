"""Preparing papers for the signature of one side: fields, appearance, hole.

The steps are those of letters (`views/signing_preparation.py`); only fields and words differ.
"""

import hashlib
from datetime import datetime
from typing import Any

import clock
from extensions import db
from labels import label
from letters import fonts as letter_fonts
from models import Certificate, SigningAgent
from operations import files
from operations.paper_proofs import last_file
from operations.signing_jobs import Order
from rules.document_places import day_text
from rules.papers import PaperFileRole
from schema.custody import Paper, PaperSignature
from signing.messages import Item
from signing.pades import appearance, layout
from signing.pades.prepare import Prepared, prepare
from views.signing_preparation import (
    DATE,
    NUMBER,
    Checked,
    NotReady,
    Ready,
    box_of,
    hole_for,
    picture_of,
    single_order,
    text_field,
)

_FIELDS = {"giver": "chu_ky_ben_giao", "receiver": "chu_ky_ben_nhan"}
_TEXTS = {"number": NUMBER, "date": DATE}


def field_of(side: str) -> str:
    """The name of a side's field in the PDF."""
    return _FIELDS.get(side, f"chu_ky_{side}")


def paper_order(
    signature: PaperSignature, certificate: Certificate, checked: Checked, agent: SigningAgent
) -> Order:
    """Prepare a paper for one side's signature and bind it into an order.

    Raises `NotReady`, and `signing.errors.SigningError` when the PDF cannot be prepared.
    """
    ready = ready_paper(signature, certificate, checked, clock.now())
    back = f"/bien-ban/{signature.paper_id}"
    return single_order(ready, certificate, checked, agent, back=back)


def ready_paper(
    signature: PaperSignature, certificate: Certificate, checked: Checked, at: datetime
) -> Ready:
    """The paper prepared for one side's signature. Raises as `paper_order`."""
    paper = signature.paper
    if signature.person_id is None and not paper.number:
        raise NotReady("Chưa ghi số của biên bản, giấy tờ. Ghi trước khi ký số của cơ quan.")
    prepared = _prepare(signature, certificate, checked, at)
    count = f"{len(paper.lines)} thiết bị, " if paper.lines else ""
    item = Item(
        name=f"bien-ban-{paper.id}.pdf",
        sha256=hashlib.sha256(prepared.pdf).hexdigest(),
        size=len(prepared.pdf),
        byte_range=prepared.byte_range,
        field=field_of(signature.side),
        title=f"{label(paper.kind)}: {count}số {paper.id} trong sổ",
        number=f"Số {paper.number}" if paper.number else "",
    )
    return Ready(signature.act, label(signature.act), prepared, item)


def _prepare(
    signature: PaperSignature, certificate: Certificate, checked: Checked, at: datetime
) -> Prepared:
    paper = signature.paper
    drawn = last_file(paper, PaperFileRole.DRAWN)
    signed = last_file(paper, PaperFileRole.SIGNED)
    if drawn is None or not {one.side for one in paper.signatures} <= drawn.anchors.keys():
        raise NotReady("Biên bản này được lập để ký tay. Lập lại và chọn ký số.")
    sealing = any(one.person_id is None for one in paper.signatures)
    texts = _texts(paper, drawn.anchors, sealing)
    if signed is None:
        pdf = _with_fields(files.read(db.session, drawn.sha256), drawn.anchors, paper, texts)
    else:
        pdf = files.read(db.session, signed.sha256)
    fills = signature.person_id is None if sealing else signed is None
    return prepare(
        pdf,
        field=field_of(signature.side),
        signing_time=at,
        appearance=_appearance(signature, at),
        fonts=letter_fonts.find(),
        fill={_TEXTS[name]: _said(paper, name) for name in texts} if fills else {},
        reserve=hole_for(certificate, checked),
    )


def _texts(paper: Paper, anchors: dict[str, Any], sealing: bool) -> tuple[str, ...]:
    """Number and day that are filled in: with the agency's signature where there is one, else with
    the first; a number that nobody gave keeps its place empty."""
    wanted = [name for name in _TEXTS if name in anchors]
    return tuple(name for name in wanted if sealing or name == "date" or paper.number)


def _said(paper: Paper, name: str) -> str:
    return (paper.number or "").split("/")[0] if name == "number" else day_text(paper.made_on)


def _with_fields(
    pdf: bytes, anchors: dict[str, Any], paper: Paper, texts: tuple[str, ...]
) -> bytes:
    """All fields before the first signature; the one that fills number and day in locks them."""
    rows = paper.signatures
    locking = next((one for one in rows if one.person_id is None), rows[0])
    fields = [
        layout.SignatureField(
            field_of(one.side),
            box_of(anchors[one.side]),
            lock=tuple(_TEXTS[name] for name in texts) if one is locking else (),
        )
        for one in rows
    ]
    shown = [text_field(_TEXTS[name], anchors[name]) for name in texts]
    return layout.add_fields(pdf, shown, fields, letter_fonts.find())


def _appearance(signature: PaperSignature, at: datetime) -> appearance.Appearance:
    agency, person = signature.paper.agency, signature.person
    if signature.person_id is None:
        picture = picture_of(agency.seal_picture_sha256)
        lines = appearance.signing_lines(agency.name, agency.name, at)[1:]
        return appearance.PictureAppearance(picture) if picture else appearance.seal(lines)
    picture = picture_of(person.signature_picture_sha256 if person is not None else None)
    if picture is not None:
        return appearance.PictureAppearance(picture)
    name = person.full_name if person is not None else ""
    return appearance.TextAppearance(appearance.signing_lines(name, agency.name, at), ink="blue")
