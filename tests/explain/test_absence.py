"""Folders of notes: what holds no gradient is counted, what speaks of one and yields none is named."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest

from gradcheck.command.cli import main
from gradcheck.report.renderers.formats import FORMATS, renderer
from gradcheck.report.results import Report
from gradcheck.verification import verify

NET = r"""
$$\hat{y} = w x + b, \quad L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x, \quad \frac{\partial L}{\partial b} = \hat{y} - y$$
"""
MAXWELL = r"""
$$\nabla \times E = -\frac{\partial B}{\partial t}$$

$$\nabla \cdot E = \frac{\rho}{\epsilon_0}$$

$$\oint_C E \cdot ds = 0$$
"""
SPEAKING = {
    "maxwell.md": MAXWELL,
    "thermo.md": r"$dU = T dS - p dV$ and $\frac{\partial U}{\partial S} = T$",
    "words.md": "The gradient is left to the reader.",
    "slope.md": "Let $f(x) = x^2$, then $f' = 2x$.",
    "latin.md": "Der Gradient f\xfcr $x$".encode("latin-1"),
}
ORDINARY = {
    "soup.md": "It costs $5, don't pay $6. Take $n = 3$ eggs.",
    "cake.md": "---\nlabels: [sweet]\ninputs: eggs\ntitle: [broken\n---\n$n = 3$",
    "open.md": "This $x = 3 is never closed.\n\n$$y = ",
    "einstein.md": "$E = mc^2$ and $F = m a$",
    "empty.md": "",
    "cafe.md": "caf\xe9".encode("latin-1"),
    "requirements.txt": "numpy\n",
}


def put(folder: Path, files: dict[str, str | bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    put(tmp_path, {"net.md": NET, **SPEAKING, **ORDINARY})
    return tmp_path


def names(paths: list[str] | tuple[str, ...]) -> set[str]:
    return {Path(path).name for path in paths}


def test_what_is_counted_and_what_is_named(notes: Path) -> None:
    report = verify(notes)
    assert names([document.path for document in report.documents]) == {"net.md"}
    assert names(report.ordinary) == set(ORDINARY)
    assert names([error.path for error in report.not_found]) == set(SPEAKING)
    assert all(error.message.startswith("gradient not found: ") for error in report.not_found)
    assert (report.errors, report.exit_status) == ((), 0)


def test_what_is_named_fails_a_strict_or_untrusted_run(notes: Path) -> None:
    assert verify(notes, strict=True).exit_status == 2
    assert verify(notes, trusted=False).exit_status == 2
    for name in SPEAKING:
        (notes / name).unlink()
    assert verify(notes, strict=True).exit_status == 0
    assert verify(notes, trusted=False).exit_status == 0


@pytest.mark.parametrize("name", [*SPEAKING, *ORDINARY])
def test_a_file_that_is_named_itself_fails(notes: Path, name: str) -> None:
    report = verify([notes, notes / name])
    assert names(report.ordinary) == set(ORDINARY) - {name}
    assert report.exit_status != 0
    assert report.errors or any(d.findings for d in report.documents if d.path.endswith(name))


@pytest.mark.parametrize("files", [SPEAKING, ORDINARY, {**SPEAKING, **ORDINARY}])
def test_a_run_in_which_nothing_was_checked_fails(
    tmp_path: Path, files: dict[str, str | bytes]
) -> None:
    put(tmp_path, files)
    report = verify(tmp_path)
    assert (report.exit_status, report.errors) == (2, ())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_cannot_be_looked_into_is_named(tmp_path: Path) -> None:
    put(tmp_path, {"net.md": NET})
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere")
    report = verify(tmp_path)
    assert names([error.path for error in report.not_found]) == {"pipe.txt", "gone.md"}
    assert report.exit_status == 0


def test_large_and_foreign_text_is_looked_into(tmp_path: Path) -> None:
    large = "3.14 " * 300_000
    wide = "The gradient".encode("utf-16")
    put(tmp_path, {"net.md": NET, "a.txt": large, "b.txt": large + "gradient", "c.md": wide})
    report = verify(tmp_path)
    assert names(report.ordinary) == {"a.txt"}
    assert names([error.path for error in report.not_found]) == {"b.txt", "c.md"}


def test_a_claim_that_fails_is_never_ordinary(tmp_path: Path) -> None:
    put(tmp_path, {"net.md": NET, "lossless.md": r"$$\frac{\partial L}{\partial w} = x$$"})
    report = verify(tmp_path)
    assert (report.exit_status, report.not_found, report.ordinary) == (1, (), ())


def test_an_expectation_that_nothing_meets_is_told_in_any_file(tmp_path: Path) -> None:
    declared = "<!-- gradcheck: expect[GC101] once there was one -->\n\n$n = 3$\n"
    put(tmp_path, {"net.md": NET, "gone.md": declared})
    assert verify(tmp_path).exit_status == 1


def test_warnings_about_bystanders_are_not_given(tmp_path: Path) -> None:
    put(tmp_path, {"a.md": NET + MAXWELL, "b.md": NET + "\n$$\\hat{y} = \\oint_C E$$\n"})
    told = {
        Path(d.path).name: [f.rule.code for f in d.findings] for d in verify(tmp_path).documents
    }
    assert told["a.md"] == []
    assert "GC001" in told["b.md"]  # it shares a name with the network


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"gradescope", "csv", "mistakes"}))
def test_every_format_names_and_counts_them(notes: Path, name: str) -> None:
    report = verify(notes)
    shown = renderer(name)(report).replace("\\", "")
    assert all(file in shown for file in SPEAKING)
    if name not in ("json", "sarif", "junit"):
        assert "7 documents hold no gradient." in shown
        assert "soup.md" not in shown
    if name == "junit":
        assert '<testsuites name="gradcheck" failures="0" errors="0"' in shown
    failing = renderer(name)(verify(notes, strict=True))
    if name == "junit":
        assert f'errors="{len(SPEAKING)}"' in failing
    if name == "github":
        assert failing.count("::error") > renderer(name)(report).count("::error") == 0
    if name == "text":
        assert "gradient not found in 5 documents (strict)" in failing


def test_json_lists_them(notes: Path) -> None:
    made = json.loads(renderer("json")(verify(notes)))
    assert names(made["ordinary"]) == set(ORDINARY)
    assert names([item["path"] for item in made["not_found"]]) == set(SPEAKING)
    assert made["trusted"] is True


def test_three_hundred_notes_fit_a_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, {"net.md": NET})
    for kind, files, number in (("physics", SPEAKING, 50), ("kitchen", ORDINARY, 250)):
        texts = list(files.values())
        put(tmp_path / kind, {f"n{k}.md": texts[k % len(texts)] for k in range(number)})
    monkeypatch.chdir(tmp_path)
    assert main(["verify"]) == 0
    shown, said = capsys.readouterr()
    assert "250 documents hold no gradient." in shown and said == ""
    assert len(shown.splitlines()) <= 40


@pytest.fixture
def handed_in(tmp_path: Path) -> Report:
    put(
        tmp_path,
        {
            "ada.txt": NET,
            "ben.pdf": b"%PDF-1.7",
            "cleo.docx": b"PK\x03\x04",
            "dan.md": "caf\xe9 gradient".encode("latin-1"),
            "eva.txt": "I did not do it; it costs $5.",
            "finn.md": "The gradient is clear.",
            "gil.jpg": b"\xff\xd8",
            "hal.zip": b"PK\x03\x04",
            "ida.md": NET.replace(r"\hat{y} - y$$", r"y - \hat{y}$$"),
            "jo": NET,
            "kim.txt": "3.14 " * 300_000,
        },
    )
    (tmp_path / "aaron.txt").symlink_to(tmp_path / "ada.txt")  # Ada does not lose her row by it
    return verify(tmp_path, trusted=False)


def test_everybody_has_a_row(handed_in: Report, tmp_path: Path) -> None:
    rows = {
        Path(row["document"]).name: row
        for row in csv.DictReader(io.StringIO(renderer("csv")(handed_in)))
    }
    assert set(rows) == {path.name for path in tmp_path.iterdir()}
    assert (rows["ada.txt"]["points"], rows["ada.txt"]["look"]) == ("100", "")
    assert (rows["ida.md"]["points"], rows["ida.md"]["look"]) == ("50", "")
    for name in set(rows) - {"ada.txt", "ida.md"}:
        assert (rows[name]["points"], rows[name]["look"]) == ("0", "yes"), name
    for name in ("ben.pdf", "cleo.docx", "gil.jpg"):
        assert "ask for the source" in rows[name]["problem"]
    assert "is not UTF-8 text" in rows["dan.md"]["problem"]
    assert "no gradient" in rows["eva.txt"]["problem"]
    assert "an archive is not read" in rows["hal.zip"]["problem"]
    assert "larger than 1 MB" in rows["kim.txt"]["problem"]
    assert "a link to " in rows["aaron.txt"]["problem"]


def test_everybody_is_in_gradescope_and_among_the_mistakes(
    handed_in: Report, tmp_path: Path
) -> None:
    made = json.loads(renderer("gradescope")(handed_in))
    mistakes = renderer("mistakes")(handed_in)
    for path in tmp_path.iterdir():
        assert any(test["name"].startswith(str(path)) for test in made["tests"]), path
        assert path.name in mistakes.replace("\n", ""), path
    assert "1 document without any of them" in mistakes
    assert "10 files to look at" in mistakes


def test_a_folder_of_pictures_is_a_folder_without_documents(tmp_path: Path) -> None:
    put(tmp_path, {"ada.pdf": b"%PDF-1.7"})
    report = verify(tmp_path)
    assert report.exit_status == 2 and "no document" in report.errors[0].message
    assert "ada.pdf" in renderer("csv")(report)


def test_many_results_are_sorted_out_alike(tmp_path: Path) -> None:
    """More documents than are kept unpacked."""
    put(tmp_path, {"net.md": NET, **{f"n{k}.md": "$n = 3$" for k in range(110)}})
    report = verify(tmp_path)
    assert (len(report.documents), len(report.ordinary), report.exit_status) == (1, 110, 0)
    assert report.documents[0].checked > 0
