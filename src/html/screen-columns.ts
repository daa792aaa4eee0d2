/** Kinds of report that a page sorts differently than other formats do. */
export const SCREEN_SORTS: Readonly<Record<string, string>> = { images: '-compressed_bytes' };

/** Where an image is; tables leave out source and registry when all rows have the same. */
const PLACE = 'source registry repository';

/** The columns that fit on a screen, what matters most first; kinds that are left out show theirs in order. The CSV has all. */
export const SCREEN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  layers: columns('bytes class instruction images tags repositories teams logical_bytes example_repository digest'),
  findings: columns(`severity rule ${PLACE} tag platform team message layer images max_bytes`),
  regressions: columns(
    `${PLACE} team tag previous_tag change_bytes change_percent step step_bytes instruction compressed_bytes created_at`,
  ),
  improvements: columns(
    `${PLACE} team tag previous_tag technique saved_bytes saved_percent previous_bytes compressed_bytes ` +
      'estimated_min_percent estimated_max_percent outcome built_at',
  ),
  images: columns(
    `${PLACE} tag platform team compressed_bytes savings_max_bytes slim_score base_image base_confidence distro ` +
      'distro_version runtime exclusive_bytes layer_count',
  ),
};

function columns(names: string): readonly string[] {
  return names.split(' ');
}
