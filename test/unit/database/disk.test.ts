import { describe, expect, test } from 'vitest';
import { unwritable } from '../../../src/database/disk.ts';

describe('a file of the embedded database that cannot be written', () => {
  test.each([
    ['EACCES', 'settings', 'cannot write /data/lock (EACCES): check who owns it, '],
    ['EROFS', 'settings', 'cannot write /data/lock (EROFS): check how its file system is mounted, '],
    ['EEXIST', 'settings', 'cannot write /data/lock (EEXIST): check that it is a folder, '],
    ['ENOTDIR', 'settings', 'cannot write /data/lock (ENOTDIR): check that it is in a folder, '],
    ['ENOSPC', 'store-unavailable', 'cannot write /data/lock; free space on its disk'],
  ])('says for %s what to look at', (code, kind, message) => {
    const error = unwritable('/data/lock', Object.assign(new Error('refused'), { code }));
    expect(error).toMatchObject({ code: kind, message: expect.stringContaining(message) });
  });
});
