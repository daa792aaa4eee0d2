import type { NavigationEntry } from '../../html/page.ts';

/** The dashboard's pages, in the order of the navigation. */
export const NAVIGATION: readonly NavigationEntry[] = [
  { title: 'Overview', href: '/' },
  { title: 'Leaderboard', href: '/leaderboard' },
  { title: 'Teams', href: '/teams' },
  { title: 'Repositories', href: '/repositories' },
  { title: 'Images', href: '/images' },
  { title: 'Base images', href: '/bases' },
  { title: 'Layers', href: '/layers' },
  { title: 'Findings', href: '/findings' },
  { title: 'Advice', href: '/advice' },
  { title: 'Goals', href: '/goals' },
  { title: 'Improvements', href: '/improvements' },
  { title: 'Regressions', href: '/regressions' },
  { title: 'Trends', href: '/trends' },
  { title: 'Reclaim', href: '/reclaim' },
  { title: 'Compare', href: '/compare' },
  { title: 'Errors', href: '/errors' },
  { title: 'Audits', href: '/audits' },
];
