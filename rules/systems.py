"""Thiết bị, dịch vụ, phần mềm: subscribers that are neither people nor agencies (Mẫu số 03)."""

from enum import StrEnum


class SystemKind(StrEnum):
    """The three that the decree names together (Điều 11, 15, 17 NĐ 68/2024/NĐ-CP)."""

    DEVICE = "device"
    SERVICE = "service"
    SOFTWARE = "software"
