"""What changed after a signature, in sentences: which page, what kind, allowed or not."""

import tomllib

import pytest

from signing.errors import PdfBroken
from signing.pades import render
from signing.pades.report import ChangeKind, Report, SignatureReport
from signing.pades.verify import verify
from signing.trust.crl import IndexedCrl
from signing.trust.store import TrustStore
from tests.data.attack_list import by_leader
from tests.data.attacks_later import with_late_field
from tests.data.mutants import FOLDER
from tests.data.people import lists, people
from tests.data.tiny import PAGE, Tiny, letter_objects
from tests.signing.files import signed_copy
from tests.signing.pki import NOW, usual_trust

AT = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))["checked_at"]


def _of(name: str) -> list[SignatureReport]:
    path = next(FOLDER.glob(f"{name}*.pdf"))
    report = verify(path.read_bytes(), trust=TrustStore.load(FOLDER / "trust"), at=AT)
    assert Report.from_dict(report.as_dict()) == report
    return list(report.signatures)


def test_filling_and_signing_later_are_named_with_their_page_and_allowed(tmp_path):
    store = TrustStore.load(usual_trust(tmp_path))
    leader, agency, copy = verify(signed_copy(), trust=store, at=NOW).signatures
    assert {(c.page, c.allowed) for c in leader.later_changes} == {(1, True)}
    assert sorted(change.text for change in leader.later_changes) == [
        "Trang 1: ký thêm tại ô “co_quan”.",
        "Trang 1: ký thêm tại ô “sao_y”.",
        "Trang 1: trường “ngay” được điền sau khi ký.",
        "Trang 1: trường “so” được điền sau khi ký.",
    ]
    assert [c.text for c in agency.later_changes] == ["Trang 1: ký thêm tại ô “sao_y”."]
    assert copy.later_changes == ()


@pytest.mark.parametrize(
    ("name", "kind", "page", "words"),
    [
        ("10-", ChangeKind.CONTENT, 1, "Nội dung trang 1"),
        ("12-", ChangeKind.PAGES, 0, "Số trang"),
        ("15-", ChangeKind.FONT, 0, "Phông chữ"),
        ("20-", ChangeKind.ANNOTATION, 1, "chữ chèn thêm bị thêm"),
        ("40-", ChangeKind.ANNOTATION, 1, "con dấu chèn thêm bị xóa"),
        ("26-", ChangeKind.SETTING, 0, "OpenAction"),
        ("29-", ChangeKind.LOCKED, 1, "“so” đã bị sửa"),
        ("31-", ChangeKind.SIGNATURE, 1, "“lanh_dao”"),
        ("34-", ChangeKind.FIELD, 1, "“them” được thêm"),
        ("35-", ChangeKind.COVER, 1, "“che”"),
    ],
)
def test_what_is_not_allowed_is_named_for_each_signature(name, kind, page, words):
    last = _of(name)[-1]
    found = [change for change in last.later_changes if change.kind == kind]
    if name in ("29-", "31-"):
        found = [c for s in _of(name) for c in s.later_changes if c.kind == kind]
    assert found, last.later_changes
    assert not found[0].allowed
    assert found[0].page == page
    assert words in found[0].text


def test_a_certified_document_says_what_its_author_forbade():
    (certified,) = _of("51-")
    assert certified.modification == "nội dung bị thay đổi"
    assert any(not change.allowed for change in certified.later_changes)


def _store() -> TrustStore:
    made = people()
    return TrustStore(
        roots=(made.root.certificate,),
        intermediates=(made.issuing.certificate,),
        crls=tuple(map(IndexedCrl, lists())),
    )


RING = b"1 0 0 RG 3 w 5 5 390 30 re S"
PATCH = b"1 1 1 rg 0 0 400 40 re f"


@pytest.mark.parametrize(("ink", "verdict"), [(RING, "hợp lệ"), (PATCH, "chưa xác định")])
def test_a_seal_may_lie_over_a_name_but_a_patch_may_not(ink, verdict):
    late = with_late_field(by_leader(), b"50 750 450 790", ink=ink)
    report = verify(late.data, trust=_store(), at=AT)
    assert report.verdict == verdict, report.reasons
    assert ("che lên nội dung trang 1" in " ".join(report.reasons)) is (ink is PATCH)


def test_a_turned_page_is_looked_at_in_its_own_points():
    objects = letter_objects()
    objects[PAGE] = objects[PAGE].replace(
        b"/Contents", b"/Rotate 90 /CropBox [20 20 595 842] /Contents"
    )
    turned = Tiny(objects).sign_leader(people().leader)
    before = turned.data
    after = with_late_field(turned, b"50 750 450 790").data
    assert render.hidden_share(before, after, 0, (50, 750, 450, 790)) > 0.9
    assert render.hidden_share(before, after, 0, (50, 100, 450, 140)) == 0
    with pytest.raises(PdfBroken):
        render.hidden_share(before, after, 7, (0, 0, 9, 9))
