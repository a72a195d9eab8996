"""Fields, appearances, hole and splice, with real keys and programs that we did not write."""

import asyncio
import datetime as dt
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from signing import cms
from signing.errors import (
    HashMismatch,
    PdfBroken,
    PdfEncrypted,
    PdfLocked,
    SignatureCheckFailed,
)
from signing.pades import render
from signing.pades.appearance import (
    PictureAppearance,
    TextAppearance,
    approval,
    seal,
    signing_lines,
)
from signing.pades.errors import (
    FieldProblem,
    HoleTooSmall,
    LockOverEmptyField,
    PictureUnusable,
    PreparedChanged,
    TextDoesNotFit,
)
from signing.pades.layout import Box, SignatureField, TextField, add_fields
from signing.pades.prepare import digest_of, prepare, reserve_for
from signing.pades.splice import splice
from tests.signing.files import (
    LEADER,
    NUMBER,
    SEAL,
    fonts,
    handwriting,
    letter,
    sign,
    signed_by_both,
    signed_by_leader,
    signed_copy,
    with_fields,
)
from tests.signing.pki import NOW, crl, pki


def _prepared(**options: object):
    settings = {"field": "lanh_dao", "signing_time": NOW, "appearance": None, "fonts": fonts()}
    return prepare(with_fields(), **(settings | options))


@pytest.mark.parametrize("document", [signed_by_leader, signed_by_both, signed_copy])
def test_pyhanko_accepts_every_signature_and_every_later_increment(document):
    roots = [asn1_x509.Certificate.load(pki().root.der)]
    lists = [asn1_crl.CertificateList.load(crl(h)) for h in (pki().root, pki().issuing)]

    async def judge():
        reader = PdfFileReader(BytesIO(document()))
        for embedded in reader.embedded_signatures:
            context = ValidationContext(
                trust_roots=roots, crls=lists, moment=NOW, revocation_mode="require"
            )
            status = await async_validate_pdf_signature(embedded, context)
            assert status.bottom_line, status.pretty_print_details()
            assert status.modification_level <= ModificationLevel.FORM_FILLING

    asyncio.run(judge())


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="poppler-utils is not installed")
def test_poppler_accepts_all_three_signatures(tmp_path: Path):
    path = tmp_path / "van-ban.pdf"
    path.write_bytes(signed_copy())
    told = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=True
    ).stdout
    assert told.count("Signature is Valid") == 3
    assert "ETSI.CAdES.detached" in told


@pytest.mark.skipif(not shutil.which("qpdf"), reason="qpdf is not installed")
def test_qpdf_finds_no_error_in_the_structure(tmp_path: Path):
    path = tmp_path / "van-ban.pdf"
    path.write_bytes(signed_copy())
    subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)


def test_number_and_date_are_read_back_and_only_the_agency_locks_them():
    reader = PdfFileReader(BytesIO(signed_by_both()))
    fields = {f.get_object()["/T"]: f.get_object() for f in reader.root["/AcroForm"]["/Fields"]}
    assert fields["so"]["/V"] == "123"
    assert fields["ngay"]["/V"] == "Đồi Mẫu, ngày 21 tháng 11 năm 2026"
    assert "/NeedAppearances" not in reader.root["/AcroForm"]
    leader, agency = fields["lanh_dao"]["/V"], fields["co_quan"]["/V"]
    assert "/DocMDP" not in str(leader["/Reference"])
    assert list(leader["/Reference"][0]["/TransformParams"]["/Fields"]) == ["trich_yeu"]
    assert list(agency["/Reference"][0]["/TransformParams"]["/Fields"]) == ["so", "ngay"]
    assert leader["/M"] == "D:20261121100805+07'00'"


def test_each_signature_only_appends_to_the_file_before_it():
    assert signed_by_leader().startswith(with_fields()[:20000])
    assert signed_by_both().startswith(signed_by_leader())
    assert signed_copy().startswith(signed_by_both())


def test_a_signature_may_not_lock_a_field_that_is_still_empty():
    with pytest.raises(LockOverEmptyField):
        prepare(
            signed_by_leader(),
            field="co_quan",
            signing_time=NOW,
            appearance=None,
            fonts=fonts(),
            fill={"so": "12"},
        )


def test_a_number_that_the_agency_locked_cannot_be_filled_again():
    extended = add_fields(signed_by_both(), [], [SignatureField("ba", LEADER)], fonts())
    with pytest.raises(PdfLocked):
        prepare(
            extended,
            field="ba",
            signing_time=NOW,
            appearance=None,
            fonts=fonts(),
            fill={"so": "7"},
        )


def test_text_fields_cannot_be_added_to_a_signed_document():
    with pytest.raises(FieldProblem):
        add_fields(signed_by_leader(), [TextField("moi", NUMBER)], [], fonts())


@pytest.mark.parametrize(
    ("texts", "spots"),
    [
        ([TextField("so", NUMBER), TextField("so", NUMBER)], []),
        ([], [SignatureField("ky", LEADER, lock=("khong_co",))]),
        ([TextField("so", Box(9, 0, 0, 10, 10))], []),
    ],
)
def test_a_wrong_layout_is_refused(texts, spots):
    with pytest.raises(FieldProblem):
        add_fields(letter(), texts, spots, fonts())


def test_a_value_that_does_not_fit_its_box_is_refused():
    with pytest.raises(TextDoesNotFit):
        add_fields(letter(), [TextField("so", NUMBER, value="1" * 60)], [], fonts())


def test_a_character_without_a_glyph_is_refused_instead_of_left_out():
    with pytest.raises(TextDoesNotFit):
        add_fields(letter(), [TextField("so", NUMBER, value="漢")], [], fonts())


def test_a_signed_field_cannot_be_signed_again():
    with pytest.raises(FieldProblem):
        sign(signed_by_leader(), "lanh_dao", pki().leader)


@pytest.mark.parametrize("png", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n rubbish"])
def test_a_picture_that_is_no_png_is_refused(png):
    with pytest.raises(PictureUnusable):
        _prepared(appearance=PictureAppearance(png))


def test_a_broken_and_an_encrypted_document_are_refused(tmp_path: Path):
    with pytest.raises(PdfBroken):
        add_fields(b"%PDF-1.7 nothing", [], [], fonts())
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(BytesIO(letter())))
    writer.encrypt("bi mat", "bi mat")
    out = BytesIO()
    writer.write(out)
    with pytest.raises(PdfEncrypted):
        add_fields(out.getvalue(), [], [], fonts())


def test_the_digest_covers_all_but_the_hole():
    made = _prepared()
    start, end = made.byte_range[1], made.byte_range[2]
    assert (
        made.digest
        == digest_of(made.pdf, made.byte_range)
        == cms.digest_of(made.pdf, made.byte_range)
    )
    assert made.pdf[start:end] == b"<" + b"0" * (end - start - 2) + b">"
    assert made.byte_range[3] == len(made.pdf) - end


def test_nothing_outside_the_hole_changes_when_the_signature_goes_in():
    made = _prepared()
    container = cms.build(made.digest, pki().leader.der, pki().leader.chain, pki().leader.sign)
    signed = splice(made.pdf, made.byte_range, container)
    start, end = made.byte_range[1:3]
    assert signed[:start] == made.pdf[:start]
    assert signed[end:] == made.pdf[end:]
    assert container.hex().upper().encode() in signed[start:end]


def test_a_signature_of_another_document_is_refused():
    made, other = _prepared(), _prepared(signing_time=NOW + dt.timedelta(seconds=1))
    leader = pki().leader
    foreign = cms.build(other.digest, leader.der, leader.chain, leader.sign)
    with pytest.raises(HashMismatch):
        splice(made.pdf, made.byte_range, foreign)


def test_a_signature_by_another_certificate_than_the_jobs_is_refused():
    made, staff = _prepared(), pki().staff
    container = cms.build(made.digest, staff.der, staff.chain, staff.sign)
    with pytest.raises(SignatureCheckFailed):
        splice(made.pdf, made.byte_range, container, certificate_der=pki().leader.der)


@pytest.mark.parametrize("rubbish", [b"", b"rubbish", b"\x30\x03\x02\x01\x01"])
def test_rubbish_instead_of_a_signature_is_refused(rubbish):
    made = _prepared()
    with pytest.raises(SignatureCheckFailed):
        splice(made.pdf, made.byte_range, rubbish)


def test_a_prepared_document_that_was_touched_is_refused():
    made, leader = _prepared(), pki().leader
    container = cms.build(made.digest, leader.der, leader.chain, leader.sign)
    touched = made.pdf.replace(b"D:20261121100805", b"D:20251121100805")
    with pytest.raises(HashMismatch):
        splice(touched, made.byte_range, container)
    with pytest.raises(PreparedChanged):
        splice(touched, made.byte_range, container, digest=made.digest)
    signed = splice(made.pdf, made.byte_range, container)
    with pytest.raises(PreparedChanged):
        splice(signed, made.byte_range, container)


def test_a_hole_that_is_too_small_is_refused():
    made, leader = _prepared(reserve=1024), pki().leader
    container = cms.build(made.digest, leader.der, leader.chain, leader.sign)
    with pytest.raises(HoleTooSmall):
        splice(made.pdf, made.byte_range, container)


def test_the_computed_reserve_is_enough_and_not_wasteful():
    leader = pki().leader
    reserve = reserve_for([leader.der, *leader.chain])
    container = cms.build(bytes(32), leader.der, leader.chain, leader.sign)
    assert len(container) <= reserve <= len(container) + 2048


def test_an_elliptic_curve_signature_is_spliced_too():
    assert sign(with_fields(), "lanh_dao", pki().staff)


def _ink(pdf: bytes, box: Box, page: int = 0) -> set[str]:
    """Which kinds of ink the box shows when the page is drawn."""
    from PIL import Image

    picture = Image.open(BytesIO(render.page_image(pdf, page, 595))).convert("RGB")
    scale = picture.height / 842
    area = picture.crop(
        (int(box.x1), int((842 - box.y2) * scale), int(box.x2), int((842 - box.y1) * scale))
    )
    kinds = set()
    for count, (red, green, blue) in area.getcolors(1 << 20):
        if count >= 2 and red > 150 and green < 110 and blue < 110:
            kinds.add("red")
        if count >= 2 and blue > 120 and red < 90:
            kinds.add("blue")
        if count >= 2 and max(red, green, blue) < 80:
            kinds.add("black")
    return kinds


def test_the_signatures_are_seen_on_the_page_in_their_colours():
    assert _ink(signed_by_leader(), LEADER) >= {"blue", "black"}
    assert "red" in _ink(signed_by_both(), SEAL)
    assert not _ink(with_fields(), NUMBER)
    assert "black" in _ink(signed_by_both(), NUMBER)


def test_the_words_of_a_leader_stand_beside_the_third_that_the_seal_will_cover():
    words = signing_lines("Nguyễn Thị Ánh Dương", "UBND xã Đồi Mẫu", NOW)
    signed = sign(with_fields(), "lanh_dao", pki().leader, appearance=approval(words))
    third = (LEADER.x2 - LEADER.x1) / 3
    covered = Box(LEADER.page, LEADER.x1, LEADER.y1, LEADER.x1 + third, LEADER.y2)
    assert not _ink(signed, covered)
    assert "blue" in _ink(signed, LEADER)


def test_words_too_long_for_that_take_the_whole_box():
    box = Box(0, 300, 200, 360, 213)
    made = add_fields(letter(), [], [SignatureField("ky", box)], fonts())
    words = ("Nguyễn Thị Ánh Dương",)
    with pytest.raises(TextDoesNotFit):
        sign(made, "ky", pki().leader, appearance=TextAppearance(words * 2))
    assert sign(made, "ky", pki().leader, appearance=approval(words))


def test_an_appearance_stands_upright_on_a_rotated_page():
    from pyhanko.pdf_utils.generic import NumberObject, pdf_name

    from tests.signing.forgery import forged

    def turn(writer):
        page = writer.root["/Pages"]["/Kids"][0]
        page[pdf_name("/Rotate")] = NumberObject(90)
        writer.update_container(page)

    box = Box(0, 300, 200, 340, 400)
    turned = add_fields(forged(letter(), turn), [], [SignatureField("ky", box)], fonts())
    signed = sign(turned, "ky", pki().leader, appearance=TextAppearance(("Ký bởi: Người Thử",)))
    spot = next(
        f.get_object()
        for f in PdfFileReader(BytesIO(signed)).root["/AcroForm"]["/Fields"]
        if f.get_object()["/T"] == "ky"
    )
    drawing = spot["/AP"]["/N"]
    assert [float(n) for n in drawing["/BBox"]] == [0, 0, 200, 40]
    assert [float(n) for n in drawing["/Matrix"]] == [0, 1, -1, 0, 0, 0]


def test_the_lines_name_signer_agency_and_time_with_its_offset():
    lines = signing_lines("Nguyễn Thị Ánh Dương", "UBND xã Đồi Mẫu", NOW)
    assert lines == (
        "Ký bởi: Nguyễn Thị Ánh Dương",
        "Cơ quan: UBND xã Đồi Mẫu",
        "Thời gian ký: 21/11/2026; 10:08:05 +07:00",
    )
    assert seal(lines).ink == "red"


def test_the_same_picture_is_decoded_once():
    from signing.pades.appearance import _decode

    before = _decode.cache_info().misses
    for _ in range(3):
        _prepared(appearance=PictureAppearance(handwriting((1, 2, 3))))
    assert _decode.cache_info().misses == before + 1
