"""`manage.py import_results`: exit codes, what it prints, and the file of rejects."""

import csv
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from results import holds
from results.management.commands.import_results import Command
from results.models import Result
from rvs.sample_data import drawn_photo
from tests.results.loading import csv_file, first_row, stored

SAMPLE = Path(__file__).with_name("sample_results.csv")

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "results.csv"


def run(*arguments: object) -> int:
    """Run the command; its exit code."""
    try:
        call_command("import_results", *map(str, arguments))
    except CommandError as error:
        return error.returncode
    return 0


def write(file: Path, *rows: dict[str, str]) -> Path:
    file.write_bytes(csv_file(rows).getvalue())
    return file


def test_the_sample_file_loads_and_loads_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SAMPLE) == 0
    assert Result.objects.count() == 82
    printed = capsys.readouterr().out
    assert printed.startswith("warning: line 1, column photo: the column is ignored without --photos")
    assert "new                       82" in printed
    assert run(SAMPLE) == 0
    assert "unchanged                 82" in capsys.readouterr().out


def test_refused_with_every_problem_in_order(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(file, first_row(score="999", country="XX"), first_row(reference_number="X1", exam=""))) == 1
    assert not Result.objects.exists()
    lines = [line.split(":")[0] for line in capsys.readouterr().out.splitlines() if line.startswith("line ")]
    assert lines == ["line 2, column country", "line 2, column score", "line 3, column exam"]


def test_nothing_to_do_is_no_failure(file: Path) -> None:
    assert run(write(file)) == 0


@pytest.mark.parametrize("arguments", [[], [str(SAMPLE), "--unknown"]])
def test_a_call_that_is_not_understood_exits_with_2(arguments: list[str]) -> None:
    command = Command()
    command._called_from_command_line = True  # type: ignore[attr-defined]
    parser = command.create_parser("manage.py", "import_results")
    with pytest.raises(SystemExit) as caught:
        parser.parse_args(arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-file.csv"],
        [SAMPLE, "--photos", "no-such-folder"],
        [SAMPLE, "--photos", SAMPLE],
        [SAMPLE, "--rejects", "rejects.csv"],
        [SAMPLE, "--skip-invalid", "--rejects", "no-such-folder/rejects.csv"],
        [SAMPLE, "--skip-invalid", "--rejects", SAMPLE],
    ],
    ids=lambda arguments: " ".join(str(part).rsplit("/", 1)[-1] for part in arguments),
)
def test_a_wrong_call_exits_with_2_and_changes_nothing(arguments: list[object]) -> None:
    before = SAMPLE.read_bytes()
    assert run(*arguments) == 2
    assert not Result.objects.exists()
    assert SAMPLE.read_bytes() == before


def test_a_dry_run_changes_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(file, first_row()), "--dry-run") == 0
    assert stored() == []
    printed = capsys.readouterr().out
    assert "new                        1" in printed
    assert printed.endswith("Dry run: nothing was changed.\n")
    assert run(write(file, first_row(score="999")), "--dry-run") == 1


def test_rejects_hold_the_rows_as_given_with_their_problems(file: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    bad = first_row(reference_number="x-1", given_names='=cmd "quoted"', score="999", country="xx", email="nobody")
    assert run(write(file, first_row(), bad), "--skip-invalid", "--rejects", rejects) == 0
    assert Result.objects.get().reference_number == "15BGB9615003"
    with rejects.open(encoding="utf-8", newline="") as opened:
        (row,) = csv.DictReader(opened)
    problem = row.pop("problem")
    assert row == bad
    assert [part.split(":")[0] for part in problem.split("; ") if ": " in part] == ["email", "country", "score"]


def test_mended_rejects_can_be_loaded_once_their_last_column_is_gone(file: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    assert run(write(file, first_row(score="999")), "--skip-invalid", "--rejects", rejects) == 1
    assert run(rejects) == 1  # `problem` is not a column of a results file
    with rejects.open(encoding="utf-8", newline="") as opened:
        rows = [{**row, "score": "172"} for row in csv.DictReader(opened)]
    assert run(write(file, *rows)) == 0
    assert Result.objects.get().current.score == 172


def test_photos_come_from_a_folder_or_a_zip(file: Path, tmp_path: Path) -> None:
    folder, archive = tmp_path / "photos", tmp_path / "photos.zip"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(drawn_photo(1))
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.jpg", drawn_photo(1))
    write(file, first_row(photo="a.jpg"))
    assert run(file, "--photos", folder) == 0
    photo = Result.objects.get().current.photo
    assert photo.startswith("photos/")
    assert run(file, "--photos", archive) == 0
    assert Result.objects.get().current.number == 1
    write(file, first_row(photo="b.jpg"))
    assert run(file, "--photos", folder) == 1


def test_a_held_result_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(file, first_row())
    assert run(file) == 0
    holds.hold(result=Result.objects.get(), status=holds.HOLD_STATUSES[0], reason="Under review", by="user:1")
    capsys.readouterr()
    assert run(file) == 0
    assert "reference 15BGB9615003 is held by staff; the hold stays" in capsys.readouterr().out
