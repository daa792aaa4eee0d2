import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import type { Severity } from '../../../src/policy/finding.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { leaderboard } from '../../../src/report/leaderboard.ts';
import { prune, removeSource } from '../../../src/store/retention-store.ts';
import { auditRegistry } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { BACKENDS, emptyTables, useEmptyDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { Inventory } from '../../support/inventory.ts';
import { startRegistry } from '../../support/registry-server.ts';
import { readRecords } from '../../support/report-records.ts';

const SOURCES = 3;
const REPOSITORIES = 2;
const IMAGES = 6;
const REPORTS = [KINDS.bases, ...(['base', 'distro'] as const).map((by) => leaderboard({ by, metric: 'stored' }))];

const judgements = fc.record({
  base_image: fc.constantFrom('library/debian:12', 'library/debian:12;team/java:17', null),
  base_confidence: fc.constantFrom('proven', 'inferred', null),
  base_layers: fc.nat({ max: 2 }),
  base_bytes: fc.nat({ max: 300 }),
  app_bytes: fc.nat({ max: 300 }),
  distro: fc.constantFrom('debian', null),
  distro_version: fc.constantFrom('11', '12', null),
  distro_eol: fc.constantFrom('2028-06-30', null),
  runtime: fc.constantFrom('node', 'python', null),
  savings_max_bytes: fc.nat({ max: 100 }),
  slim_score: fc.nat({ max: 100 }),
});
type Judgement = typeof judgements extends fc.Arbitrary<infer T> ? T : never;

/** What a tag names: an image, or an index of several. */
const contents = fc.uniqueArray(fc.nat({ max: IMAGES - 1 }), { minLength: 1, maxLength: 3 });
/** One thing that happens; audits of the sources that it concerns end it. */
const steps = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ tag: contents, source: fc.nat({ max: SOURCES - 1 }), repository: fc.nat({ max: 1 }) }),
  },
  { weight: 2, arbitrary: fc.record({ untag: fc.nat({ max: SOURCES - 1 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      judge: judgements,
      image: fc.nat({ max: IMAGES - 1 }),
      sources: fc.constant<readonly number[]>([0, 1, 2]),
    }),
  },
  { weight: 1, arbitrary: fc.record({ prune: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ remove: fc.nat({ max: SOURCES - 1 }) }) },
);
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

describe.each(BACKENDS)('sums of several sources on $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  /** Each report as it is read, and as computed from all images. */
  const readBoth = async () => {
    const read = async (filters: { repository?: string }) =>
      Promise.all(REPORTS.map((report) => readRecords(db, report, { filters })));
    return { added: await read({}), computed: await read({ repository: '**' }) };
  };

  test('are to the byte those of all images, whatever parts were audited, pruned or removed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(judgements, { minLength: IMAGES, maxLength: IMAGES }),
        fc.array(steps, { minLength: 3, maxLength: 5 }),
        async (judged, happened) => {
          await emptyTables(db);
          const fleet = await Fleet.create(db, judged);
          for (const step of happened) {
            await fleet.take(step);
            const { added, computed } = await readBoth();
            expect(added).toEqual(computed);
          }
        },
      ),
      { numRuns: 3 },
    );
  });

  test('are the same after an upgrade of the schema, before any audit', async () => {
    const judged = fc.sample(judgements, { numRuns: IMAGES, seed: 1 });
    const fleet = await Fleet.create(db, judged);
    for (const source of [0, 1, 2]) await fleet.take({ tag: [0, source, source + 2], source, repository: source % 2 });
    await db.transaction(async (tx) => {
      await tx.query('drop table source_image, source_combination');
      const statements = readFileSync('migrations/0027_judged_images.sql', 'utf8')
        .replace(/^\s*--.*$/gm, '')
        .split(/;$/m);
      for (const statement of statements) if (statement.trim() !== '') await tx.query(statement);
    });
    const { added, computed } = await readBoth();
    expect(added).toEqual(computed);
    expect(added[0]).not.toEqual([]);
  });

  test('are read without writing, also while an audit is running', async () => {
    const inventory = new Inventory(db);
    const id = await inventory.image({ name: 'cart', layers: [['layer', 10]] });
    for (const name of ['east', 'west']) {
      const source = await inventory.source(name);
      await inventory.tag(await inventory.repository(source, 'shop/cart', 'shop', AT), '1', id, AT);
      await inventory.audit(source, AT);
    }
    await db.query("update audit set status = 'running', finished_at = null where id = 1");
    await db.query('update source_base set tags = 40');
    await db.query('update source_group set tags = 40');
    const { added } = await readBoth();
    expect(added.map(([row]) => [row?.images, row?.tags])).toEqual(REPORTS.map(() => [1, 80]));
  });

  test('are those of the newest audits: what an audit has read so far, or a stopped one, does not count', async () => {
    const inventory = new Inventory(db);
    const registry = closedAfterTest(await startRegistry());
    registry.push('shop/cart', '1', image());
    for (const name of ['east', 'west']) await auditRegistry(db, registry, { source: { name } });
    const { added } = await readBoth();
    const repository = await inventory.repository(1, 'shop/new', 'shop', AT);
    await inventory.tag(repository, '1', await inventory.image({ name: 'new', layers: [['layer', 10]] }), AT);
    expect((await readBoth()).added).toEqual(added);
  });

  test('count an image in each group in which the last audits of the sources have it', async () => {
    const fleet = await Fleet.create(db, [{ ...OF_NODE, distro_version: '11' }]);
    for (const source of [0, 1]) await fleet.take({ tag: [0], source, repository: 0 });
    const judge = (judged: Judgement) => fleet.take({ judge: judged, image: 0, sources: [1] });
    await judge({ ...OF_NODE, base_image: 'library/debian:12;team/java:17', distro: null });
    const { added } = await readBoth();
    expect(added.map((rows) => rows.map(({ images, tags }) => [images, tags]))).toEqual(
      REPORTS.map(() => [
        [1, 1],
        [1, 1],
      ]),
    );
    // By a runtime, sums of bases and distributions are not grouped.
    await judge({ ...OF_NODE, distro_version: '11', runtime: 'python' });
    const again = await readBoth();
    expect(again.added.map((rows) => rows.map(({ images, tags }) => [images, tags]))).toEqual(
      REPORTS.map(() => [[1, 2]]),
    );
  });

  test("of one of them follow what another's audit assessed anew, although nothing else has changed", async () => {
    const registry = closedAfterTest(await startRegistry());
    registry.push('shop/cart', '1', image());
    const audit = (name: string, severity: Severity) =>
      auditRegistry(db, registry, { source: { name }, policy: { rules: { 'root-user': severity } } });
    const errors = async (name: string) => {
      const [row] = await readRecords(db, leaderboard({ by: 'base', metric: 'stored' }), { filters: { source: name } });
      return row?.findings_error;
    };
    for (const name of ['east', 'west', 'east', 'west']) await audit(name, 'warn');
    expect(await errors('west')).toBe(0);
    for (const name of ['east', 'west']) await audit(name, 'error');
    expect([await errors('east'), await errors('west')]).toEqual([1, 1]);
  });
});

const OF_NODE: Judgement = {
  base_image: 'library/debian:12',
  base_confidence: 'proven',
  base_layers: 1,
  base_bytes: 100,
  app_bytes: 100,
  distro: 'debian',
  distro_version: '12',
  distro_eol: null,
  runtime: 'node',
  savings_max_bytes: 0,
  slim_score: 50,
};

const AT = '2026-11-01T02:00:00Z';
const LATER = '2026-11-02T02:00:00Z';

/** Sources that hold some of the same images, also in repositories of the same name. */
class Fleet {
  readonly #db: Database;
  readonly #inventory: Inventory;
  readonly #judged: readonly Judgement[];
  /** Row ids by number, of those that are stored. */
  readonly #images = new Map<number, number>();
  readonly #sources: {
    readonly id: number;
    readonly name: string;
    readonly repositories: number[];
    readonly tags: number[];
  }[] = [];
  #count = 0;

  private constructor(db: Database, judged: readonly Judgement[]) {
    this.#db = db;
    this.#judged = judged;
    this.#inventory = new Inventory(db);
  }

  static async create(db: Database, judged: readonly Judgement[]): Promise<Fleet> {
    const fleet = new Fleet(db, judged);
    for (let number = 0; number < SOURCES; number++) {
      const name = `source ${number}`;
      const id = await fleet.#inventory.source(name, ['registry', 'repository', 'namespace'][number]);
      const repositories: number[] = [];
      for (let place = 0; place < REPOSITORIES; place++) {
        const team = (number + place) % 2 ? 'shop' : 'pay';
        repositories.push(await fleet.#inventory.repository(id, `shop/r${number % 2}${place}`, team, AT));
      }
      fleet.#sources.push({ id, name, repositories, tags: [] });
    }
    return fleet;
  }

  async take(step: Step): Promise<void> {
    if ('tag' in step) {
      const source = this.#sources[step.source];
      const ids: number[] = [];
      for (const number of step.tag) ids.push(await this.#image(number));
      const [only = 0, ...others] = ids;
      const name = `${++this.#count}`;
      const to = others.length === 0 ? only : await this.#inventory.index(`index ${name}`, [only, ...others]);
      const repository = source?.repositories[step.repository];
      if (repository !== undefined) source?.tags.push(await this.#inventory.tag(repository, name, to, AT));
      await this.#audit(source);
    }
    if ('untag' in step) {
      const source = this.#sources[step.untag];
      const tag = source?.tags.shift();
      if (tag !== undefined) await this.#inventory.endTag(tag, LATER);
      await this.#audit(source);
    }
    if ('judge' in step) {
      const columns = Object.keys(step.judge);
      await this.#db.query(
        `update assessment set ${columns.map((name, place) => `${name} = $${place + 2}`).join(', ')} where manifest_id = $1`,
        [this.#images.get(step.image) ?? 0, ...Object.values(step.judge)],
      );
      for (const number of step.sources) await this.#audit(this.#sources[number]);
    }
    if ('prune' in step) {
      const after = '2027-01-01T00:00:00Z';
      await prune(this.#db, { auditsBefore: after, contentBefore: after, signal: new AbortController().signal });
      const kept = await this.#db.query<{ id: number }>('select id from manifest');
      for (const [number, id] of this.#images) if (!kept.some((row) => row.id === id)) this.#images.delete(number);
    }
    if ('remove' in step) {
      const source = this.#sources[step.remove];
      if (source) await removeSource(this.#db, source.name);
      delete this.#sources[step.remove];
    }
  }

  async #image(number: number): Promise<number> {
    const known = this.#images.get(number);
    if (known !== undefined) return known;
    // Images share layers, and some have the same size.
    const layers = [number, number % 2, number % 3].map(
      (layer, place) => [`layer ${place} ${layer}`, 100 + (layer % 2)] as const,
    );
    const id = await this.#inventory.image({
      name: `image ${number}`,
      platform: `linux/v${number}`,
      layers,
      assessment: this.#judged[number] ?? {},
      findings: Array.from({ length: number % 3 }, () => ({
        rule: 'root-user',
        severity: number % 2 ? 'warn' : 'error',
      })),
    });
    this.#images.set(number, id);
    return id;
  }

  async #audit(source: { readonly id: number } | undefined): Promise<void> {
    if (source) await this.#inventory.audit(source.id, LATER);
  }
}
