import { expect, test } from 'vitest';
import { classifyImage } from '../../../../src/classify/classify-image.ts';
import { listedImage } from '../../../support/listed-image.ts';
import { summaryOf } from '../../../support/verdict-summary.ts';

const CENTOS = { 'org.label-schema.name': 'CentOS Base Image' };
const FEDORA = { name: 'fedora', version: '43' };
const LEAP = { 'org.opensuse.base.title': 'openSUSE Leap 15.6 Base Container' };

test.each([
  ['CentOS 7, on Docker Hub', '2020-12-07', 'ADD file:b3ebbe8bd3047237 in / ', CENTOS, 'library/centos'],
  ['CentOS Stream, on Quay', '2024-03-05', 'ADD file:b3ebbe8bd3047237 in / ', CENTOS, 'quay.io/centos/centos'],
  ['Fedora by KIWI', '2025-11-05', 'KIWI 10.2.12', FEDORA, 'registry.fedoraproject.org/fedora:43'],
  ['openSUSE Leap', '2025-11-05', 'KIWI 10.2.12', LEAP, 'opensuse/leap:15.6'],
])('%s is named where it is published', (_, day, line, labels, base) => {
  const history = `
    ${day} 70MB ${line}
    ${day} - CMD ["/bin/bash"]
    2026-10-15 8MB COPY app /app # buildkit`;
  expect(summaryOf(classifyImage(listedImage({ history, labels }))).base).toContain(base);
});
