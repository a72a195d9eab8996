"""The law as it stands today in this installation: the files, and the drafts issued since."""

import regulations
from extensions import db
from operations.law import enacted
from rules.law import Law
from views.kept import until_the_log_grows


def current_law() -> Law:
    """All instruments, each draft as issued once its number and days were entered.

    No statement while nothing was written since the last time.
    """
    return until_the_log_grows(("law",), lambda: enacted(db.session(), regulations.load()))
