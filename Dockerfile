# The service as one static binary, without root and without a shell.
# Both base images are arguments, so that it also builds where no registry is reached (.ci/image makes local ones).
ARG BUILD_BASE=docker.io/library/golang:1.26.8-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d
ARG RUN_BASE=gcr.io/distroless/static-debian12:nonroot@sha256:b7bb25d9f7c31d2bdd1982feb4dafcaf137703c7075dbe2febb41c24212b946f

FROM ${BUILD_BASE} AS build
# app/ is built alone, with the Go of the base image: no workspace, no other toolchain, no C.
ENV GOWORK=off GOTOOLCHAIN=local CGO_ENABLED=0
WORKDIR /src
COPY app/go.mod app/go.sum ./
RUN go mod download
COPY app/ ./
ARG VERSION=dev
RUN go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/tasktracker ./cmd/tasktracker \
 && mkdir -p /out/data /out/tmp && chmod 1777 /out/tmp

FROM ${RUN_BASE}
COPY --from=build /out/tasktracker /usr/local/bin/tasktracker
COPY app/internal/store/rds/global-bundle.pem /etc/ssl/rds/global-bundle.pem
# The data of the embedded database and the disk store, where neither is configured away. 65532 is distroless' nonroot.
COPY --from=build --chown=65532:65532 /out/data /var/lib/tasktracker
# The one folder that may be written to where the root is read-only: large uploads and imports wait there. Declared, so that
# a volume that is mounted over it (ECS on Fargate, docker run --read-only) takes its mode over and not root's.
COPY --from=build --chmod=1777 /out/tmp /tmp
VOLUME /tmp
USER 65532:65532
WORKDIR /var/lib/tasktracker
ENV TASKTRACKER_ADDR=:3000
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/local/bin/tasktracker", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/tasktracker"]
CMD ["serve"]
