FROM debian:trixie
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl gnupg netbase tzdata wget \
  && rm -rf /var/lib/apt/lists/*
RUN apt-get update && apt-get install -y --no-install-recommends git openssh-client procps && rm -rf /var/lib/apt/lists/*
RUN set -ex; apt-get update; \
  apt-get install -y --no-install-recommends file g++ gcc libc6-dev libffi-dev libssl-dev make patch unzip xz-utils zlib1g-dev; \
  rm -rf /var/lib/apt/lists/*
