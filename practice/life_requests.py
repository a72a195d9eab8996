"""Letters of the practice offices: each act in another state, written by the real operations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from models import CertificateRequest
from operations import request_moves as moves
from operations import request_results as results
from operations import request_sendings as sendings
from operations import request_signing_moves as signing
from operations.files import PDF
from operations.request_documents import Upload
from operations.request_drafts import draft
from operations.request_lines import Chosen, Wish
from practice.desk import Desk, scan
from practice.people import EAST, SOUTH, WEST
from rules.certificates import SubscriberKind
from rules.requests import RequestKind
from rules.revocation_grounds import RevocationGround
from rules.routing import Channel

_REASON = "Đã đối chiếu với hồ sơ THỬ NGHIỆM của cơ quan."
_SENT_BACK = "Hồ sơ THỬ NGHIỆM chưa có quyết định về nhân sự."


@dataclass(frozen=True)
class Letter:
    """One letter of a commune: about whom (by place), begun how many days ago, led how far."""

    commune: str
    kind: RequestKind
    places: tuple[int, ...]
    days_ago: int
    reach: str
    channel: Channel = Channel.PORTAL
    ground: RevocationGround = RevocationGround.MANAGING_AGENCY


LETTERS = (
    Letter(EAST, RequestKind.RENEWAL, (15, 16), 44, "received"),  # Answered by nobody: overdue.
    Letter(EAST, RequestKind.ISSUANCE, (3, 34), 3, "submitted"),
    Letter(EAST, RequestKind.AMENDMENT, (27,), 2, "draft"),
    Letter(
        EAST,
        RequestKind.REVOCATION,
        (28, 29),
        30,
        "answered",
        ground=RevocationGround.POSITION_CHANGED,
    ),
    Letter(WEST, RequestKind.RENEWAL, (1, 4), 9, "sent", Channel.DOCUMENT_AXIS),  # Owes a copy.
    Letter(EAST, RequestKind.UNLOCK, (32,), 0, "submitted"),
    Letter(WEST, RequestKind.REVOCATION, (15,), 4, "approved"),
    Letter(SOUTH, RequestKind.RENEWAL, (1,), 6, "on paper"),
)


class Road:
    """One letter on its way, a step a day; `steps` leads it as far as planned."""

    def __init__(self, desk: Desk, letter: Letter, number: int) -> None:
        self.desk, self.letter, self.number = desk, letter, number
        self.ago = letter.days_ago
        self.id = 0

    def steps(self) -> Iterator[int]:
        """Each time before a step: how many days ago it was done."""
        for name, step in (
            ("draft", self.drafts),
            ("submitted", self.submits),
            ("approved", self.approves),
            ("on paper", self.takes_the_paper),
            ("sent", self.sends),
            ("received", self.is_received),
            ("answered", self.is_answered),
        ):
            yield self.ago
            step()
            if name == self.letter.reach:
                return
            self.ago = max(0, self.ago - 1)

    def drafts(self) -> None:
        desk, letter = self.desk, self.letter
        people = [desk.person(letter.commune, place) for place in letter.places]
        actor = desk.actor(letter.commune, "daumoi", self.ago)
        if letter.kind is RequestKind.ISSUANCE:
            chosen = Chosen(people=tuple(people))
            wish = Wish(letter.kind, actor.today, SubscriberKind.INDIVIDUAL)
        elif letter.kind is RequestKind.UNLOCK:
            chosen = Chosen(devices=tuple(desk.device_of(one) for one in people))
            wish = Wish(letter.kind, actor.today)
        else:
            chosen = Chosen(certificates=tuple(desk.certificate_of(one) for one in people))
            wish = Wish(letter.kind, actor.today, ground=letter.ground)
        self.id = draft(desk.session, actor=actor, wish=wish, chosen=chosen, law=desk.law)

    def submits(self) -> None:
        moves.submit(
            self.desk.session, **self.by("daumoi"), law=self.desk.law, draw=self.desk.draws.letter
        )

    def approves(self) -> None:
        moves.approve(self.desk.session, **self.by("lanhdao"), law=self.desk.law, reason=_REASON)

    def takes_the_paper(self) -> None:
        who = self.by("daumoi")
        signing.take_paper(
            self.desk.session,
            **who,
            scan=scan(),
            media_type=PDF,
            number=str(100 + self.number),
            day=who["actor"].today,
        )

    def sends(self) -> None:
        who = self.by("daumoi")
        proof = Upload(scan())
        sent = sendings.Sent(who["actor"].today, self.letter.channel, "TN-0001", proof)
        sendings.record_sending(self.desk.session, **who, sent=sent)

    def is_received(self) -> None:
        who = self.by("daumoi")
        code = f"THUNGHIEM-{self.number:04d}"
        sendings.record_receipt(self.desk.session, **who, on=who["actor"].today, dossier_code=code)

    def is_answered(self) -> None:
        who = self.by("daumoi")
        returned = self.desk.session.get_one(CertificateRequest, self.id).lines[0].id
        answer = results.Answer(returned, granted=False, reason=_SENT_BACK)
        answers = results.Answers(who["actor"].today, (answer,))
        results.record_answers(self.desk.session, **who, answers=answers)

    def by(self, role: str) -> dict[str, Any]:
        """Who acts, on which letter, in which version."""
        row = self.desk.session.get_one(CertificateRequest, self.id)
        actor = self.desk.actor(self.letter.commune, role, self.ago)
        return {"actor": actor, "request_id": self.id, "version": row.version}
