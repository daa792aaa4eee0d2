import { describe, expect, test } from 'vitest';
import { pageText } from '../../support/dashboard.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-24T02:00:00Z';

/** Stored advice of one step. */
const advised = (technique: string, gain: number) => ({
  techniques: JSON.stringify([{ technique, gain, projection: { after: { min: 1, max: 2 }, basis: 'measured' } }]),
});

describe.each(BACKENDS)('what would save most, over $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  test('is what would still save: of each line of tags the newest build counts', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    const push = async (tag: string, createdAt: string | undefined, technique: string, gain: number) => {
      const assessment = advised(technique, gain);
      const image = { name: tag, layers: [[tag, 1_000]] as const, assessment, ...(createdAt && { createdAt }) };
      await inventory.tag(repository, tag, await inventory.image(image), AT);
    };
    await push('1.0', '2026-01-01T00:00:00Z', 'slim-base', 900);
    await push('2.0', '2026-02-01T00:00:00Z', 'multi-stage', 10);
    await push('1.0-alpine', '2026-01-01T00:00:00Z', 'alpine-base', 20);
    await push('jib-1', undefined, 'distroless-base', 30);
    await push('jib-2', undefined, 'scratch-base', 40);
    await inventory.audit(source, AT);
    const { steps } = JSON.parse(await pageText(db, '/api/v1/overview')) as { steps: { tag: string }[] };
    expect(steps.map(({ tag }) => tag)).toEqual(['jib-2', 'jib-1', '1.0-alpine', '2.0']);
    for (const path of ['/teams/shop', '/repository?name=shop/app']) {
      const page = await pageText(db, path);
      const section = page.slice(page.indexOf('What would save most'), page.indexOf('Builds that grew'));
      expect([...section.matchAll(/>([^<]+)<\/a><\/td><td[^>]*>linux/g)].map(([, tag]) => tag)).toEqual([
        'jib-2',
        'jib-1',
        '1.0-alpine',
        '2.0',
      ]);
    }
  });

  test('is found behind any number of repositories whose newest builds took the advice', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const image = (name: string, createdAt: string, assessment: ReturnType<typeof advised>) =>
      inventory.image({ name, layers: [[name, 1_000]], createdAt, assessment });
    const heavy = await image('heavy', '2026-01-01T00:00:00Z', advised('slim-base', 900));
    const slim = await image('slim', '2026-02-01T00:00:00Z', { techniques: '[]' });
    for (let number = 0; number < 201; number++) {
      const repository = await inventory.repository(source, `shop/done-${number}`, 'shop', AT);
      await inventory.tag(repository, '1.0', heavy, AT);
      await inventory.tag(repository, '2.0', slim, AT);
    }
    const left = await inventory.repository(source, 'shop/left', 'shop', AT);
    await inventory.tag(left, '1.0', await image('left', '2026-01-01T00:00:00Z', advised('slim-base', 10)), AT);
    await inventory.audit(source, AT);
    const { steps } = JSON.parse(await pageText(db, '/api/v1/overview')) as { steps: { repository: string }[] };
    expect(steps).toMatchObject([{ repository: 'shop/left', gain_bytes: 10 }]);
    const page = await pageText(db, '/teams/shop');
    expect(page.slice(page.indexOf('What would save most'), page.indexOf('Builds that grew'))).toContain('shop/left');
  });

  test('is found where an image is the newest build, though it is an older one of another repository', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const [dev, prod] = await Promise.all(
      ['dev/app', 'prod/app'].map((name) => inventory.repository(source, name, 'shop', AT)),
    );
    const promoted = await inventory.image({
      name: 'promoted',
      layers: [['promoted', 1_000]],
      createdAt: '2026-01-01T00:00:00Z',
      assessment: advised('slim-base', 900),
    });
    const next = { name: 'next', layers: [['next', 1]] as const, createdAt: '2026-02-01T00:00:00Z' };
    for (const repository of [dev ?? 0, prod ?? 0]) await inventory.tag(repository, '1.0', promoted, AT);
    await inventory.tag(dev ?? 0, '2.0', await inventory.image({ ...next, assessment: { techniques: '[]' } }), AT);
    await inventory.audit(source, AT);
    const { steps } = JSON.parse(await pageText(db, '/api/v1/overview')) as { steps: { repository: string }[] };
    expect(steps).toMatchObject([{ repository: 'prod/app', tag: '1.0', images: 1 }]);
  });

  test('says of the newest builds alone that nothing would make them smaller', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    for (const [tag, assessment] of [
      ['1.0', advised('slim-base', 900)],
      ['2.0', { techniques: '[]' }],
    ] as const) {
      const createdAt = tag === '1.0' ? '2026-01-01T00:00:00Z' : '2026-02-01T00:00:00Z';
      await inventory.tag(
        repository,
        tag,
        await inventory.image({ name: tag, layers: [[tag, 1]], assessment, createdAt }),
        AT,
      );
    }
    await inventory.audit(source, AT);
    const page = await pageText(db, '/teams/shop');
    expect(page).toContain('No technique would make one of the newest builds smaller.');
    expect(page).not.toContain('no technique would make an image smaller');
  });
});
