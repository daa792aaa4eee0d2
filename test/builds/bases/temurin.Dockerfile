ARG BASE
FROM $BASE
ARG PACKAGE
ENV JAVA_VERSION=jdk-@JAVA_VERSION@
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates $PACKAGE && rm -rf /var/lib/apt/lists/*
CMD ["jshell"]
