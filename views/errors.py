"""Error pages in Vietnamese, each with what to do next and a reference number for the log."""

import errno
import logging
import secrets
from typing import NamedTuple

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from extensions import db
from operations.transactions import Conflict
from views import conflicts, kept_forms

log = logging.getLogger("so_token.errors")

_OUT_OF_RANGE = "22003"  # numeric_value_out_of_range, PostgreSQL, Appendix A
_NO_ROOM = "database or disk is full"  # SQLite
_DISK_FULL = "53100"  # PostgreSQL
_NO_SPACE = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_WAITED_IN_VAIN = ("55P03", "40P01")  # lock_not_available, deadlock_detected
RETRY_SECONDS = 30


class Words(NamedTuple):
    title: str
    message: str
    advice: str


WORDS = {
    400: Words(
        "Yêu cầu không hợp lệ",
        "Máy chủ không hiểu dữ liệu vừa gửi.",
        "Hãy quay lại trang trước, tải lại trang rồi thực hiện lại.",
    ),
    403: Words(
        "Không có quyền thực hiện",
        "Tài khoản của anh/chị không được giao quyền làm việc này.",
        "Nếu đây là việc của anh/chị, hãy đề nghị người quản trị phần mềm giao quyền.",
    ),
    404: Words(
        "Không tìm thấy",
        "Trang hoặc hồ sơ này không có, hoặc không thuộc phạm vi quản lý của anh/chị.",
        "Hãy kiểm tra lại địa chỉ, hoặc tìm hồ sơ từ danh sách.",
    ),
    405: Words(
        "Thao tác không đúng cách",
        "Địa chỉ này không nhận thao tác vừa thực hiện.",
        "Hãy quay lại trang trước và dùng nút bấm trên trang.",
    ),
    409: Words(
        "Dữ liệu vừa thay đổi",
        "Người khác vừa thay đổi hồ sơ này trong lúc anh/chị đang làm.",
        "Phần vừa nhập chưa được ghi. Mở nội dung mới, xem chỗ khác nhau rồi quyết định ghi gì. "
        "Những gì đã lưu trước đó không bị mất.",
    ),
    413: Words(
        "Tệp quá lớn",
        "Dữ liệu gửi lên vượt quá giới hạn cho phép.",
        "Hãy chia nhỏ tệp, hoặc gửi từng tệp một.",
    ),
    429: Words(
        "Thử lại quá nhiều lần",
        "Máy chủ tạm thời không nhận thêm yêu cầu này.",
        "Hãy đợi ít phút rồi thử lại.",
    ),
    500: Words(
        "Có lỗi trong phần mềm",
        "Việc vừa rồi chưa được thực hiện; dữ liệu trước đó vẫn còn nguyên.",
        "Hãy thử lại. Nếu vẫn lỗi, hãy báo cho người quản trị kèm theo mã tham chiếu.",
    ),
    503: Words(
        "Đang có việc ghi khác",
        "Một người khác đang ghi một việc dài (nhập danh sách, sắp xếp đơn vị…) nên chưa đến lượt. "
        "Việc vừa rồi của anh/chị chưa được ghi gì; dữ liệu trước đó vẫn còn nguyên.",
        "Đợi chừng nửa phút rồi thử lại. Nếu nhiều lần vẫn vậy, hãy báo cho người quản trị kèm "
        "theo mã tham chiếu.",
    ),
    507: Words(
        "Ổ đĩa của máy chủ đã đầy",
        "Máy chủ không còn chỗ để ghi, nên việc vừa rồi chưa được ghi gì; dữ liệu trước đó vẫn còn "
        "nguyên.",
        "Báo ngay cho người quản trị giải phóng chỗ trống trên máy chủ, rồi thực hiện lại.",
    ),
}


def register_error_pages(app: Flask) -> None:
    """Answer every error with a page of our own; details go to the log, never to the page."""
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(Conflict, _conflict)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OverflowError, _too_large)
    app.register_error_handler(DataError, _not_storable)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(OSError, _no_space)
    app.register_error_handler(Exception, _unexpected)


def _csrf(_error: CSRFError) -> Response:
    return page(400, "Biểu mẫu đã hết hạn hoặc không được gửi từ trang của phần mềm.")


def _conflict(error: Conflict) -> Response:
    """On to the page that shows what the other person wrote, with what was typed laid beside."""
    db.session.rollback()
    return page(409, str(error), back=conflicts.way_back())


def _http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:  # a redirect raised on purpose
        return make_response(error.get_response())
    answer = page(error.code)
    if (retry := getattr(error, "retry_after", None)) is not None:
        answer.headers["Retry-After"] = str(retry)
    return answer


def _too_large(error: OverflowError) -> Response:
    """A number in an address or a form that is greater than any number of a row: it names none."""
    if "SQLite INTEGER" not in str(error):
        return _unexpected(error)
    db.session.rollback()
    return page(404)


def _not_storable(error: DataError) -> Response:
    """The same from PostgreSQL, and a text with a character that it never holds."""
    out_of_range = getattr(error.orig, "sqlstate", None) == _OUT_OF_RANGE
    if not out_of_range and "NUL (0x00)" not in str(error.orig):
        return _unexpected(error)
    db.session.rollback()
    return page(404 if out_of_range else 400)


def _busy(error: OperationalError) -> Response:
    """Somebody else has been writing for longer than a writer waits, or the disk is full: nothing
    was written."""
    told = str(error.orig)
    if told == _NO_ROOM or getattr(error.orig, "sqlstate", None) == _DISK_FULL:
        return _unexpected(error, 507)
    waited = getattr(error.orig, "sqlstate", None) in _WAITED_IN_VAIN
    if not waited and "database is locked" not in told and "database table is locked" not in told:
        return _unexpected(error)
    db.session.rollback()
    reference = secrets.token_hex(4).upper()
    log.warning("%s %s %s: the database is locked", reference, request.method, request.endpoint)
    again = kept_forms.present() if request.method == "POST" else None
    back = None
    if request.method == "GET":
        back = {"url": request.full_path.rstrip("?"), "label": "Thử lại"}
    answer = page(503, reference=reference, back=back, again=again)
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def _no_space(error: OSError) -> Response:
    """A file that is sent, or one that we write while we work, found no room on the disk."""
    return _unexpected(error, 507 if error.errno in _NO_SPACE else 500)


def _unexpected(error: Exception, status: int = 500) -> Response:
    db.session.rollback()
    reference = secrets.token_hex(4).upper()
    log.error("%s %s %s", reference, request.method, request.endpoint, exc_info=error)
    return page(status, reference=reference)


def noted(status: int) -> str:
    """A new reference number for an answer of this status, which the log knows too."""
    reference = secrets.token_hex(4).upper()
    log.info("%s %s %s -> %s", reference, request.method, request.endpoint, status)
    return reference


def page(
    status: int,
    message: str | None = None,
    reference: str | None = None,
    back: dict[str, str] | None = None,
    again: kept_forms.Kept | None = None,
) -> Response:
    """Render the page of one status, with a reference number that the log knows too.

    `back` is the way on; `again` the form of this request, which a button sends once more.
    """
    words = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    body = render_template(
        "errors/error.html",
        status=status,
        words=words,
        message=message or words.message,
        reference=reference or noted(status),
        back=back,
        again=again,
    )
    return make_response(body, status)
