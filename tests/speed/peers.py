"""Other servers over the same tables: tipg and pygeoapi, in an environment of their own, and nginx over files.

They read views of the columns that the public sees; two processes each, as ours. What each is told is here, so that a
reader can see that it was given a fair start:

- tipg (uvicorn, uvloop and httptools; asyncpg): four connections a process, as ours; its look at the catalogue is not
  repeated, extents are not counted, its tiles have our buffer and no limit on features; nobody asks for compression.
- pygeoapi (gunicorn, two processes of four threads; its own SQLAlchemy pool of five, tested before use as it insists
  on): no indentation, nothing logged but errors.
- nginx: two processes, `sendfile`, files kept open, no log.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from geo.layer import Audience
from geo.shapes.grids import BUFFER
from geo.shapes.served import CRS84
from geo.store.read import Asking, shown_fields
from layers import LAYERS
from tests.speed.tools import Bench, free_port, running

PEERS = Path(__file__).resolve().parents[2] / ".make" / "peers" / "bin"
SCHEMA = "peers"
SERVED = ("parcel", "risk_point")
WORKERS = 2
SEEN = "status IN ('verified', 'in_action', 'reinspected', 'closed', 'expired')"


def make_views(bench: Bench) -> None:
    """What the public sees of the layers, for the others to read."""
    statements = [f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"]
    for name in SERVED:
        columns = ", ".join(("id", *public_names(name), "geom"))
        seen = f" WHERE {SEEN}" if LAYERS[name].public_rows else ""
        statements.append(f"CREATE OR REPLACE VIEW {SCHEMA}.{name} AS SELECT {columns} FROM {name}{seen}")
    bench.run_sql(*statements)


def public_names(layer: str) -> tuple[str, ...]:
    """The properties of a layer that the public sees."""
    return tuple(shown_fields(LAYERS[layer], Asking(audience=Audience.PUBLIC)))


@contextlib.contextmanager
def tipg(bench: Bench) -> Iterator[str]:
    """Its address."""
    url, port = bench.url, free_port()
    host = str(url.query["host"]).replace("/", "%2F")
    own = {
        "DATABASE_URL": f"postgresql://{url.username}@{host}:{url.query['port']}/{url.database}",
        "DB_MIN_CONN_SIZE": "4", "DB_MAX_CONN_SIZE": "4",
        "TIPG_DB_SCHEMAS": json.dumps([SCHEMA]), "TIPG_DB_SPATIAL_EXTENT": "false", "TIPG_DB_DATETIME_EXTENT": "false",
        "TIPG_DB_EXCLUDE_FUNCTION_SCHEMAS": json.dumps(["public"]),
        "TIPG_CATALOG_TTL": "0", "TIPG_TILE_BUFFER": str(BUFFER), "TIPG_MAX_FEATURES_PER_TILE": "10000000",
    }  # fmt: skip
    command = [
        str(PEERS / "uvicorn"), "tipg.main:app", "--workers", str(WORKERS), "--host", "127.0.0.1", "--port", str(port),
        "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with running(command, _environment(bench, own), bench.home / "tipg.log", ready=f"{address}/collections"):
        yield address


@contextlib.contextmanager
def pygeoapi(bench: Bench) -> Iterator[str]:
    """Its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    config, document = bench.home / "pygeoapi.yml", bench.home / "pygeoapi-openapi.yml"
    # JSON is YAML too.
    config.write_text(json.dumps(_pygeoapi_config(bench, address)))
    own = _environment(bench, {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(document)})
    made = subprocess.run(
        [str(PEERS / "pygeoapi"), "openapi", "generate", str(config), "--output-file", str(document)],
        env=own, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise SystemExit(f"pygeoapi made no OpenAPI document:\n{made.stdout[-2000:]}{made.stderr[-4000:]}")
    command = [
        str(PEERS / "gunicorn"), "--workers", str(WORKERS), "--threads", "4", "--bind", f"127.0.0.1:{port}",
        "--timeout", "300", "--log-level", "warning", "--worker-tmp-dir", str(bench.home), "pygeoapi.flask_app:APP",
    ]  # fmt: skip
    with running(command, own, bench.home / "pygeoapi.log", ready=f"{address}/collections?f=json"):
        yield address


def _pygeoapi_config(bench: Bench, address: str) -> dict[str, object]:
    url = bench.url
    data = {
        "host": str(url.query["host"]), "port": int(str(url.query["port"])), "dbname": url.database,
        "user": url.username, "password": "", "search_path": [SCHEMA],
    }  # fmt: skip
    words = {"title": "bench", "description": "bench", "keywords": ["bench"]}
    resources = {
        name: {
            "type": "collection", **words, "links": [],
            "extents": {"spatial": {"bbox": [-180, -90, 180, 90], "crs": CRS84.uri}},
            "providers": [
                {
                    "type": "feature", "name": "PostgreSQL", "data": data, "id_field": "id", "table": name,
                    "geom_field": "geom",
                }
            ],
        }
        for name in SERVED
    }  # fmt: skip
    person = {"name": "bench", "url": "http://localhost"}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 0}, "url": address, "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8", "gzip": False, "languages": ["en-US"], "pretty_print": False,
            "limits": {"default_items": 10, "max_items": 10_000},
            "map": {"url": "http://localhost", "attribution": "-"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                **words, "keywords_type": "theme", "terms_of_service": "http://localhost", "url": "http://localhost",
            },
            "license": {"name": "none", "url": "http://localhost"}, "provider": person, "contact": person,
        },
        "resources": resources,
    }  # fmt: skip


@contextlib.contextmanager
def nginx(bench: Bench, folder: Path) -> Iterator[str]:
    """Its address: the files of a folder, by a configuration of its own, apart from the system's service."""
    port, own = free_port(), bench.home / "nginx"
    own.mkdir(exist_ok=True)
    temporary = "".join(
        f"{kind}_temp_path {own}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Root's nginx would hand its processes to a user who cannot enter the folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    (own / "nginx.conf").write_text(
        f"{user}daemon off;\nworker_processes {WORKERS};\npid {own}/pid;\nerror_log {own}/error.log;\n"
        "events { worker_connections 256; }\n"
        f"http {{\naccess_log off;\n{temporary}sendfile on;\ntcp_nopush on;\nkeepalive_requests 1000000;\n"
        "open_file_cache max=10000 inactive=600s;\nopen_file_cache_valid 600s;\n"
        "types { application/vnd.mapbox-vector-tile mvt; application/json json; }\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }}\n}}\n"
    )
    command = ["nginx", "-p", str(own), "-e", str(own / "error.log"), "-c", str(own / "nginx.conf")]
    (folder / "ready.json").write_text("{}")
    address = f"http://127.0.0.1:{port}"
    with running(command, _environment(bench, {}), own / "nginx.log", ready=f"{address}/ready.json"):
        yield address


def _environment(bench: Bench, own: Mapping[str, str]) -> dict[str, str]:
    """Without what is ours: Debian keeps nginx where only root looks for programs."""
    path = f"{bench.environment.get('PATH', '')}:/usr/sbin:/sbin"
    kept = {name: value for name, value in bench.environment.items() if not name.startswith(("ATLAS_", "PG"))}
    return {**kept, "PATH": path, "PYTHONWARNINGS": "ignore", **own}
