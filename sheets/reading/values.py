"""One cell to one value: days in the many ways they are written, numbers that Excel has damaged,
addresses, serials, words of a choice.

Each reader gives the value (None or "" where there is none), what is wrong with the cell and what
to do about it in Vietnamese ("" when nothing is), and whether that stands in the way.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from rules.emails import EmailStanding, email_standing
from rules.identity_papers import CITIZEN_ID_DIGITS, citizen_id_flaw
from rules.incidents import looks_like_pin
from rules.names import clean_name, fold, fold_words
from rules.serials import normalise_serial
from sheets.reading.cells import Cell, shown
from sheets.vocabulary import Field, choices, words_of


class Value(NamedTuple):
    """What a cell means. `flaw` says what is wrong and what to do; `blocks`: the row stays out."""

    value: Any
    flaw: str = ""
    blocks: bool = False


_EMPTY = {"", "-", "--", "—", "–", ".", "x", "0", "không", "không có", "chưa có", "n/a", "null"}
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+?\d{1,3}", re.IGNORECASE)
_EXACT = 10**15
"""Excel keeps fifteen digits of a number; what stands behind them is lost."""

PIN = (
    "Nội dung có vẻ chứa mật khẩu (mã PIN) của thiết bị. Phần mềm không nhận và không lưu mã PIN. "
    "Hãy xóa phần đó."
)
ROUNDED = (
    "Excel đã làm tròn số này (dạng 1,23E+11) nên không còn đúng. Hãy đặt định dạng cột là Text "
    "(Văn bản) rồi gõ lại."
)


def read_text(cell: Cell, field: Field) -> Value:
    """Plain text, shortened by nobody: one that is too long stands in the way."""
    text = clean_name(shown(cell)) if isinstance(cell, str) else shown(cell)
    if not text.isdigit() and looks_like_pin(text):
        return Value("", PIN, True)
    if len(text) > field.longest:
        return Value(
            text, f"Dài {len(text)} ký tự, tối đa {field.longest}. Hãy viết gọn lại.", True
        )
    if text.startswith("#") and text.rstrip("!?") in _ERRORS:
        return Value("", "Công thức bị lỗi. Hãy sửa công thức hoặc gõ giá trị.", True)
    return Value(text)


_ERRORS = {"#N/A", "#REF", "#VALUE", "#NAME", "#DIV/0", "#NULL", "#NUM"}
_LETTERS = re.compile(r"[^\W\d_]+")
_NOT_IN_A_NAME = re.compile(r"[^\w\s.'’\-,()]|[\d_]")

# "Ông" is a family name too: in front of two words it may be one.
_TITLE = re.compile(
    r"(?:(?:bà|đồng chí|đ/c)[.:]?\s+(?=\S+\s)|ông[.:]?\s+(?=\S+\s+\S+\s))", re.IGNORECASE
)


def read_name(cell: Cell, field: Field) -> Value:
    """The name of a person; capital letters throughout become an ordinary name."""
    if not isinstance(cell, str):
        return Value(shown(cell), "Họ tên không thể là số hoặc ngày. Hãy xem lại cột.", True)
    name = clean_name(cell)
    said = _TITLE.match(name)
    name = name[said.end() :] if said else name
    if len(name) > field.longest:
        return Value(name, f"Họ tên dài quá {field.longest} ký tự. Hãy xem lại.", True)
    if _NOT_IN_A_NAME.search(name):
        return Value(
            name,
            "Họ tên có chữ số hoặc ký tự lạ; nếu chữ bị lỗi phông (TCVN3, VNI) thì hãy chuyển tệp "
            "sang Unicode.",
            True,
        )
    if name.isupper() and len(name) > 3:
        name = _LETTERS.sub(lambda word: word[0].capitalize(), name)
    if said:
        return Value(name, f"Đã bỏ “{said[0].strip()}” ở đầu họ tên. Hãy xem lại.")
    if "(" in name:
        return Value(
            name, "Họ tên có phần trong ngoặc. Nếu là ghi chú, hãy chuyển sang cột Ghi chú."
        )
    if any(before.islower() and after.isupper() for before, after in pairwise(name)):
        return Value(
            name,
            "Chữ hoa nằm giữa tiếng; có thể tệp gõ bằng phông cũ (TCVN3, VNI). Hãy xem lại họ tên.",
        )
    return Value(name)


# Days ------------------------------------------------------------------------------------------

_EARLIEST, _LATEST = date(1900, 1, 1), date(2100, 12, 31)
_SERIAL_ORIGIN = date(1899, 12, 30)
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[/\-.\\ ,]\s*(\d{1,2})\s*[/\-.\\ ,]\s*(\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})[/\-.](\d{1,2})[/\-.](\d{1,2})")
_IN_WORDS = re.compile(r"(?:ngay )?(\d{1,2}) (?:thang|/) ?(\d{1,2}) ?,? ?(?:nam )?(\d{4})")
_TIME = re.compile(r"[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPpSsCc][MmHhAa])?Z?$")
_MONTH = re.compile(r"(?:thang )?(\d{1,2})[/\-. ](\d{4})")
_HABIT = "Hãy ghi ngày/tháng/năm, ví dụ 05/03/1985."


def read_day(cell: Cell, field: Field) -> Value:
    """A day: a date cell, Excel's running number of days, or text in the usual ways."""
    if isinstance(cell, datetime):
        return _plausible(cell.date())
    if isinstance(cell, date):
        return _plausible(cell)
    if isinstance(cell, bool):
        return Value(None, f"Không phải là ngày. {_HABIT}", True)
    if isinstance(cell, (int, float)):
        return _from_number(float(cell), field.required)
    return _from_text(cell, field.required)


def _plausible(day: date) -> Value:
    if _EARLIEST <= day <= _LATEST:
        return Value(day)
    return Value(None, f"Năm {day.year} không hợp lý. {_HABIT}", True)


def _from_number(number: float, required: bool) -> Value:
    if number in (0, 1):
        return Value(None)
    if 1900 <= number <= 2100 and number.is_integer():
        return Value(None, f"Chỉ có năm {number:.0f}; ngày được để trống. {_HABIT}", required)
    if 2100 < number < 73_415:
        return _plausible(_SERIAL_ORIGIN + timedelta(days=int(number)))
    digits = f"{number:.0f}"
    if number.is_integer() and len(digits) in (7, 8):
        return _from_digits(digits.zfill(8))
    return Value(None, f"Không phải là ngày. {_HABIT}", True)


def _from_digits(digits: str) -> Value:
    first = _made(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    other = _made(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    if first is not None and _EARLIEST <= first <= _LATEST:
        return Value(first)
    if other is not None and _EARLIEST <= other <= _LATEST:
        return Value(other)
    return Value(None, f"Không phải là ngày. {_HABIT}", True)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _from_text(text: str, required: bool) -> Value:
    bare = _TIME.sub("", text.strip(" '\"")).strip()
    if bare.lower() in _EMPTY:
        return Value(None)
    if match := _DAY_FIRST.fullmatch(bare):
        return _day_first(int(match[1]), int(match[2]), match[3])
    if match := _YEAR_FIRST.fullmatch(bare):
        return _checked(int(match[1]), int(match[2]), int(match[3]))
    if match := _IN_WORDS.fullmatch(fold(bare)):
        return _checked(int(match[3]), int(match[2]), int(match[1]))
    if bare.isdecimal() and bare.isascii():
        if len(bare) == 8:
            return _from_digits(bare)
        return _from_number(float(bare[:12]), required)
    if _MONTH.fullmatch(fold(bare)):
        return Value(None, f"Chỉ có tháng và năm; ngày được để trống. {_HABIT}", required)
    return Value(None, f"Không đọc được thành ngày. {_HABIT}", True)


def _day_first(day: int, month: int, year: str) -> Value:
    if len(year) == 2:
        near = int(year) + (1900 if int(year) > 40 else 2000)
        made = _made(near, month, day)
        if made is None:
            return _checked(near, month, day)
        return Value(made, f"Năm chỉ có hai chữ số, đã hiểu là {near}. Hãy xem lại.")
    return _checked(int(year), month, day)


def _checked(year: int, month: int, day: int) -> Value:
    made = _made(year, month, day)
    if made is not None:
        return _plausible(made)
    if month > 12 and _made(year, day, month) is not None:
        return Value(
            None,
            "Có vẻ ghi theo kiểu tháng/ngày/năm; các ngày khác trong cột cũng có thể bị đảo. "
            f"{_HABIT}",
            True,
        )
    return Value(None, f"Không có ngày này trong lịch. {_HABIT}", True)


# Numbers that are text -------------------------------------------------------------------------


def _digits_of(cell: Cell) -> tuple[str, str]:
    """The text of an identifier, and a flaw when Excel has rounded it."""
    if isinstance(cell, bool):
        return "", ""
    if isinstance(cell, (int, float)):
        if abs(cell) >= _EXACT or (isinstance(cell, float) and not cell.is_integer()):
            return shown(cell), ROUNDED
        return shown(cell), ""
    text = shown(cell).removeprefix("'").strip()
    return text, ROUNDED if _SCIENTIFIC.fullmatch(text) else ""


def read_citizen_id(cell: Cell, field: Field) -> Value:
    """A số định danh cá nhân, twelve digits. A zero lost at the front is put back only where the
    cell was a number, and it is said: Excel drops it there and nowhere else.
    """
    text, rounded = _digits_of(cell)
    if rounded:
        return Value("", rounded, True)
    bare = re.sub(r"[\s.\-]", "", text)
    if bare.lower() in _EMPTY:
        return Value("")
    flaw = citizen_id_flaw(bare)
    if not flaw:
        return Value(bare)
    lost = isinstance(cell, int) and bare.isdecimal() and CITIZEN_ID_DIGITS - 2 <= len(bare)
    if lost and len(bare) < CITIZEN_ID_DIGITS:
        return Value(
            bare.zfill(CITIZEN_ID_DIGITS),
            f"Ô là số nên Excel đã bỏ số 0 ở đầu; đã thêm lại thành {CITIZEN_ID_DIGITS} chữ số. "
            "Hãy đối chiếu với thẻ.",
        )
    if re.fullmatch(r"[A-Za-z]\d{7,8}", bare):
        return Value("", "Đây là số hộ chiếu. Hãy ghi số định danh cá nhân gồm 12 chữ số.", True)
    return Value("", f"{flaw[0].upper()}{flaw[1:]}. Hãy ghi đủ 12 chữ số theo thẻ căn cước.", True)


_MOBILE = re.compile(r"0\d{9}")
_LANDLINE = re.compile(r"02\d{8,9}")


def read_phone(cell: Cell, field: Field) -> Value:
    """A telephone number as text; a zero lost at the front is put back and it is said."""
    text, rounded = _digits_of(cell)
    if rounded:
        return Value("", rounded, True)
    if text.lower() in _EMPTY:
        return Value("")
    bare = re.sub(r"[\s.\-()]", "", text)
    bare = re.sub(r"^(?:\+|00)?84(?=[2-9]\d{8,9}$)", "0", bare)
    if _MOBILE.fullmatch(bare) or _LANDLINE.fullmatch(bare):
        return Value(bare)
    if re.fullmatch(r"[35789]\d{8}|2\d{8,9}", bare):
        return Value(f"0{bare}", "Số điện thoại thiếu số 0 ở đầu; đã thêm lại. Hãy xem lại.")
    if len(text) > 40:
        return Value("", "Số điện thoại dài quá 40 ký tự. Hãy ghi một số.", True)
    return Value(text, "Số điện thoại không có 10 chữ số bắt đầu bằng 0. Hãy xem lại.")


def read_code(cell: Cell, field: Field) -> Value:
    """A code or number of a paper: text as written, a whole number without decimals."""
    text, rounded = _digits_of(cell)
    if rounded:
        return Value("", rounded, True)
    if isinstance(cell, date):
        return Value(
            "", "Excel đã đổi mã này thành ngày. Hãy đặt định dạng cột là Text rồi gõ lại.", True
        )
    if text in ("-", "--", "—", "–"):
        return Value("")
    return read_text(text, field)


def read_serial(cell: Cell, field: Field) -> Value:
    """The serial of a device, as it is printed."""
    found = read_code(cell, field)
    if found.flaw or not found.value:
        return found
    if isinstance(cell, int) and len(found.value) > 11:
        return Value(
            found.value,
            "Số hiệu nằm trong ô kiểu số nên có thể đã mất số 0 ở đầu. Hãy đối chiếu với thiết bị.",
        )
    return found


def read_certificate_serial(cell: Cell, field: Field) -> Value:
    """The serial of a certificate in the notation of the register (hexadecimal, upper case)."""
    found = read_serial(cell, field)
    if not found.value:
        return found
    normal = normalise_serial(found.value)
    if not re.fullmatch(r"[0-9A-F]{1,64}", normal):
        return Value(
            "",
            "Số hiệu chứng thư chỉ gồm chữ số và chữ A-F. Hãy chép lại từ chứng thư.",
            True,
        )
    return found._replace(value=normal)


def read_email(cell: Cell, field: Field) -> Value:
    """An address in lower case; whether a state body gave it out is for the letter to ask."""
    text = shown(cell).strip(" <>;,.'\"").lower().removeprefix("mailto:")
    if text in _EMPTY:
        return Value("")
    standing = email_standing(text)
    if standing is EmailStanding.MALFORMED or len(text) > 254:
        return Value(
            "",
            "Địa chỉ thư điện tử viết không đúng (không dấu, không khoảng trắng, chỉ một địa chỉ, "
            "dạng ten@coquan.gov.vn). Hãy sửa lại.",
            True,
        )
    if standing is EmailStanding.PERSONAL:
        return Value(
            text,
            "Đây là thư cá nhân; chứng thư cần địa chỉ thư điện tử do cơ quan nhà nước cấp. Hãy "
            "thay bằng thư công vụ.",
        )
    return Value(text)


def read_count(cell: Cell, field: Field) -> Value:
    """A small whole number; empty is None, which is not nought."""
    text = shown(cell).strip().lower()
    if text in ("", "-", "--", "—", "–", "không rõ", "chưa rõ"):
        return Value(None)
    if text in ("không", "chưa", "chưa gia hạn"):
        return Value(0)
    if re.fullmatch(r"\d{1,2}(?: lần)?", text):
        return Value(int(text.split()[0]))
    return Value(None, "Không phải là số lần. Hãy ghi 0, 1 hoặc để trống nếu chưa rõ.", True)


def _choice(name: str) -> Callable[[Cell, Field], Value]:
    def read(cell: Cell, field: Field) -> Value:
        words = " ".join(fold_words(shown(cell)))
        if not words:
            return Value(None)
        if (member := choices(name).get(words)) is not None:
            return Value(member)
        if (member := _within(words, choices(name))) is not None:
            return Value(member, f"Đã hiểu là “{words_of(name)[member]}”. Hãy xem lại.")
        offered = "; ".join(words_of(name).values())
        return Value(None, f"Không hiểu “{shown(cell)[:60]}”. Hãy ghi một trong: {offered}.", True)

    return read


def _within(words: str, known: Mapping[str, str]) -> str | None:
    """The one choice whose words begin the text ("Nghỉ hưu từ 01/7/2026"); None when unclear."""
    starts = [word for word in known if words.startswith(f"{word} ") and " " in word]
    longest = max(starts, key=len, default=None)
    return known[longest] if longest else None


READERS: Mapping[str, Callable[[Cell, Field], Value]] = {
    "text": read_text,
    "name": read_name,
    "day": read_day,
    "citizen_id": read_citizen_id,
    "phone": read_phone,
    "code": read_code,
    "serial": read_serial,
    "certificate_serial": read_certificate_serial,
    "email": read_email,
    "count": read_count,
    "device_kind": _choice("device_kind"),
    "device_state": _choice("device_state"),
    "subscriber_kind": _choice("subscriber_kind"),
    "handover_act": _choice("handover_act"),
    "staff_change": _choice("staff_change"),
}
