"""The process that touches strangers' PDFs: `python -m signing.pades.worker`.

It answers one request after another on standard input and output until the pipe closes. It is
cheap to lose: `signing.pades.sandbox` ends it when it takes too long and starts another one.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from signing import platform
from signing.errors import SigningError
from signing.pades import compare, frames, intake, orders, render, upgrade_orders, words
from signing.pades.inputs import PageGeometry
from signing.pades.verify import verify
from signing.trust.store import TrustStore

Answer = tuple[dict[str, Any], list[bytes]]


def _verify(request: dict[str, Any], parts: list[bytes]) -> Answer:
    at = dt.datetime.fromisoformat(request["at"])
    known = request.get("known_since")
    report = verify(
        parts[0],
        trust=TrustStore.load(request["trust"]),
        at=at,
        known_since=dt.datetime.fromisoformat(known) if known else None,
    )
    return {"report": report.as_dict()}, []


def _inspect(_request: dict[str, Any], parts: list[bytes]) -> Answer:
    return {"intake": intake.inspect(parts[0]).as_dict()}, []


def _normalise(_request: dict[str, Any], parts: list[bytes]) -> Answer:
    return {}, [intake.normalise(parts[0])]


def _page_image(request: dict[str, Any], parts: list[bytes]) -> Answer:
    return {}, [render.page_image(parts[0], int(request["page"]), int(request["width"]))]


def _page_count(_request: dict[str, Any], parts: list[bytes]) -> Answer:
    return {"count": render.page_count(parts[0])}, []


def _text(_request: dict[str, Any], parts: list[bytes]) -> Answer:
    return {"pages": render.text(parts[0])}, []


def _words(request: dict[str, Any], parts: list[bytes]) -> Answer:
    pages = [(int(number), PageGeometry(**one)) for number, one in request["pages"]]
    return {"words": [one.as_list() for one in words.words(parts[0], pages)]}, []


def _same_document(_request: dict[str, Any], parts: list[bytes]) -> Answer:
    return {"comparison": compare.same_document(parts[0], parts[1]).as_dict()}, []


def _add_fields(request: dict[str, Any], parts: list[bytes]) -> Answer:
    return {}, [orders.add_fields(parts[0], request)]


def _prepare(request: dict[str, Any], parts: list[bytes]) -> Answer:
    made = orders.prepared(parts[0], request, parts[1:])
    return {"byte_range": list(made.byte_range)}, [made.pdf]


def _picture(_request: dict[str, Any], parts: list[bytes]) -> Answer:
    return {"picture": orders.look_at_picture(parts[0])}, []


Act = Callable[[dict[str, Any], list[bytes]], Answer]


def _refusing(act: Act) -> Act:
    """The same act, whose refusal travels whole: code, words and detail."""

    def done(request: dict[str, Any], parts: list[bytes]) -> Answer:
        try:
            return act(request, parts)
        except SigningError as error:
            return {"refused": error.to_dict()}, []

    return done


def _ping(_request: dict[str, Any], _parts: list[bytes]) -> Answer:
    return {}, []


ACTS: dict[str, Act] = {
    "ping": _ping,
    "verify": _verify,
    "inspect": _inspect,
    "normalise": _normalise,
    "page_image": _page_image,
    "page_count": _page_count,
    "text": _text,
    "words": _words,
    "same_document": _same_document,
    "add_fields": _refusing(_add_fields),
    "prepare": _refusing(_prepare),
    "picture": _refusing(_picture),
    **{name: _refusing(act) for name, act in upgrade_orders.ACTS.items()},
}


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the pipe closes. An error of one request is its answer."""
    while True:
        try:
            request, parts = frames.read(source)
        except frames.FrameError:
            return
        try:
            answer, out = ACTS[request["act"]](request, parts)
        except MemoryError:
            answer, out = {"error": "memory", "detail": ""}, []
        except Exception as error:  # whatever a hostile file provokes is an answer
            answer, out = {"error": "failed", "detail": f"{type(error).__name__}: {error}"}, []
        frames.write(sink, answer, out)


def main() -> None:
    """Limit this process, then serve on the standard streams."""
    platform.forbid_core_dumps()
    memory = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    # Whatever a library prints must not get between the frames.
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.setrecursionlimit(2000)
    if memory:
        platform.limit_memory(memory)
    serve(source, sink)


if __name__ == "__main__":
    main()
