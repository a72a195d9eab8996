"""Papers made to be signed digitally, for the tests of signing: who they name is chosen here."""

from typing import Any

from sqlalchemy.orm import Session

import audit
from models import Agency, Person
from operations import paper_lines, papers
from rules.papers import PaperKind
from tests import factories
from tests.cast import Cast
from views.papers_data import draw_paper


def digital(session: Session, cast: Cast, actor: audit.Actor, kind: PaperKind, **more: Any) -> int:
    """A paper of commune A: Em gives, Giang receives and leads, An is the witness."""
    on = factories.day(0)
    agency = session.get_one(Agency, cast.commune_a)
    em, an = session.get_one(Person, cast.person_em), session.get_one(Person, cast.person_an)
    giang = session.get_one(Person, cast.person_giang)
    leader = {"titles": ["CHỦ TỊCH"], "name": giang.full_name, "person_id": giang.id}
    told = {
        "medium": "digital",
        "agency": paper_lines.of_agency(agency),
        "giver": paper_lines.of_person(em, on),
        "receiver": paper_lines.of_person(giang, on),
        "witness": {**paper_lines.of_person(an, on), "person_id": an.id},
        "signer": leader,
        "committee": [
            {**paper_lines.of_person(one, on), "part": part, "person_id": one.id}
            for one, part in ((giang, "Tổ trưởng"), (em, "Thành viên"))
        ],
        "addressee": "Cục THỬ NGHIỆM",
        "request_kind": "RENEWAL",
        **more.pop("particulars", {}),
    }
    return papers.make(
        session,
        actor=actor,
        kind=kind,
        agency_id=cast.commune_a,
        made_on=on,
        lines=[],
        giver_id=more.pop("giver_id", cast.person_em),
        receiver_id=more.pop("receiver_id", cast.person_giang),
        particulars=told,
        draw=draw_paper,
        place="Trụ sở THỬ NGHIỆM",
        **more,
    )
