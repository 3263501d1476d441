"""The photos that a file names: each must be there and usable, and is stored before the rows that show it."""

from collections.abc import Collection, Iterator

from django.db import connection

from results import photos
from results.importer.columns import quoted
from results.importer.report import Problem


def load_photos(source: photos.PhotoSource, *, refused: Collection[int], save: bool) -> Iterator[Problem]:
    """Check every photo the rows name and fill `import_photo` with where it is stored.

    Photos of `refused` lines, or of all when `save` is false, are only checked.
    """
    done: dict[str, str | photos.PhotoError] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.line, s.photo, e.has_photo, e.name FROM import_row s LEFT JOIN import_exam e ON e.code = s.exam "
            "WHERE s.photo <> '' ORDER BY s.photo, s.line"
        )
        for line, name, has_photo, exam in iter(cursor.fetchone, None):
            if has_photo is False:
                yield Problem(line, "photo", f"{exam} has no test-day photo; leave the cell empty")
            elif name not in done:
                done[name] = _load(source, name, save=save and line not in refused)
            if isinstance(outcome := done.get(name), photos.PhotoError):
                yield Problem(line, "photo", f"{quoted(name)}: {outcome}")
    stored = [(name, outcome) for name, outcome in done.items() if isinstance(outcome, str)]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO import_photo VALUES (%s, %s)", stored)


def _load(source: photos.PhotoSource, name: str, *, save: bool) -> str | photos.PhotoError:
    try:
        data = source.read(name)
        if save:
            return photos.store(data)
        photos.check(data)
        return photos.stored_name(data)
    except photos.PhotoError as problem:
        return problem
