"""The smallest signed letters, written object by object, so that an attack can touch any byte.

Every revision is made by hand (no library tidies anything up); signatures are real ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from signing import cms
from signing.pades.increment import pdf_date
from tests.signing.pki import NOW, Holder

CATALOG, PAGES, PAGE, CONTENT, FORM, FONT, NUMBER, LEADER, AGENCY, LOOK = range(1, 11)
SPARE = 30
"""First object number that the base letter leaves free."""

TEXT = b"BT /F1 14 Tf 60 760 Td (De nghi gia han chung thu so: 10 nguoi) Tj ET"
FIELDS = (NUMBER, LEADER, AGENCY)
Container = Callable[[bytes], bytes]


def stream(body: bytes, entries: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(body), body)


def drawing(body: bytes, width: int = 100, height: int = 20) -> bytes:
    head = b"/Type /XObject /Subtype /Form /BBox [0 0 %d %d]" % (width, height)
    return stream(body, head + b" /Resources << /Font << /F1 6 0 R >> >>")


def widget(kind: bytes, name: bytes, box: bytes, more: bytes = b"") -> bytes:
    return b"<< /Type /Annot /Subtype /Widget /FT /%s /T (%s) /Rect [%s] /F 132 /P 3 0 R %s >>" % (
        kind,
        name,
        box,
        more,
    )


def letter_objects(lock: bytes = b"/Include /Fields [(so)]") -> dict[int, bytes]:
    """One page, a filled number, a leader's field that locks it, an agency's field."""
    locked = b"/Lock << /Type /SigFieldLock /Action %s >>" % lock if lock else b""
    return {
        CATALOG: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R >>",
        PAGES: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        PAGE: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 6 0 R >> >> /Annots [7 0 R 8 0 R 9 0 R] >>",
        CONTENT: stream(TEXT),
        FORM: b"<< /Fields [7 0 R 8 0 R 9 0 R] /SigFlags 3 /DR << /Font << /F1 6 0 R >> >> >>",
        FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        NUMBER: widget(
            b"Tx",
            b"so",
            b"60 700 160 720",
            b"/V (123) /DA (/F1 12 Tf 0 g) /AP << /N 10 0 R >>",
        ),
        LEADER: widget(b"Sig", b"lanh_dao", b"330 300 510 380", locked),
        AGENCY: widget(b"Sig", b"co_quan", b"230 310 350 370"),
        LOOK: drawing(b"BT /F1 12 Tf 2 4 Td (123) Tj ET"),
    }


class Tiny:
    """A file that grows by revisions; `objects` are the newest bodies."""

    def __init__(self, objects: Mapping[int, bytes] | None = None) -> None:
        self.data = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
        self.objects: dict[int, bytes] = {}
        self.last_table = -1
        self.hole = (0, 0)
        self.add(objects if objects is not None else letter_objects())

    def add(
        self,
        objects: Mapping[int, bytes],
        *,
        freed: tuple[int, ...] = (),
        places: Mapping[int, int] | None = None,
        trailer: bytes = b"",
        root: int = CATALOG,
    ) -> Tiny:
        """One more revision; `places` are entries of the table that point anywhere."""
        table = dict(places or {})
        for number, body in objects.items():
            table[number] = len(self.data)
            self.data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
            self.objects[number] = body
        start = len(self.data)
        lines = [b"xref\n"]
        if self.last_table < 0:
            lines.append(b"0 1\n0000000000 65535 f \n")
        for number in sorted([*table, *freed]):
            entry = b"0000000000 00001 f \n" if number in freed else b""
            lines.append(b"%d 1\n" % number + (entry or b"%010d 00000 n \n" % table[number]))
        previous = b" /Prev %d" % self.last_table if self.last_table >= 0 else b""
        lines.append(
            b"trailer\n<< /Size %d /Root %d 0 R%s %s >>\nstartxref\n%d\n%%%%EOF\n"
            % (self._size(table), root, previous, trailer, start)
        )
        self.data += b"".join(lines)
        self.last_table = start
        return self

    def _size(self, table: Mapping[int, int]) -> int:
        """One more than the highest number; readers take smaller numbers for existing objects."""
        return max([*self.objects, *table, LOOK]) + 1

    def changed(self, number: int, old: bytes, new: bytes) -> dict[int, bytes]:
        """The newest body of an object with a piece replaced."""
        body = self.objects[number]
        if old not in body:
            raise ValueError(f"object {number} has no {old!r}")
        return {number: body.replace(old, new, 1)}

    def with_entry(self, number: int, entry: bytes) -> dict[int, bytes]:
        """The newest body of a dictionary with one more entry."""
        return {number: re.sub(rb">>\s*$", b"%s >>" % entry, self.objects[number])}

    def sign(
        self,
        field: int,
        by: Holder | Container,
        *,
        value: int = 20,
        sub_filter: bytes = b"ETSI.CAdES.detached",
        extra: bytes = b"",
        more: Mapping[int, bytes] | None = None,
        reserve: int = 3000,
        kind: bytes = b"Sig",
        look: bytes = b"",
    ) -> Tiny:
        """A signature in its own revision; `by` is a holder or makes the container from bytes."""
        when = pdf_date(NOW).encode()
        dictionary = (
            b"<< /Type /%s /Filter /Adobe.PPKLite /SubFilter /%s /M (%s) %s /ByteRange [%s] "
            b"/Contents <%s> >>" % (kind, sub_filter, when, extra, b"X" * 44, b"0" * (2 * reserve))
        )
        body = self.with_entry(field, b"/V %d 0 R %s" % (value, look))
        self.add({**body, **(more or {}), value: dictionary})
        self._fill(by)
        return self

    def sign_leader(self, by: Holder | Container) -> Tiny:
        """The leader's signature; the locked number is written once more beside it.

        pyHanko's difference analysis takes a locked appearance for changed when it is older.
        """
        again = {number: self.objects[number] for number in (NUMBER, LOOK)}
        return self.sign(LEADER, by, more=again)

    def _fill(self, by: Holder | Container) -> None:
        at = self.data.rindex(b"X" * 44)
        start = self.data.index(b"<0", at)
        end = self.data.index(b">", start) + 1
        numbers = b"0 %d %d %d" % (start, end, len(self.data) - end)
        self.data = self.data[:at] + numbers.ljust(44) + self.data[at + 44 :]
        self.hole = (start, end)
        signed = self.data[:start] + self.data[end:]
        made = by(signed) if callable(by) else usual(by)(signed)
        self.put(made)

    def put(self, container: bytes) -> None:
        """Another content of the last hole."""
        start, end = self.hole
        text = container.hex().upper().encode().ljust(end - start - 2, b"0")
        self.data = self.data[: start + 1] + text + self.data[end - 1 :]


def usual(holder: Holder) -> Container:
    """The container that our agent makes."""
    import hashlib

    def make(signed: bytes) -> bytes:
        return cms.build(hashlib.sha256(signed).digest(), holder.der, holder.chain, holder.sign)

    return make


def swapped(data: bytes, old: bytes, new: bytes) -> bytes:
    """A piece replaced by one of the same length, once; anything else is a mistake in a script."""
    if len(old) != len(new) or old not in data:
        raise ValueError(f"cannot swap {old!r}")
    at = data.rindex(old)
    return data[:at] + new + data[at + len(old) :]
