"""Write the signed files of the newest batch: python -m tests.browser.signed_files FOLDER."""

import sys
from pathlib import Path

from sqlalchemy import select

from app import create_app
from config import Config
from extensions import db
from operations import files
from schema.documents import SigningItem


def main() -> int:
    """One PDF for each document of the newest batch that was accepted."""
    folder = Path(sys.argv[1])
    with create_app(Config.load()).app_context():
        newest = select(SigningItem.job_id).order_by(SigningItem.job_id.desc()).limit(1)
        for row in db.session.scalars(
            select(SigningItem).where(SigningItem.job_id == newest.scalar_subquery())
        ):
            if row.result_file_sha256 is not None:
                content = files.read(db.session, row.result_file_sha256)
                (folder / f"{row.noun}-{row.place:03d}.pdf").write_bytes(content)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
