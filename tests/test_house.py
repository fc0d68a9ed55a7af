"""The house: what is committed names no machine and no host, the lock is clean, the scripts behave."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
# Put together so that this file does not name what it forbids.
MACHINE_PATHS = ["/" + "work/", "/" + "root/", "/" + "home/", "/" + "Users/", "/" + "opt/", "/" + "tmp/"]
HOSTS = ["pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js.org", "deb.deb" + "ian.org"]
INDEX_OPTIONS = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links", "--trusted" + "-host"]


def committed_files() -> list[Path]:
    """Files under version control, or of the folder where there is none (an unpacked archive)."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached"], cwd=PROJECT, capture_output=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        parts = ("viralsim", "tests", "docs", "benchmarks", "tools")
        return sorted(p for part in parts for p in (PROJECT / part).rglob("*") if p.is_file())
    paths = [PROJECT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def text_of(path: Path) -> str | None:
    data = path.read_bytes()
    if b"\0" in data[:4096]:
        return None
    return data.decode("utf-8", errors="replace")


def test_no_machine_path_and_no_registry_in_what_is_committed():
    words = MACHINE_PATHS + HOSTS + INDEX_OPTIONS
    pattern = re.compile("(?<![\\w.~$}\\])])(?:" + "|".join(map(re.escape, MACHINE_PATHS)) + ")")
    plain = re.compile("|".join(map(re.escape, words[len(MACHINE_PATHS) :])))
    found = []
    for path in committed_files():
        for number, line in enumerate((text_of(path) or "").splitlines(), 1):
            if pattern.search(line) or plain.search(line):
                found.append(f"{path.relative_to(PROJECT)}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)


def lock_files() -> list[Path]:
    return sorted(PROJECT.glob("requirements*.lock"))


@pytest.mark.parametrize("lock", lock_files(), ids=lambda path: path.name)
def test_lock_has_hashes_and_no_addresses(lock):
    text = lock.read_text("utf-8")
    assert "://" not in text
    assert not re.search(
        r"^\s*-", re.sub(r"^ +--hash=sha256:[0-9a-f]{64}( \\)?$", "", text, flags=re.M), re.M
    )
    for entry in re.split(r"\n(?! )", text.strip()):
        assert re.match(r"[a-z0-9-]+==[^ ;]+( ; [^\\]+)? \\\n", entry), entry[:80]
        assert "--hash=sha256:" in entry


def project_table() -> dict:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))


def requirement_name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")


def test_lock_covers_what_the_project_asks_for():
    table = project_table()
    asked = [
        *table["project"]["dependencies"],
        *table["project"]["optional-dependencies"]["test"],
        *table["dependency-groups"]["build"],
    ]
    locked = set(re.findall(r"^([a-z0-9-]+)==", (PROJECT / "requirements.lock").read_text("utf-8"), re.M))
    assert {requirement_name(item) for item in asked} <= locked


def test_what_is_installed_is_what_the_lock_names():
    from importlib import metadata

    from packaging.markers import Marker

    stamp = Path(sys.prefix) / "viralsim-stamp"
    if not stamp.exists():
        pytest.skip("this environment was not made by ./run or ./test")
    lock = (PROJECT / "requirements.lock").read_text("utf-8")
    for name, version, marker in re.findall(r"^([a-z0-9-]+)==([^ ;]+)(?: ; ([^\\]+))? \\$", lock, re.M):
        if not marker or Marker(marker.strip()).evaluate():
            assert metadata.version(name) == version, name


def test_stock_scenarios_are_real_files_inside_the_package():
    link, folder = PROJECT / "scenarios", PROJECT / "viralsim" / "scenarios"
    assert link.is_symlink()
    assert link.resolve() == folder.resolve()
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    assert (folder / "viralsim.schema.json").is_file()


def test_package_is_typed():
    assert (PROJECT / "viralsim" / "py.typed").is_file()


@pytest.mark.parametrize("script", ["run", "test", "tools/environment.sh"])
def test_scripts_are_posix_shell(script):
    done = subprocess.run(["sh", "-n", str(PROJECT / script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = (PROJECT / script).read_text("utf-8")
    for bashism in ("[[", "function ", "local ", "&>", "${BASH", "<<<", "pipefail"):
        assert bashism not in text, f"{script} needs only sh: {bashism}"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The scripts alone, in a folder with a space in its name, with an environment that 'exists'."""
    place = tmp_path / "a clone"
    (place / "tools").mkdir(parents=True)
    for name in (
        "run",
        "test",
        "tools/environment.sh",
        "tools/environment.py",
        "pyproject.toml",
        "requirements.lock",
    ):
        (place / name).write_bytes((PROJECT / name).read_bytes())
    (place / "run").chmod(0o755)
    binaries = place / ".venv" / "bin"
    binaries.mkdir(parents=True)
    for name, text in {
        "python": "#!/bin/sh\nexit 0\n",
        "viralsim": '#!/bin/sh\npwd\nprintf "<%s>" "$@"\n',
    }.items():
        (binaries / name).write_text(text)
        (binaries / name).chmod(0o755)
    stamp = f"{place.resolve()}\n".encode()
    stamp += (place / "pyproject.toml").read_bytes() + (place / "requirements.lock").read_bytes()
    (place / ".venv" / "viralsim-stamp").write_bytes(stamp)
    return place


def call(script: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(script), *arguments], cwd=cwd, capture_output=True, text=True, timeout=60)


def test_run_goes_straight_to_the_command_in_the_users_folder(clone, tmp_path):
    done = call(clone / "run", "validate", "my file.yaml", "", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path.resolve()}\n<validate><my file.yaml><>"
    link = tmp_path / "link"
    link.symlink_to(clone / "run")
    assert call(link, "x", cwd=tmp_path).stdout.endswith("<x>")


def test_run_leaves_an_environment_it_did_not_make_alone(clone):
    (clone / ".venv" / "viralsim-stamp").unlink()
    done = call(clone / "run", "demo", cwd=clone)
    assert done.returncode == 2
    assert "was not made by ./run or ./test" in done.stderr
    assert "Traceback" not in done.stderr
    assert (clone / ".venv" / "bin" / "viralsim").exists()


def test_run_notices_a_changed_lock(clone):
    (clone / "requirements.lock").write_text("changed\n")
    (clone / ".venv" / "bin" / "python").write_text(
        '#!/bin/sh\n[ "$1" = -c ] && exit 0\necho no network; exit 1\n'
    )
    done = call(clone / "run", cwd=clone)
    assert done.returncode == 2
    assert "installing what the lock names" in done.stderr
    assert "no network" in done.stderr
    assert not (clone / ".venv" / "viralsim-stamp").exists(), "half made is not made"


def test_run_says_which_python_is_needed(clone):
    (clone / ".venv" / "viralsim-stamp").unlink()
    (clone / "old").write_text("#!/bin/sh\nexit 1\n")
    empty = clone / "empty"
    empty.mkdir()
    for tool in ("sh", "dirname", "cat", "cmp"):
        found = subprocess.run(
            ["sh", "-c", f"command -v {tool}"], capture_output=True, text=True
        ).stdout.strip()
        (empty / tool).symlink_to(found)
    done = subprocess.run(
        ["sh", str(clone / "run")], cwd=clone, capture_output=True, text=True, env={"PATH": str(empty)}
    )
    assert done.returncode != 0
    assert "Python 3.11 or later" in done.stderr
