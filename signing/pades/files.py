"""Verification of a file on disk, for `cli verify FILE… --json` (DESIGN 5)."""

from __future__ import annotations

import datetime as dt
import errno
import os
from pathlib import Path
from typing import Any

from signing.pades.limits import MAX_PDF_BYTES
from signing.pades.report import Report
from signing.pades.sandbox import Sandbox


def verify_file(
    path: str | os.PathLike[str],
    trust_dir: str | os.PathLike[str],
    *,
    at: dt.datetime,
    sandbox: Sandbox | None = None,
) -> dict[str, Any]:
    """One JSON object: `file`, then the keys of `Report.as_dict`. Never raises for a bad file.

    Several files share a `sandbox`; without one, a worker is started for this file alone.
    """
    name = os.fspath(path)
    try:
        if Path(path).stat().st_size > MAX_PDF_BYTES:
            report = Report.unreadable("Tệp lớn hơn 100 MB nên không được kiểm tra.")
            return {"file": name, **report.as_dict()}
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return {"file": name, **Report.unreadable("Không có tệp này.").as_dict()}
    except OSError as error:
        word = errno.errorcode.get(error.errno or 0, type(error).__name__)
        reason = f"Không mở được tệp: là thư mục, không có quyền đọc hoặc ổ đĩa lỗi ({word})."
        return {"file": name, **Report.unreadable(reason).as_dict()}
    if sandbox is not None:
        return {"file": name, **sandbox.verify(data, trust_dir, at).as_dict()}
    with Sandbox(workers=1) as own:
        return {"file": name, **own.verify(data, trust_dir, at).as_dict()}
