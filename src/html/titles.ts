/** The heading for a column, or the title for a kind of report: `Pull size` for `compressed_bytes`. */
export function titleOf(name: string): string {
  const words =
    TITLES[name] ??
    name
      .replace(/_bytes$/, '')
      .replace(/_at$/, '')
      .replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const TITLES: Readonly<Record<string, string>> = {
  compressed_bytes: 'pull size',
  layer_count: 'layers',
  base_confidence: 'confidence',
  base_logical_bytes: 'base, logical',
  app_logical_bytes: 'app, logical',
  base_bytes: 'base size',
  distro_version: 'release',
  growth_percent: 'growth %',
  change_percent: 'change %',
  saved_percent: 'saved %',
  goal_percent: 'progress to goal',
  progress_percent: 'progress to goal',
  progress_change: 'change in points',
  left_bytes: 'left to goal',
  findings_error: 'error findings',
  findings_warn: 'warning findings',
  monthly_cost: 'cost per month',
  guide_min_percent: 'guide, from',
  guide_max_percent: 'guide, up to',
  estimated_min_percent: 'estimated, from',
  estimated_max_percent: 'estimated, up to',
  achieved_percent: 'achieved',
  estimated_min_bytes: 'estimated, from',
  estimated_max_bytes: 'estimated, up to',
  step_bytes: 'growth of the step',
  savings_max_bytes: 'savings up to',
  savings_min_bytes: 'savings from',
  distro_eol: 'end of life',
  after_min_bytes: 'size after, from',
  after_max_bytes: 'size after, up to',
  max_bytes: 'saves up to',
  p90_bytes: '90th percentile',
  freed_bytes: 'frees',
  id: 'audit',
  bases: 'base images',
};
