"""Còn thiếu: everything that the letter of a draft would leave blank, with where to type it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import url_for

from models import CertificateRequest, RequestLine
from operations.line_facts import identity_of, title_of
from rules.certificates import SubscriberKind
from rules.findings import Finding
from rules.issuances import Receiver, check_receiver
from rules.law import Law
from rules.requests import RequestKind
from views.request_words import BLANKS, NOT_SAID_YET, where_entered

_FORMS = {
    RequestKind.RENEWAL: "04",
    RequestKind.AMENDMENT: "04",
    RequestKind.REVOCATION: "05",
    RequestKind.UNLOCK: "06",
}
_ISSUANCE_FORMS = {
    SubscriberKind.INDIVIDUAL: "01",
    SubscriberKind.ORGANISATION: "02",
    SubscriberKind.SYSTEM: "03",
}


@dataclass(frozen=True)
class Gap:
    """One thing that is missing, in a sentence, and the page where it is entered."""

    words: str
    label: str = ""
    url: str = ""


def form_of(row: CertificateRequest) -> str:
    """The number of the prescribed form of a request: "01" to "06"."""
    if row.kind is RequestKind.ISSUANCE:
        return _ISSUANCE_FORMS[row.subscriber_kind or SubscriberKind.INDIVIDUAL]
    return _FORMS[row.kind]


def gaps(
    row: CertificateRequest, found: Mapping[int, Sequence[Finding]], *, law: Law, on: date
) -> list[Gap]:
    """What is missing in the list, in mục 1, in the head and at the end of the letter."""
    return [
        *(gap for line in row.lines for gap in _of_line(row, line, found.get(line.id, ()))),
        *_of_contact(row, law, on),
        *_of_sender(row),
    ]


def _of_line(row: CertificateRequest, line: RequestLine, found: Sequence[Finding]) -> Iterator[Gap]:
    for one in found:
        if one.code in NOT_SAID_YET:
            url = url_for("request_lines.edit", request_id=row.id, line_id=line.id)
            yield Gap(f"Dòng {line.position}: {one.message}", "Sửa dòng này", url)
        elif one.code in BLANKS:
            way = where_entered(line)
            words = f"Dòng {line.position}: {one.message}"
            yield Gap(words, way.get("label", ""), way.get("url", ""))


def _of_contact(row: CertificateRequest, law: Law, on: date) -> Iterator[Gap]:
    edit = url_for("certificate_requests.edit", request_id=row.id)
    person = row.contact
    if person is None:
        yield Gap("Mục 1: chưa chọn người tiếp nhận.", "Sửa nội dung", edit)
        return
    form = form_of(row)
    receiver = Receiver(
        name=person.full_name,
        paper=identity_of(person),
        position=title_of(person),
        phone=person.phone or "",
        email=person.email or "",
        address=row.contact_address,
    )
    home = url_for("people.edit", person_id=person.id)
    for one in check_receiver(receiver, form=form, on=on, law=law):
        if form == "06" and (one.code.startswith("email.") or "địa chỉ tiếp nhận" in one.message):
            continue  # Mẫu số 06 asks for neither.
        if "địa chỉ tiếp nhận" in one.message:
            yield Gap(f"Mục 1: {one.message}", "Sửa nội dung", edit)
        elif one.code != "email.unknown":
            yield Gap(f"Mục 1: {one.message}", "Bổ sung vào sổ", home)


def _of_sender(row: CertificateRequest) -> Iterator[Gap]:
    agency = row.agency
    home = url_for("agencies.edit", agency_id=agency.id)
    for words, value in (
        ("địa danh ghi trên văn bản", agency.place_name),
        ("chữ viết tắt trong số văn bản", agency.abbreviation),
    ):
        if not value.strip():
            yield Gap(f"Cơ quan gửi chưa có {words}.", "Bổ sung vào sổ", home)
    if row.signer_id is None:
        url = url_for("certificate_requests.signer", request_id=row.id)
        yield Gap("Chưa chọn người ký.", "Chọn người ký", url)
