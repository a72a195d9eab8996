"""Which versions of the protocol understand each other, and which side has to be brought up."""

from __future__ import annotations

from signing.errors import VersionMismatch

PROTOCOL = 1
"""The version of everything in `signing.protocol`; raised when old and new no longer understand."""

OLDEST_PROTOCOL = 1
"""The oldest version that this side still speaks."""


class AgentTooOld(VersionMismatch):
    code = "agent_too_old"
    message = "Trình ký số trên máy này cũ hơn máy chủ nên hai bên không hiểu nhau."
    advice = "Tải bản Trình ký số mới từ trang Trình ký số của máy chủ, cài lại rồi thử lại."


class ServerTooOld(VersionMismatch):
    code = "server_too_old"
    message = "Máy chủ cũ hơn Trình ký số trên máy này nên hai bên không hiểu nhau."
    advice = "Báo người quản trị nâng cấp máy chủ; đến lúc đó dùng bản Trình ký số cũ hơn."


def check_protocol(theirs: int, *, of_server: bool = False) -> None:
    """Raises `AgentTooOld` or `ServerTooOld` when the other side speaks another language.

    `theirs` is the agent's, unless `of_server` says that the server's is judged here.
    """
    behind, ahead = (ServerTooOld, AgentTooOld) if of_server else (AgentTooOld, ServerTooOld)
    if theirs < OLDEST_PROTOCOL:
        raise behind(f"{theirs} < {OLDEST_PROTOCOL}")
    if theirs > PROTOCOL:
        raise ahead(f"{theirs} > {PROTOCOL}")
