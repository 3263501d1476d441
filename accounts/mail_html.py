"""A mail's plain text as HTML, so that nobody writes a mail twice.

Paragraphs are parted by empty lines; lines that begin with "- " are a list.  An address of ours becomes a link, whose
words stand before it, from the last full stop on: "Log in: https://…" on one line, or "Log in:" on the line above.  A
paragraph that ends so, in a few words, ends in a button.  No other address becomes a link: somebody else may have
typed it.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from django.conf import settings
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

BULLET: Final = "- "
LONGEST_BUTTON: Final = 40
BREAK: Final = mark_safe("<br>\n")


def to_html(text: str) -> SafeString:
    blocks = [block for block in re.split(r"\n\s*\n", text.strip()) if block]
    return format_html_join("\n", "{}", ((_block(block),) for block in blocks))


def _block(block: str) -> SafeString:
    """A paragraph or a list, or one after the other."""
    runs = groupby(map(str.strip, block.splitlines()), key=lambda line: line.startswith(BULLET))
    parts = [_list(list(lines)) if is_list else _paragraph(list(_joined(lines))) for is_list, lines in runs]
    return format_html_join("\n", "{}", ((part,) for part in parts))


def _list(lines: Iterable[str]) -> SafeString:
    return format_html(
        "<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((_line(line.removeprefix(BULLET)),) for line in lines))
    )


def _paragraph(lines: list[str]) -> SafeString:
    last = _labelled(lines[-1])
    if last is None or len(lines) > 1 or len(last["words"]) > LONGEST_BUTTON:
        return format_html("<p>{}</p>", format_html_join(BREAK, "{}", ((_line(line),) for line in lines)))
    button = format_html('<p class="action">{}</p>', _link(last))
    before = last["before"].strip()
    return format_html("<p>{}</p>\n{}", _line(before), button) if before else button


def _joined(lines: Iterable[str]) -> Iterator[str]:
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
    """An address at the end of a line with words for it, which begin after the last full stop."""
    return re.fullmatch(
        rf"(?P<before>(?:.*[.!?]\s)?)(?P<words>(?:(?![.!?]\s).)+): (?P<address>{_ours().pattern})", line
    )


def _link(found: re.Match[str]) -> SafeString:
    return format_html('<a href="{}">{}</a>', found["address"], found["words"])


def _line(line: str) -> SafeString:
    if found := _labelled(line):
        return format_html("{}{}", _line(found["before"]), _link(found))
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
