"""Finding and ordering people by name: accents, case and the order of words make no difference."""

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import Func, TextField


class FoldedName(Func):
    """A name as it is compared (a function of our own in SQL)."""

    function = "rvs_folded_name"
    output_field = TextField()


def words_query(name: str) -> SearchQuery | None:
    """What matches names with words that begin like each word of `name`; None where there is no word in it."""
    words = _folded(name).split()
    if not words:
        return None
    return SearchQuery(" & ".join(f"'{_quoted(word)}':*" for word in words), config="simple", search_type="raw")


def _folded(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rvs_folded_name(%s)", [name.replace("\0", "")])
        ((folded,),) = cursor.fetchall()
    return str(folded)


def _quoted(word: str) -> str:
    return word.replace("\\", "\\\\").replace("'", "''")
