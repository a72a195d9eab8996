"""Frames of the other service: one JSON text in, one JSON text out.

Tokens and session ids live in fields that are never shown by `repr`, so that no log can carry them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from signing.agent.facade.refusals import (
    FileNameMissing,
    FrameMalformed,
    TooManyFiles,
    status_of,
)
from signing.agent.facade.routes import Kind, Route
from signing.errors import SigningError
from signing.messages import MOST_OUTSIDE

LARGEST_FRAME = 512 * 1024
"""Bytes of a frame: addresses and short texts, never a file."""
_LONGEST_ADDRESS = 4000
_LONGEST_TOKEN = 16_000


@dataclass(frozen=True, slots=True)
class File:
    """One file of a frame: where it is, and what the caller calls it."""

    address: str = field(repr=False)  # callers put tokens into the query
    file_id: object = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """What a page asks for."""

    route: Route
    files: tuple[File, ...] = ()
    handler: str = field(default="", repr=False)
    session_id: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    number: str = ""
    day: date | None = None
    iso_day: bool = False
    words: str = ""


def read(route: Route, text: str) -> Call:
    """Reads the one frame of a call. Raises `FrameMalformed`, `FileNameMissing`, `TooManyFiles`."""
    if route.kind not in {Kind.SIGN, Kind.SIGN_MANY, Kind.VERIFY}:
        return Call(route)  # A fixed word, or nothing that we read.
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameMalformed("json") from error
    if not isinstance(data, dict):
        raise FrameMalformed("object")
    if route.kind is Kind.SIGN_MANY:
        files = _files(data)
    else:
        files = (File(_text(data, "FileName", _LONGEST_ADDRESS)),)
    if not all(each.address for each in files):
        raise FileNameMissing
    day, iso = _day(_text(data, "IssuedDate", 60))
    return Call(
        route,
        files,
        handler="" if route.kind is Kind.VERIFY else _handler(data),
        session_id=_text(data, "SessionId", _LONGEST_TOKEN),
        token=_text(data, "JWTToken", _LONGEST_TOKEN),
        number=_text(data, "DocNumber", 60),
        day=day,
        iso_day=iso,
        words=_comment(data.get("MetaData")),
    )


def _handler(data: Mapping[str, Any]) -> str:
    found = _text(data, "FileUploadHandler", _LONGEST_ADDRESS)
    if not found:
        raise FrameMalformed("FileUploadHandler")
    return found


def _text(data: Mapping[str, Any], key: str, most: int) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise FrameMalformed(key)
    if any(unicodedata.category(each) in {"Cc", "Cs"} for each in value):
        raise FrameMalformed(key)
    return unicodedata.normalize("NFC", value.strip())


def shown(text: str) -> str:
    """A text without what a person cannot see: controls, halves of letters, and marks that turn the
    direction of writing, with which a name passes for another."""
    return "".join(
        each
        for each in text
        if each.isspace() or unicodedata.category(each) not in {"Cc", "Cs", "Cf"}
    )


def _files(data: Mapping[str, Any]) -> tuple[File, ...]:
    listed = data.get("Files")
    if isinstance(listed, str):  # Some callers send the list as text of its own.
        try:
            listed = json.loads(listed)
        except (ValueError, RecursionError) as error:
            raise FrameMalformed("Files") from error
    if not isinstance(listed, list) or not listed:
        raise FrameMalformed("Files")
    if len(listed) > MOST_OUTSIDE:
        raise TooManyFiles(str(len(listed)))
    files = []
    for each in listed:
        if not isinstance(each, dict) or not isinstance(each.get("FileID"), str | int | None):
            raise FrameMalformed("Files")
        # It goes back as it came, so it must be a text that can be written.
        if isinstance(file_id := each.get("FileID"), str) and shown(file_id) != file_id:
            raise FrameMalformed("FileID")
        address, name = _text(each, "URL", _LONGEST_ADDRESS), _text(each, "FileName", 500)
        files.append(File(address, each.get("FileID"), name))
    return tuple(files)


def _day(text: str) -> tuple[date | None, bool]:
    """The day in an `IssuedDate`, and whether it was written the ISO way; None when unreadable."""
    if not text:
        return None, False
    try:
        return datetime.fromisoformat(text).date(), True
    except ValueError:
        pass
    found = re.match(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", text)
    if found is None:
        return None, False
    try:
        return date(int(found[3]), int(found[2]), int(found[1])), False
    except ValueError:
        return None, False


_COMMENT_KEYS = ("comment", "content", "noidung", "ykien")


def _comment(listed: object) -> str:
    """The text of a comment in `MetaData`; other entries may be tokens and are left alone."""
    if not isinstance(listed, list):
        return ""
    for each in listed:
        key, value = (each.get("Key"), each.get("Value")) if isinstance(each, dict) else ("", "")
        plain = str(key).casefold().replace("_", "")
        if isinstance(value, str) and any(word in plain for word in _COMMENT_KEYS):
            return " ".join(shown(unicodedata.normalize("NFC", value)).split())[:500]
    return ""


# Answers ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file that was signed and taken by the upload handler, or why not."""

    file_name: str = ""
    file_server: str = ""
    error: SigningError | None = None


def _plain(data: Mapping[str, object]) -> str:
    # What an upload handler said goes through; half a letter in it must not keep the answer back.
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace").decode()


def words_of(error: SigningError) -> str:
    """The error in one text for a page that shows only `Message`."""
    parts = [error.message]
    if error.detail and " " in error.detail:  # a sentence, not a technician's word
        parts.append(error.detail)
    return " ".join([*parts, error.advice])


def refusal(route: Route | None, error: SigningError, **more: object) -> str:
    """The answer of a call that came to nothing."""
    told: dict[str, object] = {
        "Status": status_of(error),
        "Message": words_of(error),
        "Code": error.code,
    }
    if error.detail:
        told["Detail"] = error.detail
    if route is None or route.error_key == "Error":
        told["Error"] = told["Message"]
    if route is not None and route.kind in {Kind.SIGN, Kind.SIGN_MANY}:
        told |= {"FileName": "", "FileServer": "", "DocumentNumber": "", "DocumentDate": ""}
    return _plain(told | more)


def success(**fields: object) -> str:
    """The answer of a call that went well."""
    return _plain({"Status": 0, "Message": "", **fields})


def day_text(day: date | None, *, iso: bool) -> str:
    """A date as the caller wrote its own."""
    if day is None:
        return ""
    return day.isoformat() if iso else f"{day:%d/%m/%Y}"


def signed_one(call: Call, one: Delivered, number: str, day: date | None) -> str:
    """The answer of a single file."""
    if one.error is not None:
        return refusal(call.route, one.error)
    return success(
        FileName=one.file_name,
        FileServer=one.file_server,
        DocumentNumber=number,
        DocumentDate=day_text(day, iso=call.iso_day),
    )


def signed_many(call: Call, each: Sequence[Delivered], stopped: SigningError | None) -> str:
    """The answer of many files, each with a `Status` of its own; the outer one is 0 when all are
    signed."""
    listed = []
    for file, one in zip(call.files, each, strict=True):
        listed.append(
            {
                "FileID": file.file_id,
                "FileName": file.name,
                "URL": file.address,
                "FileSignedURL": one.file_server,
                "Status": 0 if one.error is None else status_of(one.error),
                "Message": "" if one.error is None else words_of(one.error),
                "Code": "" if one.error is None else one.error.code,
                "Detail": "" if one.error is None else one.error.detail,
            }
        )
    error = stopped or next((one.error for one in each if one.error is not None), None)
    if error is None:
        return success(Files=listed)
    return refusal(call.route, error, Files=listed)
