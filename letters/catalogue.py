"""Every form by the stem of its file in `letters/forms/`, with a sample under any regulation.

The office and the people of the samples are made up; where a letter goes, and what must be said of
the regulation, comes from the law as on any day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from letters import (
    annual_report,
    internal_handover_minutes,
    paper_page,
    paper_samples,
    rejection_notice,
    samples,
)
from letters.decree30 import Signer
from letters.minutes import Minutes
from letters.prescribed import FormText
from letters.samples import Sample, SampleCase, SampleOffice, SamplePerson
from rules.devices import DeviceKind
from rules.law import Law
from rules.requests import RequestKind
from rules.routing import DeviceMatter, Matter, route

_MATTERS: Mapping[str, Matter] = {
    "01": RequestKind.ISSUANCE,
    "02": RequestKind.ISSUANCE,
    "03": RequestKind.ISSUANCE,
    "04": RequestKind.RENEWAL,
    "05": RequestKind.REVOCATION,
    "06": RequestKind.UNLOCK,
    "08": DeviceMatter.RETURN,
    "09": DeviceMatter.LOSS,
}
#: What the reader of a sample must know of its regulation.
_TOLD = {
    "routing.rehearsed",
    "routing.regulation_not_in_force",
    "routing.regulation_unverified",
}


@dataclass(frozen=True, slots=True)
class CatalogueForm:
    """One form. `key` is the stem of its file; `text` the words of that file."""

    key: str
    text: FormText
    is_prescribed: bool
    sample: Callable[[SampleCase], Sample]

    @property
    def name(self) -> str:
        """As people call it: "Mẫu số 04", or "Biểu mẫu nội bộ"."""
        return f"Mẫu số {self.text.form.number}" if self.is_prescribed else "Biểu mẫu nội bộ"


def _internal(key: str, module: Any, make: Callable[[], Any]) -> CatalogueForm:
    def sample(case: SampleCase) -> Sample:
        text, data = case.words.get(key, module.TEXT), make()
        remark = samples.remarks(case, text.form)

        def compose(setter: Any, blanks: Any) -> Any:
            return replace(module.compose(data, setter, blanks, text), remark=remark)

        return Sample(text, data.sheet, compose, lambda: paper_page.draw_paper(compose, data.sheet))

    return CatalogueForm(key, module.TEXT, False, sample)


#: File of each internal paper -> its name in `paper_samples.INTERNAL`.
_INTERNAL = {
    "phieu_de_nghi": "phieu-de-nghi",
    "bien_ban_nhan": "kiem-nhan",
    "bien_ban_tra_noi_bo": "tra-noi-bo",
    "bien_ban_hien_trang": "hien-trang",
    "bien_ban_kiem_ke": "kiem-ke",
    "bao_cao_su_co": "bao-cao-su-co",
    "quyet_dinh_giao_thiet_bi": "giao-thiet-bi",
    "giay_nhac": "giay-nhac",
}


def _lent() -> internal_handover_minutes.InternalHandoverMinutes:
    """The body's token goes to a deputy for a term."""
    returned = paper_samples.internal_return()
    shared = {one.name: getattr(returned, one.name) for one in fields(Minutes)}
    return internal_handover_minutes.InternalHandoverMinutes(
        **shared | {"giver": returned.receiver, "receiver": returned.giver},
        purpose=internal_handover_minutes.Purpose.ENTRUST,
        permission="Văn bản số 00/UBND (dữ liệu giả)",
        since=date(2026, 11, 23),
        until=date(2026, 12, 4),
    )


def _forms() -> dict[str, CatalogueForm]:
    found = {
        f"mau_{number}": CatalogueForm(
            f"mau_{number}", samples.TEXTS[number], True, samples.SAMPLES[number]
        )
        for number in sorted(samples.SAMPLES)
    }
    for key, name in _INTERNAL.items():
        found[key] = _internal(key, *paper_samples.INTERNAL[name])
    found["bien_ban_giao_nhan_noi_bo"] = _internal(
        "bien_ban_giao_nhan_noi_bo", internal_handover_minutes, _lent
    )
    found["thong_bao_van_ban_den"] = _internal(
        "thong_bao_van_ban_den", rejection_notice, rejection_notice.made_up
    )
    found["bao_cao_nam"] = _internal("bao_cao_nam", annual_report, annual_report.made_up)
    return found


#: Stem of the file -> the form, prescribed ones first.
FORMS: Mapping[str, CatalogueForm] = MappingProxyType(_forms())


def sample_case(
    key: str,
    *,
    law: Law,
    on: date,
    office: SampleOffice | None = None,
    words: FormText | None = None,
) -> SampleCase:
    """Where the law of that day sends this form; one that stays in the house goes nowhere.

    `words` replaces the words of the file. Raises KeyError for a form that does not exist.
    """
    form = FORMS[key]
    number = form.text.form.number
    spoken = {number if form.is_prescribed else key: words} if words is not None else {}
    matter = _MATTERS.get(number) if form.is_prescribed else None
    if matter is None:
        return SampleCase(office=office or OFFICE, words=spoken)
    proposed = route(matter, device_kind=DeviceKind.PKI_TOKEN, law=law, on=on)
    return SampleCase(
        office=office or OFFICE,
        addressees=(proposed.to.name,),
        copies_to=tuple(f"{one.name} (đồng gửi)" for one in proposed.copies),
        remark=" ".join(
            f"Bản in thử: {each.message}" for each in proposed.findings if each.code in _TOLD
        ),
        words=spoken,
    )


def _person(number: int, name: str, position: str) -> SamplePerson:
    return SamplePerson(
        full_name=name,
        birth_on=date(1990, 1, number),
        citizen_id=f"00000000000{number}",
        citizen_id_issued_on=date(2024, 1, 1),
        citizen_id_issued_by="Bộ Công an",
        official_email=f"nguoi{number}@xa-thu-nghiem.example.vn",
        position=position,
        mobile_phone=f"0900 000 00{number}",
        agency_name="Ủy ban nhân dân xã Thử Nghiệm A",
    )


#: An office that does not exist.
OFFICE = SampleOffice(
    agency="ỦY BAN NHÂN DÂN\nXÃ THỬ NGHIỆM A",
    agency_name="Ủy ban nhân dân xã Thử Nghiệm A",
    parent_agency="ỦY BAN NHÂN DÂN TỈNH THỬ NGHIỆM",
    symbol="UBND-VP",
    drafted_by="VP",
    place="Thử Nghiệm A",
    province="Tỉnh Thử Nghiệm",
    address="Ủy ban nhân dân xã Thử Nghiệm A, đường Thử Nghiệm, Tỉnh Thử Nghiệm",
    official_email="ubnd@xa-thu-nghiem.example.vn",
    signer=Signer(("CHỦ TỊCH",), "Ngô Thị Bịa Đặt"),
    contact=_person(1, "Nguyễn Thị Thử Nghiệm", "Công chức Văn phòng - Thống kê"),
    people=(
        _person(2, "Phạm Thị Mẫu Hai", "Công chức Tư pháp - Hộ tịch"),
        _person(3, "Hoàng Giả Định Ba", "Công chức Tài chính - Kế toán"),
        _person(4, "Vũ Ví Dụ Bốn", "Công chức Địa chính - Xây dựng"),
        _person(5, "Đỗ Tập Huấn Năm", "Công chức Văn hóa - Xã hội"),
    ),
)
