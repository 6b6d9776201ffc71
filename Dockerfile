# weir in a container: docs/packages.md has how it is used, and what of it was tried.
# The first stage builds the Debian package, the second installs it and nothing else.
FROM debian:bookworm-slim AS build
COPY . /src
WORKDIR /src
RUN script/bootstrap --build && script/package /packages

FROM debian:bookworm-slim
COPY --from=build /packages/weir_*.deb /tmp/
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates /tmp/weir_*.deb \
    && rm -rf /var/lib/apt/lists/* /tmp/weir_*.deb \
    && useradd --uid 1000 --create-home weir
USER weir
WORKDIR /work
ENTRYPOINT ["weir"]
CMD ["--help"]
