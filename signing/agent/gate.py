"""The gate in front of every page of the agent: who may ask what, before anything is done.

A website can make a browser send requests to 127.0.0.1; what it cannot do is set Host, Origin and
the Sec-Fetch headers. So they decide. All browsers still supported send Sec-Fetch headers to
127.0.0.1 (Chrome 76, Firefox 90, Safari 16.4 and later); a request without them is let in only
where it shows nothing of a job: the state page and the stylesheet.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from signing.errors import SigningError, WrongOrigin


class PeerNotLocal(SigningError):
    code = "peer_not_local"
    message = "Trình ký số chỉ trả lời chính máy tính này."
    advice = "Mở trang này trên máy đang cắm thiết bị ký số."


class OtherUser(SigningError):
    code = "other_user"
    message = "Trình ký số này thuộc về người khác đang đăng nhập trên cùng máy tính."
    advice = "Đăng nhập máy tính bằng tài khoản của mình rồi mở Trình ký số của chính mình."


class HostWrong(SigningError):
    code = "host_wrong"
    message = "Yêu cầu gọi Trình ký số bằng một tên máy lạ nên bị từ chối."
    advice = "Mở Trình ký số bằng địa chỉ bắt đầu với http://127.0.0.1; đừng dùng tên khác."


class Framed(SigningError):
    code = "framed"
    message = "Một trang khác tìm cách nhúng Trình ký số vào trong nó nên bị từ chối."
    advice = "Quay lại văn bản và bấm Ký số để mở Trình ký số ở một thẻ riêng."


class NotNavigation(SigningError):
    code = "not_navigation"
    message = "Trang ký chỉ mở khi anh/chị bấm liên kết, không trả lời chương trình gọi ngầm."
    advice = "Quay lại văn bản và bấm Ký số."


class Prefetched(SigningError):
    code = "prefetched"
    message = "Trình duyệt tải trước trang ký khi anh/chị chưa bấm nên bị từ chối."
    advice = "Bấm Ký số để mở trang."


class BrowserUnknown(SigningError):
    code = "browser_unknown"
    message = "Trình duyệt không cho biết trang nào đã gửi yêu cầu nên Trình ký số từ chối."
    advice = "Dùng bản mới của Chrome, Edge, Cốc Cốc hoặc Firefox."


class FormStale(SigningError):
    code = "form_stale"
    message = "Biểu mẫu này đã cũ hoặc không do Trình ký số tạo ra."
    advice = "Tải lại trang rồi bấm lại."


class BodyTooLarge(SigningError):
    code = "body_too_large"
    message = "Dữ liệu gửi đến Trình ký số quá lớn nên bị từ chối."
    advice = "Tải lại trang rồi làm lại; không gửi tệp đến Trình ký số."


class PageUnknown(SigningError):
    code = "page_unknown"
    message = "Trình ký số không có trang này."
    advice = "Quay lại văn bản và bấm Ký số, hoặc mở trang trạng thái của Trình ký số."


STATUS = {
    PeerNotLocal.code: 403,
    OtherUser.code: 403,
    HostWrong.code: 421,
    WrongOrigin.code: 403,
    Framed.code: 403,
    NotNavigation.code: 403,
    Prefetched.code: 403,
    BrowserUnknown.code: 403,
    FormStale.code: 403,
    BodyTooLarge.code: 413,
    PageUnknown.code: 404,
}
"""HTTP status of each refusal of the gate."""

LARGEST_BODY = 16 * 1024
"""Bytes; the largest form is the PIN page's."""


class Kind(Enum):
    """What a path is, for the gate."""

    STATE = auto()
    JOB = auto()
    IMAGE = auto()
    STYLE = auto()


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a request that decide. `headers` have lower-case names; `target` is what stands
    in the first line of the request."""

    method: str
    path: str
    target: str
    peer: str
    host: str
    headers: Mapping[str, str]


def kind_of(path: str) -> Kind:
    """What the path is; everything that belongs to a job is strict."""
    if path.startswith("/static/"):
        return Kind.STYLE
    if path.endswith(".png"):
        return Kind.IMAGE
    if path in {"/", "/favicon.ico"}:
        return Kind.STATE
    return Kind.JOB


def judge(asked: Asked, *, port: int) -> SigningError | None:
    """The refusal for this request, or None. The order is: who, which name, which page."""
    if not _is_loopback(asked.peer):
        return PeerNotLocal()
    # A whole address in the first line outranks the header (RFC 9112, 3.2.2); no browser sends it.
    if asked.host != f"127.0.0.1:{port}" or not asked.target.startswith("/"):
        return HostWrong()
    if "prefetch" in _purpose(asked.headers) or "prerender" in _purpose(asked.headers):
        return Prefetched()
    if asked.headers.get("sec-fetch-dest") in {"iframe", "frame", "embed", "object", "fencedframe"}:
        return Framed()
    if asked.method not in {"GET", "HEAD"}:
        return _judge_change(asked.headers, own=f"http://127.0.0.1:{port}")
    return _judge_look(kind_of(asked.path), asked.headers)


def _purpose(headers: Mapping[str, str]) -> str:
    names = ("sec-purpose", "purpose", "x-moz", "x-purpose")
    return " ".join(headers.get(name, "") for name in names).lower()


def _judge_change(headers: Mapping[str, str], *, own: str) -> SigningError | None:
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None and site is None:
        return BrowserUnknown()
    if (origin is not None and origin != own) or (site is not None and site != "same-origin"):
        return WrongOrigin()
    # A page of our own has no script: only its forms, which navigate, can change anything.
    if headers.get("sec-fetch-mode", "navigate") != "navigate":
        return NotNavigation()
    return None


def _judge_look(kind: Kind, headers: Mapping[str, str]) -> SigningError | None:
    site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
    dest = headers.get("sec-fetch-dest")
    if kind in {Kind.STYLE, Kind.IMAGE}:
        if site is None:
            return None if kind is Kind.STYLE else BrowserUnknown()
        return None if site in {"same-origin", "none"} else WrongOrigin()
    if site is None or mode is None or dest is None:
        absent = site is None and mode is None and dest is None
        return None if absent and kind is Kind.STATE else BrowserUnknown()
    if mode != "navigate" or dest != "document":
        return NotNavigation()
    return None


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False
