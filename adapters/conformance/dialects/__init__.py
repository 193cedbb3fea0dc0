"""One protocol, one file, found by its name."""

import importlib
import pkgutil

from adapters.conformance.dialect import Dialect


def dialects() -> dict[str, Dialect]:
    """Every dialect by its name."""
    files = sorted(file.name for file in pkgutil.iter_modules(__path__))
    found = [dialect for name in files for dialect in importlib.import_module(f"{__name__}.{name}").DIALECTS]
    return {dialect.name: dialect for dialect in found}
