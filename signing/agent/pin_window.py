"""The native window that asks for the PIN: a process of its own, so that it dies with its secret.

Run as `python -m signing.agent.pin_window`: one JSON line in (the question), one JSON line out
(`{"pin": ...}` or `{}`). Exit status 3 means that there is no display.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from signing.agent.pin import PinQuestion
from signing.platform import forbid_core_dumps

if TYPE_CHECKING:
    import tkinter

NO_DISPLAY = 3
CONFIRMATION = "LẦN CUỐI"
"""What a person types to use the last try."""

_WIDTH = 460
_LOOK_MS = 500


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
        ("Câu nhận biết của anh/chị", phrase),
        ("Văn bản", question.document),
        ("Việc", question.act),
        ("Máy chủ yêu cầu", question.server),
        ("Chứng thư", question.certificate),
        ("Thiết bị", question.token),
        ("Tình trạng mã PIN", question.pin_state),
    )


class _Window:
    """The window while it stands: what is shown, what is typed, and the answer."""

    def __init__(self, question: PinQuestion, orphaned: Callable[[], bool]) -> None:
        # A system without Tk must still be able to import this module.
        import tkinter

        self.answer = ""
        self._question, self._orphaned, self._tk = question, orphaned, tkinter
        self.root = root = tkinter.Tk()
        root.title("Trình ký số: nhập mã PIN")
        root.resizable(width=False, height=False)
        self._frame = tkinter.Frame(root, padx=20, pady=16)
        self._frame.pack(fill="both", expand=True)
        self._show_question()
        self.confirmation = tkinter.StringVar(root)
        self.pin = tkinter.StringVar(root)
        self._complaint = tkinter.StringVar(root)
        if question.final_try:
            self._field(f"Gõ chữ {CONFIRMATION} để xác nhận", self.confirmation, "")
        field = self._field("Mã PIN", self.pin, "•")
        self._label("", "#8f1414", self._complaint)
        self._buttons()
        root.bind("<Return>", self.accept)
        root.bind("<Escape>", lambda _event: root.destroy())
        root.attributes("-topmost", True)
        root.update_idletasks()
        field.focus_force()
        self._look_after_parent()

    def _label(
        self, text: str, colour: str, variable: tkinter.StringVar | None = None
    ) -> tkinter.Label:
        label = self._tk.Label(
            self._frame, text=text, fg=colour, anchor="w", justify="left", wraplength=_WIDTH
        )
        if variable is not None:
            label.configure(textvariable=variable)
        label.pack(fill="x", pady=(0, 2))
        return label

    def _show_question(self) -> None:
        for label, value in lines(self._question):
            warn = label == "Tình trạng mã PIN" and self._question.final_try
            self._label(label, "#4d5866")
            shown = self._label(value, "#8f1414" if warn else "#1b2430")
            if label == "Câu nhận biết của anh/chị":
                shown.configure(font=("TkDefaultFont", 14, "bold"))

    def _field(self, label: str, variable: tkinter.StringVar, shown: str) -> tkinter.Entry:
        self._label(label, "#1b2430")
        entry = self._tk.Entry(self._frame, textvariable=variable, show=shown)
        entry.pack(fill="x", pady=(0, 6))
        return entry

    def _buttons(self) -> None:
        row = self._tk.Frame(self._frame)
        row.pack(fill="x", pady=(6, 0))
        sign = self._tk.Button(row, text=self._question.button, width=12, command=self.accept)
        cancel = self._tk.Button(row, text="Hủy", width=12, command=self.root.destroy)
        sign.pack(side="right")
        cancel.pack(side="right", padx=8)

    def accept(self, *_event: object) -> None:
        """Takes what was typed, or says why not."""
        reason = complaint(self._question, self.pin.get(), self.confirmation.get())
        self._complaint.set(reason)
        if not reason:
            self.answer = self.pin.get()
            self.root.destroy()

    def _look_after_parent(self) -> None:
        if self._orphaned():
            self.root.destroy()
        else:
            self.root.after(_LOOK_MS, self._look_after_parent)


def run(
    question: PinQuestion,
    *,
    opened: Callable[[_Window], None] | None = None,
    orphaned: Callable[[], bool] = lambda: False,
) -> str:
    """Shows the window until the person answers; the PIN, or "" when cancelled.

    `opened` receives the window when it stands; once `orphaned` says yes (the agent is gone), it
    closes. Raises `tkinter.TclError` without a display.
    """
    window = _Window(question, orphaned)
    if opened is not None:
        opened(window)
    window.root.mainloop()
    return window.answer


def _wait_for_end(gone: threading.Event) -> None:
    """The agent keeps the pipe open as long as it wants the answer."""
    # Not through sys.stdin: a thread in its lock at exit would stop the interpreter with an error.
    while os.read(0, 1024):
        pass
    gone.set()


def main() -> int:
    """Reads the question, shows the window, writes the answer."""
    forbid_core_dumps()
    question = PinQuestion.from_line(sys.stdin.buffer.readline())
    gone = threading.Event()
    threading.Thread(target=_wait_for_end, args=(gone,), daemon=True).start()
    try:
        pin = run(question, orphaned=gone.is_set)
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
