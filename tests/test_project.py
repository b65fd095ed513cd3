"""Promises the project makes about its own files."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "kagibag_app"
LOCKS = ("requirements.lock", "requirements-dev.lock")
LONGEST_FILE = 400
# Split, so that this file does not hold what it looks for.
LEFTOVERS = re.compile(
    "|".join(
        ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error", r"pytest\.(mark\.)?(sk" + "ip|xf" + "ail)")
    )
)
FOLDERS_OF_ONE_MACHINE = re.compile(r"(?<![\w.])/(work|farm|home/\w+|root)/")
PACKAGE_INDEX = re.compile(
    r"(?i)((?<!no-emit-)index-url|find-links|trusted-host|/simple\b|pypi\.|pythonhosted)"
)
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)", re.MULTILINE)


def project_files() -> list[str]:
    """Return the paths git tracks or would track: what a clone gets."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted({name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()})


def lines_matching(pattern: re.Pattern[str], names: list[str]) -> list[str]:
    """Return `path:line: text` of every line of these text files in which the pattern occurs."""
    found = []
    for name in names:
        content = (ROOT / name).read_bytes()
        if b"\0" in content:
            continue
        lines = enumerate(content.decode("utf-8", "replace").splitlines(), start=1)
        found += [f"{name}:{number}: {line.strip()[:160]}" for number, line in lines if pattern.search(line)]
    return found


def pinned(lock: str) -> set[tuple[str, str]]:
    """Return (package, version) pairs: a package may have one version for each version of Python."""
    return set(PINNED.findall((ROOT / lock).read_text()))


def layers(contract: str) -> set[str]:
    """Return the modules that an import contract puts in order."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (found,) = [entry for entry in contracts if entry["name"] == contract]
    return {name for layer in found["layers"] for name in re.findall(r"\w+", layer)}


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert lines_matching(FOLDERS_OF_ONE_MACHINE, project_files()) == []


def test_no_tool_setting_names_a_package_index() -> None:
    settings = [
        name for name in project_files() if name.endswith((".toml", ".cfg", ".ini", ".lock", "Makefile"))
    ]
    assert lines_matching(PACKAGE_INDEX, settings) == []


def test_no_code_is_left_unfinished_or_untested() -> None:
    code = [name for name in project_files() if name.endswith(".py")]
    assert lines_matching(LEFTOVERS, code) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_carries_a_hash_for_every_package(lock: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / lock).read_text())
    packages = [block for block in blocks if PINNED.match(block)]
    assert len(packages) == len(pinned(lock)) > 0
    assert [block.split()[0] for block in packages if "--hash=sha256:" not in block] == []


def test_development_lock_holds_the_other_lock_whole() -> None:
    run, development = (pinned(lock) for lock in LOCKS)
    assert run - development == set()


def test_locks_hold_everything_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = {
        "requirements.lock": project["dependencies"] + extras["build"],
        "requirements-dev.lock": project["dependencies"] + extras["build"] + extras["dev"],
    }
    for lock, requirements in asked.items():
        names = {re.split(r"[^\w.-]", wanted)[0].replace("_", "-").lower() for wanted in requirements}
        assert names - {name for name, _ in pinned(lock)} == set(), lock


def test_no_lock_of_another_tool_is_kept() -> None:
    assert [name for name in project_files() if Path(name).name == "uv.lock"] == []


@pytest.mark.parametrize(
    ("contract", "folder"), [("One direction", PACKAGE), ("Features in order", PACKAGE / "features")]
)
def test_every_module_has_its_place_in_the_import_contracts(contract: str, folder: Path) -> None:
    modules = {path.parent.name if path.name == "__init__.py" else path.stem for path in folder.glob("*.py")}
    modules |= {path.parent.name for path in folder.glob("*/__init__.py")}
    assert modules - {folder.name, "__init__"} - layers(contract) == set()


def test_every_folder_of_code_is_a_package() -> None:
    # A folder without __init__.py is out of sight for the import contracts.
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert sorted(str(folder) for folder in folders if not (folder / "__init__.py").exists()) == []


def test_no_module_grows_past_what_one_can_read() -> None:
    # A migration is written once, by a generator, and read by nobody but the database.
    modules = [
        path for path in PACKAGE.rglob("*.py") if PACKAGE / "migrations" / "versions" not in path.parents
    ]
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in modules}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}
