"""The facts about a renewal under the name that pages of one certificate use."""

from operations.line_facts import of_renewal as facts_of
from operations.request_findings import reasons_wanted

__all__ = ["facts_of", "reasons_wanted"]
