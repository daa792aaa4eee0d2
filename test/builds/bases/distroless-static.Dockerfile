FROM debian:trixie-slim AS files
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata \
  && echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >> /etc/passwd

FROM scratch
COPY --from=files /etc/passwd /etc/passwd
COPY --from=files /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=files /usr/share/zoneinfo /usr/share/zoneinfo
USER 65532
