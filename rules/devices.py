"""Devices that keep a private key (Điều 3 NĐ 68/2024/NĐ-CP), and where one can be in its life."""

from enum import StrEnum


class DeviceKind(StrEnum):
    """Kinds of thiết bị lưu khóa bí mật; CENTRAL is ký số tập trung, where no device is handed
    out.
    """

    PKI_TOKEN = "pki_token"  # noqa: S105 - a kind of device, not a secret
    SIM_PKI = "sim_pki"
    HSM = "hsm"
    CENTRAL = "central"


class DeviceState(StrEnum):
    """Where a device is. A lost one is MISSING while it is searched for, LOST once Mẫu số 09 is
    made.
    """

    IN_STOCK = "in_stock"
    HANDED_OVER = "handed_over"
    IN_USE = "in_use"
    HELD = "held"
    LOCKED = "locked"
    DAMAGED = "damaged"
    MISSING = "missing"
    LOST = "lost"
    AWAITING_RECALL = "awaiting_recall"
    RECALLED = "recalled"
    RETURNED_TO_CA = "returned_to_ca"
