"""What the frame of every page shows: navigation, the person, practice banner and foot."""

from typing import Any

from flask import Flask, request, url_for
from flask_login import current_user

import clock
from rules.permissions import Permission
from version import VERSION
from views.filters import gio
from views.guards import account, settings

Place = tuple[str, str, Permission | None]

# Heading, then label, endpoint and permission (None: every account) of each place. What is done
# every day comes first; nothing but the home page stands without a heading.
PLACES: tuple[tuple[str, tuple[Place, ...]], ...] = (
    (
        "",
        (("Trang chủ", "home.show", None),),
    ),
    (
        "Hằng ngày",
        (
            ("Của tôi", "own.show", Permission.RECEIPT_CONFIRM),
            ("Văn bản chờ tôi ký", "document_signing.mine", Permission.DOCUMENT_SIGN),
            ("Nhắc việc", "reminders.index", Permission.REMINDER_VIEW),
            ("Sự cố", "incidents.index", Permission.INCIDENT_VIEW),
            ("Biến động nhân sự", "staff_changes.index", Permission.STAFF_CHANGE_VIEW),
        ),
    ),
    (
        "Sổ",
        (
            ("Thiết bị", "devices.index", Permission.DEVICE_VIEW),
            ("Chứng thư", "certificates.index", Permission.CERTIFICATE_VIEW),
            ("Cá nhân và đơn vị", "people.index", Permission.PERSON_SEARCH),
            ("Kiểm kê", "stocktakes.index", Permission.STOCKTAKE_VIEW),
            ("Nhập, xuất Excel", "sheets.index", Permission.SHEET_EXPORT),
        ),
    ),
    (
        "Hồ sơ",
        (
            (
                "Yêu cầu chứng thực",
                "certificate_requests.index",
                Permission.CERTIFICATE_REQUEST_VIEW,
            ),
            (
                "Yêu cầu gửi tới Sở",
                "request_handling.index",
                Permission.CERTIFICATE_REQUEST_HANDLE,
            ),
            ("Biên bản, bàn giao", "papers.index", Permission.PAPER_VIEW),
            ("Văn bản của cơ quan", "office_documents.index", Permission.DOCUMENT_VIEW),
            ("Văn bản đến", "incoming_documents.index", Permission.INCOMING_VIEW),
            ("Báo cáo", "reports.index", Permission.REPORT_VIEW),
        ),
    ),
    (
        "Ký số",
        (
            ("Trình ký số", "signing_agents.index", Permission.SIGNING_AGENT_PAIR),
            ("Kiểm tra chữ ký", "verifications.new", Permission.VERIFICATION_USE),
        ),
    ),
    (
        "Tra cứu, quản trị",
        (
            ("Căn cứ pháp lý", "law.index", Permission.LAW_VIEW),
            ("Nhật ký", "log.index", Permission.AUDIT_VIEW),
            ("Lịch ngày nghỉ", "calendar_days.index", Permission.CALENDAR_EDIT),
            ("Chứng thư tin cậy", "trust.index", Permission.TRUST_EDIT),
            ("Quản trị tài khoản", "users.index", Permission.USER_MANAGE),
        ),
    ),
)

# Pages that belong to the place of another noun.
BELONGS_TO = {
    "leader": "home",
    "calendar_feeds": "reminders",
    "agencies": "people",
    "reorganisations": "people",
    "certificate_imports": "certificates",
    "request_acts": "certificate_requests",
    "signing_batches": "certificate_requests",
    "time_stamps": "trust",
    "trust_answers": "trust",
    "signature_upgrades": "office_documents",
    "own_signatures": "signing_agents",
    "request_drafts": "certificate_requests",
    "request_lines": "certificate_requests",
    "request_months": "certificate_requests",
    "systems": "devices",
    "what_if": "law",
    "request_letters": "certificate_requests",
    "request_tracking": "certificate_requests",
    "request_results": "certificate_requests",
    "request_files": "certificate_requests",
    "custody": "devices",
    "device_labels": "devices",
    "incident_papers": "incidents",
    "slips": "certificate_requests",
    "handovers": "papers",
    "paper_acts": "papers",
    "intake": "papers",
    "entrustments": "papers",
    "sheet_imports": "sheets",
    "sheet_exports": "sheets",
    "forms_of_law": "law",
    "regulation_acts": "law",
    "authority_files": "sheets",
    "email_lists": "sheets",
    "clauses": "law",
    "office_document_uploads": "office_documents",
    "office_document_acts": "office_documents",
    "document_signing": "office_documents",
    "incoming_notices": "incoming_documents",
    "pictures": "office_documents",
    "stocktake_counts": "stocktakes",
    "stocktake_items": "stocktakes",
}


def register_frame(app: Flask) -> None:
    """Give every template what `templates/base.html` reads."""

    @app.context_processor
    def _frame() -> dict[str, Any]:
        frame: dict[str, Any] = {
            "practice": settings().practice,
            "version": VERSION,
            "printed_at": gio(clock.now()),
            "today": clock.today(),
            "server_name": settings().server_name,
        }
        if current_user.is_authenticated:
            frame["navigation"] = _navigation(app)
            frame["signed_in"] = _signed_in()
            frame["can"] = account().can
        return frame


def _navigation(app: Flask) -> list[dict[str, Any]]:
    """The headings under which this person has a place, each with its places."""
    noun = (request.endpoint or "").split(".")[0]
    here = BELONGS_TO.get(noun, noun)
    known = app.extensions.setdefault("so_token_places", {})
    roles = account().roles
    if (found := known.get(roles)) is None:
        found = known[roles] = _places(app)
    return [
        {
            "title": title,
            "places": [
                {"label": label, "url": url, "current": point.split(".")[0] == here}
                for label, url, point in places
            ],
        }
        for title, places in found
    ]


def _places(app: Flask) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The headings with label, address and endpoint of each place; the same for all of a role."""
    person = account()
    groups = [
        (
            title,
            [
                (label, url_for(point), point)
                for label, point, permission in places
                if point in app.view_functions and (permission is None or person.can(permission))
            ],
        )
        for title, places in PLACES
    ]
    return [group for group in groups if group[1]]


def _signed_in() -> dict[str, Any]:
    person = account()
    return {
        "name": person.user.display_name,
        "agency": ", ".join(dict.fromkeys(grant.agency.name for grant in person.user.grants)),
        "sessions_url": url_for("accounts.sessions"),
        "password_url": url_for("accounts.password"),
        "logout_url": url_for("accounts.logout"),
        "switch_url": url_for("accounts.switch"),
        "here": request.full_path.rstrip("?") if request.method == "GET" else "",
    }
