import { advice } from '../../report/kinds/advice.ts';
import { findings } from '../../report/kinds/findings.ts';
import { pickColumns } from '../../report/kinds/kind.ts';
import { layers } from '../../report/kinds/layers.ts';
import { regressions } from '../../report/kinds/regressions.ts';
import { repositories } from '../../report/kinds/repositories.ts';
import { type Column, defineColumns } from '../../report/report.ts';

/** The columns of the overview's table of findings by rule. */
export const RULE_COLUMNS: readonly Column[] = [
  ...pickColumns(findings, ['severity', 'rule']),
  ...defineColumns({
    what: ['text', 'What it finds.'],
    images: ['integer', 'How many images trip it.'],
    max_bytes: ['bytes', 'The most that fixing it everywhere saves, added up image by image.'],
  }),
];

/** The columns of the table of repositories that grew, each with the build that grew most. */
export const GROWTH_COLUMNS: readonly Column[] = [
  ...pickColumns(repositories, ['registry', 'repository', 'team']),
  { name: 'growth_bytes', type: 'bytes', description: 'The change of the stored bytes in the last seven days.' },
  { name: 'stored_bytes', type: 'bytes', description: 'The bytes that the repository stores now.' },
  ...pickColumns(regressions, ['tag', 'previous_tag', 'change_bytes', 'step_bytes', 'instruction']),
];

/** The columns of the table of the biggest layers. */
export const LAYER_COLUMNS: readonly Column[] = [
  ...pickColumns(layers, ['bytes', 'class', 'instruction', 'images', 'repositories', 'example_repository']),
  ...pickColumns(repositories, ['registry']),
];

/** The columns of the table of the steps of advice that save most. */
export const STEP_COLUMNS: readonly Column[] = [
  ...pickColumns(advice, ['registry', 'repository']),
  { name: 'tag', type: 'text', description: 'The first tag, by name, of the image in which the technique saves most.' },
  ...pickColumns(advice, ['team', 'compressed_bytes', 'technique', 'base', 'gain_bytes']),
  ...defineColumns({
    images: ['integer', 'How many current builds of the repository the technique would make smaller.'],
  }),
  ...pickColumns(advice, ['after_max_bytes', 'basis']),
];
