"""What the registers of devices and certificates share: filters, addresses, counts, history."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, String, cast, or_, select

from audit_events import EVENTS
from extensions import db
from forms.fields import numbers_in
from labels import label
from models import Agency, AuditEvent, AuditHead, Person, SearchTerm, User
from operations.personal import CitizenIds
from rules.lifecycle import CustodyAct
from rules.permissions import GRANTS, Permission, Role
from rules.serials import serial_candidates
from schema.custody import CustodyMove
from schema.daily import SheetImportRow
from views.filters import gio
from views.finding import Condition, Cursor, Page, within
from views.guards import Scope, account, below, not_found, settings
from views.kept import key_of, until_the_ground_shifts

MOST_AGENCIES = 80
"""A person with more agencies walks down the tree; fewer are shown whole."""
MOST_CHILDREN = 400
MOST_PRINTED = 1_000
"""Rows of one printed register, some forty sheets; the page says when there are more."""
CITIZEN_ID_DIGITS = 12
HISTORY = 50
_IMPORTED = ("device", "person", "certificate", "staff_change")
SEARCH, STATE, KIND, AGENCY, PERSON, ORDER = (
    "q", "trang-thai", "loai", "don-vi", "ca-nhan", "xep",
)  # fmt: skip
KEPT = (SEARCH, STATE, KIND, AGENCY, PERSON, ORDER)

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class Asked:
    """What the address of a list asks for."""

    query: str = ""
    state: str = ""
    kind: str = ""
    agency_id: int | None = None
    person_id: int | None = None
    order: str = ""
    cursor: Cursor = field(default_factory=Cursor)

    @classmethod
    def from_request(cls) -> "Asked":
        """Read the address; what is not understood counts as not asked for."""
        given = request.args
        return cls(
            query=given.get(SEARCH, "").strip()[:200],
            state=given.get(STATE, ""),
            kind=given.get(KIND, ""),
            agency_id=given.get(AGENCY, type=int),
            person_id=given.get(PERSON, type=int),
            order=given.get(ORDER, ""),
            cursor=Cursor(given.get("sau", type=int), given.get("truoc", type=int)),
        )

    def parameters(self, **changed: Any) -> dict[str, Any]:
        """The parameters of an address with the same filters, some of them changed; no cursor."""
        kept = {
            SEARCH: self.query,
            STATE: self.state,
            KIND: self.kind,
            AGENCY: self.agency_id,
            PERSON: self.person_id,
            ORDER: self.order,
        }
        kept.update({name.replace("_", "-"): value for name, value in changed.items()})
        return {name: value for name, value in kept.items() if value}

    @property
    def overview(self) -> bool:
        """True on the first page of a whole place: there the states are counted.

        Counting is the dearest part of a page, and says nothing new beside a state or a search.
        """
        asked = (self.query, self.person_id, self.state, self.kind)
        return not any(asked) and self.cursor == Cursor()

    @property
    def narrowed(self) -> bool:
        """True when anything but the order was asked for."""
        return any((self.query, self.state, self.kind, self.agency_id, self.person_id))


def member(choices: type[E], name: str) -> E | None:
    """The member of this name, or None."""
    return choices.__members__.get(name)


def small(member: StrEnum) -> str:
    """The word of a member inside a sentence: "đã nộp về Cục"."""
    word = label(member)
    return word if word[:2].isupper() else word[0].lower() + word[1:]


# Agencies -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Agencies:
    """The choice of agencies that the filter offers, and the one that was chosen."""

    options: tuple[tuple[Any, str], ...]
    path: str = ""
    chosen: str = ""

    @property
    def condition(self) -> Condition | None:
        """The rows of the chosen agency and of all below it; None when none was chosen."""
        if not self.path:
            return None
        return within("agency_id", select(Agency.id).where(below(self.path)))


def agencies(permission: Permission, chosen: int | None) -> Agencies:
    """The agencies to choose from: the whole scope when it is small, else one step of the tree.

    Answers 404 for an agency outside the scope. One statement.
    """
    scope = account().scope(permission)
    if not scope.everything and not scope.agency_ids:
        return Agencies(())
    key = ("agencies", permission, key_of(scope), account().grants, chosen)
    return until_the_ground_shifts(key, lambda: _agencies(scope, permission, chosen))


def _agencies(scope: Scope, permission: Permission, chosen: int | None) -> Agencies:
    rows = db.session.execute(
        select(Agency.id, Agency.name, Agency.path, Agency.parent_id)
        .where(_offered(scope, permission, chosen))
        .order_by(Agency.sort_key, Agency.id)
        .limit(MOST_CHILDREN)
    ).all()
    visible = [row for row in rows if scope.covers(row.id)]
    here = next((row for row in visible if row.id == chosen), None)
    if chosen is not None and here is None:
        not_found()
    tree = _as_tree(visible)
    options = (("", "tất cả đơn vị"), *((row.id, "– " * depth + row.name) for depth, row in tree))
    return Agencies(options, here.path, here.name) if here is not None else Agencies(options)


def _offered(scope: Scope, permission: Permission, chosen: int | None) -> Any:
    if scope.agency_ids and len(scope.agency_ids) <= MOST_AGENCIES:
        return Agency.id.in_(sorted(scope.agency_ids))
    if chosen is None:
        tops = [
            number
            for role, number, _ in account().grants
            if permission in GRANTS[role] and role is not Role.STAFF
        ]
        return or_(Agency.id.in_(tops), Agency.parent_id.in_(tops))
    path = select(Agency.path).where(Agency.id == chosen).scalar_subquery()
    return or_(Agency.parent_id == chosen, path.startswith(Agency.path))


def _as_tree(rows: Sequence[Any]) -> list[tuple[int, Any]]:
    """Rows with their depth, each under its parent, siblings in the order given."""
    known = {row.id for row in rows}
    children: dict[int | None, list[Any]] = {}
    for row in rows:
        children.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    tree: list[tuple[int, Any]] = []
    waiting = [(0, row) for row in reversed(children.get(None, []))]
    while waiting:
        depth, row = waiting.pop()
        tree.append((depth, row))
        waiting.extend((depth + 1, child) for child in reversed(children.get(row.id, [])))
    return tree


# Searching ----------------------------------------------------------------------------------------


def search_answer(endpoint: str, permission: Permission, noun: str) -> ResponseReturnValue:
    """Answer a search that was sent by POST with the address of its list.

    A citizen id is looked up here and becomes the number of the person: it is never part of an
    address, where logs and histories would keep it. Nobody learns of people outside their scope.
    """
    form = request.form
    query = form.get(SEARCH, "").strip()[:200]
    kept = {name: form[name] for name in (STATE, KIND, AGENCY, ORDER) if form.get(name)}
    digits = "".join(query.split())
    if len(digits) == CITIZEN_ID_DIGITS and digits.isascii() and digits.isdecimal():
        person_id = _person_with(digits, permission)
        if person_id is not None:
            return redirect(url_for(endpoint, **kept, **{PERSON: person_id}), 303)
        if not _is_serial(digits, noun):
            flash(
                "Không có cá nhân nào trong phạm vi của anh/chị mang số định danh vừa nhập, "
                "và không có số hiệu nào như vậy.",
                "warning",
            )
            return redirect(url_for(endpoint, **kept), 303)
    if query:
        kept[SEARCH] = query
    return redirect(url_for(endpoint, **kept), 303)


def _person_with(number: str, permission: Permission) -> int | None:
    hashed = CitizenIds(settings().citizen_key).lookup(number)
    scope = account().scope(permission)
    return db.session.scalar(
        select(Person.id).where(
            Person.citizen_id_hash == hashed, scope.clause(Person.agency_id, Person.id)
        )
    )


def _is_serial(digits: str, noun: str) -> bool:
    terms = [one.lower() for one in serial_candidates(digits)]
    found = db.session.scalar(
        select(SearchTerm.object_id)
        .where(SearchTerm.noun == noun, SearchTerm.term.in_(terms))
        .limit(1)
    )
    return found is not None


# Pages and paper ----------------------------------------------------------------------------------


def page_urls(endpoint: str, asked: Asked, page: Page) -> dict[str, str]:
    """Addresses of the pages before and after; empty where there is none."""
    kept = asked.parameters()
    return {
        "previous_url": url_for(endpoint, **kept, truoc=page.before) if page.before else "",
        "next_url": url_for(endpoint, **kept, sau=page.after) if page.after else "",
    }


def count_items(
    endpoint: str,
    asked: Asked,
    words: Sequence[tuple[StrEnum, str, bool]],
    counted: tuple[Sequence[int], int] | None,
) -> list[dict[str, Any]]:
    """The line of counts on top: states with any row, each a link; `words` says which are late."""
    if counted is None:
        return []
    counts, top = counted
    return [
        {
            "count": min(count, top),
            "capped": count > top,
            "label": label,
            "late": late,
            "url": url_for(
                endpoint,
                **Asked(agency_id=asked.agency_id, order=asked.order).parameters(
                    trang_thai=state.name
                ),
            ),
        }
        for (state, label, late), count in zip(words, counts, strict=True)
        if count
    ]


def chosen_columns(columns: Mapping[str, tuple[str, bool]]) -> list[str]:
    """The columns asked for by "cot", in their own order; the usual ones when none was."""
    wanted = set(request.args.getlist("cot"))
    found = [name for name in columns if name in wanted]
    return found or [name for name, (_, usual) in columns.items() if usual]


def chosen_ids(text: str) -> list[int]:
    """The numbers of rows ticked for printing, "1,2,3"."""
    return numbers_in(text.split(",")[:MOST_PRINTED])


def log_head() -> str:
    """The head of the log for the foot of a paper: each paper is a witness of the log."""
    head = db.session.execute(select(AuditHead.seq, AuditHead.hash)).one()
    return f"Nhật ký đến sự kiện {head.seq}, mã {head.hash[:16]}"


# History ------------------------------------------------------------------------------------------

CHANGED_WORDS: Mapping[str, str] = {
    "steps": "người ký, vị trí",
    "state": "bắt đầu lại",
    "kind": "loại",
    "agency": "đơn vị",
    "internal_code": "mã quản lý",
    "printed_serial": "số in trên thiết bị",
    "driver_serial": "số đọc từ thiết bị",
    "notice_serial": "số trong thông báo",
    "label": "nhãn",
    "model": "kiểu",
    "generation": "thế hệ",
    "phone_number": "số điện thoại ký số",
    "network": "nhà mạng",
    "official_domains": "tên miền thư công vụ",
    "received_on": "ngày nhận",
    "note": "ghi chú",
    "full_name": "họ và tên",
    "staff_number": "mã số cán bộ",
    "birth_on": "ngày sinh",
    "phone": "số điện thoại",
    "email": "thư điện tử",
    "citizen_id": "số định danh cá nhân",
    "citizen_id_issued_on": "ngày cấp số định danh",
    "citizen_id_issued_by": "nơi cấp số định danh",
    "positions": "chức vụ",
    "left_on": "ngày nghỉ, chuyển đi",
    "agency_id": "đơn vị quản lý",
    "name": "tên",
    "code": "mã trong phần mềm",
    "level": "cấp",
    "abbreviation": "chữ viết tắt",
    "has_legal_personality": "tư cách pháp nhân",
    "has_own_seal": "con dấu riêng",
    "identification_code": "mã định danh điện tử",
    "place_name": "địa danh",
    "province": "tỉnh, thành phố",
    "address": "địa chỉ",
    "tax_code": "mã số thuế",
    "budget_code": "mã quan hệ ngân sách",
    "origin": "cách có chứng thư",
    "predecessor_id": "chứng thư trước",
    "renewals": "số lần gia hạn",
    "person": "thuê bao",
    "device": "thiết bị",
}


def history(noun: str, object_id: int, *, without: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The latest events of the log about one thing, newest first; one statement.

    What was done to many at once is one event, of the import that wrote the thing or of the paper
    by which the device moved: it is told here too. `without` leaves out events of which there are
    hundreds and which are told elsewhere.
    """
    about = (AuditEvent.noun == noun) & (AuditEvent.object_id == str(object_id))
    found = db.session.execute(
        select(AuditEvent, User.display_name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(or_(about, *_done_to_many(noun, object_id)), AuditEvent.event.not_in(without))
        .order_by(AuditEvent.seq.desc())
        .limit(HISTORY)
    ).all()
    return [
        {
            "what": EVENTS[event.event].words if event.event in EVENTS else event.event,
            "when": gio(event.at),
            "who": name or "Phần mềm",
            "detail": _detail(json.loads(event.body)),
        }
        for event, name in found
    ]


def _done_to_many(noun: str, object_id: int) -> list[ColumnElement[bool]]:
    """The events of imports and papers that are about this thing among others."""
    if noun not in _IMPORTED:
        return []
    imports = select(cast(SheetImportRow.import_id, String)).where(
        SheetImportRow.noun == noun, SheetImportRow.object_id == object_id
    )
    found = [
        (AuditEvent.noun == "sheet_import")
        & AuditEvent.object_id.in_(imports)
        & AuditEvent.event.in_(["sheet.committed", "sheet.undone"])
    ]
    if noun == "device":
        papers = select(cast(CustodyMove.paper_id, String)).where(
            CustodyMove.device_id == object_id, CustodyMove.paper_id.is_not(None)
        )
        found.append(
            (AuditEvent.noun == "paper")
            & AuditEvent.object_id.in_(papers)
            & (AuditEvent.event == "custody.moved")
        )
    return found


def _detail(body: Mapping[str, Any]) -> str:
    act = member(CustodyAct, str(body.get("act"))) if "devices" in body else None
    if act is not None:
        return label(act)
    if isinstance(body.get("capacity"), str) and body["capacity"]:
        return "Ký với tư cách: " + str(body["capacity"])
    if isinstance(body.get("changed"), list):
        words = [CHANGED_WORDS.get(name, name) for name in body["changed"]]
        return "Nội dung sửa: " + ", ".join(words)
    if "renewals" in body:
        return f"Số lần đã gia hạn: {body['renewals']}"
    return ""
