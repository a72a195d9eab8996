"""Preparing minutes for the signature of one side: fields, appearance, hole and manifest.

The steps are those of letters (`views/signing_preparation.py`); only fields and words differ.
"""

import hashlib
from datetime import datetime
from typing import Any

import clock
from extensions import db
from labels import label
from letters import fonts as letter_fonts
from models import Certificate, Person, SigningAgent
from operations import files
from operations.paper_proofs import last_file
from operations.signing_jobs import Order, new_public_id
from rules.documents import SigningAct
from rules.papers import PaperFileRole
from schema.custody import Paper
from signing.messages import TICKET_LIFETIME, Item, Manifest
from signing.pades import appearance, layout
from signing.pades.prepare import Prepared, prepare, reserve_for
from views.guards import settings
from views.signing_keys import server_key
from views.signing_preparation import (
    NUMBER,
    Checked,
    NotReady,
    bound,
    box_of,
    picture_of,
    text_field,
)

GIVER, RECEIVER = "chu_ky_ben_giao", "chu_ky_ben_nhan"
FIELDS = {SigningAct.GIVER: GIVER, SigningAct.RECEIVER: RECEIVER}
SIDE_ACTS = {"giver": SigningAct.GIVER, "receiver": SigningAct.RECEIVER}


def paper_order(
    paper: Paper,
    side: str,
    certificate: Certificate,
    checked: Checked,
    agent: SigningAgent,
    *,
    user_id: int,
    user_name: str,
) -> Order:
    """Prepare minutes for one side's signature and bind them into an order.

    Raises `NotReady`, and `signing.errors.SigningError` when the PDF cannot be prepared.
    """
    at, act = clock.now(), SIDE_ACTS[side]
    prepared = _prepare(paper, side, certificate, checked, at)
    manifest = Manifest(
        job_id=new_public_id(),
        server_id=server_key().public.server_id,
        server_name=settings().server_name,
        user_id=str(user_id),
        user_name=user_name,
        act=label(act),
        certificate_sha256=certificate.sha256,
        chain=checked.chain,
        items=(_item(paper, act, prepared),),
        evidence=checked.lines,
        return_path=f"/bien-ban/{paper.id}",
        issued_at=at,
        expires_at=at + TICKET_LIFETIME,
    )
    return bound(
        manifest,
        prepared,
        act=act,
        field=FIELDS[act],
        agent_id=agent.id,
        certificate_id=certificate.id,
    )


def _item(paper: Paper, act: SigningAct, prepared: Prepared) -> Item:
    return Item(
        name=f"bien-ban-{paper.id}.pdf",
        sha256=hashlib.sha256(prepared.pdf).hexdigest(),
        size=len(prepared.pdf),
        byte_range=prepared.byte_range,
        field=FIELDS[act],
        title=f"{label(paper.kind)}: {len(paper.lines)} thiết bị (số {paper.id} trong sổ)",
        number=f"Số {paper.number}" if paper.number else "",
    )


def _prepare(
    paper: Paper, side: str, certificate: Certificate, checked: Checked, at: datetime
) -> Prepared:
    drawn = last_file(paper, PaperFileRole.DRAWN)
    signed = last_file(paper, PaperFileRole.SIGNED)
    if drawn is None or not {"giver", "receiver"} <= drawn.anchors.keys():
        raise NotReady("Biên bản này được lập để ký tay. Lập lại và chọn ký số.")
    fill: dict[str, str] = {}
    if signed is None:
        pdf = files.read(db.session, drawn.sha256)
        pdf, fill = _with_fields(pdf, drawn.anchors, paper)
    else:
        pdf = files.read(db.session, signed.sha256)
    return prepare(
        pdf,
        field=FIELDS[SIDE_ACTS[side]],
        signing_time=at,
        appearance=_appearance(paper, side, at),
        fonts=letter_fonts.find(),
        fill=fill,
        reserve=reserve_for([certificate.der, *checked.chain]),
    )


def _with_fields(pdf: bytes, anchors: dict[str, Any], paper: Paper) -> tuple[bytes, dict[str, str]]:
    """Both sides' fields before the first signature. A number that came after the drawing is filled
    in and locked with the giver's signature; without one its dots stay dots.
    """
    texts, fill, lock = [], {}, ()
    if paper.number and "number" in anchors:
        texts, fill, lock = (
            [text_field(NUMBER, anchors["number"])],
            {NUMBER: paper.number.split("/")[0]},
            (NUMBER,),
        )
    fields = [
        layout.SignatureField(GIVER, box_of(anchors["giver"]), lock=lock),
        layout.SignatureField(RECEIVER, box_of(anchors["receiver"])),
    ]
    return layout.add_fields(pdf, texts, fields, letter_fonts.find()), fill


def _appearance(paper: Paper, side: str, at: datetime) -> appearance.Appearance:
    person: Person | None = paper.giver if side == "giver" else paper.receiver
    picture = picture_of(person.signature_picture_sha256 if person is not None else None)
    if picture is not None:
        return appearance.PictureAppearance(picture)
    name = person.full_name if person is not None else ""
    return appearance.TextAppearance(
        appearance.signing_lines(name, paper.agency.name, at), ink="blue"
    )
