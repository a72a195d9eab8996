"""The whole table of who may do what, open to everybody who is logged in."""

from itertools import groupby

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from rules.permissions import GRANTS, Permission, Role, own_only
from views.guards import account, requires

bp = Blueprint("permissions", __name__)

NOUN_WORDS = {
    "certificate": "Chứng thư",
    "certificate_history": "Chứng thư",
    "device": "Thiết bị",
    "person": "Cá nhân",
    "agency": "Cơ quan, đơn vị",
    "certificate_request": "Đề nghị",
    "custody": "Bàn giao, biên bản, sự cố",
    "paper": "Bàn giao, biên bản, sự cố",
    "receipt": "Bàn giao, biên bản, sự cố",
    "incident": "Bàn giao, biên bản, sự cố",
    "staff_change": "Biến động nhân sự, cơ quan",
    "reorganisation": "Biến động nhân sự, cơ quan",
    "stocktake": "Kiểm kê, nhắc việc, Excel",
    "reminder": "Kiểm kê, nhắc việc, Excel",
    "sheet": "Kiểm kê, nhắc việc, Excel",
    "form": "Biểu mẫu và quy chế",
    "calendar": "Biểu mẫu và quy chế",
    "regulation": "Biểu mẫu và quy chế",
    "report": "Tra cứu và nhật ký",
    "document": "Văn bản của cơ quan, văn bản đến",
    "incoming": "Văn bản của cơ quan, văn bản đến",
    "picture": "Văn bản của cơ quan, văn bản đến",
    "trust": "Văn bản của cơ quan, văn bản đến",
    "signing_agent": "Ký số và kiểm tra chữ ký số",
    "verification": "Ký số và kiểm tra chữ ký số",
    "file": "Tra cứu và nhật ký",
    "audit": "Tra cứu và nhật ký",
    "law": "Tra cứu và nhật ký",
    "user": "Quản trị",
    "setting": "Quản trị",
    "session": "Quản trị",
}


@bp.get("/quan-tri/quyen")
@requires()
def show() -> ResponseReturnValue:
    """Roles across, acts down, straight from the table that the program itself obeys."""
    groups = [
        (title, [(permission, cells(permission)) for permission in permissions])
        for title, permissions in groupby(Permission, key=lambda one: NOUN_WORDS[noun_of(one)])
    ]
    return render_template(
        "permissions/show.html", groups=groups, roles=list(Role), own=account().user.grants
    )


def noun_of(permission: Permission) -> str:
    """The noun of "noun:act"."""
    return permission.value.partition(":")[0]


def cells(permission: Permission) -> list[tuple[Role, str]]:
    """For each role "có", "của mình" or nothing."""
    return [(role, cell(role, permission)) for role in Role]


def cell(role: Role, permission: Permission) -> str:
    """What the table says about one role and one act."""
    if permission not in GRANTS[role]:
        return ""
    things = noun_of(permission) in ("certificate", "device", "person")
    return "của mình" if things and own_only([role], permission) else "có"
