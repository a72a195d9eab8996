"""Every page that a person of each role can reach is sound, on the desk and on the phone."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page

from tests.browser.navigators import PHONE, WIDE, Person, enters
from tests.browser.office import Office

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

# Addresses tried by everybody, whether a link leads there or not; here a person may be refused.
KNOCKED_AT = (
    "/thiet-bi",
    "/thiet-bi/moi",
    "/chung-thu",
    "/chung-thu/nhap",
    "/ca-nhan",
    "/don-vi",
    "/de-nghi",
    "/chuong-trinh-ky",
    "/kiem-tra",
    "/nhat-ky",
    "/can-cu-phap-ly",
    "/quan-tri/tai-khoan",
    "/quan-tri/quyen",
    "/bien-ban",
    "/ban-giao",
    "/su-co",
    "/bien-dong",
    "/sap-xep",
    "/kiem-ke",
    "/nhac-viec",
    "/bang-tinh",
    "/bao-cao",
    "/bieu-mau",
    "/he-thong",
    "/cua-toi",
    "/van-ban",
    "/van-ban-den",
    "/khong-co-trang-nay",
)
# What each role is sure to find by following links from the home page, so that a crawl that
# stops early is not taken for a sound program.
REACHED = {
    "daumoi.dong": {
        *("/thiet-bi/#", "/chung-thu/#", "/de-nghi/#", "/chung-thu/nhap", "/ca-nhan/#"),
        *("/bien-ban/#", "/su-co/#", "/bien-dong/#", "/kiem-ke/#", "/ban-giao", "/bang-tinh"),
    },
    "lanhdao.dong": {"/de-nghi/#/duyet", "/de-nghi/#/ky-so", "/chuong-trinh-ky", "/kiem-tra"},
    "vanthu.dong": {"/de-nghi/#", "/chuong-trinh-ky", "/kiem-tra"},
    "canbo.dong": {"/", "/kiem-tra", "/can-cu-phap-ly"},
    "kiemtra.dong": {"/thiet-bi/#", "/chung-thu/#", "/nhat-ky"},
    "so.khcn": {"/thiet-bi/#", "/chung-thu/#", "/don-vi/#"},
    "quantri": {"/quan-tri/tai-khoan", "/quan-tri/tai-khoan/#", "/quan-tri/quyen"},
}
# Pages of one act each, whose address says which and on what.
ASKS = ("/ban-giao/moi", "/bien-dong/moi", "/sap-xep/moi", "/su-co/bao")
REAUTHENTICATION = "/tai-khoan/xac-nhan-lai"
# Words that only a library or a mistake puts on a page.
FOREIGN = re.compile(
    r"Not a valid|This field|Traceback|\bNone\b|\bundefined\b|\bNaN\b|\bTrue\b|\bFalse\b|Undefined"
    r"|\{\{|\}\}|<built-in|object at 0x"
)

PIECES = """() => [...new Set([...document.body.querySelectorAll('*')].map(
  e => [e.tagName, e.getAttribute('class'), e.getAttribute('role'), e.type].join('.')
))].sort().join()"""
ANATOMY = """() => {
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  const words = [...document.querySelectorAll('[title], [placeholder], [aria-label], [alt]')]
    .flatMap(e => ['title', 'placeholder', 'aria-label', 'alt'].map(n => e.getAttribute(n) || ''));
  return {
    h1: document.querySelectorAll('h1').length, lang: document.documentElement.lang,
    title: document.title, heading: document.querySelector('h1')?.innerText.trim() || '',
    twice: ids.filter((id, place) => ids.indexOf(id) !== place),
    text: [document.title, document.body.innerText, ...words].join('\\n'),
    links: [...document.querySelectorAll('a[href]:not([href^="#"])')].map(e => e.href),
  };
}"""
AXE = Axe().axe_script
# Colours are the same at both widths, and comparing them takes most of the time of axe.
LISTEN = """async rules => (
  await axe.run(document, {resultTypes: ['violations'], rules})
).violations"""
MEASURES = """() => ({
  page: document.documentElement.scrollWidth,
  runaways: [...document.querySelectorAll('table')].filter(table => {
    const region = table.closest('.region') || table.parentElement;
    return !/auto|scroll/.test(getComputedStyle(region).overflowX)
      && table.getBoundingClientRect().right > region.getBoundingClientRect().right + 1;
  }).length,
  wrapped: [...document.querySelectorAll('td .badge')]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().height > 30)
    .map(e => e.innerText),
})"""


def pattern_of(address: str) -> str:
    """The kind of page behind an address: numbers and random names left out, query by its keys."""
    parts = urlsplit(address)
    # A number, a random name, or a regulation by its year: pages of one kind.
    path = re.sub(r"/(?:\d+|[A-Za-z0-9_-]{22}|[a-z0-9-]+-20\d\d)(?=/|$)", "/#", parts.path)
    path = re.sub(r"^/bieu-mau/[a-z0-9_]+", "/bieu-mau/#", path)  # one page, other words
    keys = sorted({key for key, _ in parse_qsl(parts.query)})
    return path + ("?" + "&".join(keys) if keys else "")


def how_many(pattern: str) -> int:
    """How many pages of a kind are opened: requests look different in each state."""
    if "&" in pattern and not pattern.startswith(ASKS):
        return 0  # filters upon filters are the same pages again
    return 3 if pattern == "/de-nghi/#" else 1


@dataclass
class Walk:
    """One person opening page after page, and every fault seen on the way."""

    person: Person
    examined: set[str]
    pictures: Path | None
    faults: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    heard: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    @property
    def page(self) -> Page:
        return self.person.page

    def listens(self) -> None:
        """Collect what the browser itself complains about."""
        self.page.on(
            "console",
            lambda message: (
                self.complaints.append(f"{message.text} {message.location.get('url', '')}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def goes_everywhere(self) -> None:
        """Follow every link from the home page, then knock at the doors nobody showed."""
        waiting, known = ["/"], {"/"}
        knocking = list(KNOCKED_AT)
        while waiting or knocking:
            address = waiting.pop(0) if waiting else knocking.pop(0)
            pattern = pattern_of(address)
            if self.seen[pattern] >= how_many(pattern) or self.was_asked(pattern):
                continue
            self.seen[pattern] += 1
            for link in self.opens(address, pattern, shown=address in known):
                if link not in known:
                    known.add(link)
                    waiting.append(link)

    def was_asked(self, pattern: str) -> bool:
        """True for a filter that somebody has tried before: the page itself is opened by all."""
        known = "?" in pattern and pattern in self.examined
        self.examined.add(pattern)
        return known

    def opens(self, address: str, pattern: str, *, shown: bool) -> list[str]:
        """Open one page and examine it; returns the links of our own server on it."""
        try:
            answer = self.page.goto(self.person.office.url + address)
        except Error as error:
            if "Download is starting" in str(error):
                return []
            raise
        if urlsplit(self.page.url).path == REAUTHENTICATION:
            self.examines(REAUTHENTICATION)
            answer = self.says_the_password_again()
        if answer is None or "text/html" not in (answer.header_value("content-type") or ""):
            return []
        if answer.status in (403, 404) and not shown:
            self.refused.add(answer.url)  # The browser may complain of it a page later.
        elif answer.status != 200:
            self.faults.append(f"{address}: status {answer.status}")
        return [link for link in self.examines(pattern) if link]

    def says_the_password_again(self) -> Any:
        """Pass the page that asks for the password before a dangerous act."""
        password = self.person.office.login(self.person.username)["password"]
        self.page.get_by_label("Mật khẩu").fill(password)
        with self.page.expect_navigation() as going:
            self.page.locator("main form button[type=submit]").click()
        return going.value

    def examines(self, pattern: str) -> list[str]:
        """Judge the open page at both widths; returns its links."""
        anatomy = self.page.evaluate(ANATOMY)
        refused = tuple(self.refused) or ("?",)
        found = list(faults_of(anatomy))
        found += [one for one in self.complaints if not one.endswith(refused)]
        self.complaints.clear()
        new, first = self.has_new_pieces(pattern)
        for view in (WIDE, PHONE) if new else ():
            self.page.set_viewport_size(view)
            found += self.measured(view["width"])
            if first:
                found += self.heard_by_axe(view["width"])
                self.keeps_a_picture(pattern, view["width"])
        self.page.set_viewport_size(WIDE)
        self.faults += [f"{self.page.url}: {fault}" for fault in found]
        own = self.person.office.url
        links = [link.split("#")[0] for link in anatomy["links"] if link.startswith(own + "/")]
        return [link.removeprefix(own) for link in links]

    def has_new_pieces(self, pattern: str) -> tuple[bool, bool]:
        """Whether nobody saw a page built so before, and whether it is this person's first of it.

        What is built of the same pieces is as wide and reads as well as the one before.
        """
        path = pattern.split("?")[0]
        pieces = f"{path}|{self.page.evaluate(PIECES)}"
        new, first = pieces not in self.examined, path not in self.heard
        self.heard.add(path)
        self.examined.add(pieces)
        return new, new and first

    def measured(self, width: int) -> list[str]:
        """What is too wide at this width."""
        measures = self.page.evaluate(MEASURES)
        found = []
        if measures["page"] > width:
            found.append(f"the page is {measures['page']} px wide at {width}")
        if measures["runaways"]:
            found.append(f"a table runs out of its region at {width}")
        if measures["wrapped"] and width == WIDE["width"]:
            found.append(f"states broken over lines: {measures['wrapped'][:2]}")
        return found

    def heard_by_axe(self, width: int) -> list[str]:
        """What somebody with a screen reader or weak eyes would stumble over."""
        if width == WIDE["width"]:
            self.page.evaluate(AXE)
        violations = self.page.evaluate(
            LISTEN, {"color-contrast": {"enabled": width == WIDE["width"]}}
        )
        return [
            f"axe at {width}: {item['id']} {[node['target'] for node in item['nodes']][:3]}"
            for item in violations
            if item["impact"] in ("serious", "critical")
        ]

    def keeps_a_picture(self, pattern: str, width: int) -> None:
        """For people who look: only when the run asks for pictures."""
        if self.pictures is None:
            return
        name = re.sub(r"[^\w]+", "-", pattern.replace("#", "mot")).strip("-") or "trang-chu"
        path = self.pictures / self.person.username / f"{name[:80]}-{width}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=True)


def faults_of(anatomy: dict[str, Any]) -> Iterator[str]:
    """What is wrong with heading, language, title, ids and words of a page."""
    if anatomy["h1"] != 1 or not anatomy["heading"]:
        yield f"{anatomy['h1']} first headings, the first one says {anatomy['heading']!r}"
    if anatomy["lang"] != "vi":
        yield f"language {anatomy['lang']!r}"
    if not re.fullmatch(r".*\w.* – Sổ Token", anatomy["title"]):
        yield f"title {anatomy['title']!r}"
    if anatomy["twice"]:
        yield f"ids given twice: {anatomy['twice']}"
    if foreign := FOREIGN.search(anatomy["text"]):
        around = anatomy["text"][max(0, foreign.start() - 30) : foreign.end() + 30]
        yield f"foreign words: {around!r}"
    if not unicodedata.is_normalized("NFC", anatomy["text"]):
        yield "text that is not in NFC"


@pytest.fixture(scope="module")
def examined() -> set[str]:
    """Pages already heard by axe: a page built of the same pieces is not heard again."""
    return set()


@pytest.fixture(scope="module")
def requests(office: Office, chromium: Browser) -> None:
    """Three requests of certificates that no story uses: in draft, before the leader, approved."""
    focal = enters(office, chromium, "daumoi.dong")
    leader = enters(office, chromium, "lanhdao.dong")
    drafts(focal, 0)
    drafts(focal, 1)
    submits(focal)
    drafts(focal, 2)
    submits(focal)
    approves(leader, focal.page.url)
    focal.context.close()
    leader.context.close()


def drafts(focal: Person, place: int) -> None:
    """Draft a request for one urgent certificate."""
    focal.goes_to("/chung-thu?trang-thai=URGENT")
    rows = focal.page.locator("tbody tr").filter(has_text="Văn phòng HĐND và UBND")
    rows.nth(place).get_by_role("checkbox").check()
    focal.presses("Lập văn bản gia hạn")
    with focal.goes_on():
        focal.page.get_by_role("button", name=re.compile("Lập dự thảo")).click()
    focal.reads("Dự thảo")


def submits(focal: Person) -> None:
    """Send the open draft to the leader."""
    focal.presses("Trình lãnh đạo")
    focal.presses("Trình lãnh đạo")
    focal.reads("Đã trình lãnh đạo")


def approves(leader: Person, address: str) -> None:
    """Approve a request although its certificate is urgent."""
    leader.page.goto(address)
    leader.presses("Xem xét, duyệt hoặc trả lại")
    leader.page.get_by_label(re.compile("^Lý do")).fill("Đã đối chiếu với hồ sơ của cơ quan")
    leader.presses("Duyệt")
    leader.reads("Đã duyệt")


@pytest.mark.usefixtures("requests")
@pytest.mark.parametrize("username", REACHED)
def test_every_page_that_a_person_can_reach_is_sound_on_the_desk_and_on_the_phone(
    office: Office, chromium: Browser, pictures: Path | None, examined: set[str], username: str
) -> None:
    person = enters(office, chromium, username)
    wanted = pictures / "every-page" if pictures else None
    walk = Walk(person, examined, wanted)
    walk.listens()
    walk.goes_everywhere()
    person.context.close()
    assert walk.faults == []
    assert REACHED[username] - set(walk.seen) == set()
