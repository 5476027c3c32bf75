"""A draft of the next step of the tables: `make migration WHAT="a ward for each community"`.

What the steps so far make is compared, in an empty database of its own, with what the layers declare. The draft is to
be read before it is kept: Alembic cannot tell a renamed column from a new one.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.operations.ops import MigrationScript
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from geo.store.cluster import Cluster
from geo.store.migrate import config, migrate
from layers import LAYERS


def draft(url: str, what: str) -> Path | None:
    """Write the step that brings the database at `url` to what the layers declare; None where nothing is missing."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        settings = config(connection)
        found = command.revision(settings, what, autogenerate=True, process_revision_directives=_nothing_for_nothing)
    engine.dispose()
    scripts = found if isinstance(found, list) else [found]
    return next((Path(script.path) for script in scripts if script is not None), None)


def _nothing_for_nothing(_context: object, _revision: object, scripts: list[MigrationScript]) -> None:
    operations = scripts[0].upgrade_ops
    if operations is not None and operations.is_empty():
        scripts.clear()


def main() -> None:
    """Make an empty database, draft, and say where the draft is."""
    home = Path(tempfile.mkdtemp(prefix="atlas-draft-"))
    home.chmod(0o711)
    cluster = Cluster(home)
    cluster.start()
    try:
        migrate(cluster.url, LAYERS)
        found = draft(cluster.url, " ".join(sys.argv[1:]) or "a step without a name")
    finally:
        cluster.delete()
        shutil.rmtree(home)
    sys.stdout.write(f"{found or 'the tables are as the layers declare them; nothing to write'}\n")


if __name__ == "__main__":
    main()
