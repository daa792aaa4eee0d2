/** The order in which a page shows a report, where its own is another. */
export const SCREEN_SORTS: Readonly<Record<string, string>> = { images: '-compressed_bytes' };

/** What fits a screen, where a kind of report has more; the CSV has all columns. */
export const SCREEN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  findings: ['severity', 'rule', 'repository', 'tag', 'platform', 'team', 'message', 'layer', 'images', 'max_bytes'],
  regressions: [
    'repository',
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
    'repository',
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
