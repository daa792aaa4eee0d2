import { groupBy } from '../../common/group-by.ts';
import { sum } from '../../common/sum.ts';
import { type MapNode, treemapChart } from '../charts/treemap.ts';
import { countOf } from '../format.ts';
import type { LinkOf } from '../links.ts';
import { html, type Markup } from '../markup.ts';
import type { ByteMap, MapRepository, OtherRepositories } from './read-map.ts';

/** A treemap of the stored bytes, by registry, team, repository and image. */
export function mapSection({ repositories, others }: ByteMap, links: LinkOf): Markup {
  if (repositories.length === 0) return html`<p class="empty">Nothing to show.</p>`;
  const all = [
    ...repositories.map((repository) => ({ ...repository, node: repositoryNode(repository, links) })),
    ...others.map((rest) => ({ ...rest, node: othersNode(rest) })),
  ];
  const root: MapNode = {
    name: 'all',
    children: [...groupBy(all, ({ registry }) => registry)].map(([name, inRegistry]) => ({
      name,
      children: [...groupBy(inRegistry, ({ team }) => team)].map(([team, own]) => ({
        name: team,
        href: links('team', { team }),
        children: own.map(({ node }) => node),
      })),
    })),
  };
  const count = repositories.length + sum(others.map((rest) => rest.repositories));
  return treemapChart(root, `Stored bytes of ${countOf(count, 'repository')}`);
}

function repositoryNode(repository: MapRepository, links: LinkOf): MapNode {
  const { repository: name, registry, storedBytes, images, imageCount } = repository;
  const node = { name, href: links('repository', { repository: name, registry }) };
  if (images.length === 0) return { ...node, bytes: storedBytes };
  const children = images.map(
    ({ tag, digest, addedBytes }): MapNode => ({ name: tag, bytes: addedBytes, href: links('digest', { digest }) }),
  );
  const rest = storedBytes - sum(images.map(({ addedBytes }) => addedBytes));
  const others = Math.max(imageCount - images.length, 0);
  if (rest > 0) children.push({ name: restName(others), bytes: rest, others: Math.max(others, 1) });
  return { ...node, children };
}

/** The name for what a repository stores beside the images shown; configs and untagged images are stored, too. */
function restName(images: number): string {
  return images > 0 ? countOf(images, 'other image') : 'configs and untagged images';
}

function othersNode({ namespace, repositories, storedBytes }: OtherRepositories): MapNode {
  const name = countOf(repositories, 'other repository');
  return namespace === null
    ? { name, bytes: storedBytes, others: repositories }
    : { name: `${namespace}: ${name}`, bytes: storedBytes };
}
