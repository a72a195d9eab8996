"""Thông báo to the sender: a document that came in is not taken, for what was found (Bắc Ninh
Điều 16 khoản 2: tell the sender, who signs and sends again, and delete it).

The regulation prescribes no form; the layout is that of a thông báo of decree 30/2020.
"""

from dataclasses import dataclass
from datetime import date

from letters import paper_page, prescribed
from letters.blanks import Blanks
from letters.dates import long_date
from letters.decree30 import (
    PORTRAIT,
    SEAL_DIAMETER_MM,
    Distribution,
    DrawnLetter,
    Medium,
    Sheet,
    Signer,
)
from letters.paper import Issued, Paper, PaperHead, PaperSetter
from letters.parties import NONE, UNSIGNED
from letters.prescribed import FormText
from letters.text import clean

_CHECK = frozenset({"agency", "moment", "verdict"})
TEXT = prescribed.load(
    "thong_bao_van_ban_den.toml",
    {
        **dict.fromkeys(("kind", "title"), NONE),
        "opening": frozenset({"day", "agency", "document"}),
        "file": frozenset({"name", "sha256"}),
        "checked": _CHECK | {"basis"},
        "checked_plain": _CHECK,
        "fault": frozenset({"fault"}),
        "reason": frozenset({"reason"}),
        **dict.fromkeys(("deleted", "refused"), frozenset({"agency"})),
    },
)

FORM = TEXT.form


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionNotice:
    """One document that was not taken. `document` as it is called in the middle of a sentence;
    `basis` the provision as it shall be read, empty where there is none; `faults` what the check
    found, one sentence each; `deleted` says that the file is gone.
    """

    parent_agency: str = ""
    agency: str = ""
    agency_name: str = ""
    symbol: str = ""
    number: str = ""
    place: str = ""
    sender: str = ""
    received_on: date | None = None
    document: str = "văn bản điện tử"
    file_name: str = ""
    sha256: str = ""
    basis: str = ""
    checked_at: str = ""
    verdict: str = ""
    faults: tuple[str, ...] = ()
    reason: str = ""
    deleted: bool = False
    signer: Signer = UNSIGNED
    medium: Medium = Medium.DIGITAL
    remark: str = ""
    seal_mm: float = SEAL_DIAMETER_MM

    @property
    def sheet(self) -> Sheet:
        """Always upright."""
        return PORTRAIT


def compose(
    data: RejectionNotice, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The notice, set by `setter`; `words` replaces the words of the file."""
    text = words or TEXT
    sender = blanks.fill(data.sender, "Chưa có nơi gửi để ghi trong thông báo.")
    body = [piece for line in _lines(data, text, blanks) for piece in setter.paragraph(line)]
    return Paper(
        head=PaperHead.issued(data, "TB"),
        kind=text["kind"],
        title=text["title"],
        addressees=(sender,),
        body=body,
        closing=Issued(data.signer, Distribution(), seal_mm=data.seal_mm),
        medium=data.medium,
        sheet=data.sheet,
        remark=data.remark,
    )


def _lines(data: RejectionNotice, text: FormText, blanks: Blanks) -> list[str]:
    agency = blanks.fill(data.agency_name, "Chưa có tên cơ quan, tổ chức để ghi trong văn bản.")
    day = long_date(data.received_on) if data.received_on else ""
    found = {
        "agency": agency,
        "moment": blanks.fill(data.checked_at, "Chưa có thời điểm kiểm tra chữ ký số."),
        "verdict": blanks.fill(data.verdict, "Chưa có kết luận kiểm tra chữ ký số."),
    }
    basis = clean(data.basis)
    faults = [line for line in map(clean, data.faults) if line]
    return [
        text["opening"].format(
            day=blanks.fill(day, "Chưa có ngày nhận văn bản.").removeprefix("ngày "),
            agency=agency,
            document=data.document,
        ),
        text["file"].format(
            name=blanks.fill(data.file_name, "Chưa có tên tệp."),
            sha256=blanks.fill(_grouped(data.sha256), "Chưa có mã kiểm tra của tệp."),
        ),
        text["checked"].format(basis=basis, **found)
        if basis
        else text["checked_plain"].format(**found),
        *(text["fault"].format(fault=one) for one in faults),
        *([text["reason"].format(reason=clean(data.reason))] if clean(data.reason) else []),
        text["deleted" if data.deleted else "refused"].format(agency=agency),
    ]


def _grouped(sha256: str) -> str:
    """In groups of eight digits, so that the line may break between them."""
    return " ".join(sha256[at : at + 8] for at in range(0, len(sha256), 8))


def draw(data: RejectionNotice, words: FormText | None = None) -> DrawnLetter:
    """Draw the notice. Anchors (digital): "number", "date", "signature", "seal". Raises
    FontsMissing, TooLarge.
    """
    return paper_page.draw_paper(
        lambda setter, blanks: compose(data, setter, blanks, words), data.sheet
    )


def made_up() -> RejectionNotice:
    """Data of nobody, for samples."""
    body = "Ủy ban nhân dân xã Thử Nghiệm A"
    return RejectionNotice(
        parent_agency="UBND TỈNH THỬ NGHIỆM",
        agency="ỦY BAN NHÂN DÂN\nXÃ THỬ NGHIỆM A",
        agency_name=body,
        symbol="UBND",
        place="Thử Nghiệm A",
        sender="Ủy ban nhân dân xã Thử Nghiệm B",
        received_on=date(2026, 11, 20),
        document="văn bản số 12/UBND-VP ngày 18/11/2026",
        file_name="cong-van-12.pdf",
        sha256="0123456789abcdef" * 4,
        basis="khoản 2 Điều 16 Quy chế của tỉnh (dữ liệu giả)",
        checked_at="09 giờ 30 phút 00 giây ngày 20/11/2026",
        verdict="không hợp lệ",
        faults=("Chữ ký của Trần Văn Diễn Tập: nội dung được ký đã bị thay đổi sau khi ký.",),
        reason="Nội dung không còn như khi được ký.",
        deleted=True,
        signer=Signer(("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"), "Trần Văn Diễn Tập"),
    )
