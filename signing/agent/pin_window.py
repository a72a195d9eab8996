"""The native window that asks for the PIN: a process of its own, so that it dies with its secret.

Run as `python -m signing.agent.pin_window`: one JSON line in (the question), one JSON line out
(`{"pin": ...}` or `{}`). Exit status 3 means that there is no display.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable

from signing.agent.pin import PinQuestion

NO_DISPLAY = 3
CONFIRMATION = "LẦN CUỐI"
"""What a person types to use the last try."""

_WIDTH = 460


def confirms(typed: str) -> bool:
    """Whether `typed` is the confirmation, with or without its Vietnamese marks."""
    return _fold(typed) == _fold(CONFIRMATION)


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold())
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())


def complaint(question: PinQuestion, pin: str, confirmation: str) -> str:
    """Why the window does not accept what was typed; "" when it does."""
    if not pin:
        return "Chưa nhập mã PIN."
    if question.final_try and not confirms(confirmation):
        return f"Gõ chữ {CONFIRMATION} vào ô xác nhận nếu chắc chắn nhớ đúng mã PIN."
    return ""


def lines(question: PinQuestion) -> tuple[tuple[str, str], ...]:
    """What the window shows above the field, label and value."""
    phrase = question.phrase or "(chưa đặt: chọn một câu trên trang của Trình ký số)"
    return (
        ("Câu nhận biết của bạn", phrase),
        ("Văn bản", question.document),
        ("Việc", question.act),
        ("Máy chủ yêu cầu", question.server),
        ("Chứng thư", question.certificate),
        ("Thiết bị", question.token),
        ("Tình trạng mã PIN", question.pin_state),
    )


def run(question: PinQuestion, opened: Callable[[object], None] | None = None) -> str:
    """Shows the window until the person answers; the PIN, or "" when cancelled.

    `opened` receives the Tk root when the window stands. Raises `tkinter.TclError` without a
    display.
    """
    import tkinter

    answer = ""
    root = tkinter.Tk()
    root.title("Trình ký số: nhập mã PIN")
    root.resizable(width=False, height=False)
    frame = tkinter.Frame(root, padx=20, pady=16)
    frame.pack(fill="both", expand=True)
    for label, value in lines(question):
        tkinter.Label(frame, text=label, fg="#4d5866", anchor="w").pack(fill="x")
        warn = label == "Tình trạng mã PIN" and question.final_try
        tkinter.Label(
            frame,
            text=value,
            anchor="w",
            justify="left",
            wraplength=_WIDTH,
            fg="#8f1414" if warn else "#1b2430",
        ).pack(fill="x", pady=(0, 6))
    confirmation = tkinter.StringVar(root)
    if question.final_try:
        tkinter.Label(frame, text=f"Gõ chữ {CONFIRMATION} để xác nhận", anchor="w").pack(fill="x")
        tkinter.Entry(frame, textvariable=confirmation).pack(fill="x", pady=(0, 6))
    tkinter.Label(frame, text="Mã PIN", anchor="w").pack(fill="x")
    pin = tkinter.StringVar(root)
    field = tkinter.Entry(frame, textvariable=pin, show="•")
    field.pack(fill="x")
    complaint_text = tkinter.StringVar(root)
    tkinter.Label(
        frame, textvariable=complaint_text, fg="#8f1414", anchor="w", wraplength=_WIDTH
    ).pack(fill="x", pady=4)

    def accept(*_event: object) -> None:
        nonlocal answer
        reason = complaint(question, pin.get(), confirmation.get())
        complaint_text.set(reason)
        if not reason:
            answer = pin.get()
            root.destroy()

    buttons = tkinter.Frame(frame)
    buttons.pack(fill="x", pady=(6, 0))
    tkinter.Button(buttons, text="Ký", width=12, command=accept).pack(side="right")
    tkinter.Button(buttons, text="Hủy", width=12, command=root.destroy).pack(side="right", padx=8)
    root.bind("<Return>", accept)
    root.bind("<Escape>", lambda _event: root.destroy())
    root.attributes("-topmost", True)
    root.update_idletasks()
    field.focus_force()
    if opened is not None:
        opened(root)
    root.mainloop()
    return answer


def main() -> int:
    """Reads the question, shows the window, writes the answer."""
    question = PinQuestion.from_line(sys.stdin.buffer.readline())
    try:
        pin = run(question)
    except ImportError:
        return NO_DISPLAY
    except RuntimeError:
        return NO_DISPLAY
    except Exception as error:
        # tkinter.TclError cannot be named where tkinter is missing.
        if type(error).__name__ != "TclError":
            raise
        return NO_DISPLAY
    sys.stdout.buffer.write(json.dumps({"pin": pin} if pin else {}).encode() + b"\n")
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
