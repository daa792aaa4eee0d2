import { expect, test } from 'vitest';
import { regressionIn } from '../../../src/report/kinds/regressions.ts';

const place = { source: 'night', registry: 'registry.example.com' };

test('a build belongs to a repository of the same name, registry and source; the first one is taken', () => {
  const builds = [
    { ...place, source: 'day', repository: 'api', tag: 'other source' },
    { ...place, registry: 'mirror.example.com', repository: 'api', tag: 'other registry' },
    { ...place, repository: 'web', tag: 'other repository' },
    { ...place, repository: 'api', tag: '2.0' },
    { ...place, repository: 'api', tag: '1.0' },
  ];
  expect(regressionIn(builds, place, 'api')).toMatchObject({ tag: '2.0' });
  expect(regressionIn(builds, place, 'none')).toBeUndefined();
});
