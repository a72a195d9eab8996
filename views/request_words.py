"""How lines of requests read on screen: whose, what is asked, and where to look or to type."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask, url_for

from labels import label
from models import CertificateRequest, RequestLine
from operations.line_facts import cases_of, device_kind_wanted, device_serial, title_of
from operations.request_findings import open_request_in
from operations.request_rows import device_of, name_of
from rules.certificates import SubscriberKind
from rules.devices import DeviceState
from rules.findings import Finding
from rules.permissions import Permission
from rules.requests import RequestKind
from rules.revocation_grounds import RevocationGround
from rules.serials import display_serial
from views.guards import account

ISSUE_AGAIN = {
    SubscriberKind.INDIVIDUAL: "request_drafts.people",
    SubscriberKind.ORGANISATION: "request_drafts.agencies",
    SubscriberKind.SYSTEM: "request_drafts.systems",
}
#: Findings after which only a new certificate helps.
TO_NEW_ISSUE = (
    "renewal.revoked",
    "renewal.expired",
    "renewal.already_renewed",
    "renewal.too_few_days_left",
    "amendment.revoked",
    "amendment.too_few_days_left",
    "unlock.certificate_ended",
)
_TO_OPEN_REQUEST = (
    "renewal.open_request",
    "request.already_open",
    "request.crossing",
    "revocation.open_renewal",
)
_TO_LINE = (
    "amendment.nothing_changes",
    "amendment.words_missing",
    "amendment.same_words",
    "amendment.case_not_listed",
    "amendment.one_service_only",
    "issuance.sim_unreadable",
    "issuance.sim_carrier_missing",
    "issuance.sim_not_wanted",
    "revocation.ground_not_open",
    "revocation.not_yet_expired",
    "revocation.already_expired",
)
#: Findings that tell what the letter will leave blank.
BLANKS = (
    "issuance.particulars_missing",
    "identity.number",
    "identity.issue",
    "email.missing",
    "renewal.particulars_missing",
    "renewal.email_missing",
    "renewal.sim_phone_missing",
    "revocation.particulars_missing",
    "unlock.particulars_missing",
    "amendment.particulars_missing",
)
#: Findings that say that a line of a draft has not been filled in yet: that is no fault before the
#: person tries to go on with it.
NOT_SAID_YET = (
    "amendment.nothing_changes",
    "amendment.words_missing",
    "issuance.sim_carrier_missing",
)
_TO_SUBJECT = (*BLANKS, "email.personal", "email.malformed", "issuance.no_legal_personality")


@dataclass(frozen=True)
class LineWords:
    """One line of a list: the subject with its page, what is asked for it, and its day."""

    name: str
    url: str
    under: str
    serial: str
    asked: tuple[str, ...]
    expires_on: date | None


def words_of_line(line: RequestLine, request: CertificateRequest | None = None) -> LineWords:
    """The words of one line; of a line not yet in a request what is asked is left to the page."""
    certificate = line.certificate
    return LineWords(
        name=name_of(line),
        url=subject_url(line),
        under=_under(line),
        serial=display_serial(certificate.serial_number) if certificate is not None else "",
        asked=tuple(_asked(line, request)) if request is not None else (),
        expires_on=certificate.expires_on if certificate is not None else None,
    )


def _under(line: RequestLine) -> str:
    if line.person is not None:
        return ", ".join(filter(None, (title_of(line.person), line.person.agency.name)))
    if line.system is not None:
        return f"{label(line.system.kind)}, {line.system.agency.name}"
    if line.subject_agency is not None:
        return line.subject_agency.address
    if line.device is not None:
        holder = line.device.holder
        return f"người giữ {holder.full_name}" if holder is not None else "chưa ghi người giữ"
    return (line.certificate.email or "") if line.certificate is not None else ""


def _asked(line: RequestLine, request: CertificateRequest) -> Iterable[str]:
    device = device_of(line)
    match request.kind:
        case RequestKind.ISSUANCE:
            if line.subject_agency is None:
                wanted = device_kind_wanted(line, central=request.central_signing)
                yield f"{label(wanted)} {line.sim_pki}".strip()
            if line.certificate is not None:
                yield f"thay chứng thư cũ {display_serial(line.certificate.serial_number)}"
        case RequestKind.UNLOCK:
            kind = label(device.kind) if device is not None else ""
            yield f"{kind} số hiệu {device_serial(line) or 'chưa xác định'}"
        case RequestKind.REVOCATION:
            if line.revocation_ground:
                yield label(RevocationGround(line.revocation_ground))
        case _:
            if line.renews:
                yield "Gia hạn"
            if line.amends:
                cases = "; ".join(label(case) for case in cases_of(line))
                yield cases or "Thay đổi nội dung thông tin"
                before = line.information_before or "(chưa ghi)"
                yield f"{before} → {line.information_after or '(chưa ghi)'}"
    if line.note:
        yield f"Ghi chú: {line.note}"


def subject_url(line: RequestLine) -> str:
    """The page of the subject."""
    if line.person is not None:
        return url_for("people.show", person_id=line.person.id)
    if line.subject_agency is not None:
        return url_for("agencies.show", agency_id=line.subject_agency.id)
    if line.system is not None:
        return url_for("systems.edit", system_id=line.system.id)
    if line.certificate is not None and line.device is None:
        return url_for("certificates.show", certificate_id=line.certificate.id)
    return url_for("devices.show", device_id=line.device.id) if line.device is not None else ""


def where_entered(line: RequestLine) -> dict[str, str]:
    """The page where what a line lacks is typed: label and address."""
    person = line.person or (line.certificate.person if line.certificate is not None else None)
    if person is not None:
        url, permission = url_for("people.edit", person_id=person.id), Permission.PERSON_EDIT
    elif line.system is not None:
        url, permission = url_for("systems.edit", system_id=line.system.id), Permission.DEVICE_EDIT
    elif line.device is not None:
        url, permission = url_for("devices.edit", device_id=line.device.id), Permission.DEVICE_EDIT
    else:
        agency = line.subject_agency or (line.certificate.agency if line.certificate else None)
        if agency is None:
            return {}
        url, permission = url_for("agencies.edit", agency_id=agency.id), Permission.AGENCY_EDIT
    return {"label": "Bổ sung vào sổ", "url": url} if account().can(permission) else {}


def issue_again_url(lines: Iterable[RequestLine]) -> str:
    """The address that asks for new certificates in place of those of these lines (Điều 21)."""
    rows = [line.certificate for line in lines if line.certificate is not None]
    if not rows:
        return ""
    return url_for(ISSUE_AGAIN[rows[0].kind], **{"chung-thu": [row.id for row in rows]})


def without_blanks(found: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The findings apart: what speaks for or against, and what is only not filled in yet, in the
    register or in the line itself.
    """
    said, quiet = list(found), (*BLANKS, *NOT_SAID_YET)
    return [one for one in said if one.code not in quiet], [
        one for one in said if one.code in quiet
    ]


def remedies(
    line: RequestLine, found: Iterable[Finding], request_id: int | None = None
) -> dict[str, dict[str, str]]:
    """Buttons beside findings, by their code: one click to the act that the law leaves open.

    `request_id`: the line stands in this draft, where its own page is the remedy of some.
    """
    return {one.code: remedy for one in found if (remedy := _remedy(line, one, request_id))}


def _remedy(line: RequestLine, one: Finding, request_id: int | None) -> dict[str, str]:
    certificate, code = line.certificate, one.code
    if code in _TO_OPEN_REQUEST and (number := open_request_in(one.message)):
        url = url_for("certificate_requests.show", request_id=number)
        return {"label": "Mở đề nghị", "url": url}
    if code in _TO_LINE and request_id is not None and line.id is not None:
        url = url_for("request_lines.edit", request_id=request_id, line_id=line.id)
        return {"label": "Sửa dòng này", "url": url}
    if code in _TO_SUBJECT:
        return where_entered(line)
    if code == "unlock.not_locked" and line.device is not None:
        return _not_locked(line)
    if code == "renewal.email_changed" and request_id is not None and line.id is not None:
        url = url_for("request_lines.edit", request_id=request_id, line_id=line.id)
        return {"label": "Đề nghị cả thay đổi ở dòng này", "url": url}
    if certificate is None:
        return {}
    if code in TO_NEW_ISSUE:
        return {"label": "Lập đề nghị cấp mới", "url": issue_again_url([line])}
    chosen: dict[str, Any] = {"chung-thu": certificate.id}
    if code == "reissue.renewal_possible":
        url = url_for("certificate_requests.new_renewal", **chosen)
        return {"label": "Lập đề nghị gia hạn", "url": url}
    if code == "renewal.email_changed":
        url = url_for("request_drafts.amendments", **chosen)
        return {"label": "Lập đề nghị thay đổi thông tin", "url": url}
    if code == "renewal.history_unknown":
        url = url_for("certificates.show", certificate_id=certificate.id)
        return {"label": "Xác nhận lịch sử gia hạn", "url": f"{url}#lich-su-gia-han"}
    return {}


def _not_locked(line: RequestLine) -> dict[str, str]:
    device = line.device
    gone = (DeviceState.DAMAGED, DeviceState.LOST)
    if device is not None and device.state in gone and line.certificate is not None:
        url = url_for("request_drafts.revocations", **{"chung-thu": line.certificate.id})
        return {"label": "Lập đề nghị thu hồi", "url": url}
    return {"label": "Mở trang thiết bị", "url": subject_url(line)}


def make_known(app: Flask) -> None:
    """Let every template that lists lines read their words."""
    app.add_template_global(words_of_line, "words_of_line")
