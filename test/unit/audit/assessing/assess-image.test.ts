import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../../src/advise/alternatives.ts';
import { assessImage } from '../../../../src/audit/assessing/assess-image.ts';
import type { Criteria } from '../../../../src/audit/assessing/criteria.ts';
import { image } from '../../../support/image-builder.ts';

const criteria: Criteria = {
  policy: { goal: { kind: 'reduction', ratio: 0.9 }, rules: {} },
  teamKey: 'team',
  knowledge: knowledgeOf([]),
  today: '2026-11-28',
  rulesKey: '',
};

test('statements that are no JSON objects are ignored', () => {
  const { digest, body, config } = image({
    layers: ['base', 'app'],
    history: [
      { created_by: 'ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit' },
      { created_by: 'CMD ["/bin/sh"]', empty_layer: true },
      { created_by: 'COPY app / # buildkit' },
    ],
  });
  const materials = [{ uri: 'pkg:docker/alpine@3.20', digest: { sha256: 'a'.repeat(64) } }];
  const assessed = (...provenance: readonly string[]) =>
    assessImage(
      {
        manifestId: 1,
        digest,
        manifest: body,
        config: config.body,
        indexes: [],
        provenance: provenance.map((statement) => Buffer.from(statement)),
        bases: [],
        readLayers: [],
        basesKey: '',
      },
      criteria,
    );
  const statement = JSON.stringify({ predicate: { materials } });
  const alone = assessed(statement);
  expect(alone.base).not.toEqual(assessed().base);
  expect(assessed('{"a":1}\n{"b":2}', statement, '[]')).toEqual(alone);
});
