"""The agent's pages for other systems: the switch, who may call, and the call under way."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from signing.agent.application import the_agent
from signing.agent.certificates import clock_words, pin_words
from signing.agent.consent import picture_of
from signing.agent.facade.calls import Stage, Standing
from signing.agent.facade.journey import Agreed, signed_name
from signing.agent.facade.listener import USUAL_PORT
from signing.agent.facade.routes import ACTS, ROUTES, Kind
from signing.agent.gate import PageUnknown
from signing.agent.imports import Found, chosen, found_on
from signing.agent.work import ENDED
from signing.errors import NotPaired, SigningError
from signing.messages import OutsidePlace, OutsideRefused, Pairing

gate = Blueprint("gate", __name__)


# The switch and the systems -----------------------------------------------------------------------


@gate.get("/cong")
def settings() -> str:
    """Whether the façade listens, under which certificate, and who may call."""
    return _settings()


def _settings(problem: SigningError | None = None) -> str:
    facade = the_agent().facade
    return render_template(
        "facade.html",
        port=facade.port,
        usual_port=USUAL_PORT,
        problem=problem or facade.problem,
        certificate=facade.certificate if facade.port else None,
        until=clock_words(facade.certificate.until) if facade.port else "",
        asking=facade.origins.asking,
        allowed=[(each, clock_words(each.until)) for each in facade.origins.allowed],
        current=facade.calls.current,
        routes=ROUTES.values(),
        refused=Kind.REFUSED,
    )


@gate.post("/cong/bat")
def switch_on() -> Response:
    """The person asks for the port of the other service."""
    typed = request.form.get("cong", "")
    port = int(typed) if typed.isascii() and typed.isdigit() else USUAL_PORT
    try:
        the_agent().facade.start(port if 1024 <= port <= 65535 else USUAL_PORT)
    except SigningError as error:
        return make_response(_settings(error), 409)
    return redirect(url_for("gate.settings"), 303)


@gate.post("/cong/tat")
def switch_off() -> Response:
    """The person gives the port back."""
    the_agent().facade.stop()
    return redirect(url_for("gate.settings"), 303)


@gate.post("/cong/cho-phep")
def allow() -> Response:
    """Lets one system call, for a term."""
    the_agent().facade.allow(request.form.get("he-thong", ""))
    return redirect(url_for("gate.settings"), 303)


@gate.post("/cong/tu-choi")
def turn_away() -> Response:
    """Does not let one system call."""
    the_agent().facade.origins.refuse(request.form.get("he-thong", ""))
    return redirect(url_for("gate.settings"), 303)


@gate.post("/cong/bo-phep")
def forget() -> Response:
    """Takes a permission back."""
    the_agent().facade.forget(request.form.get("he-thong", ""))
    return redirect(url_for("gate.settings"), 303)


@gate.get("/cong/chung-thu.crt")
def certificate() -> Response:
    """The certificate of the façade (no key), to be trusted in the browser."""
    response = make_response(the_agent().facade.certificate.der)
    response.headers["Content-Type"] = "application/x-x509-ca-cert"
    response.headers["Content-Disposition"] = 'attachment; filename="trinh-ky-so-127.0.0.1.crt"'
    return response


# The call under way -------------------------------------------------------------------------------


def _standing() -> Standing:
    found = the_agent().facade.calls.current
    if found is None:
        raise PageUnknown
    return found


@gate.get("/cong/viec")
def call() -> Response:
    """What a system asks for, and where it stands."""
    standing = the_agent().facade.calls.current
    if standing is None:
        return redirect(url_for("gate.settings"), 303)
    if standing.stage is Stage.SIGNING:
        work = the_agent().desk.peek(standing.ticket)
        if work is None or work.stage not in ENDED:
            return redirect(url_for("consent.show", ticket=standing.ticket), 303)
    return _call_page(standing)


def _call_page(standing: Standing, problem: SigningError | None = None) -> Response:
    agent = the_agent()
    # Read once: another thread goes on with the call, and one page must tell one stage.
    stage = standing.stage
    pages, found = [], []
    if stage is Stage.ASKING:
        found = [(each, pin_words(each.token.pin)) for each in found_on(agent.tokens.list_tokens())]
        pages = [
            (index, name, count)
            for index, (name, count) in enumerate(
                zip(standing.names, standing.page_counts, strict=True)
            )
            if count
        ]
    page = render_template(
        "facade_call.html",
        standing=standing,
        stage=stage.value,
        route=standing.call.route,
        kind=standing.call.route.kind.name,
        pages=pages,
        found=found,
        pairings=agent.state.pairings,
        problem=problem,
        form=request.form,
        typed=request.method == "POST",
        needs={
            "number": any(each.numbered for each in standing.call.route.acts),
            "day": any(each.dated for each in standing.call.route.acts),
            "words": any(each.commented for each in standing.call.route.acts),
        },
    )
    response = make_response(page, 409 if problem is not None else 200)
    if stage in {Stage.FETCHING, Stage.SIGNING, Stage.DELIVERING}:
        response.headers["Refresh"] = "1"
    return response


@gate.get("/cong/viec/<call_id>/<int:index>/<int:page>.png")
def page_image(call_id: str, index: int, page: int) -> Response:
    """One page of a file as it came from the system."""
    standing = _standing()
    pdfs = standing.pdfs
    pdf = pdfs[index] if standing.call_id == call_id and index < len(pdfs) else None
    if pdf is None:
        raise PageUnknown
    return picture_of(pdf, page)


@gate.get("/cong/viec/<call_id>/<int:index>/tep-da-ky.pdf")
def keep(call_id: str, index: int) -> Response:
    """A signed file that the system did not take, to be brought there by hand."""
    standing = _standing()
    pdf = standing.kept.get(index) if standing.call_id == call_id else None
    if pdf is None:
        raise PageUnknown
    response = make_response(pdf)
    response.headers["Content-Type"] = "application/pdf"
    name = f"tep-{index + 1}.signed.pdf"
    plain = signed_name(standing.names[index])
    if plain.isascii():
        name = plain.replace('"', "")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@gate.post("/cong/viec/tiep")
def go_on() -> Response:
    """The person declared and chose: the server prepares, or verifies, or nothing leaves at all."""
    standing = _own_call()
    with standing.deciding:
        return _decided(standing)


def _decided(standing: Standing) -> Response:
    if standing.stage is not Stage.ASKING:
        return redirect(url_for("gate.call"), 303)
    journey = the_agent().facade.journey
    try:
        if standing.call.route.kind is Kind.CERTIFICATE:
            standing.certificate = _certificate()
            standing.wake.set()
        elif standing.call.route.kind is Kind.VERIFY:
            journey.verify(standing, _pairing(), not_secret=_ticked("cam-ket"))
        else:
            ticket = journey.agree(standing, _agreed(standing))
            return redirect(url_for("consent.show", ticket=ticket), 303)
    except SigningError as error:
        return _call_page(standing, error)
    return redirect(url_for("gate.call"), 303)


@gate.post("/cong/viec/khong-ky")
def refuse() -> Response:
    """The person says no; the page of the system is told."""
    standing = _own_call()
    the_agent().facade.journey.refuse(standing)
    return redirect(url_for("gate.call"), 303)


def _own_call() -> Standing:
    """The call that the form was about, not one that came meanwhile."""
    standing = _standing()
    if request.form.get("viec") != standing.call_id:
        raise PageUnknown
    return standing


def _ticked(name: str) -> bool:
    return request.form.get(name) == "1"


def _text(name: str, most: int) -> str:
    """What was typed, with the usual spaces taken away."""
    return " ".join(request.form.get(name, "").split())[:most]


def _whole(name: str) -> int | None:
    text = _text(name, 4)
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise OutsideRefused("Số trang và vị trí phải là số nguyên; vị trí tính bằng mi-li-mét.")
    return int(text)


def _day() -> date | None:
    text = _text("ngay", 10)
    if not text:
        return None
    try:
        day, month, year = (int(part) for part in text.split("/"))
        return date(year, month, day)
    except ValueError as error:
        raise OutsideRefused("Ngày văn bản phải dạng ngày/tháng/năm, ví dụ 05/02/2026.") from error


def _agreed(standing: Standing) -> Agreed:
    act = ACTS.get(request.form.get("viec-ky", ""))
    if act is None or act not in standing.call.route.acts:
        raise OutsideRefused("Chọn việc ký.")
    page, left, top = _whole("trang"), _whole("trai"), _whole("tren")
    place = None
    if page is not None:
        place = OutsidePlace(max(page - 1, 0), left or 0, top or 0)
    return Agreed(
        pairing=_pairing(),
        certificate=_certificate(),
        act=act.name,
        not_secret=_ticked("cam-ket"),
        number=_text("so", 60) if act.numbered else "",
        day=_day() if act.dated else None,
        words=_text("y-kien", 500) if act.commented else "",
        write_number=_ticked("ghi-so"),
        seen=_ticked("da-xem"),
        place=place,
    )


def _pairing() -> Pairing:
    pairings = the_agent().state.pairings
    typed = request.form.get("may-chu", "0")
    index = int(typed) if typed.isascii() and typed.isdigit() else 0
    if index >= len(pairings):
        raise NotPaired
    return pairings[index]


def _certificate() -> Found:
    return chosen(the_agent().tokens.list_tokens(), request.form.get("chung-thu", ""))
