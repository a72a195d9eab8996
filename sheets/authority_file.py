"""The authority's bulk file: 19 columns, every cell text, checked before it is written.

The layout is data (`layouts/authority_19.toml`) and inferred: `layout().note` says so and belongs
on the screen. A list of what must be completed comes first; a line that lacks something is left
out of the file unless the caller insists.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

import xlsxwriter

from rules.devices import DeviceKind
from rules.emails import EmailStanding, email_standing
from rules.identity_papers import citizen_id_flaw
from rules.names import clean_name, fold_words
from sheets.reading.cells import shown

MOST_LEVELS = 4
_LAYOUT = Path(__file__).resolve().parent / "layouts" / "authority_19.toml"


@dataclass(frozen=True)
class AuthorityLine:
    """One subscriber as the register knows them. `organisations` from the highest level down;
    `network` and `moves_number` only for a SIM PKI; `official_domains` of mail, beside gov.vn.
    """

    person_id: int
    full_name: str
    birth_on: date | None = None
    citizen_id: str = field(default="", repr=False)
    citizen_id_issued_by: str = ""
    citizen_id_issued_on: date | None = None
    email: str = ""
    organisations: tuple[str, ...] = ()
    province: str = ""
    title: str = ""
    phone: str = ""
    old_serial: str = ""
    network: str = ""
    moves_number: bool = False
    device: DeviceKind = DeviceKind.PKI_TOKEN
    official_domains: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToComplete:
    """What one line still needs, in Vietnamese; `blocks` False: it may go out, but look at it."""

    person_id: int
    full_name: str
    heading: str
    text: str
    blocks: bool = True


@dataclass(frozen=True)
class OutField:
    """A column of the file and the value it takes; `source` "" stays empty."""

    heading: str
    source: str
    required: bool
    width: float


@dataclass(frozen=True)
class AuthorityLayout:
    """The layout as the TOML file gives it; names are folded."""

    note: str
    sheet: str
    columns: tuple[OutField, ...]
    places: Mapping[str, str]
    unlisted_places: frozenset[str]
    devices: Mapping[str, str]
    networks: Mapping[str, str]
    provinces: Mapping[str, str]
    former_provinces: Mapping[str, str]


def _folded(text: str) -> str:
    return " ".join(fold_words(text))


@cache
def layout() -> AuthorityLayout:
    """The columns and the words that are known."""
    given = tomllib.loads(_LAYOUT.read_text(encoding="utf-8"))
    places = given["places_of_issue"]
    provinces: dict[str, list[str]] = given["provinces"]
    return AuthorityLayout(
        note=given["note"],
        sheet=given["sheet"],
        columns=tuple(
            OutField(one["heading"], one["source"], one.get("required", False), one["width"])
            for one in given["columns"]
        ),
        places={_folded(word): one["written"] for one in places for word in one["words"]},
        unlisted_places=frozenset(one["written"] for one in places if not one["known"]),
        devices=given["devices"],
        networks={_folded(w): name for name, words in given["networks"].items() for w in words},
        provinces={_folded(name): name for name in provinces},
        former_provinces={_folded(old): new for new, olds in provinces.items() for old in olds},
    )


def to_complete(
    lines: Iterable[AuthorityLine],
    *,
    official_domains: Collection[str] = (),
    known_provinces: Collection[str] = (),
) -> tuple[ToComplete, ...]:
    """Everything that keeps lines out of the file or should be looked at, in their order.

    `official_domains` are e-mail domains the installation knows to be state-issued;
    `known_provinces` are names it uses beside the 34 of the layout.
    """
    found: list[ToComplete] = []
    first: dict[tuple[str, str], tuple[int, str]] = {}
    provinces = {_folded(_bare_province(one)) for one in known_provinces}
    for place, line in enumerate(lines):
        checks = (
            *_missing(line),
            *_identity(line),
            *_email(line, {*official_domains, *line.official_domains}),
            *_province(line, provinces),
            *_sim(line),
            *_repeated(place, line, first),
        )
        found += [
            ToComplete(line.person_id, line.full_name, heading, text, blocks)
            for heading, text, blocks in checks
        ]
    return tuple(found)


def write_authority_file(lines: Sequence[AuthorityLine]) -> bytes:
    """The .xlsx of these lines in their order, numbered from 1; every cell is text.

    Nothing is checked here: ask `to_complete` first. What is missing is an empty cell.
    """
    made = layout()
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        text = book.add_format({"num_format": "@", "border": 1, "font_name": "Times New Roman"})
        head = book.add_format(
            {"num_format": "@", "border": 1, "font_name": "Times New Roman", "bold": True,
             "text_wrap": True, "align": "center", "valign": "vcenter"}
        )  # fmt: skip
        sheet = book.add_worksheet(made.sheet)
        sheet.freeze_panes(1, 0)
        for index, column in enumerate(made.columns):
            sheet.set_column(index, index, column.width, text)
            sheet.write_string(0, index, column.heading, head)
        for number, line in enumerate(lines, start=1):
            values = _values(line, number)
            for index, column in enumerate(made.columns):
                if words := values.get(column.source, ""):
                    sheet.write_string(number, index, words, text)
                else:
                    sheet.write_blank(number, index, None, text)
    return buffer.getvalue()


def _values(line: AuthorityLine, number: int) -> dict[str, str]:
    made = layout()
    is_sim = line.device is DeviceKind.SIM_PKI
    levels = [clean_name(one) for one in line.organisations[:MOST_LEVELS]]
    levels += [""] * (MOST_LEVELS - len(levels))
    return {
        "number": str(number),
        "full_name": clean_name(line.full_name),
        "birth_on": shown(line.birth_on) if line.birth_on else "",
        "citizen_id": re.sub(r"[\s.]", "", line.citizen_id),
        "issued_by": place_written(line.citizen_id_issued_by) or line.citizen_id_issued_by,
        "issued_on": shown(line.citizen_id_issued_on) if line.citizen_id_issued_on else "",
        "email": line.email.strip().lower(),
        **{f"organisation_{level}": name for level, name in enumerate(levels, start=1)},
        "province": province_written(line.province) or clean_name(line.province),
        "title": clean_name(line.title),
        "phone": line.phone.strip(),
        "old_serial": line.old_serial,
        "network": (made.networks.get(_folded(line.network)) or line.network) if is_sim else "",
        "moves_number": "X" if is_sim and line.moves_number else "",
        "device": made.devices[line.device.name],
    }


def place_written(place: str) -> str:
    """What the file has for a place of issue; "" when the layout does not know it."""
    return layout().places.get(_folded(place), "")


_PREFIX = re.compile(r"^\s*(?:tỉnh|thành phố|tp\.?|t\.p\.?)\s+|^\s*tp\.\s*", re.IGNORECASE)


def _bare_province(name: str) -> str:
    return _PREFIX.sub("", clean_name(name))


def province_written(name: str) -> str:
    """The name of a present province in its one spelling; "" when there is none of that name."""
    bare = _folded(_bare_province(name))
    return layout().provinces.get({"hcm": "ho chi minh"}.get(bare, bare), "")


# What is looked at ------------------------------------------------------------------------------

_Check = tuple[str, str, bool]


def _heading(source: str) -> str:
    return next(one.heading for one in layout().columns if one.source == source).rstrip("*")


_ELSEWHERE = {"citizen_id", "email", "province", "issued_by"}
"""Columns whose own check says what is missing."""


def _missing(line: AuthorityLine) -> Iterator[_Check]:
    values = _values(line, 1)
    for column in layout().columns:
        if column.required and column.source not in _ELSEWHERE and not values[column.source]:
            words = column.heading.rstrip("*")
            yield words, f"Chưa có {words[0].lower()}{words[1:]}. Hãy ghi vào hồ sơ cán bộ.", True
    if len(line.organisations) > MOST_LEVELS:
        yield (
            _heading("organisation_4"),
            f"Có {len(line.organisations)} cấp tổ chức, tệp chỉ có {MOST_LEVELS}. Hãy rút gọn.",
            True,
        )


def _identity(line: AuthorityLine) -> Iterator[_Check]:
    flaw = citizen_id_flaw(line.citizen_id)
    if flaw:
        text = f"{flaw[0].upper()}{flaw[1:]}. Hãy ghi đủ 12 chữ số theo thẻ căn cước."
        yield _heading("citizen_id"), text, True
    place = line.citizen_id_issued_by.strip()
    written = place_written(place)
    if not place:
        yield _heading("issued_by"), "Chưa có nơi cấp. Hãy ghi đúng như trên thẻ.", True
    elif not written:
        yield (
            _heading("issued_by"),
            (
                "Nơi cấp không phải là Cục Cảnh sát hoặc Bộ Công an; có thể là của chứng minh "
                "nhân dân cũ. Hãy ghi nơi cấp của thẻ căn cước."
            ),
            True,
        )
    elif written in layout().unlisted_places:
        yield (
            _heading("issued_by"),
            (
                f"Nơi cấp “{written}” chưa có trong các lựa chọn đã biết của tệp mẫu; ghi nguyên "
                "văn. Hãy xem cổng có nhận không."
            ),
            False,
        )
    issued_on, birth_on = line.citizen_id_issued_on, line.birth_on
    if issued_on and birth_on and issued_on <= birth_on:
        yield _heading("issued_on"), "Ngày cấp trước ngày sinh. Hãy xem lại hai ngày.", True


def _email(line: AuthorityLine, official: Collection[str]) -> Iterator[_Check]:
    match email_standing(line.email, official=official):
        case EmailStanding.MISSING:
            text, blocks = "Chưa có thư điện tử công vụ. Hãy đề nghị cấp rồi ghi vào sổ.", True
        case EmailStanding.MALFORMED:
            text, blocks = "Địa chỉ thư điện tử viết không đúng. Hãy sửa lại.", True
        case EmailStanding.PERSONAL:
            text = "Đây là thư cá nhân; phải dùng địa chỉ thư điện tử do cơ quan nhà nước cấp."
            blocks = True
        case EmailStanding.UNKNOWN:
            text = "Tên miền thư không thuộc gov.vn. Hãy xem có đúng là thư công vụ không."
            blocks = False
        case _:
            return
    yield _heading("email"), text, blocks


def _province(line: AuthorityLine, known: Collection[str]) -> Iterator[_Check]:
    bare = _folded(_bare_province(line.province))
    if not bare:
        yield _heading("province"), "Chưa có tỉnh, thành phố. Hãy ghi vào hồ sơ cơ quan.", True
    elif province_written(line.province) or bare in known:
        return
    elif new := layout().former_provinces.get(bare):
        text = f"Tỉnh cũ; từ 01/7/2025 là “{new}”. Hãy sửa tên tỉnh trong hồ sơ cơ quan."
        yield _heading("province"), text, True
    else:
        text = "Không có tỉnh, thành phố nào tên như vậy. Hãy sửa trong hồ sơ cơ quan."
        yield _heading("province"), text, True


def _sim(line: AuthorityLine) -> Iterator[_Check]:
    if line.device is not DeviceKind.SIM_PKI:
        return
    if not line.phone.strip():
        yield _heading("phone"), "SIM PKI cần số điện thoại. Hãy ghi số sẽ dùng để ký.", True
    if _folded(line.network) not in layout().networks:
        yield (
            _heading("network"),
            "SIM PKI cần tên nhà mạng (Viettel, Vinaphone hoặc Mobifone). Hãy ghi nhà mạng.",
            True,
        )


def _repeated(
    place: int, line: AuthorityLine, first: dict[tuple[str, str], tuple[int, str]]
) -> Iterator[_Check]:
    for source, value in (("citizen_id", line.citizen_id), ("email", line.email.lower())):
        if not value.strip():
            continue
        before, name = first.setdefault((source, value.strip()), (place, line.full_name))
        if before != place:
            yield _heading(source), f"Trùng với “{name}” trong cùng danh sách. Hãy xem lại.", True
