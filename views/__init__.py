"""One blueprint per noun; this module lists them."""

from importlib import import_module

from flask import Flask

NOUNS = (
    "home",
    "leader",
    "accounts",
    "users",
    "permissions",
    "certificate_requests",
    "request_drafts",
    "request_lines",
    "request_months",
    "what_if",
    "systems",
    "request_acts",
    "request_tracking",
    "request_results",
    "request_files",
    "request_handling",
    "calendar_days",
    "request_letters",
    "verifications",
    "signing_agents",
    "signing_jobs",
    "agent_api",
    "certificate_imports",
    "people",
    "agencies",
    "follow_ups",
    "staff_changes",
    "reorganisations",
    "log",
    "law",
    "reminders",
    "calendar_feeds",
    "forms_of_law",
    "regulation_acts",
    "authority_files",
    "email_lists",
    "reports",
    "devices",
    "papers",
    "paper_acts",
    "handovers",
    "custody",
    "intake",
    "entrustments",
    "certificates",
    "sheets",
    "sheet_imports",
    "sheet_exports",
    "stocktakes",
    "stocktake_counts",
    "incidents",
    "incident_papers",
    "own",
    "slips",
    "device_labels",
    "registers",
)


def register_blueprints(app: Flask) -> None:
    """Register the blueprint `bp` of every noun."""
    for noun in NOUNS:
        app.register_blueprint(import_module(f"views.{noun}").bp)
