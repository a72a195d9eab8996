"""Back, reload and forward after a page that a form has led to: it gets an address of its own.

A browser asks to send a form again whenever it returns to a page that was the answer to a POST (a
preview, a result, a form with its errors). So such an answer is laid on the shelf and the browser
sent to it by a redirect (RFC 9110, 15.4.4); returning to it shows what was shown, for an hour.
"""

import json
from urllib.parse import parse_qsl, urlencode, urlsplit
from zlib import compress, decompress

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    request,
    url_for,
)
from flask_login import current_user

from views import shelf

FIELD = "ban-giu"
_PURPOSE = "a page"
_STATUSES = (200, 409)

#: Pages that are shown once and never again, by blueprint or endpoint, with the reason.
SHOWN_ONCE = {
    "accounts": "mật khẩu",
    "token_logins": "mã đăng nhập",
    "agent_logins": "mã đăng nhập",
    "token_switches": "mã đăng nhập khẩn cấp",
    "users": "mật khẩu đầu tiên",
    "calendar_feeds": "địa chỉ bí mật của lịch",
    "signing_agents": "mã ghép nối",
    "people.show_citizen_id": "số định danh cá nhân",
    "people.new": "số định danh cá nhân",
    "people.edit": "số định danh cá nhân",
}


def register_kept_pages(app: Flask) -> None:
    """Redirect from each page that answers a POST to the page's own address, and show it there."""
    app.before_request(_show)
    app.after_request(_keep)


def _show() -> Response | None:
    key = request.args.get(FIELD)
    if key is None or request.method not in ("GET", "HEAD"):
        return None
    if current_user.is_authenticated:
        found = shelf.take(_PURPOSE, request.path, key)
        if found is not None:
            told, _, body = found.partition(b"\n")
            status, policy, _ = json.loads(told)
            answer = make_response(decompress(body), status)
            if policy:
                answer.headers["Content-Security-Policy"] = policy
            return answer
    if request.url_rule is not None:  # The page itself, as it is now.
        return make_response(redirect(_address(None)))
    flash("Trang này không còn được giữ. Hãy mở lại từ danh sách.", "warning")
    return make_response(redirect(url_for("home.show")))


def _keep(response: Response) -> Response:
    if not _is_page_of_a_form(response):
        return response
    policy = response.headers.get("Content-Security-Policy")
    told = json.dumps([response.status_code, policy, page_of_the_form()])
    body = compress(response.get_data(), 3)
    key = shelf.lay_down(_PURPOSE, request.path, told.encode() + b"\n" + body)
    return response if key is None else make_response(redirect(_address(key), 303))


def _is_page_of_a_form(response: Response) -> bool:
    """An answer to a form that a person sent in a browser, and which may be shown again."""
    return (
        request.method == "POST"
        and response.status_code in _STATUSES
        and response.mimetype == "text/html"
        and not response.is_streamed
        and "Set-Cookie" not in response.headers
        and _is_navigation()
        and request.blueprint not in SHOWN_ONCE
        and request.endpoint not in SHOWN_ONCE
        and bool(current_user.is_authenticated)
        and (response.content_length or 0) <= shelf.LARGEST
    )


def _is_navigation() -> bool:
    """A person in a browser, not a program: older browsers tell it by what they accept."""
    mode = request.headers.get("Sec-Fetch-Mode")
    return mode == "navigate" if mode else "text/html" in request.headers.get("Accept", "")


def _address(key: str | None) -> str:
    """The address of this request, with the key of a kept page or without any."""
    asked = [(name, one) for name, one in request.args.items(multi=True) if name != FIELD]
    if key is not None:
        asked.append((FIELD, key))
    return f"{request.path}?{urlencode(asked)}" if asked else request.path


def page_of_the_form() -> str | None:
    """Where the form of this request stands: a page of ours that can be opened; None where there is
    none. A form that stood in a kept page leads to where the first one stood.
    """
    if _can_be_opened(request.path):
        return _address(None)
    came_from = request.referrer or ""
    if not came_from.startswith(request.host_url):
        return None
    parts = urlsplit(came_from)
    if _can_be_opened(parts.path):
        return parts.path + (f"?{parts.query}" if parts.query else "")
    found = shelf.take(_PURPOSE, parts.path, dict(parse_qsl(parts.query)).get(FIELD, ""))
    if found is None:
        return None
    before: str | None = json.loads(found.partition(b"\n")[0])[2]
    return before


def _can_be_opened(path: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, "GET")
