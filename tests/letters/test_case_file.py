"""The reading copy of a case: a cover that names every file, then pictures of its pages."""

import pypdfium2

from letters.case_file import CaseCopy, CoverLine, PagePicture, draw
from tests.views.requests import PNG

SHA256 = "0123456789abcdef" * 4


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


def test_the_cover_lists_every_document_with_its_hash_and_the_pages_follow() -> None:
    lines = tuple(
        CoverLine(f"Tài liệu kèm theo: Quyết định số {number}", f"{number:02d}.pdf", "9 KB", SHA256)
        for number in range(1, 61)
    )
    data = CaseCopy(
        agency="UBND xã Thử A",
        title="Hồ sơ yêu cầu chứng thực (bản đọc)",
        facts=(("Kính gửi", "Cục Thử Nghiệm"),),
        lines=lines,
        remarks=("Bản đọc chỉ gồm hình ảnh các trang.",),
    )
    drawn = draw(data, [PagePicture(PNG, "Tài liệu 1: Văn bản, trang 1/1")])
    pages = text_of(drawn.pdf)
    assert len(pages) == drawn.pages > 2
    cover = " ".join("".join(pages[:-1]).split())
    assert cover.count("0123456789abcdef") == 4 * len(lines)
    assert "Quyết định số 60" in cover
    assert "Kính gửi: Cục Thử Nghiệm" in cover
    assert pages[-1].strip() == "Tài liệu 1: Văn bản, trang 1/1"
