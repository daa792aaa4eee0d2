import { regressions } from '../../report/kinds/regressions.ts';
import type { Column } from '../../report/report.ts';
import { LAYER } from '../layer-columns.ts';

const hidden = { detail: true } as const;

/** The columns of the overview's table of findings by rule. */
export const RULE_COLUMNS: readonly Column[] = [
  { name: 'severity', type: 'text', description: 'The severity that the policy sets for the rule.' },
  { name: 'rule', type: 'text', description: 'The rule.' },
  { name: 'what', type: 'text', description: 'What it finds.' },
  { name: 'images', type: 'integer', description: 'How many images trip it.' },
  {
    name: 'max_bytes',
    type: 'bytes',
    description: 'The most that fixing it everywhere saves, added up image by image.',
  },
];

/** The columns of the table of repositories that grew; BUILD_COLUMNS follow. */
export const GROWTH_COLUMNS: readonly Column[] = [
  { name: 'registry', type: 'text', description: 'The host of the registry.', ...hidden },
  { name: 'repository', type: 'text', description: 'The repository.' },
  { name: 'growth_bytes', type: 'bytes', description: 'The change of the stored bytes in the last seven days.' },
  { name: 'stored_bytes', type: 'bytes', description: 'The bytes that the repository stores now.' },
];

const BUILD: readonly string[] = [
  'tag',
  'previous_tag',
  'change_bytes',
  'step_bytes',
  'instruction',
  'digest',
  'previous_digest',
];

/** The columns of `report regressions` that describe a build that grew. */
export const BUILD_COLUMNS: readonly Column[] = regressions.columns.filter(({ name }) => BUILD.includes(name));

/** The columns of the table of the biggest layers. */
export const LAYER_COLUMNS: readonly Column[] = [
  LAYER.bytes,
  LAYER.class,
  LAYER.instruction,
  { name: 'images', type: 'integer', description: 'How many images have this layer.' },
  { name: 'repositories', type: 'integer', description: 'How many repositories have this layer.' },
  { name: 'example_repository', type: 'text', description: 'The first repository, by name, that has this layer.' },
  { name: 'registry', type: 'text', description: 'The host of its registry.', ...hidden },
  { ...LAYER.digest, ...hidden },
];

/** The columns of the table of the steps of advice that save most. */
export const STEP_COLUMNS: readonly Column[] = [
  { name: 'registry', type: 'text', description: 'The host of the registry.', ...hidden },
  { name: 'repository', type: 'text', description: 'The repository.' },
  { name: 'tag', type: 'text', description: 'The first tag, by name, of the image in which the technique saves most.' },
  { name: 'team', type: 'text', description: 'The owner of the repository.' },
  { name: 'digest', type: 'digest', description: 'The manifest of the image.', ...hidden },
  { name: 'compressed_bytes', type: 'bytes', description: 'The current pull size.' },
  { name: 'technique', type: 'text', description: 'The technique to apply.' },
  { name: 'base', type: 'text', description: 'The base image to switch to, if one is known.' },
  {
    name: 'gain_bytes',
    type: 'bytes',
    description: 'What the step adds to the savings in that image: the middle of the projected range.',
  },
  {
    name: 'images',
    type: 'integer',
    description: 'How many current builds of the repository the technique would make smaller.',
  },
  { name: 'after_max_bytes', type: 'bytes', description: 'The largest projected pull size after the step.' },
  {
    name: 'basis',
    type: 'text',
    description: '`measured` from real sizes, or `estimate` from the ranges of the guide.',
  },
];
