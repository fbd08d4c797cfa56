# The image is the exporter, the CA roots, and nothing else:
#   docker build --build-arg TEAMS_PRESENCE_REVISION="$(git rev-parse --short=12 HEAD)" -t teams-presence-exporter .
#   docker run -p 10068:10068 -v ./teams-presence.yml:/teams-presence.yml:ro -v ./teams-presence.pem:/teams-presence.pem:ro \
#     teams-presence-exporter --config.file=/teams-presence.yml
# It runs as user 65532, who must be able to read the key.
# With a simulated tenant in it, to look at it:
#   docker build --target demo -t teams-presence-exporter-demo . && docker run -p 10068:10068 teams-presence-exporter-demo
#
# The checkout's history stays outside, so the commit that `teams_presence_build_info` names is told (else: unknown).
#
# The binary is linked statically with glibc, whose own resolver (files, dns) is then inside: names are resolved by
# /etc/resolv.conf and /etc/hosts, which the engine mounts. No shell, no libc, no package that could need an update.
#
# There is no HEALTHCHECK: it would need a program in the image that asks. Whatever runs the container asks over HTTP:
# /-/healthy (restart me) and /-/ready (send me scrapes).

ARG RUST_VERSION=1.95

FROM rust:${RUST_VERSION}-slim-bookworm AS source
WORKDIR /source
COPY . .
# --target keeps the flag away from build scripts and macros, which cannot be linked statically.
# A static binary cannot look up the getrandom of a shared libc, and would want /dev/urandom: the second flag has it ask
# the kernel, which an image without a /dev can.
ENV RUSTFLAGS="-C target-feature=+crt-static --cfg getrandom_backend=\"linux_getrandom\""
RUN test -s /etc/ssl/certs/ca-certificates.crt \
    && rustc --print host-tuple > /target \
    && mkdir -p /image/etc/ssl/certs \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/

FROM source AS build-demo
ARG TEAMS_PRESENCE_REVISION
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked --bin teams-presence-exporter --target "$(cat /target)" \
    && cp "target/$(cat /target)/release/teams-presence-exporter" /image/ \
    && mkdir -m 1777 /image/tmp

FROM source AS build
ARG TEAMS_PRESENCE_REVISION
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked --bin teams-presence-exporter --no-default-features --target "$(cat /target)" \
    && cp "target/$(cat /target)/release/teams-presence-exporter" /image/

FROM scratch AS demo
COPY --from=build-demo /image/ /
USER 65532:65532
EXPOSE 10068
ENTRYPOINT ["/teams-presence-exporter"]
CMD ["demo", "--web.listen-address=0.0.0.0:10068"]

FROM scratch AS exporter
COPY --from=build /image/ /
USER 65532:65532
EXPOSE 10068
ENTRYPOINT ["/teams-presence-exporter"]
