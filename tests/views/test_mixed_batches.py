"""Letters, documents of the office and papers signed together: one login, one signed manifest."""

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

import audit
import clock
from operations import files, signing_batches
from operations.transactions import transaction
from rules.documents import SigningAct
from rules.office_documents import DocumentState, DocumentWay
from rules.papers import PaperFileRole, PaperKind
from rules.requests import RequestState
from schema.custody import Paper
from schema.documents import OfficeDocument
from signing import cms
from signing.messages import JobState as Stage
from signing.messages import JobView, Manifest, Receipt, Result, ShowRequest, Ticket, job_path
from signing.pades.report import Verdict
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests.cast import Cast
from tests.documents import Office, brought, done, office, position_of
from tests.papers import digital
from tests.signing.files import letter
from tests.signing.pki import Holder, pki, usual_trust
from tests.signing_desk import Agent, Login, opened
from tests.views.requests import approved, request_of, words

PAGE = "/ky-so/nhieu"
MakeActor = Callable[..., audit.Actor]
Count = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def at_work(app: Flask, instance: Path, db_session: Session, cast: Cast, login: Login) -> Office:
    usual_trust(instance / "trust", practice=True)
    return office(app, db_session, cast, login)


@pytest.fixture
def an(actor: MakeActor, cast: Cast) -> audit.Actor:
    return actor(cast.an, cast.person_an)


def submitted(at_work: Office, *people: tuple[int, str], title: str = "Quyết định thử") -> int:
    """A document of the office that is out to be signed by these people, then by the agency."""
    cast, session = at_work.cast, at_work.session
    way = DocumentWay.PERSON_AND_AGENCY if len(people) == 1 else DocumentWay.MANY_AND_AGENCY
    number = brought(at_work.login(cast.chi), cast, way, title=title)
    at_work.people(number, *((position_of(session, one), what) for one, what in people))
    at_work.submits(number)
    return number


def ticked(at_work: Office, who: int, keys: Sequence[str], **typed: object) -> str:
    """Tick and press; the address of the watching page."""
    at_work.agent(who)
    browser = at_work.login(who)
    page = browser.get(PAGE, query_string=typed).text
    data: dict[str, object] = {"version": 0, "chon": list(keys)}
    for name in ("certificate_id", "agent_id"):
        data[name] = re.search(rf'name="{name}"[^>]*value="(\d+)"', page).group(1)
    return opened(browser.post(PAGE, data=data | typed))


def shown(agent: Agent, ticket: Ticket) -> tuple[Manifest, JobView]:
    view = JobView.from_body(agent.call(job_path(ticket.job_id, "show"), ShowRequest().to_body()))
    return Manifest.from_payload(view.manifest.payload), view


def containers(agent: Agent, ticket: Ticket, holder: Holder) -> dict[int, bytes]:
    manifest, view = shown(agent, ticket)
    made = {}
    for index, item in enumerate(manifest.items):
        item.check(view.documents[index])
        digest = cms.digest_of(view.documents[index], item.byte_range)
        made[index] = cms.build(digest, holder.der, manifest.chain, holder.sign)
    return made


def sends(agent: Agent, ticket: Ticket, result: Result) -> Receipt:
    return Receipt.from_body(agent.call(job_path(ticket.job_id, "result"), result.to_body()))


def test_a_letter_a_document_and_minutes_are_signed_with_one_login(
    at_work: Office, an: audit.Actor, instance: Path
) -> None:
    cast, session = at_work.cast, at_work.session
    request = approved(at_work.login, session, cast)
    document = submitted(at_work, (cast.person_giang, "APPROVE"))
    paper = digital(session, cast, an, PaperKind.HANDOVER, giver_id=cast.person_giang)
    keys = [f"certificate_request:{request}", f"office_document:{document}", f"paper:{paper}"]
    assert "Ký 3 văn bản" in words(at_work.login(cast.giang).get("/"))
    assert "Ký 3 văn bản" in words(at_work.login(cast.giang).get("/lanh-dao"))

    # When all are ticked, and the batch stops half-way because the token is pulled
    address = ticked(at_work, cast.giang, keys)
    agent = at_work.agent(cast.giang)
    ticket = agent.opens(at_work.login(cast.giang).get(address).text)
    manifest, _ = shown(agent, ticket)
    assert manifest.act == "Ký nhiều văn bản một lần"
    assert [one.title.split(":")[0] for one in manifest.items] == [
        "Ký của người có thẩm quyền",
        "Ký của người có thẩm quyền",
        "Ký biên bản – bên giao",
    ]
    made = containers(agent, ticket, pki().leader)
    agent.claims(ticket)
    stopped = sends(agent, ticket, Result("bam-1", {0: made[0]}, "token_removed"))
    assert stopped.state is Stage.ISSUED
    assert request_of(session, request).state is RequestState.SIGNED
    assert at_work.document(document).state is DocumentState.SIGNING

    # Then what is left is signed with a new login, and every file verifies
    agent.claims(ticket, "bam-2")
    rest = Result("bam-2", {place: made[place] for place in (1, 2)})
    assert sends(agent, ticket, rest).state is Stage.ACCEPTED
    assert at_work.document(document).state is DocumentState.SIGNED
    row = session.get_one(Paper, paper)
    assert [one.state.name for one in row.signatures] == ["SIGNED", "DUE"]
    trust = TrustStore.load(instance / "trust")
    kept = next(one for one in row.files if one.role is PaperFileRole.SIGNED)
    for pdf in (at_work.file(document), files.read(session, kept.sha256)):
        assert verify(pdf, trust=trust, at=clock.now()).verdict == Verdict.PRACTICE
    page = words(at_work.login(cast.giang).get(address))
    assert "Đã ký và kiểm tra xong mọi văn bản" in page


def test_what_cannot_join_says_why(at_work: Office, an: audit.Actor) -> None:
    cast, session = at_work.cast, at_work.session
    submitted(at_work, (cast.person_em, "INITIAL"), (cast.person_giang, "APPROVE"), title="Chờ Em")
    digital(session, cast, an, PaperKind.HANDOVER)
    request = approved(at_work.login, session, cast)
    with transaction(session):
        request_of(session, request).wet_signature = True
    page = words(at_work.login(cast.giang).get(PAGE))
    assert "Không có văn bản nào chờ" in page
    assert page.count("Phạm Văn Em ký trước.") == 2
    assert "Ký tay trên giấy; nhận bản quét" in page
    asked = words(at_work.login(cast.giang).get(PAGE, query_string={"chon": "office_document:1"}))
    assert "Chờ Em không vào lần ký này: Phạm Văn Em ký trước." in asked


def test_the_agencys_batch_leaves_out_what_lost_a_signature_and_seals_the_rest(
    at_work: Office, an: audit.Actor, count_statements: Count
) -> None:
    cast, session = at_work.cast, at_work.session
    good, bad = (submitted(at_work, (cast.person_giang, "APPROVE"), title=one) for one in "AB")
    bare = submitted(at_work, (cast.person_giang, "APPROVE"), title="Chưa số")
    copy = brought(at_work.login(cast.chi), cast, DocumentWay.COPY, letter(), act="COPY_TRUE")
    at_work.submits(copy)
    for one in (good, bad, bare):
        at_work.signs(cast.giang, one, pki().leader)
    for one, number in ((good, "1"), (bad, "2")):
        at_work.numbers(one, number)
    with transaction(session):
        row = session.get_one(OfficeDocument, bad)
        row.current_sha256 = row.original_sha256
    chi = at_work.login(cast.chi)
    home = words(chi.get("/"))  # What nobody has numbered cannot be signed: another task.
    assert "Ký số của cơ quan cho 3 văn bản một lần" in home
    assert "Ghi số, ngày cho 1 văn bản chờ ký số của cơ quan" in home
    page = words(chi.get(f"{PAGE}?viec=dong-dau"))
    assert "Chưa số Văn bản của cơ quan" in page
    assert "Chưa ghi số và ngày văn bản." in page
    keys = [f"office_document:{one}" for one in (good, bad, bare, copy)]
    address = ticked(at_work, cast.chi, keys, viec="dong-dau")
    session.rollback()
    with count_statements() as statements:
        watched = chi.get(address).text
    assert len(statements) <= 10, statements
    # Of a thousand reports only those on the page are read.
    (read,) = [one for one in statements if "signing_item.payload" in one.split("FROM")[0]]
    assert "signing_item.place IN" in read
    # The clerk sees each signature before the agency's, as when a document is signed alone.
    (opened_line,) = re.findall(r"<details><summary>[^<]*: A: .*?</details>", watched, re.S)
    for seen in ("Nguyễn Thị Ánh Dương", "Tính toàn vẹn", "Tình trạng thu hồi", "Kiểm tra lúc"):
        assert seen in opened_line
    agent = at_work.agent(cast.chi)
    ticket = agent.opens(chi.get(address).text)
    made = containers(agent, ticket, pki().agency)
    agent.claims(ticket)
    assert sends(agent, ticket, Result("bam-1", made)).state is Stage.ACCEPTED
    page = words(chi.get(address))
    assert "Không vào lần ký này Văn bản Lý do B Chữ ký số của Đỗ Hoàng Giang không hợp lệ" in page
    states = [at_work.document(one).state for one in (good, bad, bare, copy)]
    issued, signed = DocumentState.ISSUED, DocumentState.SIGNED
    assert states == [issued, signed, signed, issued]


def test_a_document_returned_meanwhile_is_refused_alone(at_work: Office) -> None:
    cast = at_work.cast
    first, second = (submitted(at_work, (cast.person_giang, "APPROVE"), title=x) for x in "AB")
    keys = [f"office_document:{one}" for one in (first, second)]
    address = ticked(at_work, cast.giang, keys)
    agent = at_work.agent(cast.giang)
    ticket = agent.opens(at_work.login(cast.giang).get(address).text)
    made = containers(agent, ticket, pki().leader)
    agent.claims(ticket)
    row = at_work.document(first)
    done(
        at_work.posts(
            cast.giang, first, "tra-lai", **{"tra-version": row.version, "tra-reason": "Sai"}
        )
    )
    receipt = sends(agent, ticket, Result("bam-1", made))
    assert [bool(one.code) for one in receipt.outcomes] == [True, False]
    assert at_work.document(first).state is DocumentState.RETURNED
    assert at_work.document(second).state is DocumentState.SIGNED


def test_the_page_asks_as_many_questions_for_many_documents_as_for_one(
    at_work: Office, an: audit.Actor, count_statements: Count
) -> None:
    cast, session = at_work.cast, at_work.session
    giang = at_work.login(cast.giang)
    counts = []
    for _ in range(2):
        approved(at_work.login, session, cast)
        submitted(at_work, (cast.person_giang, "APPROVE"))
        digital(session, cast, an, PaperKind.HANDOVER, giver_id=cast.person_giang)
        session.rollback()
        giang.get(PAGE)
        session.expire_all()
        with count_statements() as statements:
            assert giang.get(PAGE).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 16, counts


def test_one_act_alone_is_named_as_it_is(at_work: Office) -> None:
    cast, session = at_work.cast, at_work.session
    request = approved(at_work.login, session, cast)
    ticked(at_work, cast.giang, [f"certificate_request:{request}"])
    session.rollback()
    (item,) = signing_batches.items(session, 1)
    assert item.payload == {"version": request_of(session, request).version, "act": "APPROVE"}
    assert SigningAct[item.payload["act"]] is SigningAct.APPROVE


def test_the_lists_carry_the_choice_to_the_batch(at_work: Office, an: audit.Actor) -> None:
    cast, session = at_work.cast, at_work.session
    document = submitted(at_work, (cast.person_giang, "APPROVE"))
    paper = digital(session, cast, an, PaperKind.HANDOVER, giver_id=cast.person_giang)
    giang = at_work.login(cast.giang)
    at_work.agent(cast.giang)
    for page, key in (
        ("/van-ban?cho-toi=1", f"office_document:{document}"),
        ("/bien-ban?cho-toi=1", f"paper:{paper}"),
    ):
        assert f'name="chon" value="{key}"' in giang.get(page).text
        assert re.search(
            rf'value="{key}" checked', giang.get(PAGE, query_string={"chon": key}).text
        )
