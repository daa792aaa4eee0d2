import { expect, test } from 'vitest';
import { classifyImage } from '../../../../src/classify/classify-image.ts';
import { listedImage } from '../../../support/listed-image.ts';
import { summaryOf } from '../../../support/verdict-summary.ts';

// A tag without a suite is named only where it stood for that suite when the image was built.

const debian = (suite: string, day: string) => `
  ${day} 28MB RUN # debian.sh --arch 'amd64' out/ '${suite}' '@1700000000'`;
const ubuntu = (version: string, day: string) => `
  ${day} - /bin/sh -c #(nop)  ARG LAUNCHPAD_BUILD_ARCH
  ${day} - /bin/sh -c #(nop)  LABEL org.opencontainers.image.version=${version}
  ${day} 29MB /bin/sh -c #(nop) ADD file:8d7d9ca5bcb5b9bd in / 
  ${day} - /bin/sh -c #(nop)  CMD ["/bin/bash"]`;
const aspnet = (version: string, day: string) => `
  ${day} - ENV APP_UID=1654 ASPNETCORE_HTTP_PORTS=8080 DOTNET_RUNNING_IN_CONTAINER=true
  ${day} 5MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates # buildkit
  ${day} - ENV DOTNET_VERSION=${version}
  ${day} 70MB COPY /dotnet /usr/share/dotnet # buildkit
  ${day} - ENV ASPNET_VERSION=${version}
  ${day} 10MB COPY /shared/Microsoft.AspNetCore.App /usr/share/dotnet/shared/Microsoft.AspNetCore.App # buildkit`;
const temurin = (day: string) => `
  ${day} - ENV JAVA_VERSION=jdk-21.0.4+7
  ${day} 47MB RUN /bin/sh -c set -eux; curl -LfsSo /tmp/openjdk.tar.gz $BINARY_URL # buildkit
  ${day} - ENTRYPOINT ["/__cacert_entrypoint.sh"]`;
const APP = `
  2026-11-15 5MB COPY app /app # buildkit`;

const NET = 'mcr.microsoft.com/dotnet/aspnet';
const JRE = 'library/eclipse-temurin:21-jre';

test.each([
  ['.NET 8 after Debian 13', debian('bookworm', '2026-08-12') + aspnet('8.0.20', '2026-09-01'), `${NET}:8.0`, true],
  ['.NET 10', ubuntu('24.04', '2026-08-12') + aspnet('10.0.4', '2026-09-01'), `${NET}:10.0`, true],
  ['.NET 8 on Ubuntu', ubuntu('24.04', '2026-08-12') + aspnet('8.0.20', '2026-09-01'), `${NET}:8.0`, false],
  ['Temurin on the Ubuntu of its day', ubuntu('22.04', '2023-05-01') + temurin('2023-05-02'), JRE, true],
  ['Temurin on an Ubuntu that was succeeded', ubuntu('22.04', '2026-08-12') + temurin('2026-08-13'), JRE, false],
])('%s', (_, history, tag, isNamed) => {
  expect(summaryOf(classifyImage(listedImage({ history: history + APP }))).base.includes(tag)).toBe(isNamed);
});
