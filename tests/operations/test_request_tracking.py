"""A request that has left: copies, receipt, answers, withdrawal, notices, results, again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import regulations
from models import AuditEvent, Certificate, CertificateRequest, Device, Person, RequestLine
from operations import request_attachments as papers
from operations import request_results as results
from operations import request_sendings as sendings
from operations import result_ties as ties
from operations.case_files import gather, record_made
from operations.request_documents import Upload
from operations.request_successors import draft_again
from operations.revocation_notices import RECALL, Notice, record_notice
from operations.transactions import Conflict, Refused, transaction
from rules.attachments import AttachmentKind
from rules.certificates import CertificateOrigin
from rules.devices import DeviceState
from rules.documents import DocumentKind
from rules.requests import LineState, RequestKind, RequestState
from rules.routing import Channel, Recipient
from schema.custody import CustodyMove, FollowUp
from tests import factories
from tests.cast import NOW, Cast

MakeActor = Callable[..., audit.Actor]
TODAY = factories.day(0)
PROOF = Upload(b"\x89PNG proof", "image/png")


@pytest.fixture
def made(db_session: Session, cast: Cast) -> "Desk":
    return Desk(db_session, cast)


class Desk:
    """Requests put into the database where a test needs them."""

    def __init__(self, session: Session, cast: Cast) -> None:
        self.session, self.cast = session, cast

    def request(
        self,
        kind: RequestKind = RequestKind.RENEWAL,
        state: RequestState = RequestState.SENT,
        lines: int = 2,
        *,
        device_state: DeviceState = DeviceState.IN_USE,
        **more: object,
    ) -> int:
        """A request of commune A whose lines are certificates of Em on tokens."""
        with transaction(self.session):
            owner = self.session.get_one(Person, self.cast.person_em)
            row = CertificateRequest(
                agency_id=self.cast.commune_a,
                kind=kind,
                state=state,
                addressee="Cục Thử Nghiệm",
                planned_receipt_on=TODAY,
                drafted_by_id=self.cast.an,
                created_at=NOW,
                document_on=TODAY - timedelta(days=5),
                sent_on=TODAY - timedelta(days=5) if state is RequestState.SENT else None,
                **more,
            )
            self.session.add(row)
            self.session.flush()
            for position in range(1, lines + 1):
                token = factories.device(
                    self.session,
                    self.cast.office_a,
                    f"T{row.id}-{position}",
                    owner,
                    state=device_state,
                )
                old = factories.certificate(self.session, owner, days_left=60, token=token)
                unlock = kind is RequestKind.UNLOCK
                self.session.add(
                    RequestLine(
                        request_id=row.id,
                        certificate_id=old.id,
                        chain_id=None if unlock else old.chain_id,
                        device_id=token.id if unlock else None,
                        position=position,
                        state=LineState.OPEN,
                        is_open=True,
                        hold=f"{kind.value}/{old.chain_id}",
                        renews=kind is RequestKind.RENEWAL,
                        revocation_ground="subscriber_request"
                        if kind is RequestKind.REVOCATION
                        else "",
                    )
                )
            sendings.owe_copies(row, [Recipient("Sở Thử Nghiệm", "H1.2", True)])
            return row.id

    def get(self, request_id: int) -> CertificateRequest:
        self.session.rollback()
        return self.session.get_one(CertificateRequest, request_id)

    def state(self, request_id: int) -> tuple[RequestState, list[LineState]]:
        row = self.get(request_id)
        return row.state, [line.state for line in row.lines]

    def events(self, request_id: int) -> list[str]:
        self.session.rollback()
        return list(
            self.session.scalars(
                select(AuditEvent.event)
                .where(
                    AuditEvent.noun == "certificate_request",
                    AuditEvent.object_id == str(request_id),
                )
                .order_by(AuditEvent.seq)
            )
        )

    def do(self, act: Callable[..., object], request_id: int, **more: object) -> object:
        """One operation by An, as of the version that the database has now."""
        actor = audit.Actor(self.cast.an, self.cast.person_an, (), "127.0.0.1", NOW)
        version = self.get(request_id).version
        return act(self.session, actor=actor, request_id=request_id, version=version, **more)

    def answer(self, request_id: int, *said: bool | None, reason: str = "Sai e-mail") -> None:
        """One answer for each line: granted, refused, or None for nothing yet."""
        lines = self.get(request_id).lines
        given = tuple(
            results.Answer(line.id, one, "" if one else reason)
            for line, one in zip(lines, said, strict=True)
            if one is not None
        )
        self.do(results.record_answers, request_id, answers=results.Answers(TODAY, given))


# Sendings and receipt -------------------------------------------------------------------------


def test_the_letter_and_each_copy_leave_with_a_proof_of_their_own(made: Desk) -> None:
    request_id = made.request(state=RequestState.SEALED)
    copy = made.get(request_id).sendings[0].id
    sent = sendings.Sent(TODAY, Channel.DOCUMENT_AXIS, "G11", PROOF)
    with pytest.raises(Refused, match="nơi nhận chính trước"):
        made.do(sendings.record_copy, request_id, sending_id=copy, sent=sent)
    made.do(sendings.record_sending, request_id, sent=sent)
    assert made.get(request_id).state is RequestState.SENT
    assert [one.recipient for one in sendings.copies_owed(made.get(request_id))] == [
        "Sở Thử Nghiệm"
    ]
    for bare, why in ((Channel.PORTAL, "cách gửi khác"), (Channel.POST, "chứng từ gửi")):
        nothing = sendings.Sent(TODAY, bare, " ", None)
        with pytest.raises(Refused, match=why):
            made.do(sendings.record_copy, request_id, sending_id=copy, sent=nothing)
    other = sendings.Sent(TODAY, Channel.POST, "VN1", Upload(b"%PDF- receipt"))
    made.do(sendings.record_copy, request_id, sending_id=copy, sent=other)
    rows = made.get(request_id).sendings
    assert {one.is_copy: one.channel for one in rows} == {True: "post", False: "document_axis"}
    assert len({one.proof_sha256 for one in rows}) == 2
    assert sendings.copies_owed(made.get(request_id)) == []
    with pytest.raises(Refused, match="đã được ghi nhận"):
        made.do(sendings.record_copy, request_id, sending_id=copy, sent=other)
    assert made.events(request_id) == ["certificate_request.sent", "certificate_request.copied"]


def test_recipients_change_until_the_letter_has_left(made: Desk) -> None:
    request_id = made.request(state=RequestState.SEALED)
    wanted = [Recipient("Sở Thử Nghiệm", "H9", True), Recipient("Văn phòng tỉnh", "", False)]
    change = {"addressee_code": "G11", "copies": wanted}
    made.do(sendings.change_recipients, request_id, **change)
    rows = made.get(request_id).sendings
    assert {(one.recipient, one.recipient_code) for one in rows} == {
        ("Sở Thử Nghiệm", "H9"),
        ("Văn phòng tỉnh", ""),
        ("Cục Thử Nghiệm", "G11"),
    }
    made.do(sendings.change_recipients, request_id, addressee_code="G11", copies=[])
    assert sendings.copies_owed(made.get(request_id)) == []
    with pytest.raises(Refused, match="đã gửi"):
        made.do(sendings.change_recipients, made.request(), **change)


def test_the_receipt_is_a_day_between_sending_and_today_and_can_be_put_right(made: Desk) -> None:
    request_id = made.request()
    for day, words in ((factories.day(1), "sau ngày hôm nay"), (factories.day(-6), "trước ngày")):
        with pytest.raises(Refused, match=words):
            made.do(sendings.record_receipt, request_id, on=day, dossier_code="")
    for code in ("HS-1", "HS-2"):
        made.do(sendings.record_receipt, request_id, on=TODAY, dossier_code=code)
    row = made.get(request_id)
    assert (row.state, row.received_on, row.dossier_code) == (RequestState.SENT, TODAY, "HS-2")


# Answers --------------------------------------------------------------------------------------


def test_lines_are_answered_one_after_the_other_until_all_are_closed(made: Desk) -> None:
    request_id = made.request(lines=3)
    made.answer(request_id, True, None, None)
    assert made.state(request_id) == (
        RequestState.SENT,
        [LineState.GRANTED, LineState.OPEN, LineState.OPEN],
    )
    with pytest.raises(Refused, match="không còn chờ"):
        made.answer(request_id, True, None, None)
    with pytest.raises(Refused, match="lý do cho từng dòng"):
        made.answer(request_id, None, False, None, reason=" ")
    made.answer(request_id, None, False, True)
    row = made.get(request_id)
    assert row.state is RequestState.COMPLETED
    assert [line.result_note for line in row.lines] == ["", "Sai e-mail", ""]
    assert made.events(request_id) == [
        "certificate_request.line_answered",
        "certificate_request.completed",
    ]


def test_an_answer_says_something_and_lies_between_sending_and_today(made: Desk) -> None:
    request_id = made.request()
    with pytest.raises(Refused, match="Chưa chọn kết quả"):
        made.answer(request_id, None, None)
    early = results.Answers(factories.day(-6), (results.Answer(1, True),))
    with pytest.raises(Refused, match="không được trước ngày gửi"):
        made.do(results.record_answers, request_id, answers=early)


def test_an_unlocked_device_is_in_use_again(made: Desk, db_session: Session) -> None:
    request_id = made.request(RequestKind.UNLOCK, device_state=DeviceState.LOCKED)
    made.answer(request_id, True, False)
    devices = [line.device_id for line in made.get(request_id).lines]
    states = [db_session.get_one(Device, number).state for number in devices]
    assert states == [DeviceState.IN_USE, DeviceState.LOCKED]
    assert db_session.scalars(select(CustodyMove.act)).all() == ["unlock_done"]


# Withdrawal, and again ------------------------------------------------------------------------


def test_a_line_is_withdrawn_and_the_last_one_ends_the_request(made: Desk) -> None:
    request_id = made.request()
    first, second = [line.id for line in made.get(request_id).lines]
    with pytest.raises(Refused, match="lý do rút"):
        made.do(results.withdraw, request_id, line_ids=[first], reason=" ")
    made.do(results.withdraw, request_id, line_ids=[first], reason="Đã nghỉ hưu")
    assert made.state(request_id)[0] is RequestState.SENT
    made.do(results.withdraw, request_id, line_ids=[], reason="Không cần nữa")
    row = made.get(request_id)
    assert row.state is RequestState.CANCELLED
    assert [line.result_note for line in row.lines] == ["Đã nghỉ hưu", "Không cần nữa"]
    answered = made.request()
    made.answer(answered, True, None)
    made.do(results.withdraw, answered, line_ids=[], reason="Không cần nữa")
    assert made.state(answered) == (
        RequestState.COMPLETED,
        [LineState.GRANTED, LineState.WITHDRAWN],
    )
    assert second  # Both lines stay in the register.


def test_lines_that_came_back_go_again_in_a_new_letter(made: Desk, db_session: Session) -> None:
    request_id = made.request(signer_title="Chủ tịch")
    with transaction(db_session):
        row = db_session.get_one(CertificateRequest, request_id)
        actor = audit.Actor(made.cast.an, None, (), "", NOW)
        papers.keep(
            db_session,
            row,
            actor,
            DocumentKind.ATTACHMENT,
            PROOF,
            name="Quyết định 1",
            anchors={"paper": "personnel_decision"},
        )
    made.answer(request_id, True, False)
    granted, refused = [line.id for line in made.get(request_id).lines]
    law = regulations.load()
    with pytest.raises(Refused, match="bị trả lại hoặc đã rút"):
        made.do(draft_again, request_id, line_ids=[granted], law=law)
    number = made.do(draft_again, request_id, line_ids=[refused], law=law)
    assert isinstance(number, int)
    new = made.get(number)
    assert (new.state, new.follows_id, new.signer_title) == (
        RequestState.DRAFT,
        request_id,
        "Chủ tịch",
    )
    assert [(line.previous_id, line.is_open) for line in new.lines] == [(refused, True)]
    assert [one.title for one in papers.attachments_of(new)] == ["Quyết định 1"]
    assert [one.recipient for one in new.sendings if one.is_copy] == ["Sở Thử Nghiệm"]
    assert made.get(request_id).state is RequestState.COMPLETED
    with pytest.raises((Refused, Conflict)):  # one open letter for one subject
        made.do(draft_again, request_id, line_ids=[refused], law=law)
    assert "certificate_request.sent_again" in made.events(number)


# Notices of revocation ------------------------------------------------------------------------


def test_a_notice_ends_the_certificate_and_starts_the_clock_of_its_device(
    made: Desk, db_session: Session
) -> None:
    request_id = made.request(RequestKind.REVOCATION)
    first = made.get(request_id).lines[0]
    line_id, certificate_id = first.id, first.certificate_id
    law = regulations.load()
    notice = Notice(TODAY, TODAY - timedelta(days=1), (line_id,), PROOF)
    late = Notice(TODAY, factories.day(1), (line_id,), PROOF)
    with pytest.raises(Refused, match="không được sau ngày nhận"):
        made.do(record_notice, request_id, notice=late, law=law)
    made.do(record_notice, request_id, notice=notice, law=law)
    certificate = db_session.get_one(Certificate, certificate_id)
    assert certificate.revoked_at is not None
    assert certificate.revoked_at.isoformat() == "2026-11-19T17:00:00+00:00"
    assert certificate.revocation_reason == "subscriber_request"
    work = db_session.scalars(select(FollowUp)).one()
    assert (work.code, work.device_id) == (RECALL, certificate.device_id)
    assert work.due_on == factories.day(6)  # received on a Saturday: Friday is the fifth day
    assert "Điều 20" in work.basis
    device = db_session.get_one(Device, certificate.device_id)
    assert device.state is DeviceState.AWAITING_RECALL
    assert made.state(request_id)[1] == [LineState.GRANTED, LineState.OPEN]
    with pytest.raises(Refused, match="còn chờ kết quả"):
        made.do(record_notice, request_id, notice=notice, law=law)
    with pytest.raises(Refused, match="bằng thông báo thu hồi"):
        made.answer(request_id, None, True)
    with pytest.raises(Refused, match="Chỉ đề nghị thu hồi"):
        made.do(record_notice, made.request(), notice=notice, law=law)


def test_a_device_with_another_living_certificate_is_not_recalled(
    made: Desk, db_session: Session
) -> None:
    request_id = made.request(RequestKind.REVOCATION, lines=1)
    line = made.get(request_id).lines[0]
    line_id, certificate = line.id, line.certificate
    assert certificate is not None
    with transaction(db_session):
        owner = db_session.get_one(Person, made.cast.person_em)
        token = db_session.get_one(Device, certificate.device_id)
        factories.certificate(db_session, owner, token=token)
    notice = Notice(TODAY, TODAY, (line_id,), PROOF)
    made.do(record_notice, request_id, notice=notice, law=regulations.load())
    assert db_session.scalars(select(FollowUp)).all() == []


# Result certificates --------------------------------------------------------------------------


def renewed(made: Desk, old_id: int | None, years: int) -> int:
    """The certificate that renews another, as an import would enter it."""
    with transaction(made.session):
        old = made.session.get_one(Certificate, old_id)
        owner = made.session.get_one(Person, made.cast.person_em)
        new = factories.certificate(made.session, owner, days_left=60 + 365 * years)
        new.predecessor_id, new.chain_id = old.id, old.chain_id
        new.public_key_sha256 = old.public_key_sha256
        new.origin, new.renewals, new.not_before = CertificateOrigin.RENEWED, 1, NOW
        return new.id


def test_the_renewed_certificate_is_tied_to_its_line_and_grants_it(made: Desk) -> None:
    request_id = made.request(lines=1)
    line = made.get(request_id).lines[0]
    line_id, old_id = line.id, line.certificate_id
    law, actor = regulations.load(), audit.Actor(made.cast.an, None, (), "", NOW)
    assert ties.proposals(made.session, [], law) == []
    new = renewed(made, old_id, 3)
    (found,) = ties.proposals(made.session, [], law)
    assert (found.line.id, found.certificate.id, found.findings) == (line_id, new, ())
    wanted = {"request_id": request_id, "line_id": line_id, "certificate_id": new, "law": law}
    ties.tie(made.session, actor=actor, **wanted)
    row = made.get(request_id)
    assert (row.state, row.lines[0].successor_id) == (RequestState.COMPLETED, new)
    assert made.events(request_id) == [
        "certificate_request.result_tied",
        "certificate_request.completed",
    ]
    with pytest.raises(Refused, match="đã có chứng thư kết quả"):
        ties.tie(made.session, actor=actor, **wanted)
    assert ties.proposals(made.session, [], law) == []


def test_what_the_law_says_of_a_result_must_be_read_first(made: Desk) -> None:
    request_id = made.request(lines=2)
    made.answer(request_id, True, None)
    line, other = made.get(request_id).lines
    line_id, other_id = line.id, other.id
    new = renewed(made, line.certificate_id, 5)  # the law gives a renewal three years at most
    law, actor = regulations.load(), audit.Actor(made.cast.an, None, (), "", NOW)
    wanted = {"request_id": request_id, "certificate_id": new, "law": law}
    with pytest.raises(Refused, match="không phải là kết quả"):
        ties.tie(made.session, actor=actor, line_id=other_id, **wanted)
    with pytest.raises(Refused, match="tối đa 03 năm"):
        ties.tie(made.session, actor=actor, line_id=line_id, **wanted)
    ties.tie(made.session, actor=actor, line_id=line_id, seen=True, **wanted)
    assert made.state(request_id)[0] is RequestState.SENT  # the other line is still open


def test_a_first_issue_is_found_by_its_subscriber_and_its_day(
    made: Desk, db_session: Session
) -> None:
    request_id = made.request(RequestKind.ISSUANCE, lines=1)
    with transaction(db_session):
        line = db_session.get_one(CertificateRequest, request_id).lines[0]
        line.certificate_id, line.chain_id, line.person_id = None, None, made.cast.person_em
        owner = db_session.get_one(Person, made.cast.person_em)
        new = factories.certificate(db_session, owner, days_left=900, not_before=NOW).id
    (found,) = ties.proposals(db_session, [], regulations.load())
    assert (found.certificate.id, found.findings) == (new, ())


# Papers and the whole file --------------------------------------------------------------------


def test_papers_are_kept_with_a_draft_and_only_there(made: Desk) -> None:
    request_id = made.request(state=RequestState.DRAFT)
    paper = {"kind": AttachmentKind.PERSONNEL_DECISION, "upload": PROOF}
    with pytest.raises(Refused, match="tên tài liệu"):
        made.do(papers.add_attachment, request_id, title="  ", **paper)
    made.do(papers.add_attachment, request_id, title="Quyết định  số 1", **paper)
    (kept,) = papers.attachments_of(made.get(request_id))
    assert (kept.title, kept.kind) == ("Quyết định số 1", AttachmentKind.PERSONNEL_DECISION)
    made.do(papers.remove_attachment, request_id, document_id=kept.document.id)
    assert papers.attachments_of(made.get(request_id)) == ()
    assert len(made.get(request_id).documents) == 1  # the history keeps it
    with pytest.raises(Refused, match="không thay đổi được"):
        made.do(papers.add_attachment, made.request(), title="Muộn", **paper)
    with pytest.raises(Refused, match="chưa có thông báo"):
        made.do(papers.add_notice, request_id, upload=PROOF)


def test_the_file_of_the_case_holds_every_paper_and_the_result_unchanged(made: Desk) -> None:
    request_id = made.request(lines=1)
    made.do(papers.add_notice, request_id, upload=PROOF)
    line = made.get(request_id).lines[0]
    line_id, old = line.id, line.certificate_id
    new = renewed(made, old, 3)
    actor = audit.Actor(made.cast.an, None, (), "", NOW)
    ties.tie(
        made.session,
        actor=actor,
        request_id=request_id,
        line_id=line_id,
        certificate_id=new,
        law=regulations.load(),
    )
    found = gather(made.session, made.get(request_id))
    assert [one.kind for one in found.documents] == [DocumentKind.RESULT_NOTICE, None]
    assert found.documents[0].content == PROOF.content
    record_made(made.session, actor=actor, request_id=request_id, documents=2)
    assert made.events(request_id)[-1] == "certificate_request.file_made"
    made.session.rollback()
    assert audit.verify(made.session).sound
