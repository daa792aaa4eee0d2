import type { Column } from '../report/report.ts';

/** The columns that all tables of layers have. */
export const LAYER = {
  bytes: { name: 'bytes', type: 'bytes', description: 'The compressed size, as transferred.' },
  class: {
    name: 'class',
    type: 'text',
    description: 'The kind of content, such as `os-packages` or `dependencies`.',
  },
  instruction: { name: 'instruction', type: 'text', description: 'The instruction that made it, secrets replaced.' },
  digest: { name: 'digest', type: 'digest', description: 'The digest of the layer.' },
} as const satisfies Readonly<Record<string, Column>>;
