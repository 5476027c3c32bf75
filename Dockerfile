# The Atlas in a container: the same steps as `make run`, from the same script. The database is another container
# (compose.yaml) or your own: give ATLAS_DATABASE_URL.

FROM debian:bookworm-slim AS base
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
ENV LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY api/setup api/setup
# Debian's own Python brings the libraries that the geographic wheels expect of a system.
RUN bash api/setup/install.sh apt-python && rm -rf /var/lib/apt/lists/*

FROM base AS web
RUN bash api/setup/install.sh apt-web
COPY api/web api/web
RUN bash api/setup/install.sh web

FROM base AS python
COPY pyproject.toml README.md requirements.lock requirements-bootstrap.lock ./
COPY api/__init__.py api/
RUN bash api/setup/install.sh venv

FROM base
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/atlas atlas
COPY --from=python /app/.venv .venv
COPY . .
COPY --from=web /app/api/static api/static
# Compiled by whoever runs it: the folder is only read where it can be written.
RUN install -d -o atlas geo/encode/kernels/__pycache__
USER 10001
RUN .venv/bin/python -m geo.encode
ENV ATLAS_HOME=/var/lib/atlas ATLAS_HOST=0.0.0.0 ATLAS_PORT=8000
VOLUME /var/lib/atlas
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=6 \
    CMD [".venv/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD [".venv/bin/atlas", "up"]
