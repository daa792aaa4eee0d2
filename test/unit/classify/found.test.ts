import { expect, test } from 'vitest';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import { listedImage } from '../../support/listed-image.ts';
import { type ToldImage, toldFields } from '../../support/told.ts';

// Images whose histories, labels and environments stand in public documentation, tests and scanners' reports, shortened
// where nothing hangs on it. The index of public files that they were found in does not always know a file's path: there
// the file's number in that index stands for it.

interface FoundImage extends ToldImage {
  readonly found: string;
}

const cases: readonly FoundImage[] = [
  {
    is: 'CentOS Stream 9, by its label',
    found: 'quay.io/centos/centos:stream9, file 24271485630',
    history: '2024-06-18 60MB ',
    labels: { 'org.label-schema.name': 'CentOS Stream 9 Base Image', 'org.label-schema.vendor': 'CentOS' },
    told: { distro: 'centos 9', base: 'no-history' },
  },
  {
    is: 'CentOS to boot from',
    found: 'quay.io/centos-bootc/centos-bootc:stream9, file 24271485630',
    history: '2024-03-19 60MB ',
    labels: {
      'containers.bootc': '1',
      'org.opencontainers.image.version': 'stream9.20240319.0',
      'redhat.id': 'centos',
      'redhat.version-id': '9',
    },
    told: { distro: 'centos 9' },
  },
  {
    is: 'Fedora CoreOS',
    found: 'quay.io/fedora/fedora-coreos:testing-devel, file 71372727551',
    history: '2026-03-01 60MB ',
    labels: {
      'com.coreos.osname': 'fedora-coreos',
      'containers.bootc': '1',
      'org.opencontainers.image.version': '43.20260301.20.dev1',
    },
    told: { distro: 'fedora 43' },
  },
  {
    is: "Fedora's toolbox, which KIWI built",
    found: 'registry.fedoraproject.org/fedora-toolbox:40, file 5825867714',
    history: '2024-05-23T05:48:29 600MB KIWI 10.0.11',
    labels: {
      'com.github.containers.toolbox': 'true',
      name: 'fedora-toolbox',
      'org.opencontainers.image.vendor': 'Fedora Project',
      'org.opencontainers.image.version': '40',
    },
    told: { distro: 'fedora 40', base: 'scratch', variant: undefined },
  },
  {
    is: "a SUSE application on SUSE's base image",
    found: 'registry.suse.com/suse/manager/5.0/x86_64/proxy-ssh:5.0.4, file 3701165717',
    history: `
      2025-03-01 45MB KIWI 10.1.18
      2025-03-20 60MB /bin/sh -c zypper --non-interactive install openssh`,
    labels: {
      'com.suse.bci.base.title': 'SLE BCI 15 SP6 Base',
      'com.suse.bci.base.version': '15.6.47.18.1',
      'org.opencontainers.image.version': '5.0.10',
    },
    told: { distro: 'sles 15.6' },
  },
  {
    is: 'openEuler',
    found: 'openeuler/openeuler, `docker history`, file 60235303255',
    history: `
      2024-01-10T10:00:00 - ARG TARGETARCH=amd64
      2024-01-10T10:00:00 66MB ADD openEuler-docker-rootfs.amd64.tar.xz / # buildkit
      2024-01-10T10:00:05 1kB RUN |1 TARGETARCH=amd64 /bin/sh -c ln -sf /usr/share/zoneinfo/UTC /etc/localtime # buildkit
      2024-01-10T10:00:05 - CMD ["bash"]`,
    told: { distro: 'openEuler' },
  },
  {
    is: 'Void Linux, whose package manager names itself',
    found: 'void-linux/void-containers, Containerfile',
    history: `
      2026-09-01T10:00:00 20MB COPY /target / # buildkit
      2026-09-01T10:00:20 4kB RUN /bin/sh -c install -dm1777 tmp; xbps-reconfigure -fa; rm -rf /var/cache/xbps/* # buildkit
      2026-09-01T10:00:20 - ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/bin
      2026-09-01T10:00:20 - CMD ["/bin/sh"]`,
    told: { distro: 'void', base: 'scratch', multiStage: 'yes' },
  },
  {
    is: 'an image of Charliecloud, which pushes one layer and keeps FROM in the history',
    found: "Charliecloud's documentation for developers, ch-image push, file 9693768232",
    history: `
      2021-11-17T02:20:51 - /bin/sh -c #(nop) ADD file:cb5ed7070880d4c0177fbe6dd278adb7926e38cd73e6abd582fd8d67e4bbf06c in / 
      2021-11-17T02:20:51 - /bin/sh -c #(nop)  CMD ["bash"]
      2021-11-30T20:14:08 - FROM debian:buster
      2021-11-30T20:14:19 - RUN ['/bin/sh', '-c', 'apt-get update     && apt-get install -y        bzip2        wget']
      2021-11-30T20:14:33 - RUN ['/bin/sh', '-c', 'bash $MC_FILE -bf -p /usr/local']
      2021-11-30T20:15:08 - COPY ['hello.py'] -> '.'
      2021-11-30T20:15:08 200MB RUN ['/bin/sh', '-c', 'chmod 755 ./hello.py']`,
    told: { base: 'library/debian:buster', distro: 'debian 10' },
  },
];

test.each(cases)('$is ($found)', ({ told: { base, ...others }, ...image }) => {
  const fields = toldFields(classifyImage(listedImage(image)));
  if (base !== undefined) expect(fields.base).toContain(base);
  expect(fields).toMatchObject(others);
});
