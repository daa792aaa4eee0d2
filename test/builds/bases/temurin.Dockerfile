ARG BASE
FROM $BASE
ARG PACKAGE
ENV JAVA_VERSION=jdk-@JAVA_VERSION@
# Java's package links its manuals there; the slim base has no such folder.
RUN mkdir -p /usr/share/man/man1 && apt-get update && apt-get install -y --no-install-recommends ca-certificates $PACKAGE && rm -rf /var/lib/apt/lists/*
CMD ["jshell"]
