"""Headers that every answer carries: what the browser may do with it, and how long to keep it."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, request

from config import ROOT
from views.guards import settings

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_A_YEAR = 31_536_000


@cache
def static_version() -> str:
    """Short hash over all static files; in their addresses it lets browsers keep them a year."""
    digest = sha256()
    for path in sorted(Path(ROOT, "static").rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(ROOT).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def register_headers(app: Flask) -> None:
    """Add the security and cache headers to every response."""

    @app.after_request
    def _headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), usb=()"
        if settings().behind_tls:
            response.headers["Strict-Transport-Security"] = f"max-age={_A_YEAR}"
        if request.endpoint == "static":
            fresh = request.args.get("v") == static_version()
            response.headers["Cache-Control"] = (
                f"public, max-age={_A_YEAR}, immutable" if fresh else "no-cache"
            )
            response.direct_passthrough = False
            response.make_sequence()  # Small files, whole: what streams gets no gzip.
        else:
            # Pages are private: never kept by the browser or anything between, and never compared.
            response.headers["Cache-Control"] = "no-store"
            response.headers.pop("ETag", None)
            response.headers.pop("Last-Modified", None)
        return response

    app.jinja_env.globals["static_version"] = static_version()  # macros do not see the context
