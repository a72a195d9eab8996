"""The home page: the work to do today, for each role."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from views.guards import requires

bp = Blueprint("home", __name__)


@bp.get("/")
@requires()
def show() -> ResponseReturnValue:
    """What waits for this person, most pressing first."""
    return render_template("home/show.html", groups=[])
