import { techniqueTitle } from '../../advise/technique.ts';
import { sum } from '../../common/sum.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { ruleTitle } from '../../policy/rule-registry.ts';
import type { Cell } from '../../report/report.ts';
import { recordsOf } from '../../report/report-page.ts';
import { UNOWNED } from '../../store/team-store.ts';
import type { RuleCount } from '../../store/totals/summary-store.ts';
import { countOf } from '../format.ts';
import { type LinkOf, link } from '../links.ts';
import { type Content, html, type Markup } from '../markup.ts';
import type { Overview } from './read-overview.ts';

/** At most this many lines of each sort; the page's sections have the full lists. */
const MOST_OF_A_SORT = 2;

/** A list of what deserves attention most, worst first, one line each, with links. */
export function nextSteps(overview: Overview, links: LinkOf): Markup {
  const lines = [
    ...unreadItems(overview, links),
    ...failedDelivery(overview, links),
    ...noImages(overview),
    ...errorFindings(overview, links),
    ...costliestFinding(overview, links),
    ...grownRepositories(overview, links),
    ...savings(overview, links),
    ...unownedRepositories(overview, links),
  ];
  if (lines.length === 0) return html`<p class="empty">Nothing needs attention.</p>`;
  return html`<ul class="next">${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

/** What was not read comes first: all figures lack it. */
function unreadItems({ audits }: Overview, links: LinkOf): readonly Markup[] {
  const failed = sum(audits.map(({ items_failed }) => items_failed));
  if (failed === 0) return [];
  return [
    html`${link(countOf(failed, 'item'), links('page', { page: 'errors' }))} could not be read: the figures are incomplete.`,
  ];
}

function failedDelivery({ audits }: Overview, links: LinkOf): readonly Markup[] {
  if (!audits.some(({ delivery_failed }) => delivery_failed)) return [];
  return [
    html`A report or message of the newest audit could not be ${link('delivered', links('page', { page: 'errors' }))}.`,
  ];
}

/** An empty registry, or one whose images are all left out, is more often a mistake than not. */
function noImages({ audits, totals }: Overview): readonly Markup[] {
  const hasFailed = audits.some(({ items_failed }) => items_failed > 0);
  if (totals.images > 0 || hasFailed) return [];
  return [
    html`No image was found: check which repositories the credentials may list, and <code>include</code> and <code>tags</code> in the settings.`,
  ];
}

function errorFindings({ rules }: Overview, links: LinkOf): readonly Markup[] {
  return rules
    .filter(({ severity }) => severity === 'error')
    .slice(0, MOST_OF_A_SORT)
    .map((rule) => html`<span class="badge error">error</span> ${findingOf(rule, links)}`);
}

function findingOf({ rule, images }: RuleCount, links: LinkOf): Markup {
  const title = ruleTitle(rule);
  return html`${link(rule, links('rule', { rule }))} in ${countOf(images, 'image')}${title ? `: ${title}` : ''}.`;
}

/** What to mend everywhere first; errors have lines of their own. */
function costliestFinding({ rules }: Overview, links: LinkOf): readonly Markup[] {
  const bytesOf = ({ severity, maxBytes }: RuleCount): number => (severity === 'error' ? 0 : (maxBytes ?? 0));
  const [first] = rules.toSorted((a, b) => bytesOf(b) - bytesOf(a));
  if (!first || bytesOf(first) === 0) return [];
  return [
    html`${findingOf(first, links)} Fixing it everywhere saves up to <b>${humanBytes(bytesOf(first))}</b>, added up image by image.`,
  ];
}

function grownRepositories({ growth }: Overview, links: LinkOf): readonly Markup[] {
  return growth.slice(0, MOST_OF_A_SORT).map(({ repository, build }) => {
    const { name, registry = null, team } = repository;
    const repositoryLink = link(String(name), links('repository', { repository: name ?? null, registry }));
    const grew = html`${repositoryLink}${ownedBy(team, links)} grew by <b>${humanBytes(Number(repository.change_bytes))}</b> in the last seven days`;
    if (!build || build.step === null) return html`${grew}.`;
    const change = link(String(build.tag), links('change_bytes', build));
    return html`${grew}; its build ${change} grew most, by ${humanBytes(Number(build.change_bytes))}, mainly in step ${String(build.step)}${instructionOf(build.instruction)}.`;
  });
}

/** Whose it is, for those who read what to do: ` (team payments)`. */
function ownedBy(team: Cell | undefined, links: LinkOf): Content {
  if (typeof team !== 'string') return null;
  return team === UNOWNED ? ` (${UNOWNED})` : html` (team ${link(team, links('team', { team }))})`;
}

const LONGEST_INSTRUCTION = 60;

function instructionOf(text: unknown): Content {
  if (typeof text !== 'string') return null;
  return html` <code>${text.length > LONGEST_INSTRUCTION ? `${text.slice(0, LONGEST_INSTRUCTION)}…` : text}</code>`;
}

function savings({ steps }: Overview, links: LinkOf): readonly Markup[] {
  return steps.slice(0, MOST_OF_A_SORT).map((step) => {
    const { digest, repository, tag, team, technique, gainBytes, bytes, base } = step;
    const towards = base === null ? '' : ` (${base})`;
    return html`${link(`${repository}:${tag}`, links('digest', { digest }))}${ownedBy(team, links)} could shrink by about <b>${humanBytes(gainBytes)}</b> of ${humanBytes(bytes)}: ${techniqueTitle(technique)}${towards}.`;
  });
}

/** Repositories without an owner: nobody will make them smaller. */
function unownedRepositories({ teams }: Overview, links: LinkOf): readonly Markup[] {
  const row = recordsOf(teams).find(({ team }) => team === UNOWNED);
  if (!row) return [];
  if (teams.rows.length === 1)
    return [
      html`No repository has a team yet: name teams and their repositories under <code>teams</code> in the settings.`,
    ];
  const repositories = countOf(Number(row.repositories), 'repository');
  return [
    html`No team owns ${link(repositories, links('team', { team: UNOWNED }))} (${humanBytes(Number(row.stored_bytes))} stored): assign a team under <code>teams</code> in the settings.`,
  ];
}
