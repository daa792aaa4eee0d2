ARG BASE
FROM $BASE
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates gcc golang-go libc6-dev && rm -rf /var/lib/apt/lists/*
ENV GOLANG_VERSION=1.26.0 GOPATH=/go GOTOOLCHAIN=local GOFLAGS=-buildvcs=false
WORKDIR /go
CMD ["bash"]
