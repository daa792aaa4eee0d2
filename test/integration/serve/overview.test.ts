import { describe, expect, test } from 'vitest';
import { DeliveryError } from '../../../src/errors.ts';
import type { OciSource } from '../../../src/settings/settings.ts';
import { auditRegistry, auditSources, defaultSettings } from '../../support/audits.ts';
import { pageText } from '../../support/dashboard.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { useRegistry } from '../../support/use-registry.ts';

describe.each(BACKENDS)('the overview over $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();

  /** The text of the overview, or of another page. */
  const textOf = async (path = '/'): Promise<string> =>
    (await pageText(db, path)).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

  test('tells of a repository whose tags could not be listed, which no count of tags includes', async () => {
    registry.push('web/app', '1.0', image({ layers: ['app'] }));
    registry.push('web/secret', '1.0', image({ layers: ['secret'] }));
    registry.fault({ path: /web\/secret\/tags/ }, (_, response) => response.writeHead(403).end('{}'));
    await auditRegistry(db, registry);
    const text = await textOf();
    expect(text).toContain('1 of 1 tag audited · 1 other item failed');
    expect(text).toContain('What to do next 1 item could not be read: the figures are incomplete.');
  });

  test('counts what could not be read as the list of errors does: once, also of two audits of one source', async () => {
    registry.push('web/app', '1.0', image({ layers: ['app'] }));
    registry.push('web/bad', '1.0', image({ layers: ['bad'] }));
    registry.fault({ path: /web\/bad\/manifests/ }, (_, response) => response.writeHead(403).end('{}'));
    const { sourceDefaults } = await defaultSettings();
    const [one, two] = ['one', 'two'].map(
      (name): OciSource => ({ ...sourceDefaults, kind: 'oci', name, registry: registry.host, dedup: 'registry' }),
    ) as [OciSource, OciSource];
    await auditSources(db, [one, two]);
    await auditSources(db, [one]);
    const text = await textOf();
    expect(text).toContain('reports cover 2 tags · 2 items failed');
    expect(text).toContain('What to do next 2 items could not be read');
  });

  test('does not call figures incomplete because a report could not be written', async () => {
    registry.push('web/app', '1.0', image({ layers: ['app'] }));
    const deliver = () => Promise.reject(new DeliveryError('no disk'));
    await auditRegistry(db, registry, { deliver });
    const text = await textOf();
    expect(text).toContain('1 of 1 tag audited');
    expect(text).not.toContain('item failed');
    expect(text).not.toContain('could not be read');
    expect(text).toContain('could not be delivered');
  });

  test('says of a registry without images what may be wrong, and of one audit that growth is not known yet', async () => {
    await auditRegistry(db, registry);
    const text = await textOf();
    expect(text).toContain('What to do next No image was found');
    expect(text).toContain('Not known yet: growth is measured between two audits');
    expect(text).toContain('Progress to the goal not known');
  });

  test('says how far all repositories are on the way to their goals', async () => {
    const goals = { policy: { goal: { kind: 'reduction', ratio: 0.5 } as const } };
    registry.push('web/app', 'latest', image({ layers: ['x'.repeat(50_000), 'y'.repeat(50_000)] }));
    registry.push('web/api', 'latest', image({ layers: ['api'] }));
    await auditRegistry(db, registry, goals);
    expect(await textOf()).toContain('Progress to the goal 0.0 % reached by 0 of 2 repositories');
    registry.push('web/app', 'latest', image({ layers: ['x'] }));
    await auditRegistry(db, registry, goals);
    expect(await textOf()).toMatch(/Progress to the goal [1-9][\d.]* % reached by 1 of 2 repositories/);
    for (const path of ['/teams/unowned', '/repository?name=web/app'])
      expect(await textOf(path)).toMatch(/Progress to the goal [1-9][\d.]* %/);
  });
});
