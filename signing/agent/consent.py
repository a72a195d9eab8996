"""The pages of one job: what is asked, by whom, with which certificate; and of one import."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from signing.agent.application import the_agent
from signing.agent.certificates import clock_words, pin_words, span_words
from signing.agent.gate import PageUnknown
from signing.agent.imports import found_on
from signing.agent.pin_window import CONFIRMATION
from signing.agent.work import ENDED, WAITING, Stage, Work

consent = Blueprint("consent", __name__)

IMAGE_WIDTH = 1240
"""Pixels: an A4 page at 150 dots per inch."""


@consent.get("/ky/<ticket>")
def show(ticket: str) -> Response:
    """Where the job stands. Claims nothing: reloading, prefetching and scanning are harmless."""
    the_agent().pairing.catch_up()
    work = the_agent().desk.open(ticket)
    # Read once: another thread signs, and one page must tell one stage.
    stage = work.stage
    if stage in ENDED and the_agent().facade.of_ticket(ticket) is not None:
        return redirect(url_for("gate.call"), 303)
    if stage is Stage.SHOWN:
        return make_response(_consent_page(ticket, work))
    name = "pin_page.html" if stage is Stage.PIN_PAGE else "work.html"
    response = make_response(
        render_template(
            name,
            ticket=ticket,
            work=work,
            stage=stage.value,
            finish=_finish(work),
            rate=_rate(work),
        )
    )
    if stage in WAITING:
        response.headers["Refresh"] = "2"
    elif stage is Stage.DONE and not work.refused:
        response.headers["Refresh"] = f"4; url={work.return_url}"
    return response


def _finish(work: Work) -> tuple[str, str] | None:
    """How long what is left will take, and when it ends, by the pace measured so far."""
    rest = len(work.manifest.items) - work.done_before - work.pace.made
    remaining = work.pace.remaining(rest)
    if remaining is None or rest <= 0:
        return None
    end = the_agent().client.now() + remaining
    return span_words(remaining), clock_words(end)


def _rate(work: Work) -> str:
    each = work.pace.seconds_each
    return f"{each:.2f}".replace(".", ",") if each is not None else ""


def _consent_page(ticket: str, work: Work) -> str:
    agent = the_agent()
    items = work.manifest.items
    chosen = request.args.get("van-ban", "1")
    index = int(chosen) - 1 if chosen.isascii() and chosen.isdigit() else 0
    if not 0 <= index < len(items):
        raise PageUnknown
    holder = agent.desk.holder(work.manifest)
    call = agent.facade.of_ticket(ticket)
    return render_template(
        "consent.html",
        ticket=ticket,
        work=work,
        index=index,
        item=items[index],
        page_count=agent.pictures.page_count(work.documents[index]),
        holder=holder,
        notices=call.notices[index] if call is not None and index < len(call.notices) else (),
        pin=pin_words(holder.token.pin) if holder.token else None,
        confirmation=CONFIRMATION,
        asks_confirmation=holder.token is not None and holder.token.pin.asks_confirmation,
    )


@consent.get("/ky/<ticket>/trang/<int:index>/<int:page>.png")
def page_image(ticket: str, index: int, page: int) -> Response:
    """One page of the very bytes that will be signed."""
    documents = the_agent().desk.documents(ticket)
    if index >= len(documents):
        raise PageUnknown
    return picture_of(documents[index], page)


def picture_of(pdf: bytes, page: int) -> Response:
    """One page of a document as a picture, as large on every page of the agent."""
    response = make_response(the_agent().pictures.page_image(pdf, page, IMAGE_WIDTH))
    response.headers["Content-Type"] = "image/png"
    return response


@consent.post("/ky/<ticket>/ky")
def sign(ticket: str) -> Response:
    """The click on "Ký"."""
    the_agent().desk.sign(
        ticket,
        click=request.form.get("lan-bam", ""),
        confirmation=request.form.get("xac-nhan", ""),
    )
    return redirect(url_for("consent.show", ticket=ticket), 303)


@consent.post("/ky/<ticket>/pin")
def pin(ticket: str) -> Response:
    """The PIN on the page, where no window can be shown."""
    the_agent().desk.pin_on_page(
        ticket, click=request.form.get("lan-bam", ""), pin=request.form.get("pin", "")
    )
    return redirect(url_for("consent.show", ticket=ticket), 303)


@consent.post("/ky/<ticket>/khong-ky")
def refuse(ticket: str) -> Response:
    """The click on "Không ký"."""
    the_agent().desk.refuse(ticket)
    return redirect(url_for("consent.show", ticket=ticket), 303)


@consent.post("/ky/<ticket>/huy")
def cancel(ticket: str) -> Response:
    """Back from the PIN step."""
    the_agent().desk.cancel(ticket)
    return redirect(url_for("consent.show", ticket=ticket), 303)


@consent.post("/ky/<ticket>/gui-lai")
def send_again(ticket: str) -> Response:
    """Sends the finished signature once more."""
    the_agent().desk.send_again(ticket)
    return redirect(url_for("consent.show", ticket=ticket), 303)


@consent.get("/doc-chung-thu/<ticket>")
def show_import(ticket: str) -> Response:
    """The certificates on the tokens of this computer, before anything is sent."""
    agent = the_agent()
    back = agent.imports.sent_to(ticket)
    if back is not None:
        response = make_response(render_template("import_done.html", back=back))
        response.headers["Refresh"] = f"4; url={back}"
        return response
    opened, pairing = agent.imports.open(ticket)
    listing = agent.tokens.list_tokens()
    page = render_template(
        "import.html",
        ticket=ticket,
        opened=opened,
        pairing=pairing,
        found=found_on(listing),
        problems=listing.problems,
    )
    return make_response(page)


@consent.post("/doc-chung-thu/<ticket>")
def send_import(ticket: str) -> Response:
    """Sends the chosen certificates to the pinned server."""
    the_agent().imports.send(ticket, set(request.form.getlist("chung-thu")))
    return redirect(url_for("consent.show_import", ticket=ticket), 303)
