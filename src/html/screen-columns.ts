/** The order in which a page shows a report, where its own is another. */
export const SCREEN_SORTS: Readonly<Record<string, string>> = { images: '-compressed_bytes' };

/** Where an image is; of the first two a table shows those that differ between its rows. */
const PLACE = ['source', 'registry', 'repository'] as const;

/** What fits a screen, where a kind of report has more; the CSV has all columns. */
export const SCREEN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  findings: ['severity', 'rule', ...PLACE, 'tag', 'platform', 'team', 'message', 'layer', 'images', 'max_bytes'],
  regressions: [
    ...PLACE,
    'tag',
    'previous_tag',
    'change_bytes',
    'change_percent',
    'step',
    'step_bytes',
    'instruction',
    'compressed_bytes',
    'created_at',
    'team',
  ],
  images: [
    ...PLACE,
    'tag',
    'platform',
    'team',
    'compressed_bytes',
    'savings_max_bytes',
    'slim_score',
    'base_image',
    'base_confidence',
    'distro',
    'distro_version',
    'runtime',
    'exclusive_bytes',
    'layer_count',
  ],
};
