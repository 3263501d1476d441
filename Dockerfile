# Build: docker build -t rvs .      Run: compose.yaml shows every process and the variables they need.

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt /
RUN python -m venv /venv \
    && /venv/bin/pip install --require-hashes -r /requirements.txt \
    && /venv/bin/python -m compileall -q /venv


FROM python:3.11-slim-bookworm
# Pango draws the Statement of Results; the fonts cover the scripts in which people write their names.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates fontconfig fonts-dejavu-core fonts-noto-core fonts-wqy-zenhei \
        libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home rvs

ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# Static files are collected here, once. The variables are only good for this line: nothing connects, nothing is kept.
RUN SECRET_KEY=for-collectstatic-alone DATABASE_URL=postgresql://none/none REDIS_URL=redis://none/0 \
    ALLOWED_HOSTS=none.invalid PUBLIC_BASE_URL=https://none.invalid EMAIL_URL=smtp://none STORAGE_URL=file:///none \
    python manage.py collectstatic --noinput \
    && python -m compileall -q . \
    && install -d -o rvs -g rvs /data

USER rvs
EXPOSE 8000
# Django answers only to its own names, so the probe brings the first of them.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-c", "\
import http.client, os, sys; \
c = http.client.HTTPConnection('127.0.0.1', 8000, timeout=4); \
c.request('GET', '/livez', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0].strip().lstrip('.')}); \
sys.exit(c.getresponse().status != 200)"]
# Migrations are a step of the release (compose.yaml: migrate), never of a start.
# Fewer threads than connections in the pool of a process (10), so that no request waits for a connection.
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
    "--blocking-threads", "8", "--no-ws", "rvs.wsgi:application"]
