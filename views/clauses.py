"""What the page of a regulation shows: its wording, and what the program does about each clause."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from flask import current_app, url_for

from regulations.clause_map import charts, passages
from rules.clauses import Chart, Clause, ClauseKind, Part, Passage, Place
from rules.permissions import Permission
from rules.regulation_status import standing
from views.current_law import current_law
from views.guards import Account
from views.law_links import slug

#: Kind -> its name in an address.
KIND_WORDS: Mapping[str, ClauseKind] = {
    "da-co": ClauseKind.SERVED,
    "dang-lam": ClauseKind.OPEN,
    "ngoai-phan-mem": ClauseKind.OUTSIDE,
}

#: Endpoint -> what the page is called, and from which page one comes to it (itself when "").
PAGES: Mapping[str, tuple[str, str]] = {
    "agencies.show": ("Trang của đơn vị", "agencies.index"),
    "certificate_imports.show": ("Nhập chứng thư từ tệp", "certificate_imports.new"),
    "certificate_requests.index": ("Yêu cầu chứng thực", ""),
    "certificate_requests.new_renewal": ("Lập văn bản gia hạn", "certificates.index"),
    "certificate_requests.show": ("Hồ sơ yêu cầu", "certificate_requests.index"),
    "certificate_requests.signer": ("Chọn người ký", "certificate_requests.index"),
    "certificates.index": ("Sổ chứng thư", ""),
    "certificates.show": ("Trang của chứng thư", "certificates.index"),
    "devices.index": ("Sổ thiết bị", ""),
    "devices.new": ("Thêm thiết bị", ""),
    "devices.show": ("Trang của thiết bị", "devices.index"),
    "document_signing.sign": ("Ký số văn bản", "office_documents.index"),
    "entrustments.new": ("Giao quản lý thiết bị của cơ quan", ""),
    "handovers.index": ("Giao, nhận, thu hồi thiết bị", ""),
    "handovers.new": ("Lập biên bản giao, nhận", "handovers.index"),
    "home.show": ("Trang chủ", ""),
    "incident_papers.loss_minutes": ("Biên bản thất lạc (Mẫu số 09)", "incidents.index"),
    "incident_papers.report": ("Báo cáo sự cố", "incidents.index"),
    "incidents.index": ("Sự cố", ""),
    "incidents.report": ("Báo sự cố", ""),
    "incidents.report_for": ("Báo sự cố thay người khác", ""),
    "incidents.show": ("Trang của sự cố", "incidents.index"),
    "incidents.write": ("Xử lý sự cố", "incidents.index"),
    "incoming_documents.index": ("Sổ văn bản đến", ""),
    "incoming_documents.receive": ("Nhận văn bản đến", ""),
    "incoming_notices.make": ("Lập thông báo gửi nơi gửi", "incoming_documents.index"),
    "incoming_documents.show": ("Văn bản đến", "incoming_documents.index"),
    "intake.new": ("Tiếp nhận thiết bị", ""),
    "law.index": ("Căn cứ pháp lý", ""),
    "law.regulation": ("Toàn văn quy chế", "law.index"),
    "log.index": ("Nhật ký", ""),
    "office_document_acts.place": ("Vị trí chữ ký", "office_documents.index"),
    "office_document_acts.signers": ("Người ký văn bản", "office_documents.index"),
    "office_document_uploads.declare": ("Đưa văn bản vào ký số", ""),
    "office_document_uploads.upload": ("Tải tệp văn bản", "office_document_uploads.declare"),
    "office_documents.show": ("Văn bản của cơ quan", "office_documents.index"),
    "outside_documents.index": ("Đã ký cho hệ thống khác", "signing_agents.index"),
    "own.ask": ("Phiếu đề nghị", ""),
    "own.show": ("Của tôi", ""),
    "papers.show": ("Trang của biên bản", "papers.index"),
    "people.email": ("Thư điện tử công vụ", "people.index"),
    "people.leaving": ("Ghi nhận nghỉ, chuyển công tác", "people.index"),
    "people.show": ("Trang của cá nhân", "people.index"),
    "permissions.show": ("Bảng vai trò và quyền", ""),
    "reminders.index": ("Nhắc việc", ""),
    "reorganisations.index": ("Sắp xếp cơ quan", ""),
    "reorganisations.show": ("Trang của việc sắp xếp", "reorganisations.index"),
    "reports.edit": ("Nội dung báo cáo năm", "reports.index"),
    "reports.index": ("Báo cáo", ""),
    "reports.on_demand": ("Báo cáo đột xuất", ""),
    "reports.show": ("Báo cáo năm của cơ quan", "reports.index"),
    "request_acts.decide": ("Duyệt hoặc trả lại", "certificate_requests.index"),
    "request_acts.number": ("Ghi số, ngày văn bản", "certificate_requests.index"),
    "request_acts.paper": ("Nhận bản giấy đã ký", "certificate_requests.index"),
    "request_drafts.agencies": ("Cấp mới cho cơ quan, tổ chức", ""),
    "request_drafts.amendments": ("Thay đổi nội dung thông tin", ""),
    "request_drafts.people": ("Cấp mới cho cá nhân", ""),
    "request_drafts.revocations": ("Thu hồi chứng thư", ""),
    "request_drafts.systems": ("Cấp mới cho thiết bị, dịch vụ, phần mềm", ""),
    "request_drafts.unlocks": ("Khôi phục thiết bị", ""),
    "request_files.attachments": ("Tài liệu kèm theo", "certificate_requests.index"),
    "request_handling.index": ("Yêu cầu gửi tới Sở", ""),
    "request_handling.show": ("Xử lý yêu cầu gửi tới Sở", "request_handling.index"),
    "request_letters.show": ("Xem văn bản", "certificate_requests.index"),
    "request_letters.signatures": ("Kiểm tra chữ ký trên văn bản", "certificate_requests.index"),
    "request_lines.edit": ("Một dòng của văn bản", "certificate_requests.index"),
    "request_months.show": ("Việc của một tháng", ""),
    "request_results.answers": ("Ghi kết quả", "certificate_requests.index"),
    "request_results.notice": ("Thông báo thu hồi", "certificate_requests.index"),
    "request_results.tie": ("Gắn chứng thư kết quả", ""),
    "request_tracking.copy": ("Gửi bản sao", "certificate_requests.index"),
    "request_tracking.sending": ("Ghi việc gửi", "certificate_requests.index"),
    "signing_agents.index": ("Trình ký số", ""),
    "signing_agents.package": ("Gói cài đặt Trình ký số", "signing_agents.index"),
    "signing_jobs.seal": ("Ký số của cơ quan", "certificate_requests.index"),
    "signing_jobs.sign": ("Ký số", "certificate_requests.index"),
    "staff_changes.index": ("Biến động nhân sự", ""),
    "staff_changes.new": ("Ghi biến động nhân sự", ""),
    "staff_changes.show": ("Trang của biến động", "staff_changes.index"),
    "stocktakes.index": ("Kiểm kê", ""),
    "stocktakes.show": ("Trang của đợt kiểm kê", "stocktakes.index"),
    "systems.edit": ("Thiết bị, dịch vụ, phần mềm", "systems.index"),
    "users.show": ("Tài khoản và vai trò", "users.index"),
    "verifications.new": ("Kiểm tra chữ ký", ""),
}


@dataclass(frozen=True)
class Door:
    """A page by its name; `url` None when this person has no business there."""

    words: str
    url: str | None


@dataclass(frozen=True)
class Row:
    """One clause on the page. `after` closes what it is the last part of."""

    clause: Clause
    words: tuple[str, ...]
    doors: tuple[Door, ...]
    after: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """The sign in front of the words, as the text has it."""
        place = self.clause.place
        if place.point:
            return f"{place.point})"
        return f"{place.clause}." if place.clause else ""

    @property
    def level(self) -> int:
        """0 for an article, 1 for what stands right in it, 2 for a point of a clause."""
        place = self.clause.place
        return bool(place.clause) + bool(place.point)


@dataclass(frozen=True)
class Article:
    """An article with its clauses and points; its own row is left out when it is only a title."""

    number: str
    title: str
    anchor: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Chapter:
    """The articles under one heading."""

    title: str
    articles: tuple[Article, ...]


def regulation_list(on: date) -> list[dict[str, object]]:
    """Every regulation of a province with its standing on a day, and its counts."""
    instruments = {one.key: one for one in current_law().instruments}
    return [
        {
            "row": instruments[key],
            "standing": standing(instruments[key], on=on),
            "slug": slug(key),
            "counts": chart.counts(),
        }
        for key, chart in charts().items()
    ]


def chart_at(address: str) -> Chart:
    """The map whose regulation has this address; KeyError when there is none."""
    return {slug(key): chart for key, chart in charts().items()}[address]


def chapters_of(chart: Chart, kind: ClauseKind | None, person: Account) -> tuple[Chapter, ...]:
    """The text in its chapters; with a kind, only clauses of it and what they stand in."""
    texts = passages(chart.key)
    shown = _of_kind(chart, kind)
    doors = {name: _door(name, person) for clause in chart.clauses for name in clause.pages}
    found: dict[str, dict[Place, list[Row]]] = {}
    for clause in chart.clauses:
        if clause.place not in shown:
            continue
        passage, place = texts[clause.place], clause.place
        article = Place(place.part, place.article)
        title = passage.chapter if place.part is Part.ANNEX else "Quyết định ban hành"
        row = Row(clause, passage.words, tuple(doors[name] for name in clause.pages))
        found.setdefault(title, {}).setdefault(article, []).append(row)
    return tuple(
        Chapter(title, tuple(_article(rows, texts) for rows in articles.values()))
        for title, articles in found.items()
    )


def _article(rows: list[Row], texts: Mapping[Place, Passage]) -> Article:
    """A regulation's article has a title of its own; the deciding document's often has none."""
    head, place = rows[0], rows[0].clause.place
    title = f"Điều {place.article}"
    if head.clause.kind is ClauseKind.PARTS or len(head.words) > 1:
        title, rows[0] = f"{title}. {head.words[0]}", replace(head, words=head.words[1:])
    for index, row in enumerate(rows):
        above, last = row.clause.place.above, rows[index + 1 :]
        if above and all(other.clause.place.above != above for other in last):
            rows[index] = replace(row, after=texts[above].closing)
    return Article(place.article, title, place.anchor, tuple(row for row in rows if row.words))


def _of_kind(chart: Chart, kind: ClauseKind | None) -> set[Place]:
    """The places of these clauses and of all they stand in."""
    return {
        place
        for clause in chart.clauses
        if kind in (None, clause.kind)
        for place in _with_those_above(clause.place)
    }


def _with_those_above(place: Place | None) -> Iterator[Place]:
    while place is not None:
        yield place
        place = place.above


def _door(endpoint: str, person: Account) -> Door:
    words, way = PAGES[endpoint]
    door = way or endpoint
    guard = getattr(current_app.view_functions[door], "guard", ())
    allowed = any(not isinstance(one, Permission) or person.can(one) for one in guard)
    return Door(words, url_for(door) if allowed else None)
