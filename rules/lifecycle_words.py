"""Why an act on a device is not possible, in the words a clerk reads: where it is, what is asked.

Keyed by the value of the act, since `rules/lifecycle.py` reads this module.
"""

from collections.abc import Mapping

from rules.devices import DeviceKind, DeviceState
from rules.evidence import Evidence

STANDS: Mapping[DeviceState | None, str] = {
    None: "Thiết bị chưa được ghi vào sổ.",
    DeviceState.IN_STOCK: "Thiết bị đang trong kho, chưa giao cho ai.",
    DeviceState.HANDED_OVER: "Thiết bị đã bàn giao, người nhận chưa xác nhận hoặc chưa kích hoạt.",
    DeviceState.IN_USE: "Thiết bị đang sử dụng.",
    DeviceState.HELD: "Thiết bị đang do cơ quan tạm giữ.",
    DeviceState.LOCKED: "Thiết bị đang bị khóa.",
    DeviceState.DAMAGED: "Thiết bị đã báo hỏng.",
    DeviceState.MISSING: "Thiết bị đang tạm mất, chưa tìm thấy.",
    DeviceState.LOST: "Thiết bị đã xác nhận thất lạc theo Mẫu số 09.",
    DeviceState.AWAITING_RECALL: "Thiết bị đang chờ thu hồi.",
    DeviceState.RECALLED: "Thiết bị đã thu hồi về cơ quan.",
    DeviceState.RETURNED_TO_CA: "Thiết bị đã nộp về Cục.",
}

ASKS: Mapping[str, str] = {
    "receive": "Chỉ tiếp nhận thiết bị chưa có trong sổ.",
    "register_sim": "Chỉ ghi SIM PKI chưa có trong sổ.",
    "open_account": "Chỉ ghi tài khoản ký số tập trung chưa có trong sổ.",
    "opening_balance": "Chỉ ghi số dư ban đầu cho thiết bị chưa có trong sổ.",
    "hand_over": "Chỉ bàn giao thiết bị đang trong kho.",
    "confirm_receipt": "Chỉ xác nhận đã nhận khi thiết bị vừa được bàn giao.",
    "put_in_use": "Chỉ đưa vào sử dụng sau khi đã bàn giao (HSM: từ trong kho).",
    "confirm_status": "Chỉ xác nhận hiện trạng thiết bị đang ở người sử dụng.",
    "entrust": "Chỉ giao tạm thiết bị đang sử dụng.",
    "end_entrustment": "Chỉ kết thúc giao tạm khi thiết bị đang sử dụng.",
    "correct_holder": "Chỉ đính chính người giữ của thiết bị đang ở người sử dụng.",
    "transfer": "Chỉ điều chuyển thiết bị đang có trong sổ và chưa nộp về Cục.",
    "hold": "Chỉ tạm giữ thiết bị đang sử dụng.",
    "give_back": "Chỉ trao lại thiết bị đang tạm giữ.",
    "take_back": "Chỉ nhận lại vào kho thiết bị đã bàn giao, đang sử dụng hoặc đang tạm giữ.",
    "report_lock": "Chỉ báo bị khóa với thiết bị đang ở người sử dụng.",
    "unlock_done": "Chỉ ghi đã khôi phục với thiết bị đang bị khóa.",
    "report_damage": "Chỉ báo hỏng với thiết bị chưa báo hỏng và còn do cơ quan quản lý.",
    "report_missing": "Chỉ báo mất với thiết bị còn do cơ quan quản lý và chưa báo mất.",
    "confirm_loss": "Chỉ lập Mẫu số 09 khi thiết bị đã báo mất mà chưa tìm thấy.",
    "found": "Chỉ ghi tìm thấy với thiết bị đã báo mất và chưa gửi Mẫu số 05; đã gửi Mẫu số 05 thì "
    "thiết bị tìm thấy phải chờ thu hồi và nộp theo Mẫu số 08.",
    "found_after_revocation": "Chỉ dùng khi thiết bị đã báo mất được tìm thấy sau khi đã gửi "
    "Mẫu số 05.",
    "await_recall": "Chỉ chuyển sang chờ thu hồi khi thiết bị đang ở người sử dụng.",
    "recall": "Chỉ thu hồi thiết bị cơ quan còn quản lý và đang thấy.",
    "close_account": "Chỉ đóng tài khoản ký số tập trung đang chờ thu hồi.",
    "send_to_authority": "Chỉ nộp về Cục thiết bị đã thu hồi về cơ quan.",
    "authority_received": "Chỉ ghi Cục đã nhận sau khi đã gửi thiết bị theo Mẫu số 08.",
    "parcel_came_back": "Chỉ ghi bưu gửi bị trả lại sau khi đã gửi thiết bị theo Mẫu số 08.",
}

KIND_ASKS: Mapping[DeviceKind, str] = {
    DeviceKind.PKI_TOKEN: "Việc này không áp dụng cho PKI Token.",
    DeviceKind.SIM_PKI: "Việc này không áp dụng cho SIM PKI: SIM do thuê bao nhận của nhà mạng, "
    "cơ quan ghi số điện thoại và việc kích hoạt.",
    DeviceKind.HSM: "Việc này không áp dụng cho HSM: HSM được lắp đặt và bàn giao cho người phụ "
    "trách công nghệ thông tin.",
    DeviceKind.CENTRAL: "Việc này không áp dụng cho ký số tập trung: chỉ có tài khoản của thuê "
    "bao, không có thiết bị để bàn giao, thu hồi.",
}

PROOF_MISSING: Mapping[Evidence, str] = {
    Evidence.INTERIM: "Cần ít nhất xác nhận của người nhận, hoặc biên bản đã ký.",
    Evidence.SCAN: "Cần bản quét giấy tờ đã ký, hoặc văn bản đã ký số.",
    Evidence.DIGITAL: "Cần văn bản đã ký số.",
}

BEFORE_UNKNOWN = (
    "Không rõ thiết bị ở trạng thái nào trước khi mất; ghi thiết bị vào chờ thu hồi, hoặc lập biên "
    "bản xác nhận hiện trạng."
)
