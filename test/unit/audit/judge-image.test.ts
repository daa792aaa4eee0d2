import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { judgeBy, judgeImage } from '../../../src/audit/judge-image.ts';
import { image } from '../../support/image-builder.ts';

const judge = judgeBy({
  policy: { goal: { kind: 'reduction', ratio: 0.9 }, rules: {} },
  teamKey: 'team',
  knowledge: knowledgeOf([]),
  knowledgeKey: '',
  today: '2026-11-28',
});

test('an image is judged without the statements that are no JSON objects', () => {
  const { digest, body, config } = image({
    layers: ['base', 'app'],
    history: [
      { created_by: 'ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit' },
      { created_by: 'CMD ["/bin/sh"]', empty_layer: true },
      { created_by: 'COPY app / # buildkit' },
    ],
  });
  const materials = [{ uri: 'pkg:docker/alpine@3.20', digest: { sha256: 'a'.repeat(64) } }];
  const judged = (...provenance: readonly string[]) =>
    judgeImage(
      {
        manifestId: 1,
        digest,
        platform: 'linux/amd64',
        manifest: body,
        config: config.body,
        indexes: [],
        provenance: provenance.map((statement) => Buffer.from(statement)),
        bases: [],
        readLayers: [],
        basesKey: '',
      },
      judge,
    );
  const statement = JSON.stringify({ predicate: { materials } });
  const alone = judged(statement);
  expect(alone.base).not.toEqual(judged().base);
  expect(judged('{"a":1}\n{"b":2}', statement, '[]')).toEqual(alone);
});
