# The image of slimboard, built the way slimboard advises: a build stage that stays behind, a base without a shell or a
# package manager, no root, and no file that nothing reads. Build it with BuildKit: docker build -t slimboard .

ARG BUILD_IMAGE=docker.io/library/node:22-bookworm-slim
# Node.js, its libraries and the certificate authorities, and nothing else.
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs22-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /app
# Dependencies change less often than sources: their layer is kept while package-lock.json stays the same. Not npm ci:
# it refuses a lock file that lacks other platforms' optional packages.
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm install --no-save
COPY . .
# What no program reads goes: sources, declarations, maps and tests of dependencies, and an optional peer that npm keeps.
RUN npm run build -- --clean \
 && npm prune --omit=dev --omit=peer --no-save \
 && rm -rf node_modules/.cache node_modules/typescript \
 && find node_modules -mindepth 2 -maxdepth 3 -type d \( -name test -o -name tests -o -name __tests__ -o -name examples \) -prune -exec rm -r {} + \
 && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.md' \) -delete \
 && find node_modules -type d -empty -delete \
 && find dist -name '*.map' -delete \
 && mkdir -p /data/reports

FROM ${RUNTIME_IMAGE}
ENV NODE_ENV=production \
    PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/assets ./assets
COPY --from=build /app/config ./config
COPY --from=build /app/migrations ./migrations
COPY --from=build /app/dist ./dist
# slimboard.yaml is read here, and the embedded database and reports are written here. A volume takes over the owner of
# the folder that it covers: of one that is not in the image, root.
COPY --from=build --chown=65532:65532 /data /data
WORKDIR /data
USER 65532:65532
ENTRYPOINT ["node", "/app/dist/slimboard.cjs"]
CMD ["--help"]
