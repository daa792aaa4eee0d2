ARG BASE
FROM $BASE
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
ENV NODE_VERSION=@NODE_VERSION@
ADD node.tar /usr/local/
# What the machine trusts beside the usual authorities, where it says so.
COPY extra-ca.crt /usr/local/share/ca-certificates/
ENV NODE_EXTRA_CA_CERTS=/usr/local/share/ca-certificates/extra-ca.crt
RUN node --version && npm --version
CMD ["node"]
