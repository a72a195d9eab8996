"""The look: the style page in a real browser, and the promises of the one stylesheet."""

import gzip
import re
import threading
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from types import SimpleNamespace

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response, flash, render_template, request
from flask_wtf import CSRFProtect
from playwright.sync_api import Browser, Page, expect
from werkzeug.datastructures import MultiDict
from werkzeug.serving import make_server

from forms.styleguide import StyleguideForm
from rules.certificates import CertificateState
from rules.devices import DeviceState
from rules.documents import ImportVerdict, JobState
from rules.requests import LineState, RequestState
from signing.pades.report import Verdict
from tests.chromium import with_no_open_file

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 21)
CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PLACES = (
    "Trang chủ|Thiết bị|Chứng thư|Cá nhân và đơn vị|Yêu cầu chứng thực|Ký số|Kiểm tra chữ ký|"
    "Nhật ký|Căn cứ pháp lý|Quản trị"
)
TONES = ("good", "due", "urgent", "bad", "locked", "lost", "gone", "unknown")
WIDTHS = (1280, 390)
PATHS = ("/", "/?sai=1", "/so", "/ngoai", "/loi/404")


def page_context() -> dict[str, object]:
    """What base.html reads, as the real program gives it to a logged-in person."""
    labels = PLACES.split("|")
    return {
        "navigation": [
            {
                "title": title,
                "places": [
                    {
                        "label": label,
                        "url": f"/#{number}",
                        "current": number == 2,
                        "count": number == 4 and 3,
                    }
                    for number, label in enumerate(labels)
                    if (number > 0) is bool(title) and (number > 4) is (title == "Ký số")
                ],
            }
            for title in ("", "Sổ", "Ký số")
        ],
        "signed_in": {
            "name": "Trần Thị Thử Nghiệm Ánh",
            "agency": "Ủy ban nhân dân xã Thử Nghiệm Một",
            "sessions_url": "/#phien",
            "password_url": "/#mat-khau",
            "logout_url": "/#ra",
        },
        "practice": True,
        "version": "0.1.0",
        "printed_at": "09:30 21/11/2026",
        "last_backup": {"text": "Sao lưu gần nhất: hôm nay 02:00", "url": "/#sao-luu"},
        "log_state": {"text": "Nhật ký: chưa kiểm tra 9 ngày", "url": "/#nhat-ky", "bad": True},
    }


def make_app() -> Flask:
    """A small program around the real templates: the look is tested without any other room."""
    app = Flask(__name__, root_path=str(ROOT))
    app.config.update(SECRET_KEY="only-for-this-test", TESTING=True)
    CSRFProtect(app)
    app.jinja_env.globals["static_version"] = "abc123"
    app.jinja_env.filters.update(
        ngay=lambda day: day.strftime("%d/%m/%Y"),
        gio=lambda moment: moment.strftime("%d/%m/%Y %H:%M"),
        so=lambda number: f"{number:,}".replace(",", "."),
        serial=lambda serial: serial,
    )

    @app.get("/")
    def style() -> str:
        wrong = MultiDict({"name": "", "received_on": "2026-12-31"})
        refused = "sai" in request.args
        form = StyleguideForm(formdata=wrong if refused else None)
        if refused:
            form.validate()
            flash("Không gửi được.", "error")
        flash("Đã ghi.", "success")
        return render_template("styleguide.html", today=TODAY, form=form, **page_context())

    @app.get("/so")
    def long_register() -> str:
        return app.jinja_env.from_string(LONG_REGISTER).render(**page_context())

    @app.get("/ngoai")
    def outside() -> str:
        return app.jinja_env.from_string(OUTSIDE).render()

    @app.get("/loi/<int:code>")
    def error(code: int) -> str:
        words = {"title": "Không tìm thấy", "message": "Hồ sơ không có.", "advice": "Tìm lại."}
        return render_template(
            "errors/error.html", status=code, words=words, message="", reference="7F3K2M9Q"
        )

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CSP
        return with_no_open_file(response)

    return app


LONG_REGISTER = """{% extends "base.html" %}
{% from "components/tables.html" import register, tick, row_head, cell, selection, results %}
{% block title %}Sổ thiết bị{% endblock %}{% block page_class %}print-landscape{% endblock %}
{% block content %}{{ results(90, "thiết bị", print_url="#in", sheet_url="#xuat") }}
{% call selection([{"label": "Lập biên bản thu hồi"}]) %}
{% set columns = [{"label": "Người giữ"}, {"label": "Số", "kind": "number"}] %}
{% call register("Thiết bị", columns, ticks=true) %}
{% for n in range(90) %}<tr data-row>{{ tick("chon", n, "người số " ~ n) }}
{{ row_head("Người thử nghiệm " ~ n, "/#mo" ~ n) }}
{{ cell("Số", n, "number") }}</tr>{% endfor %}{% endcall %}{% endcall %}{% endblock %}"""

OUTSIDE = """{% extends "base.html" %}{% block title %}Đăng nhập{% endblock %}
{% block content %}<p>Nhập tên đăng nhập và mật khẩu.</p>{% endblock %}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, make_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    yield page
    page.close()


def words_on(sheet: pypdfium2.PdfPage) -> str:
    """The text of a printed sheet without spaces, which the browser places as it likes."""
    return "".join(sheet.get_textpage().get_text_range().split())


def luminance(colour: str) -> float:
    """Relative luminance of a #rrggbb colour, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21, WCAG 2.2."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def as_hex(rgb: str) -> str:
    """`rgb(1, 2, 3)` as the browser reports it, as #010203."""
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", rgb)[:3])


def test_the_names_of_the_frame_are_no_names_of_pages() -> None:
    """What `base.html` sets hides what a page is given under the same name."""
    folder = ROOT / "templates"
    frame = (folder / "base.html").read_text(encoding="utf-8")
    taken = set(re.findall(r"^ {0,4}{%-? set (\w+)", frame, re.MULTILINE))  # not in a loop
    assert "menu_groups" in taken
    for path in folder.rglob("*.html"):
        if path.name == "base.html" or path.parent.name == "components":
            continue
        for code in re.findall(r"{[{%](.+?)[%}]}", path.read_text(encoding="utf-8"), re.DOTALL):
            assert not taken & set(re.findall(r"(?<![.\w\"'])\w+\b(?!=)", code)), (path, code)


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_serious(page: Page, address: str, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(address + path)
    serious = [
        (item["id"], [node["target"] for node in item["nodes"]])
        for item in Axe().run(page).response["violations"]
        if item["impact"] in ("serious", "critical", "moderate")
    ]
    assert serious == []


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/", "/?sai=1", "/so"])
def test_no_page_is_wider_than_the_screen(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    for width in (1280, 900, 899, 641, 390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function("width => innerWidth === width", arg=width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_the_words_of_every_state_stand_out_seven_to_one(page: Page, address: str) -> None:
    page.goto(address)
    for tone in TONES:
        ink, ground = page.locator(f".badge.{tone}").first.evaluate(
            "b => [getComputedStyle(b).color, getComputedStyle(b).backgroundColor]"
        )
        assert contrast(as_hex(ink), as_hex(ground)) >= 7, tone


@pytest.mark.browser
def test_the_browser_has_no_complaint_under_the_strict_policy(page: Page, address: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "response",
        lambda answer: complaints.append(answer.url) if answer.status >= 400 else None,
    )
    for path in PATHS:
        page.goto(address + path)
    assert complaints == []


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_everything_that_can_be_pressed_is_at_least_24_pixels(
    page: Page, address: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(address + "/?sai=1")
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, select, summary, input')]
        .filter(e => e.checkVisibility() && !e.matches('.skip, .unseen, [type=hidden]'))
        .filter(e => !(['checkbox', 'radio'].includes(e.type)))
        .filter(e => e.getBoundingClientRect().height < 23.5)
        .map(e => e.outerHTML.slice(0, 90))"""
    )
    assert small == []


@pytest.mark.browser
def test_the_focus_ring_is_three_yellow_pixels_on_ink(page: Page, address: str) -> None:
    page.goto(address + "/so")
    page.keyboard.press("Tab")
    look = page.evaluate(
        """() => { const s = getComputedStyle(document.activeElement);
        return [document.activeElement.className, s.outlineWidth, s.outlineColor, s.boxShadow]; }"""
    )
    assert look[:3] == ["skip", "3px", "rgb(255, 191, 71)"]
    assert "rgb(27, 36, 48)" in look[3]


@pytest.mark.browser
def test_the_search_box_has_the_focus_first(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("[name=q]")).to_be_focused()


@pytest.mark.browser
def test_after_a_refused_form_the_summary_has_the_focus_and_links_to_the_field(
    page: Page, address: str
) -> None:
    page.goto(address + "/?sai=1")
    expect(page.locator(".error-summary")).to_be_focused()
    assert page.title().startswith("Lỗi: ")
    page.get_by_role("link", name="Nhập ngày theo dạng 31/12/2026.").click()
    expect(page.locator("#received_on")).to_be_focused()
    described_by = page.locator("#received_on").get_attribute("aria-describedby")
    assert described_by == "received_on-goi-y received_on-loi"


@pytest.mark.browser
def test_the_head_of_a_long_register_stays_and_hides_no_focused_row(
    page: Page, address: str
) -> None:
    page.goto(address + "/so")
    page.get_by_role("link", name="Người thử nghiệm 60", exact=True).focus()
    head = page.locator("thead th").nth(1).bounding_box()
    row = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
    bar = page.locator(".selection").bounding_box()
    assert head["y"] == 0
    assert row["top"] >= head["height"]
    assert row["bottom"] <= bar["y"]


@pytest.mark.browser
def test_with_javascript_the_number_of_chosen_rows_is_said(page: Page, address: str) -> None:
    page.goto(address + "/so")
    page.get_by_label("Chọn người số 3", exact=True).check()
    chosen = page.locator("[data-chosen]")
    expect(chosen).to_have_text("Đã chọn 1 / 90 dòng trên trang này:")
    page.get_by_label("Chọn tất cả các dòng trên trang này").check()
    expect(chosen).to_have_text(re.compile("^Đã chọn 90 / 90"))


@pytest.mark.browser
def test_a_click_in_a_row_opens_it(page: Page, address: str) -> None:
    page.goto(address + "/so")
    page.locator("tbody tr").nth(4).locator("td.number").click()
    page.wait_for_url("**/#mo4")


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_without_javascript_menu_navigation_and_acts_are_there(
    chromium: Browser, address: str, width: int
) -> None:
    context = chromium.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 844}
    )
    page = context.new_page()
    page.goto(address + "/so")
    if width < 900:
        page.locator(".top-nav > summary").click()
    assert page.get_by_role("link", name="Kiểm tra chữ ký").is_visible()
    page.locator(".menu > summary").click()
    assert page.get_by_role("button", name="Đăng xuất").is_visible()
    assert page.get_by_role("button", name="Lập biên bản thu hồi").is_visible()
    context.close()


@pytest.mark.browser
def test_on_paper_there_is_no_navigation_and_the_states_keep_their_words(
    page: Page, address: str
) -> None:
    page.goto(address)
    page.emulate_media(media="print")
    for hidden in (".top-row", ".side", ".filters", ".selection", ".head .actions", ".foot"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator(".print-head").is_visible()
    assert page.get_by_text("6 dòng trên trang này, tất cả").is_visible()  # not all that is counted
    assert not page.locator(".pager a").first.is_visible()
    badge = page.locator(".badge.lost")
    assert badge.inner_text() == "Thất lạc"
    assert badge.evaluate("b => getComputedStyle(b).color") == "rgb(0, 0, 0)"
    head = page.locator(".register thead").first
    assert head.evaluate("t => getComputedStyle(t).display") == "table-header-group"


@pytest.mark.browser
def test_a_register_is_printed_on_a4_landscape_with_its_head_on_every_sheet(
    page: Page, address: str
) -> None:
    page.goto(address + "/so")
    sheets = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    assert len(sheets) > 1
    for number, sheet in enumerate(sheets, start=1):
        width, height = sheet.get_size()
        assert (round(width), round(height)) == (842, 595)
        text = words_on(sheet)
        assert "Ngườigiữ" in text
        assert f"Trang{number}/{len(sheets)}" in text
    assert "ỦybannhândânxãThửNghiệmMột" in words_on(sheets[0])
    assert "DỮLIỆUTHỬNGHIỆM" in words_on(sheets[0])
    sheets.close()


def test_every_page_has_one_first_heading_and_is_in_vietnamese() -> None:
    client = make_app().test_client()
    for path in PATHS:
        html = client.get(path).get_data(as_text=True)
        assert html.count("<h1") == 1, path
        assert '<html lang="vi">' in html


def test_no_page_carries_inline_style_or_script_or_data_addresses() -> None:
    client = make_app().test_client()
    for path in PATHS:
        html = client.get(path).get_data(as_text=True)
        assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:|data:", html), path
        assert re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL) == [""], path
    for name in ("site.css", "icons.svg", "favicon.svg"):
        text = (ROOT / "static" / name).read_text(encoding="utf-8")
        assert "data:" not in text, name
        assert "@import" not in text, name
        assert "style=" not in text, name


def test_no_template_has_inline_style_or_script() -> None:
    for template in (ROOT / "templates").rglob("*.html"):
        html = re.sub(r"\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
        forbidden = r"\sstyle=|\son(click|change|submit|load)=|<style|data:|<script(?![^>]*\ssrc=)"
        assert not re.search(forbidden, html), template


def test_the_stylesheet_stays_under_25_kilobytes_compressed() -> None:
    assert len(gzip.compress((ROOT / "static" / "site.css").read_bytes(), 6)) <= 25 * 1024


def test_every_icon_that_a_template_names_is_drawn() -> None:
    client = make_app().test_client()
    html = "".join(client.get(path).get_data(as_text=True) for path in PATHS)
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (ROOT / "static/icons.svg").read_text()))
    assert set(re.findall(r"icons\.svg\?v=abc123#([a-z-]+)", html)) <= drawn


def render(source: str, **values: object) -> str:
    app = make_app()
    with app.test_request_context():
        return app.jinja_env.from_string(source).render(**values)


def test_a_state_nobody_taught_the_page_is_never_green() -> None:
    badge = render(
        '{% from "components/badges.html" import device_state as d %}{{ d("NEW_STATE", "Mới") }}'
    )
    assert 'class="badge unknown"' in badge
    assert "Mới" in badge


@pytest.mark.parametrize(
    ("macro", "states"),
    [
        ("certificate_state", CertificateState),
        ("device_state", DeviceState),
        ("request_state", RequestState),
        ("request_state", LineState),
        ("job_state", JobState),
        ("import_state", ImportVerdict),
        ("verdict_state", Verdict),
    ],
)
def test_every_state_of_the_rules_has_a_look_of_its_own(macro: str, states: type[StrEnum]) -> None:
    looks = render(
        '{% import "components/badges.html" as badges %}'
        "{% for state in states %}{{ badges[macro](state, state.name) }}\n{% endfor %}",
        macro=macro,
        states=states,
    ).splitlines()
    assert len(looks) == len(states)
    strangers = [state.name for state, look in zip(states, looks, strict=True) if _is_lost(look)]
    assert [name for name in strangers if name not in ("HISTORY_UNKNOWN", "UNDECIDED")] == []


def _is_lost(badge: str) -> bool:
    return 'class="badge unknown"' in badge and "#unknown" in badge


def test_states_may_be_given_as_enum_members() -> None:
    badge = render(
        '{% from "components/badges.html" import certificate_state as c %}{{ c(state, "Gấp") }}',
        state=SimpleNamespace(name="URGENT"),
    )
    assert 'class="badge urgent"' in badge


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 12, 31), "31/12/2026 · còn 40 ngày để nộp · sau đó chỉ còn cấp mới"),
        (date(2026, 11, 21), "21/11/2026 · hôm nay là ngày cuối để nộp · sau đó chỉ còn cấp mới"),
        (date(2026, 11, 18), "18/11/2026 · quá 3 ngày · sau đó chỉ còn cấp mới"),
    ],
)
def test_a_date_says_how_long_and_what_then(day: date, words: str) -> None:
    html = render(
        '{% from "components/dates.html" import date_with_meaning as d %}'
        '{{ d(day, today, "sau đó chỉ còn cấp mới", to_do="nộp") }}',
        day=day,
        today=TODAY,
    )
    assert re.sub(r"<[^>]+>", "", html) == words


def test_an_instant_is_for_people_and_machines() -> None:
    moment = datetime.fromisoformat("2026-11-21T09:30:00+07:00")
    words = '{% from "components/dates.html" import instant %}{{ instant(moment) }}'
    html = render(words, moment=moment)
    assert html == '<time datetime="2026-11-21T09:30:00+07:00">21/11/2026 09:30</time>'


def test_what_people_typed_is_never_taken_as_markup() -> None:
    html = render(
        '{% from "components/tables.html" import row_head, cell %}'
        '{% from "components/summary.html" import facts %}'
        '{{ row_head(x, "#", x) }}{{ cell("Tên", x) }}{{ facts([{"label": x, "value": x}]) }}',
        x="<b>Ánh</b>",
    )
    assert "<b>" not in html
