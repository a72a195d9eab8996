"""Make the corpus of attacks anew: `python -m tests.data.make_attacks`.

Writes the files, the trust that they are judged by, and `expected.toml` with the verdict of each.
The keys are made at random each time and thrown away.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.data import attacks_container, attacks_later, attacks_structure
from tests.data.attack_list import ATTACKS
from tests.data.people import CHECKED_AT, lists, people
from tests.signing.pki import write_trust

FOLDER = Path(__file__).resolve().parent / "attacks"
PARTS = (attacks_later, attacks_structure, attacks_container)


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    made = people()
    write_trust(FOLDER / "trust", roots=(made.root,), intermediates=(made.issuing,), crls=lists())
    lines = [
        "# Made by tests/data/make_attacks.py. Verdicts are in the words of the screen; `because`",
        "# is a piece of one of the reasons.",
        f"checked_at = {CHECKED_AT.isoformat()}",
    ]
    for name in sorted(ATTACKS):
        each = ATTACKS[name]
        (FOLDER / f"{name}.pdf").write_bytes(each.make())
        lines += ["", "[[file]]", f'name = "{name}.pdf"', f'verdict = "{each.verdict}"']
        lines += [f'because = "{each.because}"', f'about = "{each.about}"']
    (FOLDER / "expected.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(ATTACKS)} files in {FOLDER}\n")


if __name__ == "__main__":
    main()
