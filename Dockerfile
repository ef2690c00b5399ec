# Unglue in a small image: `docker build -t unglue .`, then `docker run --rm unglue --help`.

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        default-libmysqlclient-dev libcurl4-openssl-dev libsqlite3-dev libssl-dev pkg-config \
        zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources ./Sources
# The manifest names the test targets, whose folders must be there.
COPY Tests ./Tests
RUN swift build -c release --product unglue --static-swift-stdlib \
    && strip -o /usr/local/bin/unglue .build/release/unglue

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates libcurl4 libmariadb3 libsqlite3-0 libssl3 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/unglue --create-home unglue
COPY --from=build /usr/local/bin/unglue /usr/local/bin/unglue
COPY contracts /usr/share/unglue/contracts
# What runs leave behind (dead letters) lies in .unglue here: mount a volume to keep it.
WORKDIR /var/lib/unglue
USER 10001:10001
ENTRYPOINT ["unglue"]
CMD ["--help"]
