"""What a document's own page says of its time stamps; a template asks with `upgrade_of`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, url_for
from flask_login import current_user
from sqlalchemy import select

from extensions import db
from labels import label
from operations import signature_upgrades, time_stamps
from operations.signature_upgrades import AWAITS, LOST, REPLACED
from operations.signed_files import DOCUMENT, PAPER, REQUEST
from rules.permissions import Permission
from rules.upgrades import PadesLevel, UpgradeState
from schema.upgrades import SignatureUpgrade
from signing.errors import ERRORS
from views.guards import account
from views.kept import until_the_log_grows

VIEW: Mapping[str, Permission] = {
    REQUEST: Permission.CERTIFICATE_REQUEST_VIEW,
    DOCUMENT: Permission.DOCUMENT_VIEW,
    PAPER: Permission.PAPER_VIEW,
}
ASK: Mapping[str, tuple[Permission, ...]] = {
    REQUEST: (Permission.CERTIFICATE_REQUEST_DRAFT, Permission.CERTIFICATE_REQUEST_SEAL),
    DOCUMENT: (Permission.DOCUMENT_EDIT, Permission.DOCUMENT_ISSUE),
    PAPER: (Permission.PAPER_EDIT,),
}
PATHS = {REQUEST: "de-nghi", DOCUMENT: "van-ban", PAPER: "bien-ban"}
_OWN = {
    AWAITS: ("Văn bản còn chờ chữ ký; phần còn thiếu được gắn khi đủ chữ ký.", ""),
    REPLACED: ("Bản đã ký này đã được bản khác thay thế.", ""),
    LOST: (
        "Phần mềm bị dừng nhiều lần khi đang gắn dấu cho văn bản này.",
        "Báo người quản trị xem nhật ký của máy chủ, rồi bấm gắn lại.",
    ),
}


@dataclass(frozen=True)
class Shown:
    """One row of the queue in words; `why` and `advice` are "" when nothing went wrong."""

    state: str
    level: str
    wanted: str
    why: str
    advice: str
    detail: str
    attempts: int
    next_try_at: datetime | None
    levels: tuple[tuple[str, str], ...]
    ask_url: str


def words_of(code: str) -> tuple[str, str]:
    """What a code means, and what to do."""
    if code in _OWN:
        return _OWN[code]
    error = ERRORS.get(code)
    return (error.message, error.advice) if error is not None else ("", "")


def short(level: str) -> str:
    """A level as people say it: B-LT."""
    return str(level).removeprefix("PAdES ")


def shown(row: SignatureUpgrade) -> Shown:
    """A row in words, with the address of its button where pressing it may help."""
    why, advice = words_of(row.last_error)
    waits = row.state is UpgradeState.WAITING
    useful = waits or row.state is UpgradeState.GIVEN_UP
    may = useful and may_ask(row.noun) is not None
    return Shown(
        row.state.name,
        short(row.reached),
        short(row.wanted),
        why,
        advice,
        row.last_detail,
        row.attempts,
        row.next_try_at if waits and row.attempts else None,
        tuple((str(signer), short(level)) for signer, level in row.levels),
        ask_address(row.noun, row.object_id) if may else "",
    )


def may_ask(noun: str) -> Permission | None:
    """The permission by which this person may press the button; None when they may not."""
    return next((one for one in ASK[noun] if account().can(one)), None)


def ask_address(noun: str, object_id: int) -> str:
    """Where the button "gắn dấu thời gian ngay" sends."""
    return url_for("signature_upgrades.ask", path=PATHS[noun], object_id=object_id)


def upgrade_of(noun: str, object_id: int) -> Shown | None:
    """What to show on the page of a signed thing; None while no time stamps are wanted here."""
    level, ever = until_the_log_grows(("time stamps",), _whether)
    row = signature_upgrades.row_of(db.session(), noun, object_id) if ever else None
    if row is not None:
        return shown(row)
    if level is PadesLevel.B_B:
        return None
    may = current_user.is_authenticated and may_ask(noun) is not None
    return Shown(
        "NONE",
        short(PadesLevel.B_B),
        short(level),
        "Văn bản được ký trước khi cơ quan bật dấu thời gian.",
        "",
        "",
        0,
        None,
        (),
        ask_address(noun, object_id) if may else "",
    )


def _whether() -> tuple[PadesLevel, bool]:
    """The level that is wanted, and whether any file was ever in the queue."""
    session = db.session()
    level = time_stamps.wish_of(session).level
    return level, session.scalar(select(SignatureUpgrade.id).limit(1)) is not None


def register_upgrade_panel(app: Flask) -> None:
    """Let templates ask."""
    app.jinja_env.globals["upgrade_of"] = upgrade_of
    app.jinja_env.globals["level_words"] = label
