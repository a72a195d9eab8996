"""create_app() only: wires configuration, extensions, blueprints, error pages and commands.

No rule and no query lives here.
"""

import logging
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine

import cli
import schema  # noqa: F401 - its tables belong to the metadata
from config import ROOT, Config
from extensions import compress, csrf, db, login_manager, migrate, tune_sqlite
from views import register_blueprints
from views.conflicts import register_conflicts
from views.daily_work import register_daily_work
from views.errors import register_error_pages
from views.filters import register_filters
from views.frame import register_frame
from views.headers import register_headers
from views.kept_pages import register_kept_pages
from views.upgrade_panel import register_upgrade_panel
from views.upgrade_work import register_upgrade_work


def create_app(config: Config | None = None) -> Flask:
    """Build the web application for one installation.

    Raises `config.ConfigError` with a Vietnamese sentence when the installation cannot start.
    """
    settings = config or Config.load()
    app = Flask(
        __name__,
        root_path=str(ROOT),
        instance_path=str(settings.instance),
    )
    app.config.update(flask_settings(settings))
    app.extensions["so_token"] = settings
    _open_database(app, settings)
    csrf.init_app(app)
    login_manager.init_app(app)
    compress.init_app(app)
    register_filters(app)
    register_frame(app)
    register_headers(app)
    register_blueprints(app)
    register_error_pages(app)
    register_conflicts(app)
    register_daily_work(app)
    register_upgrade_work(app)
    register_upgrade_panel(app)
    register_kept_pages(app)  # The last one sees each answer first: whole, not yet compressed.
    cli.register_commands(app)
    _mount_practice(app, settings)
    logging.getLogger("so_token").setLevel(logging.INFO)
    return app


def _mount_practice(app: Flask, settings: Config) -> None:
    """What is there only while practice data exist: their time-stamp authority."""
    folder = settings.instance / "practice" / "authority"
    if settings.practice and folder.is_dir():  # A folder of that name may hold something else.
        from practice import time_stamps

        time_stamps.mount(app, folder)


def flask_settings(settings: Config) -> dict[str, object]:
    """Translate our settings into those of Flask and its extensions."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        # An error that is logged must not tell whose names and numbers were being written.
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True},
        "TESTING": settings.testing,
        "MAX_CONTENT_LENGTH": settings.upload_limit_bytes,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,  # pasted lists of serials
        # Cookies do not tell ports apart: the agent on 127.0.0.1 has another name for its own.
        "SESSION_COOKIE_NAME": "so_token_phien",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",  # the way back from the agent is a top-level GET
        "SESSION_COOKIE_SECURE": settings.behind_tls,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form left open still works
        "WTF_CSRF_SSL_STRICT": False,  # the Referer is hidden by our own Referrer-Policy
        "COMPRESS_ALGORITHM": ["gzip"],
        "COMPRESS_LEVEL": 5,
        "COMPRESS_MIN_SIZE": 1000,
        "COMPRESS_EVALUATE_CONDITIONAL_REQUEST": False,
        "TEMPLATES_AUTO_RELOAD": False,
    }


def _open_database(app: Flask, settings: Config) -> None:
    db.init_app(app)
    migrate.init_app(app, db, directory=str(Path(ROOT) / "migrations"), render_as_batch=True)
    with app.app_context():
        engine: Engine = db.engine
        if engine.dialect.name == "sqlite":
            tune_sqlite(engine)
