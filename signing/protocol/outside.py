"""Documents of other systems, signed through the façade: what agent and server say about them.

The agent brings a document (`OutsideDocument`), asks for a job over those it brought
(`OutsideOrder`) and gets a ticket for itself; the job then goes the way of every other. What was
signed is fetched with `OutsideWish`. No body carries a token, a cookie or an address of the other
system beyond its origin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from signing.errors import SigningError
from signing.protocol.encoding import Fields, b64, canonical_json, readable, text
from signing.protocol.refusals import MessageMalformed

OUTSIDE_TAKE_PATH = "/tac-nhan/van-ban-ngoai"
"""POST `OutsideDocument`; answer: `OutsideTaken`."""
OUTSIDE_ORDER_PATH = "/tac-nhan/van-ban-ngoai/ky"
"""POST `OutsideOrder`; answer: `OutsideTicket`."""
OUTSIDE_RESULT_PATH = "/tac-nhan/van-ban-ngoai/ket-qua"
"""POST `OutsideWish`; answer: `OutsideResult`."""
OUTSIDE_VERIFY_PATH = "/tac-nhan/van-ban-ngoai/kiem-tra"
"""POST `OutsideDocument` with the act "" and no certificate; answer: `OutsideVerdict`."""

LARGEST_OUTSIDE = 30 * 1024 * 1024
"""Bytes of one document of another system."""

LONGEST_OUTSIDE_NAME = 300

MOST_OUTSIDE = 200
"""Documents under one login."""


class SecrecyNotDeclared(SigningError):
    code = "secrecy_not_declared"
    message = "Chưa cam kết văn bản không chứa bí mật nhà nước nên văn bản chưa được gửi đi."
    advice = "Chỉ cam kết khi chắc chắn. Văn bản mật không đưa vào phần mềm này."


class CertNotYours(SigningError):
    code = "cert_not_yours"
    message = "Sổ không ghi chứng thư này là của anh/chị hoặc được giao cho anh/chị, còn hiệu lực."
    advice = "Cắm đúng thiết bị, hoặc nhờ đầu mối ghi chứng thư và việc giao vào sổ."


class OutsideRefused(SigningError):
    code = "document_refused"
    message = "Máy chủ Sổ Token không nhận ký văn bản này."
    advice = "Xem lý do kèm theo; sửa văn bản ở hệ thống của nó rồi ký lại."


class SignaturesUnseen(SigningError):
    code = "signatures_unseen"
    message = "Văn bản có chữ ký chưa xác định được giá trị; phải xem trước khi ký số của cơ quan."
    advice = "Đọc lý do, đánh dấu đã xem rồi tiếp tục; không chắc thì trả lại văn bản."


@dataclass(frozen=True, slots=True)
class OutsideDocument:
    """One document of another system. `act` is a name of the server's signing acts; `origin` is
    where it came from; `not_secret` is the person's declaration, made before a byte was sent."""

    user_id: str
    origin: str
    act: str
    certificate_sha256: str
    name: str
    not_secret: bool
    pdf: bytes

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json(
            {
                "act": self.act,
                "certificate_sha256": self.certificate_sha256,
                "name": self.name,
                "not_secret": self.not_secret,
                "origin": self.origin,
                "pdf": b64(self.pdf),
                "user_id": self.user_id,
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> OutsideDocument:
        """Reads it; raises `MessageMalformed`, and `SecrecyNotDeclared` before the document itself
        is even decoded."""
        fields = Fields.parse(body)
        if not fields.flag("not_secret"):
            raise SecrecyNotDeclared
        return cls(
            fields.text("user_id", most=100),
            fields.text("origin", most=300),
            fields.text("act", most=40),
            fields.text("certificate_sha256", most=64),
            fields.text("name", most=LONGEST_OUTSIDE_NAME),
            True,
            fields.blob("pdf"),
        )


@dataclass(frozen=True, slots=True)
class OutsideTaken:
    """What the server made of a document: its id, and what a person should know of it.

    `numbered` says that number and date can be written into it.
    """

    document_id: str
    pages: int
    signatures: int
    numbered: bool
    notices: tuple[str, ...] = ()

    def to_body(self) -> bytes:
        """The body of the answer."""
        return canonical_json(
            {
                "document_id": self.document_id,
                "notices": _reasons(self.notices),
                "numbered": self.numbered,
                "pages": self.pages,
                "signatures": self.signatures,
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> OutsideTaken:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        return cls(
            fields.text("document_id", most=64),
            fields.integer("pages"),
            fields.integer("signatures"),
            fields.flag("numbered"),
            fields.each("notices", text),
        )


@dataclass(frozen=True, slots=True)
class OutsidePlace:
    """Where the signature stands: page from 0, millimetres from the top left as shown."""

    page: int
    left: int
    top: int

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return {"left": self.left, "page": self.page, "top": self.top}

    @classmethod
    def from_dict(cls, data: object) -> OutsidePlace:
        """Reads plain data; raises `MessageMalformed`."""
        fields = Fields(data)
        return cls(fields.integer("page"), fields.integer("left"), fields.integer("top"))


@dataclass(frozen=True, slots=True)
class OutsideOrder:
    """The wish to sign what was brought. `day` is ISO or ""; `words` are the text of a comment;
    `write_number` asks for number and date to be written into the document."""

    user_id: str
    act: str
    certificate_sha256: str
    documents: tuple[str, ...]
    number: str = ""
    day: str = ""
    words: str = ""
    write_number: bool = False
    seen: bool = False
    place: OutsidePlace | None = None

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json(
            {
                "act": self.act,
                "certificate_sha256": self.certificate_sha256,
                "day": self.day,
                "documents": list(self.documents),
                "number": self.number,
                "place": self.place.to_dict() if self.place else None,
                "seen": self.seen,
                "user_id": self.user_id,
                "words": self.words,
                "write_number": self.write_number,
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> OutsideOrder:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        documents = fields.each("documents", text)
        if not 0 < len(documents) <= MOST_OUTSIDE or len(set(documents)) != len(documents):
            raise MessageMalformed("documents")
        return cls(
            fields.text("user_id", most=100),
            fields.text("act", most=40),
            fields.text("certificate_sha256", most=64),
            documents,
            fields.text("number", most=60),
            fields.text("day", most=10),
            fields.text("words", most=500),
            fields.flag("write_number"),
            fields.flag("seen"),
            OutsidePlace.from_dict(fields.raw("place")) if fields.has("place") else None,
        )


@dataclass(frozen=True, slots=True)
class OutsideTicket:
    """The ticket of the job that was opened, as the link of a page would carry it."""

    ticket: str

    def to_body(self) -> bytes:
        """The body of the answer."""
        return canonical_json({"ticket": self.ticket})

    @classmethod
    def from_body(cls, body: bytes) -> OutsideTicket:
        """Reads it; raises `MessageMalformed`."""
        return cls(Fields.parse(body).text("ticket", most=4096))


@dataclass(frozen=True, slots=True)
class OutsideWish:
    """One signed document of a job is wanted, by its place."""

    user_id: str
    job_id: str
    place: int

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json({"job_id": self.job_id, "place": self.place, "user_id": self.user_id})

    @classmethod
    def from_body(cls, body: bytes) -> OutsideWish:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        return cls(
            fields.text("user_id", most=100),
            fields.text("job_id", most=64),
            fields.integer("place"),
        )


@dataclass(frozen=True, slots=True)
class OutsideResult:
    """A signed document."""

    pdf: bytes

    def to_body(self) -> bytes:
        """The body of the answer."""
        return canonical_json({"pdf": b64(self.pdf)})

    @classmethod
    def from_body(cls, body: bytes) -> OutsideResult:
        """Reads it; raises `MessageMalformed`."""
        return cls(Fields.parse(body).blob("pdf"))


@dataclass(frozen=True, slots=True)
class OutsideVerdict:
    """The server's verdict on a document: in one sentence, and signature by signature."""

    verdict: str
    sentence: str
    reasons: tuple[str, ...] = ()
    signatures: tuple[Mapping[str, Any], ...] = field(default=())

    def to_body(self) -> bytes:
        """The body of the answer."""
        return canonical_json(
            {
                "reasons": _reasons(self.reasons),
                "sentence": readable(self.sentence, 500),
                "signatures": [
                    {"reasons": _reasons(one["reasons"])}
                    | {name: readable(one[name], most) for name, most in _OF_SIGNATURE.items()}
                    for one in self.signatures
                ],
                "verdict": self.verdict,
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> OutsideVerdict:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        return cls(
            fields.text("verdict", most=60),
            fields.text("sentence", most=500),
            fields.each("reasons", text),
            tuple(_signature(one) for one in fields.each("signatures", Fields)),
        )


_OF_SIGNATURE = {"signer": 300, "verdict": 60, "time": 60}
"""The texts about one signature and their longest; names in them were chosen by strangers."""


def _reasons(told: Sequence[str]) -> list[str]:
    return [readable(one, 2000) for one in told]


def _signature(fields: Fields) -> dict[str, Any]:
    known = {name: fields.text(name, most=most) for name, most in _OF_SIGNATURE.items()}
    return {**known, "reasons": fields.each("reasons", text)}
