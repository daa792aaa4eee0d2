ARG BASE
FROM $BASE
ENV PYTHON_VERSION=@PYTHON_VERSION@
RUN set -eux; apt-get update; \
  apt-get install -y --no-install-recommends ca-certificates netbase python3 python3-pip python3-venv tzdata; \
  rm -rf /var/lib/apt/lists/* /usr/lib/python3*/EXTERNALLY-MANAGED; \
  ln -s /usr/bin/python3 /usr/local/bin/python
CMD ["python3"]
