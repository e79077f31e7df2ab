# The app and the ingest service of docker-compose.yml: one image, without Node and without a compiler.
FROM node:20-slim AS frontend
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.12-slim AS wheel
WORKDIR /src
COPY . .
COPY --from=frontend /src/frontend/node_modules frontend/node_modules
RUN pip install --no-cache-dir build && python -m build --wheel --outdir /wheels .

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home roletrail && install -d -o roletrail -m 0700 /data
COPY requirements.lock /tmp/
COPY --from=wheel /wheels /wheels
RUN pip install --no-cache-dir --constraint /tmp/requirements.lock "$(ls /wheels/*.whl)[all]" && rm -rf /wheels
USER roletrail
VOLUME /data
ENV ROLETRAIL_ARCHIVE=/data/archive ROLETRAIL_APP_DB=/data/app.sqlite ROLETRAIL_INVENTORY=/data/inventory.sqlite
EXPOSE 8765
ENTRYPOINT ["roletrail"]
CMD ["serve", "--host", "0.0.0.0"]
