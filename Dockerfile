# syntax=docker/dockerfile:1

# The workshop builds the image the same way as it builds everything else: `cargo xtask build --release`.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates build-essential cmake pkg-config \
 && rm -rf /var/lib/apt/lists/*
# Debian's Node.js is older than what the npm packages ask for.
COPY --from=node:22-bookworm-slim /usr/local/bin/node /usr/local/bin/node
COPY --from=node:22-bookworm-slim /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
RUN rustup target add wasm32-unknown-unknown
WORKDIR /src
COPY . .
# The caches stay on the builder; what is needed later is copied out of them in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo xtask build --release \
 && mkdir -p /out \
 && cp target/release/slipway /out/slipway \
 && cp -r target/site /out/site

FROM debian:bookworm-slim
# No PostgreSQL inside: the container is given a DATABASE_URL.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /var/lib/slipway --create-home slipway
COPY --from=build /out/slipway /usr/local/bin/slipway
COPY --from=build /out/site /usr/share/slipway/site
ENV LEPTOS_OUTPUT_NAME=slipway \
    LEPTOS_SITE_ROOT=/usr/share/slipway/site \
    LEPTOS_SITE_PKG_DIR=pkg \
    SLIPWAY_ADDR=0.0.0.0:3000 \
    SLIPWAY_DATA_DIR=/var/lib/slipway
USER slipway
WORKDIR /var/lib/slipway
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["slipway", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["slipway"]
CMD ["serve"]
