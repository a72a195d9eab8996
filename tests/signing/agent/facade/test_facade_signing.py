"""Every route of the other service that signs, asked by a client that knows only its protocol."""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path

import pytest

import clock
from rules.upgrades import PadesLevel
from signing.agent.facade.journey import check_signed
from signing.agent.facade.refusals import STATUS
from signing.agent.work import Work
from signing.errors import SigningError
from signing.pades.report import Verdict
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests.data.tiny import PAGES, Tiny, letter_objects
from tests.signing.agent.conftest import PIN, WRONG_PIN, browser_of
from tests.signing.agent.facade.callers import call, eventually
from tests.signing.agent.facade.conftest import World
from tests.signing.pki import pki
from tests.stamping import switch_on, time_stamping

LEADER = pki().leader.certificate.subject.rfc4514_string().split(",")[0].removeprefix("CN=")
AGENCY = pki().agency.certificate.subject.rfc4514_string().split(",")[0].removeprefix("CN=")


def verdict_of(instance: Path, pdf: bytes) -> str:
    return verify(pdf, trust=TrustStore.load(instance / "trust"), at=clock.now()).verdict


@pytest.mark.parametrize(
    ("route", "holder", "typed"),
    [
        ("SignApproved", "leader", {"ghi-so": "1"}),
        ("Comment", "leader", {"y-kien": "Đồng ý"}),
        ("SignAppendix", "agency", {"so": "12/UBND-VP"}),
        ("SignIncome", "agency", {"so": "77", "ngay": "21/11/2026"}),
    ],
)
def test_a_page_that_was_never_changed_signs_and_gets_its_file_back(
    world: World, instance: Path, route: str, holder: str, typed: dict[str, str]
) -> None:
    page = world.calls(route, world.system.frame())
    assert not world.system.taken
    path = world.agrees(AGENCY if holder == "agency" else LEADER, **typed)
    assert path.startswith("/ky/"), world.browser.page
    assert "không chứa bí mật nhà nước" not in world.browser.page  # the usual page of consent
    world.signs()
    told = page.result()
    assert told["Status"] == 0, told
    assert type(told["Status"]) is int
    assert (told["Message"], told["FileName"]) == ("", "quyet-dinh.signed.pdf")
    assert told["FileServer"] == "/luu/quyet-dinh.signed.pdf"
    signed = world.system.taken["quyet-dinh.signed.pdf"]
    assert signed.startswith(world.system.files["quyet-dinh.pdf"])
    assert verdict_of(instance, signed) == Verdict.PRACTICE
    assert world.browser.open("/cong/viec").status_code == 200
    assert "Đã xong" in world.browser.page
    assert [one["event"] for one in world.journal()][-1] == "outside_answered"


def test_the_clerk_issues_and_the_page_learns_number_and_date(world: World, instance: Path) -> None:
    page = world.calls("SignIssued", world.system.frame())
    world.browser.open("/cong/viec")
    assert world.system.origin in world.browser.page
    assert 'value="12/UBND-VP"' in world.browser.page
    assert 'value="20/11/2026"' in world.browser.page
    world.agrees(AGENCY, so="15/UBND-VP", ngay="21/11/2026", **{"ghi-so": "1"})
    assert "15/UBND-VP" in world.browser.page
    world.signs()
    told = page.result()
    assert (told["DocumentNumber"], told["DocumentDate"]) == ("15/UBND-VP", "2026-11-21")
    signed = world.system.taken["quyet-dinh.signed.pdf"]
    report = verify(signed, trust=TrustStore.load(instance / "trust"), at=clock.now())
    assert report.verdict == Verdict.PRACTICE
    assert len(report.signatures[0].locked_fields) == 2
    assert "outside.signed" in world.events()


def test_leader_then_clerk_through_the_other_system(world: World, instance: Path) -> None:
    page = world.calls("SignApproved", world.system.frame())
    world.agrees(LEADER, **{"ghi-so": "1"})
    world.signs()
    assert page.result()["Status"] == 0
    world.system.files["da-ky.pdf"] = world.system.taken["quyet-dinh.signed.pdf"]
    page = world.calls("SignIssued", world.system.frame("da-ky.pdf"))
    world.agrees(AGENCY, so="16/UBND-VP", ngay="21/11/2026", **{"ghi-so": "1"})
    world.signs()
    assert page.result()["Status"] == 0
    issued = world.system.taken["da-ky.signed.pdf"]
    report = verify(issued, trust=TrustStore.load(instance / "trust"), at=clock.now())
    assert (report.verdict, len(report.signatures)) == (Verdict.PRACTICE, 2), report.reasons


def test_several_files_are_signed_with_one_pin_and_each_has_a_status_of_its_own(
    world: World,
) -> None:
    frame = world.system.frame_of_many("quyet-dinh.pdf", "khong-co.pdf", "to-trinh.pdf")
    page = world.calls("SignFiles", frame)
    world.agrees(LEADER)
    world.signs()
    told = page.result()
    assert [one["Status"] for one in told["Files"]] == [0, 23, 0]
    assert [one["Code"] for one in told["Files"]] == ["", "download_failed", ""]
    assert [one["FileID"] for one in told["Files"]] == [101, 102, 103]
    assert told["Files"][0]["FileSignedURL"] == "/luu/quyet-dinh.signed.pdf"
    assert told["Status"] == 23  # not everything was signed
    assert sorted(world.system.taken) == ["quyet-dinh.signed.pdf", "to-trinh.signed.pdf"]
    assert world.events().count("signing_job.issued") == 1


def test_several_files_stop_at_the_first_wrong_pin(world: World) -> None:
    page = world.calls("SignFiles", world.system.frame_of_many("quyet-dinh.pdf", "to-trinh.pdf"))
    world.agrees(LEADER)
    world.signs(WRONG_PIN)
    told = page.result()
    assert (told["Status"], told["Code"]) == (44, "pin_incorrect")
    assert [one["Code"] for one in told["Files"]] == ["pin_incorrect", "pin_incorrect"]
    assert not world.system.taken


def test_waiting_for_the_pin_costs_next_to_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    peek = world.agent.desk.peek

    def counted(ticket: str) -> Work | None:
        looks.append(ticket)
        return peek(ticket)

    page = world.calls("SignApproved", world.system.frame())
    monkeypatch.setattr(world.agent.desk, "peek", counted)
    world.agrees(LEADER)
    eventually(lambda: len(looks) > 3)
    looks.clear()
    time.sleep(0.5)
    assert len(looks) < 50  # ten a second, with room; a thread that spins makes thousands
    world.browser.submit(world.browser.visited[-1] + "/khong-ky")
    assert page.result()["Code"] == "user_cancelled"


def test_a_stamp_of_the_offices_own_service_comes_with_the_signature(
    world: World, instance: Path
) -> None:
    with time_stamping() as tsa:
        switch_on(world.session, tsa, PadesLevel.B_T, at_once=5)
        page = world.calls("SignApproved", world.system.frame())
        world.agrees(LEADER)
        world.signs()
        assert page.result()["Status"] == 0
    signed = world.system.taken["quyet-dinh.signed.pdf"]
    report = verify(signed, trust=TrustStore.load(instance / "trust"), at=clock.now())
    assert [one.level for one in report.signatures] == ["PAdES B-T"], report.reasons


def test_one_file_may_be_tried_again_after_a_wrong_pin(world: World) -> None:
    page = world.calls("SignPDF", world.system.frame())
    path = world.agrees(LEADER, **{"viec-ky": "INITIAL"})
    world.signs(WRONG_PIN)
    world.browser.open(path)
    assert "Mã PIN không đúng" in world.browser.page
    assert page.answer is None
    world.signs(PIN)
    assert page.result()["Status"] == 0


def test_giving_up_after_a_wrong_pin_tells_the_page_why(world: World) -> None:
    page = world.calls("SignApproved", world.system.frame())
    path = world.agrees(LEADER)
    world.signs(WRONG_PIN)
    world.browser.open(path)
    world.browser.submit(f"{path}/khong-ky")
    told = page.result()
    assert (told["Status"], told["Code"]) == (44, "pin_incorrect")


def test_the_certificate_is_told_only_after_consent(world: World) -> None:
    page = world.calls("GetCertInfo", "get_cert_info")
    assert page.answer is None
    world.agrees(LEADER)
    told = page.result()
    assert (told["Status"], told["CertInfo"]["SubjectName"]) == (0, LEADER)
    refused = world.calls("GetCertInfo", "certinfo")
    world.browser.open("/cong/viec")
    world.browser.submit("/cong/viec/khong-ky")
    assert refused.result()["Code"] == "user_cancelled"


def test_our_own_verdict_answers_a_verification(world: World) -> None:
    page = world.calls("SignApproved", world.system.frame())
    world.agrees(LEADER)
    world.signs()
    page.result()
    signed = world.system.taken["quyet-dinh.signed.pdf"]
    world.system.files["tot.pdf"] = signed
    world.system.files["xau.pdf"] = signed.replace(b"/Contents <30", b"/Contents <31", 1)
    world.system.files["trong.pdf"] = world.system.files["quyet-dinh.pdf"]
    for name, status in (("tot.pdf", 0), ("xau.pdf", 80), ("trong.pdf", 81)):
        frame = json.dumps({"SessionId": "", "FileName": f"{world.system.origin}/f/{name}"})
        page = world.calls("VerifyPDF", frame)
        world.agrees()
        told = page.result()
        assert told["Status"] == status, told
        assert told["Sentence"] in world.browser.open("/cong/viec").get_data(as_text=True)


def test_version_and_settings_answer_at_once(world: World) -> None:
    origin = world.system.origin
    assert call(world.port, "GetVersion", "version", origin)["Status"] == 0
    world.shown.clear()
    assert call(world.port, "Config", "config", origin)["Status"] == 0
    assert world.shown == ["http://127.0.0.1:17995/cong"]


def test_a_signed_file_that_the_system_does_not_take_is_not_lost(world: World) -> None:
    told_by_handler = '{"Status": false, "Message": "Hết hạn phiên"}'
    world.system.handler = lambda: told_by_handler
    page = world.calls("SignCopy", world.system.frame())
    world.agrees(AGENCY)
    world.signs()
    told = page.result()
    assert (told["Status"], told["Code"]) == (STATUS["handler_refused"], "handler_refused")
    assert "Hết hạn phiên" in told["Message"]
    world.browser.open("/cong/viec")
    found = re.search(r'href="(/cong/viec/[^"]+/tep-da-ky\.pdf)"', world.browser.page)
    assert found, world.browser.page
    kept = world.browser.open(found[1])
    assert kept.data == world.system.taken["quyet-dinh.signed.pdf"]
    assert "nosniff" in kept.headers["X-Content-Type-Options"]


def test_a_file_that_the_server_changed_is_not_passed_on(world: World) -> None:
    page = world.calls("SignApproved", world.system.frame())
    world.agrees(LEADER)
    world.signs()
    assert page.result()["Status"] == 0
    signed = world.system.taken["quyet-dinh.signed.pdf"]
    standing = world.agent.facade.calls.current
    assert standing is not None
    work = world.agent.desk.peek(standing.ticket)
    assert work is not None
    item = work.manifest.items[0]
    check_signed(signed, item, work.certificate_der)
    hole = item.byte_range[1]
    for altered in (
        signed + b"\n",
        signed.replace(b"%PDF-1.", b"%PDF-2.", 1),
        signed[: hole + 20] + b"00" + signed[hole + 22 :],
        signed[: hole + 1] + b"zz" + signed[hole + 3 :],
    ):
        with pytest.raises(SigningError) as told:
            check_signed(altered, item, work.certificate_der)
        assert told.value.code == "result_altered"


def test_the_page_that_goes_away_during_consent_ends_the_job_on_the_server(world: World) -> None:
    page = world.calls("SignApproved", world.system.frame())
    path = world.agrees(LEADER)
    page.hang_up.set()
    world.ended()
    assert "signing_job.failed" in world.events()
    world.browser.open(path)
    assert world.browser.visited[-1] == path
    world.browser.open("/cong/viec")
    assert "caller_gone" in world.browser.page
    assert not world.system.taken


def test_a_double_click_orders_once(world: World) -> None:
    page = world.calls("SignApproved", world.system.frame())
    other = World(**{**vars(world), "browser": browser_of(world.agent)})
    paths: list[str] = []
    clicks = [
        threading.Thread(target=lambda one=one: paths.append(one.agrees(LEADER)))
        for one in (world, other)
    ]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join(60)
    assert len(paths) == 2
    assert "Mã lỗi" not in world.browser.page + other.browser.page
    assert world.events().count("outside.taken") == 1
    world.browser.open(next(path for path in paths if path.startswith("/ky/")))
    world.signs()
    assert page.result()["Status"] == 0


def test_what_the_server_noticed_of_a_file_is_said_before_it_is_signed(world: World) -> None:
    objects = letter_objects()
    objects[PAGES] = b"<< /Type /Pages /Kids [3 0 R 12 0 R] /Count 2 >>"
    objects[12] = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595] /Contents 4 0 R >>"
    world.system.files["to-trinh.pdf"] = Tiny(objects).data
    page = world.calls("SignFiles", world.system.frame_of_many("quyet-dinh.pdf", "to-trinh.pdf"))
    path = world.agrees(LEADER)
    assert "kích thước hoặc chiều khác nhau" not in world.browser.page
    world.browser.open(f"{path}?van-ban=2")
    assert "kích thước hoặc chiều khác nhau" in world.browser.page
    world.browser.submit(f"{path}/khong-ky")
    assert page.result()["Code"] == "user_cancelled"
