"""A mail's plain text as HTML, so that nobody writes a mail twice.

Paragraphs are parted by empty lines; lines that begin with "- " are a list.  An address of ours becomes a link, whose
words stand before it: "Log in: https://…" on one line, or "Log in:" on the line above.  A paragraph that is such a link
and no more is shown as a button.  No other address becomes a link: somebody else may have typed it.
"""

import re
from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

BULLET: Final = "- "
BREAK: Final = mark_safe("<br>\n")


def to_html(text: str) -> SafeString:
    blocks = [block for block in re.split(r"\n\s*\n", text.strip()) if block]
    return format_html_join("\n", "{}", ((_block(block),) for block in blocks))


def _block(block: str) -> SafeString:
    lines = [line.strip() for line in block.splitlines()]
    if all(line.startswith(BULLET) for line in lines):
        items = format_html_join("", "<li>{}</li>", ((_line(line.removeprefix(BULLET)),) for line in lines))
        return format_html("<ul>{}</ul>", items)
    joined = list(_joined(lines))
    if len(joined) == 1 and _labelled(joined[0]):
        return format_html('<p class="action">{}</p>', _line(joined[0]))
    return format_html("<p>{}</p>", format_html_join(BREAK, "{}", ((_line(line),) for line in joined)))


def _joined(lines: list[str]) -> Iterator[str]:
    """The lines, with an address of ours pulled up to the words before it."""
    words = ""
    for line in lines:
        if words and _ours().fullmatch(line):
            yield f"{words} {line}"
            words = ""
            continue
        if words:
            yield words
        words = line if line.endswith(":") else ""
        if not words:
            yield line
    if words:
        yield words


def _labelled(line: str) -> re.Match[str] | None:
    return re.fullmatch(rf"(?P<words>.+): (?P<address>{_ours().pattern})", line)


def _line(line: str) -> SafeString:
    if found := _labelled(line):
        return format_html('<a href="{}">{}</a>', found["address"], found["words"])
    parts, end = [], 0
    for found in re.finditer(rf"{_ours().pattern}|{re.escape(settings.HELPDESK_EMAIL or '-')}(?![\w.-])", line):
        address = found[0] if "://" in found[0] else f"mailto:{found[0]}"
        parts += [conditional_escape(line[end : found.start()]), format_html('<a href="{}">{}</a>', address, found[0])]
        end = found.end()
    parts.append(conditional_escape(line[end:]))
    return format_html_join("", "{}", ((part,) for part in parts))


def _ours() -> re.Pattern[str]:
    """An address of our service; a full stop or a bracket after it does not belong to it."""
    return re.compile(rf"{re.escape(settings.PUBLIC_BASE_URL)}/(?:[^\s<>\"']*[^\s<>\"'.,;:!?)])?")
