"""What is found in the files that people bring, and what is turned away."""

import base64
import re
import zipfile
from collections.abc import Mapping
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)

from sheets import certificate_files, zip_entries
from sheets.certificate_files import Read, read_files
from sheets.private_keys import looks_like_private_key
from tests.real_certificates import certificate, key, parsed, pem

AN = certificate("Nguyễn Văn An", "an@thunghiem.example", serial=0x5A01)
BINH = certificate("Trần Thị Bình", "binh@thunghiem.example", serial=0x5A02)
ISSUER = certificate("CA THỬ NGHIỆM", authority=True, serial=0x5A03)


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def bundle(*ders: bytes, encoding: Encoding = Encoding.DER) -> bytes:
    return pkcs7.serialize_certificates([parsed(der) for der in ders], encoding)


def names(found: list[Read]) -> list[str]:
    return [one.content.common_name for one in found if one.content is not None]


def reasons(found: list[Read]) -> list[str]:
    return [one.reason for one in found if one.content is None]


def spoken(value: object) -> str:
    """Name a case by its words: bytes made at random would give each xdist worker other names."""
    return value if isinstance(value, str) else "bytes"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("an.cer", AN),
        ("an.der", AN),
        ("an.crt", pem(AN)),
        ("an.pem", b"Bag Attributes\r\n" + pem(AN).replace(b"\n", b"\r\n")),
        ("an.txt", base64.encodebytes(AN)),
        ("an unicode.cer", "\ufeff".encode("utf-16-le") + pem(AN).decode().encode("utf-16-le")),
        ("an.p7b", bundle(AN)),
        ("an-pem.p7b", bundle(AN, encoding=Encoding.PEM)),
        ("sai-ten.jpg", AN),
    ],
    ids=spoken,
)
def test_a_certificate_is_found_by_its_bytes_whatever_the_file_is_called(
    name: str, content: bytes
) -> None:
    found = read_files([(name, content)])
    assert names(found) == ["Nguyễn Văn An"]
    assert found[0].source == name
    assert found[0].content is not None
    assert found[0].content.der == AN


def test_all_certificates_of_a_text_a_bundle_and_a_zip_are_found() -> None:
    many = zipped({"thư mục/an.cer": AN, "binh.p7b": bundle(BINH, ISSUER)})
    found = read_files([("goi.zip", many)])
    assert names(found) == ["Nguyễn Văn An", "Trần Thị Bình"]
    assert found[0].source == "goi.zip › an.cer"
    assert names(read_files([("hai.pem", pem(AN, BINH))])) == ["Nguyễn Văn An", "Trần Thị Bình"]


def test_the_certificate_of_an_authority_is_named_once_and_not_taken() -> None:
    found = read_files([("an.p7b", bundle(AN, ISSUER)), ("binh.p7b", bundle(BINH, ISSUER))])
    assert names(found) == ["Nguyễn Văn An", "Trần Thị Bình"]
    # A bundle is a set: DER puts the smaller certificate first, whichever that is.
    assert [re.sub(r"[12] trên", "N trên", one.source) for one in found if one.content] == [
        "an.p7b (chứng thư N trên 2)",
        "binh.p7b (chứng thư N trên 2)",
    ]
    (reason,) = reasons(found)
    assert reason.startswith(certificate_files.AUTHORITY)
    assert certificate_files.describe(ISSUER).common_name in reason


def test_the_same_certificate_twice_names_the_first_file() -> None:
    found = read_files([("mot.cer", AN), ("hai.pem", pem(AN))])
    assert names(found) == ["Nguyễn Văn An"]
    assert reasons(found) == ["Trùng với chứng thư trong “mot.cer”."]


def test_the_same_broken_file_twice_is_named_twice() -> None:
    found = read_files([("mot.cer", b"\x30\x03abc"), ("hai.cer", b"\x30\x03abc")])
    assert [one.source for one in found] == ["mot.cer", "hai.cer"]
    assert reasons(found)[0] == reasons(found)[1] != ""


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("hong.cer", AN[:200], "không phải là chứng thư"),
        ("hong.pem", pem(AN).replace(b"MI", b"!!", 1), "Không tìm thấy chứng thư"),
        ("hong.p7b", bundle(AN)[:120], "Không tìm thấy chứng thư"),
        ("hong.zip", zipped({"an.cer": AN})[:60], "Tệp nén bị hỏng"),
        ("rong.cer", b"  \r\n", "Tệp rỗng."),
        ("anh.cer", b"\x89PNG\r\n\x1a\n", "Không tìm thấy chứng thư"),
        ("lon.cer", b"\x30" * (certificate_files.LARGEST_FILE + 1), "quá lớn"),
    ],
    ids=spoken,
)
def test_a_broken_file_is_named_with_its_reason_and_the_others_go_on(
    name: str, content: bytes, words: str
) -> None:
    found = read_files([(name, content), ("binh.cer", BINH)])
    assert names(found) == ["Trần Thị Bình"]
    assert [one.source for one in found if one.content is None] == [name]
    assert words in reasons(found)[0]


def private_keys() -> dict[str, bytes]:
    secret, holder = key("Nguyễn Văn An"), parsed(AN)
    sealed = BestAvailableEncryption(b"mat khau")
    pkcs8, old = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL
    return {
        "pkcs8.pem": secret.private_bytes(Encoding.PEM, pkcs8, NoEncryption()),
        "pkcs8-sealed.pem": secret.private_bytes(Encoding.PEM, pkcs8, sealed),
        "sec1.pem": secret.private_bytes(Encoding.PEM, old, NoEncryption()),
        "pkcs8.der": secret.private_bytes(Encoding.DER, pkcs8, NoEncryption()),
        "pkcs8-sealed.der": secret.private_bytes(Encoding.DER, pkcs8, sealed),
        "sec1.der": secret.private_bytes(Encoding.DER, old, NoEncryption()),
        "an.cer": pkcs12.serialize_key_and_certificates(b"an", secret, holder, None, sealed),
        "openssh.pem": secret.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
        "utf16.pem": secret.private_bytes(Encoding.PEM, pkcs8, NoEncryption())
        .decode()
        .encode("utf-16"),
        "mixed.pem": pem(AN) + secret.private_bytes(Encoding.PEM, pkcs8, NoEncryption()),
        "bare.txt": base64.encodebytes(secret.private_bytes(Encoding.DER, pkcs8, NoEncryption())),
        "java.jks": b"\xfe\xed\xfe\xed\x00\x00\x00\x02",
    }


@pytest.mark.parametrize("name", list(private_keys()))
def test_a_file_with_a_private_key_is_refused_whole(name: str) -> None:
    content = private_keys()[name]
    for files in ([(name, content)], [("goi.zip", zipped({name: content}))]):
        found = read_files([*files, ("binh.cer", BINH)])
        assert names(found) == ["Trần Thị Bình"]
        assert reasons(found) == [certificate_files.PRIVATE_KEY]


@pytest.mark.parametrize("name", ["an.p12", "an.PFX", "an.key", "an.jks"])
def test_the_name_of_a_key_store_is_enough_to_refuse_it(name: str) -> None:
    assert reasons(read_files([(name, AN)])) == [certificate_files.PRIVATE_KEY]


def test_certificates_and_bundles_are_not_taken_for_keys() -> None:
    for content in (AN, pem(AN), bundle(AN, ISSUER), bundle(AN, encoding=Encoding.PEM)):
        assert not looks_like_private_key(content)


def test_a_zip_inside_a_zip_is_not_opened() -> None:
    found = read_files(
        [("ngoai.zip", zipped({"trong.zip": zipped({"an.cer": AN}), "b.cer": BINH}))]
    )
    assert names(found) == ["Trần Thị Bình"]
    assert "nằm trong tệp nén" in reasons(found)[0]


@pytest.mark.parametrize("name", ["../an.cer", "/etc/an.cer", "C:/an.cer", "x/..\\..\\an.cer"])
def test_names_that_climb_out_of_the_zip_are_refused(name: str) -> None:
    found = read_files([("goi.zip", zipped({name: AN, "binh.cer": BINH}))])
    assert names(found) == ["Trần Thị Bình"]
    assert "dẫn ra ngoài" in reasons(found)[0]
    assert "/" not in found[0].source


def test_a_zip_that_unpacks_to_too_much_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"to.cer": b"0" * (certificate_files.LARGEST_FILE + 5), "binh.cer": BINH})
    found = read_files([("goi.zip", bomb)])
    assert names(found) == ["Trần Thị Bình"]
    assert "quá lớn" in reasons(found)[0]
    monkeypatch.setattr(zip_entries, "MOST_UNPACKED", 1000)
    assert "sau khi giải nén" in reasons(read_files([("goi.zip", bomb)]))[-1]
    monkeypatch.setattr(zip_entries, "MOST_ENTRIES", 1)
    assert "quá nhiều tệp" in reasons(read_files([("goi.zip", bomb)]))[0]


def test_a_zip_with_a_password_says_so() -> None:
    content = bytearray(zipped({"an.cer": AN}))
    content[6] |= 1  # the flag in the local header
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "có mật khẩu" in reasons(read_files([("goi.zip", bytes(content))]))[0]


def test_one_import_has_an_upper_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate_files, "MOST_CERTIFICATES", 1)
    found = read_files([("an.cer", AN), ("binh.cer", BINH)])
    assert names(found) == ["Nguyễn Văn An"]
    assert "tối đa 1 chứng thư" in reasons(found)[0]


@pytest.mark.parametrize(
    "piece",
    [b"-----BEGIN CERTIFICATE-----", b"-----BEGIN ", b"MI ", b"MI" + b"A" * 62 + b"\n", b"-----"],
)
def test_a_file_of_beginnings_is_read_once_and_not_from_each_of_them(piece: bytes) -> None:
    """The time limit of the tests is what fails here: it took hours, and the server with it."""
    whole = piece * (certificate_files.LARGEST_FILE // len(piece) - 1) + b"!"
    assert [one.content for one in read_files([("an.pem", whole)])] == [None]


def test_a_block_without_its_end_does_not_hide_the_next_one() -> None:
    broken = b"-----BEGIN PKCS7-----\nAAAA\n" + pem(AN)
    assert names(read_files([("an.pem", broken)])) == ["Nguyễn Văn An"]
