"""Biến động nhân sự: what can happen to a person who holds a certificate or a device."""

from enum import StrEnum


class StaffChange(StrEnum):
    """One change of a person's place or need, from a known day on."""

    RETIRED = "retired"
    LEFT_SERVICE = "left_service"
    DECEASED = "deceased"
    MOVED_TO_OTHER_BODY = "moved_to_other_body"
    MOVED_WITHIN = "moved_within"
    POSITION_CHANGED = "position_changed"
    LONG_LEAVE = "long_leave"
    NO_LONGER_NEEDED = "no_longer_needed"
