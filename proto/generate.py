"""Write proto/gen from proto/wallet, or with --check say which files there are stale."""

import sys
import tempfile
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

PROTO = Path(__file__).resolve().parent
GEN = PROTO / "gen"
BIN = Path(sys.executable).parent


def generate(out: Path) -> None:
    sources = sorted(str(path.relative_to(PROTO)) for path in (PROTO / "wallet").rglob("*.proto"))
    arguments = [
        "protoc",
        f"--plugin=protoc-gen-mypy={BIN / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={BIN / 'protoc-gen-mypy_grpc'}",
        f"--proto_path={PROTO}",
        f"--proto_path={Path(grpc_tools.__file__).parent / '_proto'}",  # google/protobuf/*.proto
        f"--python_out={out}",
        f"--grpc_python_out={out}",
        f"--mypy_out=quiet:{out}",
        f"--mypy_grpc_out=quiet,only_async:{out}",
        *sources,
    ]
    if protoc.main(arguments) != 0:
        sys.exit(1)
    for folder in {out / Path(source).parent for source in sources} | {out / "wallet"}:
        (folder / "__init__.py").touch()
    (out / "wallet" / "py.typed").touch()


def files(root: Path) -> dict[Path, bytes]:
    return {
        path.relative_to(root): path.read_bytes()
        for path in (root / "wallet").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh, found = files(Path(folder)), files(GEN)
    stale = sorted(path for path in fresh | found if fresh.get(path) != found.get(path))
    if "--check" in sys.argv[1:]:
        if stale:
            print("stale, run `make generate`:", *(f"  proto/gen/{path}" for path in stale), sep="\n")
            sys.exit(1)
        return
    for path in stale:
        target = GEN / path
        if path in fresh:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(fresh[path])
        else:
            target.unlink()


if __name__ == "__main__":
    main()
