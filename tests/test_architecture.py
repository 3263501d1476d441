"""Rules of the code itself: tenants are kept apart, a result has one door, every field is classified.

Each checker is tried on a planted violation first: a gate must be able to fail.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from django.apps import apps
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from rvs import personal_data

ROOT: Final = Path(__file__).parent.parent
PYPROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())
APPS: Final[list[str]] = PYPROJECT["tool"]["importlinter"]["root_packages"]


def _modules() -> Iterator[str]:
    """Our modules, as paths relative to the checkout; migrations are read apart."""
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


def _parse(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text())


MODULES: Final = sorted(_modules())


def test_the_modules_are_found() -> None:
    assert {"sharing/door/opening.py", "sharing/views.py", "results/importer/service.py", "rvs/env.py"} <= set(MODULES)


# --- Tenants: objects only through request.organisation ---------------------------------------------------------------

MANAGERS: Final = {"objects", "_default_manager", "_base_manager"}


def unscoped_reads(tree: ast.Module) -> list[str]:
    """Where a module reaches for all rows of a model."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            found.append(f"{node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("_or_404"):
            target = node.args[0] if node.args else None
            if not isinstance(target, ast.Attribute | ast.Call):
                found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("Verification.objects.get(pk=1)", 1),
        ("models.Verification._default_manager.all()", 1),
        ("get_object_or_404(Verification, pk=1)", 1),
        ("shortcuts.get_list_or_404(Verification)", 1),
        ("get_object_or_404(request.organisation.verifications, pk=1)", 0),
        ("request.organisation.verifications.in_force(now)", 0),
    ],
)
def test_an_unscoped_read_is_noticed(source: str, caught: int) -> None:
    assert len(unscoped_reads(ast.parse(source))) == caught


@pytest.mark.parametrize("module", [module for module in MODULES if re.search(r"/(views|forms|api)(\.py|/)", module)])
def test_views_forms_and_api_read_only_what_is_the_organisations(module: str) -> None:
    assert unscoped_reads(_parse(module)) == []


# --- One door to a result ---------------------------------------------------------------------------------------------

KEYS_OF_THE_DOOR: Final = {
    "results.presentation.describe",
    "results.statement.render_statement",
    "results.statement.rendering",
    "results.statement.document",
    "results.models.ResultVersion",
    "results.models.StatementCode",
    "django.core.files.storage.default_storage",
    "django.core.files.storage.storages",
}
CONTENT: Final = {"current", "version_seen", "version_shared", "version_first_seen", "version", "versions"}
"""Attributes through which a result's content is reached from a row that an organisation has."""
CONTENT_BY_NAME: Final = re.compile(rf"\b(\w+__)?({'|'.join(CONTENT)})__(?!number\b)\w")
"""A version's number says nothing of the outcome."""
THE_DOOR: Final = "sharing/door/"
MAY_OPEN_RESULTS: Final = {"rvs/demo_data.py", "rvs/subject_access.py"}  # to the candidate alone, of their own
FOREIGN_KEYS: Final = {
    f"{module}.py": {"results.models.ResultVersion"}
    for module in (
        "sharing/models/rights",
        "sharing/models/traces",
        "sharing/models/ledger",
        "sharing/models/notices",
        "sharing/models/reading",
        "downloads/models/download",
    )
}


def _imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def ways_round_the_door(tree: ast.Module) -> list[str]:
    """Where a module could take a result's content without asking `sharing.door`."""
    named = [
        (line, name)
        for line, name in _imported(tree)
        for key in KEYS_OF_THE_DOOR
        if (name != "django" and f"{key}.".startswith(f"{name.removesuffix('.*')}.")) or name.startswith(f"{key}.")
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in CONTENT:
            named.append((node.lineno, f".{node.attr}"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and CONTENT_BY_NAME.search(node.value):
            named.append((node.lineno, node.value))
    return [f"{line}: {name}" for line, name in sorted(set(named))]


@pytest.mark.parametrize(
    "source",
    [
        "from results.presentation import describe",
        "from results import presentation",
        "import results.presentation",
        "from results.presentation import *",
        "from results.statement import render_statement as anything",
        "from results.statement.rendering import document_of",
        "from results import statement",
        "from results.models import ResultVersion",
        "from results import models",
        "from django.core.files.storage import default_storage",
        "from django.core.files import storage",
        "score = verification.result.current.score",
        "score = verification.version_seen.score",
        "score = share.version_shared.score",
        "score = seen.version_first_seen.score",
        "rows = organisation.verifications.values_list('result__current__score')",
        "rows = result.versions.all()",
    ],
)
def test_a_way_round_the_door_is_noticed(source: str) -> None:
    assert ways_round_the_door(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "from results.statement import file_name",
        "from results.catalogue import EXAMS",
        "from results.presentation import ResultView",
        "same = verification.version_seen_id == verification.result.current_id",
        "rows = organisation.accesses.values('day', 'version__number')",
        "opened = door.open_verification(organisation=organisation)",
    ],
)
def test_what_gives_no_content_is_free(source: str) -> None:
    assert ways_round_the_door(ast.parse(source)) == []


@pytest.mark.parametrize(
    "module",
    [
        module
        for module in MODULES
        if not module.startswith(("results/", THE_DOOR))
        and not module.endswith("/admin.py")
        and module not in MAY_OPEN_RESULTS
    ],
)
def test_only_the_door_hands_out_a_result(module: str) -> None:
    allowed = FOREIGN_KEYS.get(module, set())
    assert [way for way in ways_round_the_door(_parse(module)) if way.partition(": ")[2] not in allowed] == []


# --- Personal data ----------------------------------------------------------------------------------------------------


def _stored_fields() -> set[str]:
    return {
        f"{model._meta.label}.{field.name}"
        for app in APPS
        for model in apps.get_app_config(app).get_models(include_auto_created=False)
        for field in model._meta.get_fields()
        if field.concrete
    }


def disagreements(stored: set[str], classified: list[str]) -> list[str]:
    """Fields without a kind, kinds without a field, and fields with two kinds."""
    twice = {name for name in classified if classified.count(name) > 1}
    return sorted(stored.symmetric_difference(classified) | twice)


def test_every_stored_field_is_classified_once() -> None:
    assert disagreements(_stored_fields(), [name for name, _ in personal_data.kinds()]) == []


def test_an_unclassified_a_stale_and_a_doubled_field_are_noticed() -> None:
    assert disagreements({"a.B.new", "a.B.c"}, ["a.B.c", "a.B.c", "a.B.gone"]) == ["a.B.c", "a.B.gone", "a.B.new"]


# --- Migrations -------------------------------------------------------------------------------------------------------


def irreversible(operations: Sequence[Operation]) -> list[str]:
    return [operation.describe() for operation in operations if not operation.reversible]


def test_an_irreversible_operation_is_noticed() -> None:
    planted: list[Operation] = [migrations.RunSQL("select 1"), migrations.RunPython(migrations.RunPython.noop)]
    assert len(irreversible(planted)) == 2
    assert irreversible([migrations.RunSQL("select 1", "select 2")]) == []


@pytest.mark.parametrize("app", [app for app in APPS if (ROOT / app / "migrations").is_dir()])
def test_migrations_are_linear_and_reversible(app: str) -> None:
    loader = MigrationLoader(None)
    own = {name: migration for (label, name), migration in loader.disk_migrations.items() if label == app}
    followed = [parent for migration in own.values() for label, parent in migration.dependencies if label == app]
    last = (ROOT / app / "migrations" / "max_migration.txt").read_text().strip()

    assert sorted([*followed, last]) == sorted(own), "each migration is followed by exactly one; the last is named"
    assert {name: irreversible(migration.operations) for name, migration in own.items()} == {name: [] for name in own}


# --- Environment ------------------------------------------------------------------------------------------------------

MAY_READ_THE_ENVIRONMENT: Final = {
    "rvs/env.py", "rvs/demonstration.py", "rvs/embedded.py", "rvs/processes.py", "rvs/wsgi.py", "rvs/celery.py",
}  # fmt: skip


def environment_reads(tree: ast.Module) -> list[str]:
    names = {"environ", "environb", "getenv", "putenv"}
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in names]
    imports = [f"{line}: {name}" for line, name in _imported(tree) if name.rpartition(".")[2] in names]
    return [f"{node.lineno}: {ast.unparse(node)}" for node in attributes] + imports


@pytest.mark.parametrize("source", ["os.environ['X']", "os.getenv('X')", "from os import environ", "import os.environ"])
def test_a_read_of_the_environment_is_noticed(source: str) -> None:
    assert environment_reads(ast.parse(source))


@pytest.mark.parametrize("module", [module for module in MODULES if module not in MAY_READ_THE_ENVIRONMENT])
def test_the_environment_is_read_in_one_place(module: str) -> None:
    assert environment_reads(_parse(module)) == []


# --- Templates --------------------------------------------------------------------------------------------------------

FORBIDDEN_IN_TEMPLATES: Final = {
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "inline style": re.compile(r"<style|<[^>]*\sstyle\s*=", re.IGNORECASE),
    "unescaped value": re.compile(r"\|\s*safe(seq)?\b|autoescape\s+off"),
    "foreign address": re.compile(r"https?://|(src|href)\s*=\s*[\"']//|javascript:", re.IGNORECASE),
    "content of a result": re.compile(
        r"\.(current|version_seen|version_shared|version_first_seen|version)\.\w|\.versions\b"
    ),
}


def faults(template: str) -> set[str]:
    return {fault for fault, pattern in FORBIDDEN_IN_TEMPLATES.items() if pattern.search(template)}


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<script>alert(1)</script>", "inline script"),
        ('<a\n  onclick="x()">', "inline handler"),
        ('<p class="a"\n style="color: red">', "inline style"),
        ("<STYLE>p {}</STYLE>", "inline style"),
        ("{{ name | safe }}", "unescaped value"),
        ("{% autoescape off %}", "unescaped value"),
        ('<img src="https://cdn.example/x.png">', "foreign address"),
        ('<script src="//cdn.example/x.js">', "foreign address"),
        ("{{ opened.verification.result.current.score }}", "content of a result"),
    ],
)
def test_a_fault_of_a_template_is_noticed(source: str, fault: str) -> None:
    assert faults(source) == {fault}


def test_templates_hold_nothing_inline_unescaped_or_foreign() -> None:
    templates = list((ROOT / "templates").rglob("*.html"))
    found = {path.relative_to(ROOT).as_posix(): faults(path.read_text()) for path in templates}
    found["templates/email/layout.html"] -= {"inline style"}  # a mail has no stylesheet of its own to load
    assert len(templates) > 30
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
