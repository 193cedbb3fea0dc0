"""What every test may ask for: a PostgreSQL, one for the whole run, and a fresh database in it."""

import os

import hypothesis
import pytest

from tests.support.postgres import Cluster, create_database, drop_database
from wallet_core.storage.migrate import migrate

pytest_plugins = ["tests.support.core"]

# Nothing here pulls the plug on the machine: with fsync off the tests run faster and lose nothing.
# A test that wants more makes a `Cluster` of its own.
SHARED = ("fsync=off", "max_connections=300")

# The same examples in every run, so that a change fails by itself and not by chance; WALLET_EXPLORE=1 throws new ones.
# No deadline: a busy machine is no bug.
hypothesis.settings.register_profile(
    "wallet", deadline=None, print_blob=True, derandomize="WALLET_EXPLORE" not in os.environ
)
hypothesis.settings.load_profile("wallet")

controller = pytest.StashKey[Cluster]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Under xdist the controller starts the server, since no worker is sure to be the last, and says where it is."""
    if os.environ.get("WALLET_TEST_PG_DSN"):
        return
    if controller not in node.config.stash:
        node.config.stash[controller] = cluster = Cluster()
        cluster.start(*SHARED)
    node.workerinput["postgres_dsn"] = node.config.stash[controller].dsn


def pytest_unconfigure(config):
    if controller in config.stash:
        config.stash[controller].close()


@pytest.fixture(scope="session")
def postgres_dsn(pytestconfig):
    """The DSN of the maintenance database."""
    if given := os.environ.get("WALLET_TEST_PG_DSN"):
        yield given
    elif hasattr(pytestconfig, "workerinput"):
        yield pytestconfig.workerinput["postgres_dsn"]
    else:
        cluster = Cluster()
        cluster.start(*SHARED)
        yield cluster.dsn
        cluster.close()


@pytest.fixture(scope="session")
async def postgres_template(postgres_dsn):
    """The DSN of a migrated database that nobody else uses, to be copied."""
    template = await create_database(postgres_dsn)
    await migrate(template)
    yield template
    await drop_database(postgres_dsn, template)


@pytest.fixture
async def postgres_database(postgres_dsn, postgres_template):
    """The DSN of a fresh, migrated database."""
    database = await create_database(postgres_dsn, postgres_template)
    yield database
    await drop_database(postgres_dsn, database)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return _no_skips((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return _no_skips((yield))


def _no_skips(report):
    """With WALLET_CI set a skip is a failure: what CI does not run, nobody does."""
    if os.environ.get("WALLET_CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and WALLET_CI is set: {report.longrepr}"
    return report
