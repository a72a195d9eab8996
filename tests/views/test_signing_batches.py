"""Many letters with one login: ticked on the web, shown, signed in parts, each kept on its own."""

import json
import re
from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import audit
import clock
import views.signing_batches
from models import AuditEvent, CertificateRequest, SigningJob
from operations import signing_batches
from operations.signed_files import REQUEST, being_signed
from operations.signing_job_records import release
from operations.transactions import transaction
from rules.documents import JobState
from rules.requests import RequestState
from rules.upgrades import PadesLevel
from signing import cms
from signing.errors import TicketExpired
from signing.messages import (
    SIGNATURES_PATH,
    ClaimLost,
    JobNotFound,
    JobView,
    ListRequest,
    MessageMalformed,
    Outcome,
    Receipt,
    Result,
    ShowRequest,
    SignatureList,
    Ticket,
    job_path,
    open_manifest,
)
from signing.messages import JobState as Stage
from tests.signing.pki import pki
from tests.signing_desk import Desk, later, opened
from tests.stamping import switch_on, time_stamping
from tests.views.requests import approved, request_of, words
from views import agent_batches

PAGE = "/ky-so/nhieu"


@pytest.fixture
def letters(desk: Desk) -> list[int]:
    """Three approved letters on the leader's desk."""
    more = [approved(desk.login, desk.session, desk.cast, days) for days in (70, 80)]
    return [desk.request_id, *more]


def ticked(desk: Desk, letters: Sequence[int], **typed: object) -> str:
    """Tick the letters and press; the address of the watching page."""
    page = desk.browser.get(PAGE).text
    chosen = [f"certificate_request:{each}" for each in letters]
    data: dict[str, object] = {"version": 0, "chon": chosen}
    for name in ("certificate_id", "agent_id"):
        found = re.search(rf'name="{name}"[^>]*value="(\d+)"', page)
        assert found is not None, page
        data[name] = found.group(1)
    return opened(desk.browser.post(PAGE, data=data | typed))


def ticket_of(desk: Desk, address: str) -> Ticket:
    return desk.agent.opens(desk.browser.get(address).text)


def shown(desk: Desk, ticket: Ticket) -> JobView:
    body = ShowRequest().to_body()
    return JobView.from_body(desk.agent.call(job_path(ticket.job_id, "show"), body))


def containers(desk: Desk, ticket: Ticket) -> dict[int, bytes]:
    """A CMS of the leader for every letter of the batch."""
    view = shown(desk, ticket)
    assert desk.agent.pairing is not None
    manifest = open_manifest(
        view.manifest, ticket=ticket, pairing=desk.agent.pairing, at=clock.now()
    )
    made = {}
    for index, item in enumerate(manifest.items):
        item.check(view.documents[index])
        digest = cms.digest_of(view.documents[index], item.byte_range)
        made[index] = cms.build(digest, desk.holder.der, manifest.chain, desk.holder.sign)
    return made


def sends(desk: Desk, ticket: Ticket, result: Result) -> Receipt:
    return Receipt.from_body(desk.agent.call(job_path(ticket.job_id, "result"), result.to_body()))


def states(desk: Desk, letters: Sequence[int]) -> list[RequestState]:
    return [request_of(desk.session, each).state for each in letters]


def events(session: Session, name: str) -> int:
    session.rollback()
    wanted = select(func.count()).select_from(AuditEvent).where(AuditEvent.event == name)
    return session.scalar(wanted) or 0


def test_ticked_letters_become_one_job_with_one_signed_manifest(
    desk: Desk, letters: list[int]
) -> None:
    page = words(desk.browser.get(PAGE))
    assert all(f"(số {each} trong sổ)" in page for each in letters)
    ticket = ticket_of(desk, ticked(desk, letters))
    view = shown(desk, ticket)
    assert (len(view.documents), view.following, view.done) == (3, None, ())
    assert desk.job().payload["batch"]
    assert events(desk.session, "signing_job.issued") == 1
    assert states(desk, letters) == [RequestState.APPROVED] * 3


def test_signatures_that_come_together_wait_for_their_stamps_together(
    desk: Desk, letters: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent gives the answer to one part two minutes; the queue stamps what is left."""
    monkeypatch.setattr(agent_batches, "PART_WAITS", 0.0)
    with time_stamping() as tsa:
        switch_on(desk.session, tsa, PadesLevel.B_T, at_once=20)
        ticket = ticket_of(desk, ticked(desk, letters))
        made = containers(desk, ticket)
        desk.agent.claims(ticket)
        receipt = sends(desk, ticket, Result("bam-1", made))
        assert all(not one.code for one in receipt.outcomes)
        assert tsa.asked == []
    assert states(desk, letters) == [RequestState.SIGNED] * 3


def test_each_signature_of_a_part_is_verified_kept_and_moves_its_letter(
    desk: Desk, letters: list[int]
) -> None:
    address = ticked(desk, letters)
    ticket = ticket_of(desk, address)
    made = containers(desk, ticket)
    desk.agent.claims(ticket)
    first = sends(desk, ticket, Result("bam-1", {0: made[0]}, more=True))
    assert (first.state, first.outcomes) == (Stage.CLAIMED, (Outcome(0),))
    assert states(desk, letters) == [RequestState.SIGNED, *[RequestState.APPROVED] * 2]
    assert "Đã ký 1 trên 3 văn bản" in words(desk.browser.get(address))
    assert desk.browser.get(f"{address}/trang-thai").json["state"] == "claimed1"
    assert sends(desk, ticket, Result("bam-1", {0: made[0]}, more=True)) == first
    last = sends(desk, ticket, Result("bam-1", {1: made[1], 2: made[2]}))
    assert last.state is Stage.ACCEPTED
    assert states(desk, letters) == [RequestState.SIGNED] * 3
    assert events(desk.session, "certificate_request.signed") == 3
    assert "Đã ký và kiểm tra xong mọi văn bản" in words(desk.browser.get(address))


def test_a_batch_that_stops_keeps_what_is_signed_and_goes_on_with_the_rest_only(
    desk: Desk, letters: list[int]
) -> None:
    address = ticked(desk, letters)
    ticket = ticket_of(desk, address)
    made = containers(desk, ticket)
    desk.agent.claims(ticket)
    stopped = sends(desk, ticket, Result("bam-1", {0: made[0]}, "token_removed"))
    assert stopped.state is Stage.ISSUED
    assert "rút ra" in words(desk.browser.get(address))
    assert shown(desk, ticket).done == (0,)
    desk.agent.claims(ticket, "bam-2")
    with pytest.raises(MessageMalformed):
        sends(desk, ticket, Result("bam-2", {1: made[1]}))
    assert sends(desk, ticket, Result("bam-2", {1: made[1], 2: made[2]})).state is Stage.ACCEPTED
    assert states(desk, letters) == [RequestState.SIGNED] * 3


def test_a_letter_that_changed_meanwhile_is_refused_alone(desk: Desk, letters: list[int]) -> None:
    address = ticked(desk, letters)
    ticket = ticket_of(desk, address)
    made = containers(desk, ticket)
    with transaction(desk.session):
        desk.session.get_one(CertificateRequest, letters[1]).version += 1
    desk.agent.claims(ticket)
    receipt = sends(desk, ticket, Result("bam-1", made))
    assert receipt.state is Stage.ACCEPTED
    assert receipt.outcomes == (Outcome(0), Outcome(1, "result_refused"), Outcome(2))
    signed = [RequestState.SIGNED, RequestState.APPROVED, RequestState.SIGNED]
    assert states(desk, letters) == signed
    assert "1 văn bản chưa nhận được chữ ký" in words(desk.browser.get(address))


def test_a_signature_of_another_key_is_refused_alone(desk: Desk, letters: list[int]) -> None:
    ticket = ticket_of(desk, ticked(desk, letters))
    made = containers(desk, ticket)
    made[1] = made[0]  # a signature over another letter
    desk.agent.claims(ticket)
    receipt = sends(desk, ticket, Result("bam-1", made))
    assert [bool(each.code) for each in receipt.outcomes] == [False, True, False]
    assert states(desk, letters)[1] is RequestState.APPROVED


def test_a_long_batch_outlives_its_ticket_but_not_its_claim(
    desk: Desk, letters: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = ticket_of(desk, ticked(desk, letters))
    made = containers(desk, ticket)
    desk.agent.claims(ticket)
    for index in range(3):
        later(monkeypatch, 4)
        assert shown(desk, ticket).state is Stage.CLAIMED
        receipt = sends(desk, ticket, Result("bam-1", {index: made[index]}, more=index < 2))
    assert receipt.state is Stage.ACCEPTED


def test_nobody_sends_signatures_without_a_live_claim(
    desk: Desk, letters: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = ticket_of(desk, ticked(desk, letters))
    made = containers(desk, ticket)
    with pytest.raises(ClaimLost):
        sends(desk, ticket, Result("bam-1", made))
    desk.agent.claims(ticket)
    later(monkeypatch, 30)
    with pytest.raises(ClaimLost):
        sends(desk, ticket, Result("bam-1", made))
    assert states(desk, letters) == [RequestState.APPROVED] * 3


def test_what_is_left_after_the_ticket_is_offered_again(
    desk: Desk, letters: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = ticked(desk, letters)
    ticket = ticket_of(desk, address)
    made = containers(desk, ticket)
    desk.agent.claims(ticket)
    sends(desk, ticket, Result("bam-1", {0: made[0]}, "driver_crashed"))
    later(monkeypatch, 11)
    with pytest.raises(TicketExpired):
        shown(desk, ticket)
    assert "Ký tiếp những văn bản còn lại" in words(desk.browser.get(address))
    page = words(desk.browser.get(PAGE))
    assert f"(số {letters[0]} trong sổ)" not in page
    assert f"(số {letters[1]} trong sổ)" in page


def test_cancelling_keeps_what_is_signed(desk: Desk, letters: list[int]) -> None:
    address = ticked(desk, letters)
    ticket = ticket_of(desk, address)
    made = containers(desk, ticket)
    desk.agent.claims(ticket)
    sends(desk, ticket, Result("bam-1", {0: made[0]}, more=True))
    assert desk.browser.post(f"{address}/huy").status_code == 302
    assert states(desk, letters) == [RequestState.SIGNED, *[RequestState.APPROVED] * 2]
    assert desk.job().state is JobState.CANCELLED


def test_only_ticked_letters_of_ones_own_are_signed(
    desk: Desk, letters: list[int], app: Flask
) -> None:
    page = desk.browser.post(PAGE, data={"version": 0, "chon": []})
    assert page.status_code == 200
    address = ticked(desk, [letters[0], 999_999])
    job = desk.job()
    assert len(signing_batches.items(desk.session, job.id)) == 1
    assert "Không có văn bản nào chờ" in words(desk.login(desk.cast.an).get(PAGE))
    assert desk.login(desk.cast.an).get(f"{PAGE}?viec=dong-dau").status_code == 403
    chi = desk.login(desk.cast.chi)
    assert chi.get(address).status_code == 404
    assert "đóng dấu nhiều" in words(chi.get(f"{PAGE}?viec=dong-dau")).lower()


def test_a_single_job_is_no_batch(desk: Desk) -> None:
    ticket = desk.opens_a_job()
    assert desk.browser.get(f"{PAGE}/{ticket.job_id}").status_code == 404
    assert desk.agent.signs(ticket, pki().leader).state is Stage.ACCEPTED
    assert desk.session.scalars(select(SigningJob)).one().is_open is False


def test_every_signature_with_ones_keys_is_listed_for_person_and_agent(
    desk: Desk, letters: list[int]
) -> None:
    ticket = ticket_of(desk, ticked(desk, letters[:2]))
    made = containers(desk, ticket)
    desk.agent.claims(ticket)
    sends(desk, ticket, Result("bam-1", made))
    desk.request_id = letters[2]
    single = desk.opens_a_job()
    desk.agent.signs(single, desk.holder)
    assert desk.agent.pairing is not None
    wish = ListRequest(desk.agent.pairing.user_id)
    told = SignatureList.from_body(desk.agent.call(SIGNATURES_PATH, wish.to_body()))
    assert not told.more
    assert [each.job_id for each in told.signatures].count(ticket.job_id) == 2
    assert {each.agent_id for each in told.signatures} == {desk.agent.keys.public.agent_id}
    with pytest.raises(JobNotFound):
        desk.agent.call(SIGNATURES_PATH, ListRequest("999").to_body())
    page = words(desk.browser.get("/ky-so/cua-toi"))
    assert all(each.document_sha256[:16] in page for each in told.signatures)
    assert "Chưa có chữ ký nào" in words(desk.login(desk.cast.an).get("/ky-so/cua-toi"))


def test_the_register_leads_to_what_the_person_may_sign(desk: Desk) -> None:
    assert f'href="{PAGE}"' in desk.browser.get("/de-nghi").text
    chi, an = desk.login(desk.cast.chi), desk.login(desk.cast.an)
    assert f'href="{PAGE}?viec=dong-dau"' in chi.get("/de-nghi").text
    assert PAGE not in an.get("/de-nghi").text
    assert chi.get(f"{PAGE}/{'x' * 22}").status_code == 404


def test_what_was_not_prepared_in_time_stays_ticked_for_the_next_batch(
    desk: Desk, letters: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views.signing_batches, "PREPARE_SECONDS", -1.0)
    address = ticked(desk, letters)
    assert len(signing_batches.items(desk.session, desk.job().id)) == 1
    assert "Còn 2 văn bản đã chọn chưa kịp chuẩn bị" in words(desk.browser.get(address))
    ticket = ticket_of(desk, address)
    desk.agent.claims(ticket)
    sends(desk, ticket, Result("bam-1", containers(desk, ticket)))
    following = re.search(
        rf'href="({PAGE}\?tiep=[^"]+)"[^>]*>Ký tiếp', desk.browser.get(address).text
    )
    assert following is not None
    page = desk.browser.get(following.group(1)).text
    boxes = re.findall(r'<input[^>]*value="certificate_request:\d+"[^>]*>', page)
    assert [" checked" in one for one in boxes] == [True, True]
    assert desk.login(desk.cast.chi).get(following.group(1)).status_code in (403, 404)


def test_a_new_batch_replaces_at_once_the_one_that_nobody_opened(
    desk: Desk, letters: list[int]
) -> None:
    """What nobody opened holds no document up, not for the ten minutes of its ticket either."""
    address = ticked(desk, letters)
    first = desk.job().id
    offered = desk.browser.get(PAGE)
    assert f'href="{address}"' in offered.text
    assert "còn 3 văn bản chưa ký" in words(offered)
    old = ticket_of(desk, address)
    ticked(desk, letters[:1])
    assert desk.session.get_one(SigningJob, first).state is JobState.CANCELLED
    assert events(desk.session, "signing_job.cancelled") == 1
    assert [being_signed(desk.session, REQUEST, one, clock.now()) for one in letters] == [
        True,
        False,
        False,
    ]
    with pytest.raises(JobNotFound):
        shown(desk, old)
    assert "Lần ký này đã dừng" in words(desk.browser.get(address))


def test_what_is_signed_alone_leaves_the_batch_that_waits(desk: Desk, letters: list[int]) -> None:
    address = ticked(desk, letters)
    batch = ticket_of(desk, address)
    made = containers(desk, batch)
    desk.agent.claims(batch)
    desk.agent.signs(desk.opens_a_job(), desk.holder)
    assert not being_signed(desk.session, REQUEST, desk.request_id, clock.now())
    lost = select(AuditEvent).where(AuditEvent.event == "signing_job.released")
    told = desk.session.scalars(lost).one()
    assert (told.noun, json.loads(told.body)) == ("signing_job", {"documents": 1})
    made[0] = made[1]  # Whatever comes for it is refused before it is looked at and stamped.
    receipt = sends(desk, batch, Result("bam-1", made))
    assert receipt.outcomes == (Outcome(0, "result_refused"), Outcome(1), Outcome(2))
    assert receipt.state is Stage.ACCEPTED
    assert states(desk, letters) == [RequestState.SIGNED] * 3
    assert "1 văn bản đã đưa sang lần ký khác" in words(desk.browser.get(address))


def test_to_release_nothing_takes_nothing_out_of_a_batch(desk: Desk, letters: list[int]) -> None:
    ticked(desk, letters)
    with transaction(desk.session):
        release(desk.session, {}, audit.system_actor(clock.now()))
    assert signing_batches.ended_places(desk.session, desk.job().id) == ()


def test_a_batch_of_which_everything_went_elsewhere_is_cancelled(desk: Desk) -> None:
    ticked(desk, [desk.request_id])
    batch = desk.job().id
    desk.opens_a_job()
    assert desk.session.get_one(SigningJob, batch).state is JobState.CANCELLED
