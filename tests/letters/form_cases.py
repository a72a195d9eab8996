"""Mẫu 01 to 06 with made-up data: the letters whose words, places and looks are in `golden/`.

`python -m tests.letters.form_cases` writes the golden files anew; look at the difference before
you commit it. Pictures are small and grey: they show that a column moved, not which font was found.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdfium2
from PIL import Image

from letters.decree30 import DrawnLetter, Medium, Signer
from letters.requests import ListPlacement
from letters.samples import SAMPLES, Sample, SampleCase, SampleOffice, SamplePerson
from tests.letters.reading import golden_text

GOLDEN = Path(__file__).parent / "golden"
PICTURE_DPI = 28

NAMES = ("Nguyễn Thử Ánh", "Trần Giả Định Ưng", "Lê Mẫu Quỳnh", "Phạm Diễn Tập Ý", "Đỗ Bịa Đặt Ơn")


def make_person(number: int) -> SamplePerson:
    """A person of the office; numbers from 0."""
    return SamplePerson(
        full_name=NAMES[number % len(NAMES)],
        birth_on=date(1980 + number, 2, 28),
        citizen_id=f"{number:012}",
        citizen_id_issued_on=date(2022, 1, 2),
        citizen_id_issued_by="Cục Cảnh sát quản lý hành chính về trật tự xã hội (dữ liệu giả)",
        official_email=f"nguoi{number:03}@xa-thu-nghiem.example.vn",
        position="Công chức",
        mobile_phone=f"0000{number:06}",
        agency_name="Văn phòng HĐND và UBND xã Thử Nghiệm A",
    )


OFFICE = SampleOffice(
    agency="ỦY BAN NHÂN DÂN\nXÃ THỬ NGHIỆM A",
    agency_name="Ủy ban nhân dân xã Thử Nghiệm A",
    parent_agency="UBND TỈNH THỬ NGHIỆM",
    symbol="UBND-VP",
    drafted_by="VP",
    place="Thử Nghiệm A",
    province="Tỉnh Thử Nghiệm",
    address="Số 0, đường Thử Nghiệm, xã Thử Nghiệm A, tỉnh Thử Nghiệm",
    official_email="vanthu@xa-thu-nghiem.example.vn",
    signer=Signer(("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"), "Trần Văn Diễn Tập"),
    contact=make_person(9),
    people=tuple(make_person(number) for number in range(5)),
)
CASE = SampleCase(office=OFFICE, copies_to=("Sở Khoa học và Công nghệ (để theo dõi)",))
WET = replace(CASE, medium=Medium.WET)

FORMS = ("01", "02", "03", "04", "05", "06")

#: Name of the golden file -> form and case.
CASES: dict[str, tuple[str, SampleCase]] = {
    "mau_01_across": ("01", CASE),
    "mau_01_annex_on_paper": ("01", replace(WET, count=22)),
    "mau_02": ("02", WET),
    "mau_03": ("03", CASE),
    "mau_05_across": ("05", CASE),
    "mau_05_annex": ("05", replace(CASE, count=4, placement=ListPlacement.ANNEX)),
    "mau_06": ("06", replace(CASE, addressees=("Sở Khoa học và Công nghệ tỉnh Thử Nghiệm",))),
}
#: Name of the golden picture -> case and page.
PICTURES: dict[str, tuple[str, int]] = {
    "mau_01": ("mau_01_across", 0),
    "mau_01_annex": ("mau_01_annex_on_paper", 1),
    "mau_02": ("mau_02", 0),
    "mau_03": ("mau_03", 0),
    "mau_05": ("mau_05_across", 1),
    "mau_06": ("mau_06", 0),
}


def sample(number: str, case: SampleCase = CASE) -> Sample:
    """One form."""
    return SAMPLES[number](case)


def draw_case(name: str) -> DrawnLetter:
    """One of CASES, drawn."""
    number, case = CASES[name]
    return sample(number, case).draw()


def picture(pdf: bytes, page: int) -> Image.Image:
    """A page, small and grey."""
    document = pypdfium2.PdfDocument(pdf)
    image = document[page].render(scale=PICTURE_DPI / 72).to_pil().convert("L")
    document.close()
    return image


if __name__ == "__main__":
    for name in CASES:
        words = golden_text(draw_case(name).pdf)
        (GOLDEN / f"{name}.txt").write_text(words, encoding="utf-8", newline="\n")
    for name, (case_name, page) in PICTURES.items():
        picture(draw_case(case_name).pdf, page).save(GOLDEN / f"{name}.png", optimize=True)
