import { regressions } from '../../report/kinds/regressions.ts';
import type { Column } from '../../report/report.ts';

const hidden = { detail: true } as const;

/** The columns of the overview's table of findings by rule. */
export const RULE_COLUMNS: readonly Column[] = [
  { name: 'severity', type: 'text', description: 'As the policy has it.' },
  { name: 'rule', type: 'text', description: 'The rule.' },
  { name: 'what', type: 'text', description: 'What it finds.' },
  { name: 'images', type: 'integer', description: 'How many images trip it.' },
  { name: 'max_bytes', type: 'bytes', description: 'What mending it everywhere saves at most, images one by one.' },
];

/** The columns of the table of repositories that grew; BUILD_COLUMNS follow. */
export const GROWTH_COLUMNS: readonly Column[] = [
  { name: 'registry', type: 'text', description: 'The host of the registry.', ...hidden },
  { name: 'repository', type: 'text', description: 'The repository.' },
  { name: 'growth_bytes', type: 'bytes', description: 'Stored bytes against seven days before.' },
  { name: 'stored_bytes', type: 'bytes', description: 'What it stores now.' },
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
  { name: 'bytes', type: 'bytes', description: 'As it is transferred.' },
  { name: 'class', type: 'text', description: 'What made it.' },
  { name: 'instruction', type: 'text', description: 'The instruction that made it, secrets replaced.' },
  { name: 'images', type: 'integer', description: 'How many images hold it.' },
  { name: 'repositories', type: 'integer', description: 'In how many repositories.' },
  { name: 'example_repository', type: 'text', description: 'The first repository by name that holds it.' },
  { name: 'registry', type: 'text', description: 'The host of its registry.', ...hidden },
  { name: 'digest', type: 'digest', description: 'The digest of the layer.', ...hidden },
];

/** The columns of the table of the steps of advice that save most. */
export const STEP_COLUMNS: readonly Column[] = [
  { name: 'registry', type: 'text', description: 'The host of the registry.', ...hidden },
  { name: 'repository', type: 'text', description: 'The repository.' },
  { name: 'tag', type: 'text', description: 'The first tag by name that leads to the image that it gains most in.' },
  { name: 'team', type: 'text', description: 'The owner of the repository.' },
  { name: 'digest', type: 'digest', description: 'The manifest of the image.', ...hidden },
  { name: 'compressed_bytes', type: 'bytes', description: 'The pull size today.' },
  { name: 'technique', type: 'text', description: 'What to do.' },
  { name: 'base', type: 'text', description: 'The base image to move to, where one is known.' },
  {
    name: 'gain_bytes',
    type: 'bytes',
    description: 'What it adds to the savings of that image: the middle of the projected range.',
  },
  { name: 'images', type: 'integer', description: 'How many images of the repository it would make smaller.' },
  { name: 'after_max_bytes', type: 'bytes', description: 'The pull size then, at worst.' },
  {
    name: 'basis',
    type: 'text',
    description: '`measured` from real sizes, or `estimate` from the ranges of the guide.',
  },
];
