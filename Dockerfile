FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md ./
COPY conversation conversation
COPY nlu nlu
COPY handoff handoff
COPY sla sla
COPY accounts accounts
COPY bots bots
COPY storage storage
COPY web web
COPY app app
COPY clients clients
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir .

FROM python:3.12-slim
# The model cache is a volume that takes its owner from here; all else is read-only when compose runs it.
RUN useradd --create-home switchboard \
    && install -d -o switchboard -g switchboard -m 0700 /home/switchboard/var /home/switchboard/var/models
COPY --from=build /venv /venv
COPY --from=build /src/clients /packs
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER switchboard
WORKDIR /home/switchboard
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"
ENTRYPOINT ["switchboard"]
CMD ["serve", "--host", "0.0.0.0"]
