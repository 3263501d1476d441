"""Names of files are safe on every system, whatever they come from."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from downloads.file_names import LONGEST, safe

WINDOWS_DEVICE = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Admissions 2026", "Admissions 2026"),
        ("Zoë’s Ergebnisse", "Zoë-s Ergebnisse"),
        ("成績 2026", "成績 2026"),
        ("../../etc/passwd", "etc-passwd"),
        ('a/b\\c:d*e?f"g<h>i|j', "a-b-c-d-e-f-g-h-i-j"),
        ("line\r\nbreak\0", "line-break"),
        ("report\u202egpj.exe", "report-gpj.exe"),
        ("CON", "results-CON"),
        ("com1.csv", "results-com1.csv"),
        ("NUL ", "results-NUL"),
        ("trailing dots...", "trailing dots"),
        (" .hidden", "hidden"),
        ("", "results"),
        ("...", "results"),
        ("-rf", "rf"),
        ("  two   spaces  ", "two spaces"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert safe(text) == name


@given(st.text(max_size=300) | st.text(alphabet="𝕬王", min_size=80, max_size=300))
def test_any_text_makes_a_safe_name(text: str) -> None:
    name = safe(text)
    assert 0 < len(name.encode()) <= LONGEST + len("results-")
    assert not re.search(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\ufeff]', name)
    assert name == name.strip(" .")
    assert not name.startswith("-")
    assert not WINDOWS_DEVICE.match(name)
    assert safe(name) == name
