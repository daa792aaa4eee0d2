import { describe, expect, test } from 'vitest';
import { GroupWriter } from '../../../src/database/group-writer.ts';
import { StoreUnavailableError } from '../../../src/errors.ts';

/** A store whose writes end when they are told to. */
function openStore(fails: (items: readonly string[]) => Error | undefined = () => undefined) {
  const groups: string[][] = [];
  const pending: (() => void)[] = [];
  const writer = new GroupWriter<string>({
    maxWeight: 10,
    weigh: (item) => item.length,
    write: (items) => {
      groups.push([...items]);
      return new Promise((resolve, reject) => {
        const failure = fails(items);
        pending.push(failure ? () => reject(failure) : resolve);
      });
    },
  });
  /** Lets writes end until none is under way. */
  const settle = async (): Promise<void> => {
    for (let next = pending.shift(); next; next = pending.shift()) {
      next();
      await new Promise(setImmediate);
    }
  };
  return { writer, groups, settle };
}

const outcomes = async (writes: readonly Promise<void>[]) =>
  (await Promise.allSettled(writes)).map(({ status }) => status);

describe('GroupWriter', () => {
  test('items that arrive during a write are written together by the next', async () => {
    const { writer, groups, settle } = openStore();
    const writes = ['a', 'b', 'c'].map((item) => writer.write(item));
    await settle();
    await Promise.all(writes);
    expect(groups).toEqual([['a'], ['b', 'c']]);
  });

  test.each([
    ['fills it', 'yyyy'],
    ['is more than fits', 'yyyyyy'],
  ])('a group ends with the item that %s', async (_, last) => {
    const { writer, groups, settle } = openStore();
    const writes = ['a', 'xxxxxx', last, 'z'].map((item) => writer.write(item));
    await settle();
    await Promise.all(writes);
    expect(groups).toEqual([['a'], ['xxxxxx', last], ['z']]);
  });

  test('an item that cannot be written fails alone', async () => {
    const { writer, settle } = openStore((items) => (items.includes('bad') ? new Error('no') : undefined));
    const written = outcomes(['first', 'a', 'bad', 'b'].map((item) => writer.write(item)));
    await settle();
    expect(await written).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  test('an unavailable database fails the whole group without retrying each item', async () => {
    const { writer, groups, settle } = openStore(() => new StoreUnavailableError('away'));
    const written = outcomes(['a', 'b', 'c'].map((item) => writer.write(item)));
    await settle();
    expect(await written).toEqual(['rejected', 'rejected', 'rejected']);
    expect(groups).toEqual([['a'], ['b', 'c']]);
  });

  test("items that exceed the database's resources together are each written alone", async () => {
    const cause = Object.assign(new Error('out of memory'), { code: '53200' });
    const { writer, settle } = openStore((items) =>
      items.length > 1 || items.includes('bad') ? new StoreUnavailableError('refused', { cause }) : undefined,
    );
    const written = outcomes(['first', 'a', 'bad', 'b'].map((item) => writer.write(item)));
    await settle();
    expect(await written).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });
});
