"""The pages of one login: who asks, with which certificate, the PIN, and the way back."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from signing.agent.application import the_agent
from signing.agent.logins import LoginWork
from signing.agent.pin_window import CONFIRMATION
from signing.agent.work import WAITING, Stage

login_pages = Blueprint("login_pages", __name__)


@login_pages.get("/dang-nhap/<ticket>")
def show(ticket: str) -> Response:
    """Where the login stands. Reloading, reading ahead and scanning are harmless: nobody is told
    but the pinned server, which is asked for whom the certificates in the port are."""
    the_agent().pairing.catch_up()
    work = the_agent().logins.open(ticket)
    # Read once: another thread signs, and one page must tell one stage.
    stage = work.stage
    if stage is Stage.SHOWN:
        return make_response(_consent(ticket, work))
    page = render_template(
        "login_work.html", ticket=ticket, work=work, choice=work.choice, stage=stage.value
    )
    response = make_response(page)
    if stage in WAITING:
        response.headers["Refresh"] = "2"
    elif stage is Stage.DONE:
        response.headers["Refresh"] = f"0; url={work.return_url}"
    return response


def _consent(ticket: str, work: LoginWork) -> str:
    choices, listing = the_agent().logins.choices(work)
    usable = [each for each in choices if each.problem is None]
    return render_template(
        "login.html",
        ticket=ticket,
        work=work,
        choices=choices,
        usable=usable,
        problems=[each.error for each in listing.problems],
        confirmation=CONFIRMATION,
        asks_confirmation=any(each.token.pin.asks_confirmation for each in usable),
    )


@login_pages.post("/dang-nhap/<ticket>/dong-y")
def begin(ticket: str) -> Response:
    """The click on "Đăng nhập"."""
    the_agent().logins.begin(
        ticket,
        click=request.form.get("lan-bam", ""),
        certificate=request.form.get("chung-thu", ""),
        confirmation=request.form.get("xac-nhan", ""),
    )
    return redirect(url_for("login_pages.show", ticket=ticket), 303)


@login_pages.post("/dang-nhap/<ticket>/pin")
def pin(ticket: str) -> Response:
    """The PIN on the page, where no window can be shown."""
    the_agent().logins.pin_on_page(
        ticket, click=request.form.get("lan-bam", ""), pin=request.form.get("pin", "")
    )
    return redirect(url_for("login_pages.show", ticket=ticket), 303)


@login_pages.post("/dang-nhap/<ticket>/khong")
def refuse(ticket: str) -> Response:
    """The click on "Không đăng nhập"."""
    the_agent().logins.refuse(ticket)
    return redirect(url_for("login_pages.show", ticket=ticket), 303)


@login_pages.post("/dang-nhap/<ticket>/huy")
def cancel(ticket: str) -> Response:
    """Back from the PIN step."""
    the_agent().logins.cancel(ticket)
    return redirect(url_for("login_pages.show", ticket=ticket), 303)
