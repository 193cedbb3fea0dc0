"""One provider, one file, found by its name."""

import importlib
import pkgutil
from typing import cast

from adapters.provider import Module


def protocols() -> list[str]:
    """The names of all protocols here."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def module(protocol: str) -> Module:
    """The protocol of that name. Raises LookupError, naming the known ones."""
    if protocol not in (known := protocols()):
        raise LookupError(f"no protocol {protocol!r}; there are: {', '.join(known)}")
    return cast("Module", importlib.import_module(f"{__name__}.{protocol}"))
