"""Documents of the office on their way: brought, placed, signed by people, sealed, copied."""

import asyncio
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from flask import Flask
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import clock
from models import AuditEvent, Position, SigningJob, StoredFile
from operations.office_documents import field_names
from operations.transactions import transaction
from rules.office_documents import DocumentState, DocumentWay, StepState
from schema.documents import OfficeDocument
from signing.pades import increment, layout
from signing.pades.intake import FOR_SIGNING
from signing.pades.report import Report, Verdict
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests import factories
from tests.cast import Cast
from tests.documents import (
    Office,
    brought,
    declared,
    done,
    office,
    picture,
    position_of,
)
from tests.signing.files import fonts, letter, signed_by_leader
from tests.signing.forgery import forged
from tests.signing.pki import crl, pki, usual_trust
from tests.signing_desk import Login
from tests.views.requests import upload, words


@pytest.fixture
def at_work(app: Flask, instance: Path, db_session: Session, cast: Cast, login: Login) -> Office:
    """Commune A with everything ready to sign, under an authority that the server trusts."""
    usual_trust(instance / "trust", practice=True)
    return office(app, db_session, cast, login)


def judged(instance: Path, pdf: bytes) -> Report:
    return verify(pdf, trust=TrustStore.load(instance / "trust"), at=clock.now())


def others_accept(pdf: bytes, signatures: int, tmp_path: Path) -> None:
    """Poppler and pyHanko's difference analysis call every signature valid."""
    path = tmp_path / "van-ban.pdf"
    path.write_bytes(pdf)
    if shutil.which("pdfsig"):
        told = subprocess.run(
            ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=True
        ).stdout
        assert told.count("Signature is Valid") == signatures

    async def judge() -> None:
        with path.open("rb") as stream:
            found = PdfFileReader(stream).embedded_signatures
            assert len(found) == signatures
            roots = [asn1_x509.Certificate.load(pki().root.der)]
            lists = [
                asn1_crl.CertificateList.load(crl(one, ())) for one in (pki().root, pki().issuing)
            ]
            for one in found:
                context = ValidationContext(trust_roots=roots, crls=lists, moment=clock.now())
                status = await async_validate_pdf_signature(one, context)
                assert (status.intact, status.valid, status.trusted) == (True, True, True)
                assert status.modification_level <= ModificationLevel.FORM_FILLING

    asyncio.run(judge())


def test_how_to_place_a_signature_is_told_as_long_as_one_may_come(at_work: Office) -> None:
    cast, session = at_work.cast, at_work.session
    chi = at_work.login(cast.chi)
    number = brought(chi, cast, DocumentWay.MANY_AND_AGENCY)
    other = "Tệp có tệp khác đính kèm bên trong."
    document = at_work.document(number)
    document.layout = {**document.layout, "notices": [*sorted(FOR_SIGNING), other]}
    session.commit()
    drafted = words(chi.get(f"/van-ban/{number}"))
    assert all(one in drafted for one in (*FOR_SIGNING, other))
    for state in (DocumentState.ISSUED, DocumentState.CANCELLED):
        at_work.document(number).state = state
        session.commit()
        told = words(chi.get(f"/van-ban/{number}"))
        assert other in told
        assert not [one for one in FOR_SIGNING if one in told]
    document = at_work.document(number)
    document.layout = {"pages": document.layout["pages"]}  # Brought before remarks were kept.
    session.commit()
    assert chi.get(f"/van-ban/{number}").status_code == 200


def test_three_people_then_the_agency_then_a_copy_and_every_signature_stays_valid(
    at_work: Office, instance: Path, tmp_path: Path
) -> None:
    cast, session = at_work.cast, at_work.session
    chi = at_work.login(cast.chi)
    number = brought(chi, cast, DocumentWay.MANY_AND_AGENCY)
    em, giang = position_of(session, cast.person_em), position_of(session, cast.person_giang)
    at_work.people(number, (em, "INITIAL"), (giang, "APPROVE"))
    at_work.submits(number)
    assert at_work.document(number).state is DocumentState.SIGNING

    # Nobody signs out of turn, and the agency only after the people.
    assert at_work.press(cast.giang, number).location == f"/van-ban/{number}"
    assert at_work.press(cast.chi, number).location == f"/van-ban/{number}"
    at_work.signs(cast.em, number, pki().staff)
    at_work.signs(cast.giang, number, pki().leader)
    assert at_work.document(number).state is DocumentState.SIGNED

    page = words(chi.get(f"/van-ban/{number}/ky-so"))
    assert "Kết quả kiểm tra từng chữ ký trước khi ký số của cơ quan" in page
    assert "cả 2 chữ ký số còn nguyên vẹn" in page
    assert "Chưa ghi số và ngày văn bản" in words(at_work.press(cast.chi, number))
    at_work.numbers(number)
    at_work.signs(cast.chi, number, pki().agency)

    row = at_work.document(number)
    assert (row.state, row.issued_at is not None) == (DocumentState.ISSUED, True)
    assert [one.state for one in row.steps] == [StepState.SIGNED] * 3
    issued = at_work.file(number)
    report = judged(instance, issued)
    assert report.verdict == Verdict.PRACTICE, report.reasons
    names = field_names(row)
    assert set(report.signatures[2].locked_fields) == set(names.values())
    others_accept(issued, 3, tmp_path)

    copy = brought(chi, cast, DocumentWay.COPY, issued, act="COPY_TRUE", title="Bản sao")
    at_work.submits(copy)
    at_work.signs(cast.chi, copy, pki().agency)
    copied = at_work.file(copy)
    assert copied.startswith(issued)
    again = judged(instance, copied)
    assert (again.verdict, len(again.signatures)) == (Verdict.PRACTICE, 4), again.reasons
    others_accept(copied, 4, tmp_path)
    text = pdftotext(copied)
    assert "ngày 21 tháng 11 năm 2026" in text
    assert "Sao y; " in text

    locked_for_good(copied, instance, names)
    told_in_the_log(session)
    assert audit.verify(session).sound


def told_in_the_log(session: Session) -> None:
    """Every step of both documents stands in the log, in its order."""
    events = session.scalars(
        select(AuditEvent.event)
        .where(AuditEvent.event.startswith("document."))
        .order_by(AuditEvent.seq)
    ).all()
    assert events[:6] == [
        "document.uploaded",
        "document.changed",
        "document.changed",
        "document.submitted",
        "document.signed",
        "document.signed",
    ]
    assert events.count("document.issued") == 2


def locked_for_good(pdf: bytes, instance: Path, names: dict[str, str]) -> None:
    """Whoever changes number or date afterwards makes the document không hợp lệ."""
    for changed in names.values():
        fake = forged(
            pdf,
            lambda writer, name=changed: layout.fill_text(
                writer, increment.field_named(writer, name), "16", fonts()
            ),
        )
        assert judged(instance, fake).verdict == Verdict.INVALID


def pdftotext(pdf: bytes) -> str:
    """The text that another program sees, filled fields included, on one line."""
    made = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return " ".join(made.stdout.decode().split())


def test_leader_and_agency_on_a_turned_page_and_a_signature_that_is_gone_is_not_sealed(
    at_work: Office, instance: Path, tmp_path: Path
) -> None:
    cast = at_work.cast
    chi = at_work.login(cast.chi)
    number = brought(chi, cast, DocumentWay.PERSON_AND_AGENCY, turned(letter(1)))
    at_work.people(number, (position_of(at_work.session, cast.person_giang), "APPROVE"))
    assert at_work.document(number).layout["pages"][0][0] > 290  # shown lying
    at_work.submits(number)
    at_work.signs(cast.giang, number, pki().leader)
    at_work.numbers(number, "5")
    with transaction(at_work.session):  # somebody put the unsigned file back
        row = at_work.session.get_one(OfficeDocument, number)
        signed, row.current_sha256 = row.current_sha256, row.original_sha256
    assert "không hợp lệ hoặc không có trên văn bản" in words(at_work.press(cast.chi, number))
    assert at_work.session.scalars(select(SigningJob).where(SigningJob.is_open)).all() == []
    with transaction(at_work.session):
        at_work.session.get_one(OfficeDocument, number).current_sha256 = signed
    at_work.signs(cast.chi, number, pki().agency)
    issued = at_work.file(number)
    assert judged(instance, issued).verdict == Verdict.PRACTICE
    others_accept(issued, 2, tmp_path)
    assert "05" in pdftotext(issued)


def turned(pdf: bytes) -> bytes:
    """The same page with /Rotate 90."""
    return pdf.replace(b"/Rotate 0", b"/Rotate 90")


def test_without_a_list_the_clerk_seals_only_after_having_seen_what_is_undecided(
    at_work: Office, instance: Path
) -> None:
    cast = at_work.cast
    number = brought(at_work.login(cast.chi), cast, DocumentWay.PERSON_AND_AGENCY)
    at_work.people(number, (position_of(at_work.session, cast.person_giang), "APPROVE"))
    at_work.submits(number)
    at_work.signs(cast.giang, number, pki().leader)
    at_work.numbers(number)
    for path in (instance / "trust" / "crls").iterdir():
        path.unlink()
    page = words(at_work.press(cast.chi, number))
    assert "Có chữ ký chưa xác định được giá trị" in page
    assert at_work.document(number).state is DocumentState.SIGNED
    at_work.signs(cast.chi, number, pki().agency, seen="y")
    assert at_work.document(number).state is DocumentState.ISSUED


def test_a_state_secret_is_refused_before_a_byte_is_stored(at_work: Office) -> None:
    cast, session = at_work.cast, at_work.session
    chi = at_work.login(cast.chi)
    before = set(session.scalars(select(StoredFile.sha256)))
    answer = declared(chi, cast, DocumentWay.COPY, secrecy="yes")
    assert answer.status_code == 200
    assert "Chưa có tệp nào được lưu" in words(answer)
    for address in ("/van-ban/moi/tep", "/van-ban/moi/tep?cam_ket=la.la.la"):
        data = {"title": "Mật", "file": upload(letter())}
        sent = chi.post(address, data=data, content_type="multipart/form-data")
        assert sent.location == "/van-ban/moi"
    # Nobody uses the declaration that somebody else made.
    own = declared(chi, cast, DocumentWay.COPY).location
    assert at_work.login(cast.an).get(own).location == "/van-ban/moi"
    session.rollback()
    assert set(session.scalars(select(StoredFile.sha256))) == before
    assert session.scalars(select(OfficeDocument)).all() == []


def test_a_bad_file_is_refused_with_its_reason_and_not_stored(at_work: Office) -> None:
    cast = at_work.cast
    chi = at_work.login(cast.chi)
    address = declared(chi, cast, DocumentWay.COPY).location
    data = {"title": "Hỏng", "file": upload(b"%PNG khong phai")}
    answer = chi.post(address, data=data, content_type="multipart/form-data")
    assert "Tệp không phải là PDF" in words(answer)
    assert at_work.session.scalars(select(OfficeDocument)).all() == []


def test_a_signed_file_takes_no_number_but_may_be_copied(at_work: Office) -> None:
    cast = at_work.cast
    chi = at_work.login(cast.chi)
    address = declared(chi, cast, DocumentWay.PERSON_AND_AGENCY).location
    data = {"title": "Đã ký", "file": upload(signed_by_leader())}
    answer = chi.post(address, data=data, content_type="multipart/form-data")
    assert "đã có chữ ký số nên không thêm được ô số" in words(answer)
    brought(chi, cast, DocumentWay.COPY, signed_by_leader())


def test_a_returned_document_begins_again_from_its_own_file(at_work: Office) -> None:
    cast, session = at_work.cast, at_work.session
    number = brought(at_work.login(cast.chi), cast, DocumentWay.PERSON_AND_AGENCY)
    at_work.people(number, (position_of(session, cast.person_giang), "APPROVE"))
    at_work.submits(number)
    at_work.press(cast.giang, number)
    for who, status in ((cast.em, 404), (cast.binh, 404), (cast.huong, 403)):
        assert at_work.posts(who, number, "tra-lai").status_code == status
    typed = {"tra-version": at_work.document(number).version, "tra-reason": "Sai trích yếu"}
    done(at_work.posts(cast.giang, number, "tra-lai", **typed))
    row = at_work.document(number)
    assert (row.state, row.reason) == (DocumentState.RETURNED, "Sai trích yếu")
    assert session.scalars(select(SigningJob).where(SigningJob.is_open)).all() == []
    at_work.people(number, (position_of(session, cast.person_giang), "APPROVE"))
    row = at_work.document(number)
    assert row.state is DocumentState.DRAFT
    assert row.current_sha256 == row.original_sha256
    typed = {"huy-version": row.version, "huy-reason": "Không ban hành nữa"}
    done(at_work.posts(cast.chi, number, "huy", **typed))
    assert at_work.document(number).state is DocumentState.CANCELLED


def test_a_person_with_two_positions_stands_there_twice(at_work: Office) -> None:
    cast, session = at_work.cast, at_work.session
    with transaction(session):
        session.add(
            Position(
                person_id=cast.person_giang,
                agency_id=cast.commune_a,
                title="Trưởng ban chỉ đạo",
                from_on=factories.day(-10),
            )
        )
    chi = at_work.login(cast.chi)
    number = brought(chi, cast, DocumentWay.PERSON_AND_AGENCY)
    page = chi.get(f"/van-ban/{number}/nguoi-ky").text
    assert page.count("Giang") == 2
    assert "Trưởng ban chỉ đạo" in page


def test_places_are_typed_in_millimetres_and_must_lie_on_a_page(at_work: Office) -> None:
    cast = at_work.cast
    chi = at_work.login(cast.chi)
    number = brought(chi, cast, DocumentWay.ANNEX)
    page = chi.get(f"/van-ban/{number}/vi-tri").text
    assert 'viewBox="0 0 209.90 297.04"' in page
    typed = {"left": "100,5", "top": "12", "width": "80", "height": "15", "page": "2"}
    data = {f"places-0-{name}": value for name, value in typed.items()}
    done(at_work.posts(cast.chi, number, "vi-tri", **data))
    row = at_work.document(number)
    assert (row.steps[0].page, round(row.steps[0].x1 / 72 * 25.4, 1)) == (1, 100.5)
    done(at_work.posts(cast.chi, number, "vi-tri", **(data | {"places-0-left": "180"})))
    at_work.posts(cast.chi, number, "chuyen-ky")
    assert at_work.document(number).state is DocumentState.DRAFT
    assert "không nằm trọn trên một trang" in words(chi.get(f"/van-ban/{number}"))
    wrong = at_work.posts(cast.chi, number, "vi-tri", **(data | {"places-0-left": "xa"}))
    assert "Nhập số mm" in words(wrong)
    done(at_work.posts(cast.chi, number, "vi-tri", preset="1"))
    at_work.submits(number)


def test_a_seal_that_was_measured_anew_must_be_placed_anew(at_work: Office) -> None:
    cast, session = at_work.cast, at_work.session
    chi = at_work.login(cast.chi)
    number = brought(chi, cast, DocumentWay.PERSON_AND_AGENCY)
    at_work.people(number, (position_of(session, cast.person_giang), "APPROVE"))
    chi.post(
        f"/hinh-chu-ky/co-quan/{cast.commune_a}",
        data={"file": upload(picture((190, 20, 20)), "dau.png"), "width_mm": "36"},
        content_type="multipart/form-data",
    )
    done(at_work.posts(cast.chi, number, "chuyen-ky"))
    assert at_work.document(number).state is DocumentState.DRAFT
    assert "khác kích thước thật của dấu" in words(chi.get(f"/van-ban/{number}"))
    done(at_work.posts(cast.chi, number, "vi-tri", preset="1"))
    at_work.submits(number)


def test_strangers_and_readers_have_no_door(at_work: Office) -> None:
    cast = at_work.cast
    number = brought(at_work.login(cast.chi), cast, DocumentWay.PERSON_AND_AGENCY)
    base = f"/van-ban/{number}"
    binh, huong, em = (at_work.login(one) for one in (cast.binh, cast.huong, cast.em))
    for page in ("", "/tep.pdf", "/trang/1.png", "/nguoi-ky", "/vi-tri", "/ky-so"):
        assert binh.get(base + page).status_code == 404, page
        assert em.get(base + page).status_code in (403, 404), page
    assert huong.get(base).status_code == 200
    for page in ("/chuyen-ky", "/so-van-ban", "/huy", "/nguoi-ky", "/vi-tri"):
        assert huong.post(base + page).status_code == 403, page
        assert binh.post(base + page).status_code in (403, 404), page
    assert at_work.app.test_client().get(base).location.startswith("/dang-nhap")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("đề nghị cấp", True),
        ("ĐỀ NGHỊ CẤP", True),
        (unicodedata.normalize("NFD", "Đề nghị cấp"), True),
        ("nghị cấp", True),
        ("de nghi cap", True),
        ("denghi", False),
        ("%", False),
    ],
)
def test_a_title_is_found_in_small_letters_and_capitals_and_without_accents(
    at_work: Office, asked: str, found: bool
) -> None:
    chi = at_work.login(at_work.cast.chi)
    brought(chi, at_work.cast, DocumentWay.COPY, title="Đề nghị cấp chứng thư")
    page = chi.get("/van-ban", query_string={"q": asked}).text
    assert ("Đề nghị cấp chứng thư" in page) == found


def test_the_list_costs_the_same_for_many_documents(
    at_work: Office, count_statements: object
) -> None:
    cast = at_work.cast
    chi = at_work.login(cast.chi)
    brought(chi, cast, DocumentWay.COPY)
    chi.get("/van-ban")
    with count_statements() as one:  # type: ignore[operator]
        assert "Quyết định thử nghiệm" in chi.get("/van-ban").text
    brought(chi, cast, DocumentWay.ANNEX)
    assert "Không có văn bản nào chờ anh/chị ký" in words(chi.get("/van-ban?cho-toi=1"))
    assert "Không có văn bản nào khớp" in words(chi.get("/van-ban?cho-toi=1&q=khac"))
    with count_statements() as two:  # type: ignore[operator]
        chi.get("/van-ban")
    assert len(two) <= len(one) + 2 <= 12  # the choice of agencies is asked again after a change
