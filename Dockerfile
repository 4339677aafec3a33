# Serves the API and the pages with the model that ships, on port 8000. Only what serving needs goes in, with what speaks
# to PostgreSQL and S3: no torch.
#
#   docker build --tag hazardlens .
#   docker run --rm --read-only --tmpfs /tmp --publish 127.0.0.1:8000:8000 --volume hazardlens:/var/lib/hazardlens hazardlens
#
# scripts/docker_steps.py runs these steps without an engine; keep to FROM, WORKDIR, COPY, RUN, ENV, LABEL, USER, VOLUME,
# EXPOSE, HEALTHCHECK and CMD, and to `python` for commands.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY cli cli
COPY model model
COPY serve serve
COPY training training
RUN python -m pip wheel --quiet --no-deps --wheel-dir /dist .
RUN python -m venv /opt/hazardlens
RUN /opt/hazardlens/bin/python -m pip install --quiet --constraint constraints.txt /dist/*.whl psycopg[binary] obstore
RUN /opt/hazardlens/bin/python -m pip uninstall --quiet --yes pip setuptools

FROM python:3.11-slim
LABEL org.opencontainers.image.title="hazardlens" \
      org.opencontainers.image.description="From a hazard photo to a pre-filled, reviewable report" \
      org.opencontainers.image.licenses="AGPL-3.0-only"
COPY --from=build /opt/hazardlens /opt/hazardlens
ENV PATH=/opt/hazardlens/bin:$PATH \
    HOME=/var/lib/hazardlens \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HAZARDLENS_HOST=0.0.0.0 \
    HAZARDLENS_PORT=8000
# A fixed number, so that a volume keeps its owner when the image is rebuilt; no name is needed for it.
RUN python -c "import os; os.makedirs('/var/lib/hazardlens'); os.chown('/var/lib/hazardlens', 10001, 10001)"
USER 10001:10001
WORKDIR /var/lib/hazardlens
VOLUME /var/lib/hazardlens
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"HAZARDLENS_PORT\"]}/healthz', timeout=4)"]
CMD ["hazardlens", "serve"]
