import { layerBar } from '../../html/charts/layer-bar.ts';
import { type Figure, figures } from '../../html/figures.ts';
import { count, countOf, moment, percentOf, share, supportUntil } from '../../html/format.ts';
import { dashboardLinks, link, noLinks, repositoryPath, teamLink } from '../../html/links.ts';
import { type Content, html, type Markup } from '../../html/markup.ts';
import { facts, type PageContent, section } from '../../html/page.ts';
import { recordTable } from '../../html/table.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import { bySeverity } from '../../policy/finding.ts';
import { pickColumns } from '../../report/kinds/kind.ts';
import { KINDS } from '../../report/kinds/kinds.ts';
import type { Column } from '../../report/report.ts';
import { type FormerPlace, type ImageDetail, imageName, type Place, placeName } from '../image-detail.ts';

/** An image's page: its sizes and layers, its base with the evidence, its findings, and what would make it smaller. */
export function imagePage(image: ImageDetail, today: string): PageContent {
  return {
    title: imageName(image),
    at: '/images',
    lead: html`${owner(image)}${image.platform} · <code>${image.digest}</code>`,
    body: html`${summary(image)}
<div class="grid">
${section('What would make it smaller', planTable(image), { wide: true, note: planNote(image) })}
${section('Layers', html`${layerBar(image.layers)}${layerTable(image)}`, { wide: true, note: 'In the order of the manifest, base first; the line marks where the base ends.' })}
${section('Base image', proof(image))}
${section('Properties', identity(image, today))}
${section('Findings', findingTable(image), { wide: true })}
${section('Tags', places(image), { wide: true })}
</div>`,
  };
}

function summary(image: ImageDetail): Markup {
  const { compressed_bytes: bytes, base_bytes: base, app_bytes: app } = image;
  const savings = image.savings_max_bytes ?? 0;
  const part = (name: string, of: number | null): Figure =>
    of === null ? { name, value: 'not known' } : { name, value: humanBytes(of), note: share(of, bytes) };
  return figures([
    { name: 'Pull size', value: humanBytes(bytes), note: countOf(image.layers.length, 'layer') },
    part('Base', base),
    part('Above the base', app),
    part('Could be saved, up to', savings),
    { name: 'Slim score', value: image.slim_score ?? 'not known', note: 'of 100' },
  ]);
}

const LAYER_COLUMNS: readonly Column[] = [
  { name: 'layer', type: 'integer', description: 'The number of the layer, counted from 1 at the base.' },
  ...pickColumns(KINDS.layers, ['bytes']),
  { name: 'share', type: 'percent', description: 'The share of the pull size.' },
  ...pickColumns(KINDS.layers, ['class', 'instruction']),
  { name: 'images', type: 'integer', description: 'How many stored images have this layer.' },
  ...pickColumns(KINDS.layers, ['digest']),
];

function layerTable({ layers, compressed_bytes: total }: ImageDetail): Markup {
  const records = layers.map((layer) => ({
    ...layer,
    layer: layer.position + 1,
    share: percentOf(layer.bytes, total),
  }));
  return recordTable(LAYER_COLUMNS, records, { label: 'Layers', links: noLinks });
}

function proof(image: ImageDetail): Markup {
  const { base_image: known } = image;
  const base =
    known === null
      ? `not known (${image.base_evidence ?? 'not assessed yet'})`
      : html`<a href="${dashboardLinks('base_image', { base_image: known })}">${known.replaceAll(';', ' = ')}</a>`;
  const chain =
    image.base_chain_id === null
      ? null
      : html`${firstLayers(image.base_layers ?? 0)} chain ID <code>${image.base_chain_id}</code>${
          image.base_names.length > 0 ? html`, as in ${image.base_names.join(', ')}` : null
        }`;
  return facts([
    ['Base image', base],
    ['Confidence', image.base_confidence],
    ['Evidence', image.base_evidence],
    ['Base digest', image.base_digest && html`<code>${image.base_digest}</code>`],
    [image.base_confidence === 'proven' ? 'Proof' : 'Its layers', chain],
    ['Multi-stage', image.multi_stage && `${image.multi_stage} (${image.multi_stage_evidence ?? ''})`],
  ]);
}

function firstLayers(layers: number): string {
  return layers === 1 ? 'the first layer has' : `the first ${count(layers)} layers have`;
}

function ifKnown<T>(value: T | null, show: (value: T) => string): string | null {
  return value === null ? null : show(value);
}

function identity(image: ImageDetail, today: string): Markup {
  const distro = [image.distro, image.distro_version].filter(Boolean).join(' ');
  const root = image.runs_as_root ? ', runs as root' : '';
  return facts([
    ['Distribution', distro && distro + (ifKnown(image.distro_eol, (day) => `, ${supportUntil(day, today)}`) ?? '')],
    ['Runtime', [image.runtime, image.runtime_version].filter(Boolean).join(' ')],
    ['Framework', image.framework],
    ['Variant', image.variant],
    ['Built by', image.build_tool],
    ['User', ifKnown(image.user, (user) => `${user || 'not set'}${root}`)],
    ['Created', ifKnown(image.created_at, moment)],
    ['Unpacked', ifKnown(image.uncompressed_bytes, humanBytes)],
    ['Wasted', ifKnown(image.wasted_bytes, humanBytes)],
  ]);
}

const FINDING_COLUMNS = pickColumns(KINDS.findings, 'severity rule message layer confidence max_bytes'.split(' '));

function findingTable({ findings }: ImageDetail): Markup {
  const records = findings.toSorted(bySeverity).map((finding) => ({
    ...finding,
    layer: finding.layer === null ? null : finding.layer + 1,
  }));
  return recordTable(FINDING_COLUMNS, records, {
    label: 'Findings',
    links: dashboardLinks,
    empty: 'It trips no rule.',
  });
}

const PLAN_COLUMNS = pickColumns(
  KINDS.advice,
  'step technique gain_bytes after_min_bytes after_max_bytes base basis'.split(' '),
);

function planNote({ plan, digest, platform, places: [first] }: ImageDetail): Content {
  if (plan.length === 0) return null;
  const note = 'The pull size after each step, with all earlier steps applied.';
  if (!first) return note;
  const { registry, repository, tag } = first;
  const reference = `${registry}/${repository}${tag === '' ? `@${digest}` : `:${tag}`}`;
  return html`${note} <code>slimboard advise ${reference} --platform ${platform}</code> says how, with a Dockerfile.`;
}

function planTable({ plan }: ImageDetail): Markup {
  const records = plan.map(({ technique, base, gain, after, basis }, index) => ({
    step: index + 1,
    technique,
    gain_bytes: gain,
    after_min_bytes: after.min,
    after_max_bytes: after.max,
    base,
    basis,
  }));
  return recordTable(PLAN_COLUMNS, records, {
    label: 'Slimming plan',
    links: noLinks,
    empty: 'No technique would make it smaller.',
  });
}

/** The repository and the team that the page's title is of. */
function owner({ places: [first], former_place: former }: ImageDetail): Content {
  const place = first ?? former;
  return place && html`${repositoryLink(place)} · ${teamLink(place.team)}<br>`;
}

function repositoryLink({ registry, repository }: Pick<Place, 'registry' | 'repository'>): Content {
  return link(`${registry}/${repository}`, repositoryPath(registry, repository));
}

function places(image: ImageDetail): Markup {
  if (image.places.length === 0)
    return html`<p class="empty">No tag points to this image any more${lastTag(image.former_place)}.</p>`;
  return html`<ul class="plain">${image.places.map(
    ({ registry, repository, tag, team }) =>
      html`<li>${repositoryLink({ registry, repository })}${tag === '' ? ' (untagged)' : `:${tag}`} · ${teamLink(team)}</li>`,
  )}</ul>
<form class="filters" action="/compare"><input type="hidden" name="new" value="${image.digest}">
<label>Compare with (REPOSITORY:TAG or digest)<input class="name" name="old" required></label><button>Compare</button></form>`;
}

function lastTag(former: FormerPlace | null): string {
  return former === null ? '' : `: ${placeName(former)} did until ${moment(former.ended_at)}`;
}
