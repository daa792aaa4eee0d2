/** What fits a screen, where a kind of report has more; the CSV has all columns. */
export const SCREEN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  images: [
    'repository',
    'tag',
    'platform',
    'team',
    'compressed_bytes',
    'base_image',
    'base_confidence',
    'distro',
    'distro_version',
    'runtime',
    'savings_max_bytes',
    'slim_score',
    'exclusive_bytes',
    'layer_count',
  ],
};
