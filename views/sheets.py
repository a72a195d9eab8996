"""Excel in and out: the start page, templates to fill in, and the imports of the past."""

from collections.abc import Mapping
from io import BytesIO

from flask import Blueprint, render_template, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload, load_only

from extensions import db
from labels import label
from models import Agency, User
from rules.permissions import Permission
from rules.sheet_imports import ImportState
from schema.daily import SheetImport
from sheets.templates import write_template
from sheets.vocabulary import SheetKind, layout
from views.guards import account, requires
from views.users import agency_choices

bp = Blueprint("sheets", __name__, url_prefix="/bang-tinh")

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_IMPORTS = 20
KIND_WORDS: Mapping[str, str] = {
    SheetKind.PEOPLE.value: "Cán bộ",
    SheetKind.DEVICES.value: "Thiết bị",
    SheetKind.HANDOVERS.value: "Lịch sử bàn giao",
    SheetKind.CERTIFICATES.value: "Chứng thư (danh sách, không có tệp)",
    SheetKind.STAFF_CHANGES.value: "Biến động nhân sự",
}
ADDRESSES: Mapping[str, SheetKind] = {
    "can-bo": SheetKind.PEOPLE,
    "thiet-bi": SheetKind.DEVICES,
    "ban-giao": SheetKind.HANDOVERS,
    "chung-thu": SheetKind.CERTIFICATES,
    "bien-dong": SheetKind.STAFF_CHANGES,
}
_TOLD: Mapping[SheetKind, str] = {
    SheetKind.PEOPLE: "Làm trước tiên: các danh sách khác tìm người theo danh sách này.",
    SheetKind.DEVICES: "Thiết bị đang dùng mà chưa có biên bản cũng ghi được: sổ ghi “đang sử "
    "dụng, chưa có biên bản” cho đến khi lập biên bản xác nhận hiện trạng.",
    SheetKind.HANDOVERS: "Các lần bàn giao, trả lại, thu hồi trước đây, kèm số biên bản nếu có.",
    SheetKind.CERTIFICATES: "Gắn chứng thư đã có trong sổ với người và thiết bị; chứng thư chưa "
    "có thì phần mềm kể ra để nhập tệp.",
    SheetKind.STAFF_CHANGES: "Nghỉ hưu, chuyển công tác, đổi chức vụ…: mỗi dòng thành một biến "
    "động với các việc phải làm theo quy chế.",
}


@bp.get("")
@requires(Permission.SHEET_EXPORT)
def index() -> ResponseReturnValue:
    """What can be read in and taken out, and what was read in before."""
    person = account()
    may_import = person.can(Permission.SHEET_IMPORT)
    with_numbers = person.can(Permission.PERSON_EDIT)
    return render_template(
        "sheets/index.html",
        kinds=[
            {
                "address": address,
                "kind": kind.value,
                "words": KIND_WORDS[kind.value],
                "told": _TOLD[kind],
                "needs": [one.words for one in layout(kind).fields.values() if one.required],
            }
            for address, kind in ADDRESSES.items()
        ],
        may_import=may_import,
        past=_past() if may_import else [],
        kind_words=KIND_WORDS,
        agencies=agency_choices(person.scope(Permission.PERSON_EDIT))[1:] if with_numbers else [],
    )


def _past() -> list[dict[str, object]]:
    """The latest imports in scope, newest first; one statement."""
    rows = db.session.execute(
        select(SheetImport, User.display_name)
        .join(User, User.id == SheetImport.created_by_id)
        .where(account().scope(Permission.SHEET_IMPORT).clause(SheetImport.agency_id))
        .options(
            joinedload(SheetImport.agency, innerjoin=True).load_only(Agency.name),
            load_only(SheetImport.kind, SheetImport.file_name, SheetImport.state,
                      SheetImport.counts, SheetImport.created_at, SheetImport.agency_id),
        )
        .order_by(SheetImport.id.desc())
        .limit(SHOWN_IMPORTS)
    )  # fmt: skip
    return [
        {
            "row": row,
            "who": who,
            "state": ImportState(row.state),
            "words": label(ImportState(row.state)),
        }
        for row, who in rows
    ]


@bp.get("/mau/<any('can-bo','thiet-bi','ban-giao','chung-thu','bien-dong'):address>")
@requires(Permission.SHEET_EXPORT)
def template(address: str) -> ResponseReturnValue:
    """The template of one kind of list."""
    content = write_template(ADDRESSES[address])
    return send_file(
        BytesIO(content), MEDIA_TYPE, as_attachment=True, download_name=f"mau-{address}.xlsx"
    )
