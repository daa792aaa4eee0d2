import { Pool } from 'undici';

/**
 * The baseline of the ratios: a plain loop over a pool of connections. It lists a registry, reads each tag's manifest,
 * and reads the contents that the manifest names (the linux/amd64 child, the config) once per digest. It neither stores
 * nor verifies anything.
 * Usage: bare-loop URL LANES; prints `{"tags":…,"requests":…}`.
 */
const [url = '', lanes = '32'] = process.argv.slice(2);
const pool = new Pool(url, { connections: Number(lanes), pipelining: 1 });
const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

interface Manifest {
  readonly config?: { readonly digest: string };
  readonly manifests?: readonly { digest: string; platform?: { os: string; architecture: string } }[];
}

type Task = () => Promise<void>;
const tasks: Task[] = [];
const seen = new Set<string>();
let tags = 0;
let requests = 0;

async function get(path: string): Promise<{ body: string; next: string | undefined; digest: string | undefined }> {
  requests++;
  const { body, headers } = await pool.request({ path, method: 'GET', headers: { accept } });
  const next = /<([^>]+)>/.exec(String(headers.link ?? ''))?.[1];
  return { body: await body.text(), next, digest: headers['docker-content-digest']?.toString() };
}

async function listRepositories(path: string): Promise<void> {
  const { body, next } = await get(path);
  if (next) tasks.push(() => listRepositories(next));
  for (const name of (JSON.parse(body) as { repositories: string[] }).repositories) {
    tasks.push(() => listTags(name, `/v2/${name}/tags/list?n=1000`));
  }
}

async function listTags(repository: string, path: string): Promise<void> {
  const { body, next } = await get(path);
  if (next) tasks.push(() => listTags(repository, next));
  for (const tag of (JSON.parse(body) as { tags: string[] }).tags) tasks.push(() => readTag(repository, tag));
}

async function readTag(repository: string, tag: string): Promise<void> {
  tags++;
  const { body, digest } = await get(`/v2/${repository}/manifests/${tag}`);
  if (digest !== undefined && isNew(digest)) await readContent(repository, JSON.parse(body) as Manifest);
}

async function readContent(repository: string, { manifests, config }: Manifest): Promise<void> {
  const child = manifests?.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64');
  if (child && isNew(child.digest)) {
    const { body } = await get(`/v2/${repository}/manifests/${child.digest}`);
    await readContent(repository, JSON.parse(body) as Manifest);
  }
  if (config && isNew(config.digest)) JSON.parse((await get(`/v2/${repository}/blobs/${config.digest}`)).body);
}

function isNew(digest: string): boolean {
  if (seen.has(digest)) return false;
  seen.add(digest);
  return true;
}

/** Runs tasks, the newest first: tags before repositories, so that the list of open tasks stays short. */
async function lane(): Promise<void> {
  for (let task = tasks.pop(); task; task = tasks.pop()) await task();
}

await listRepositories('/v2/_catalog?n=1000');
// A lane ends when it finds no task, although other lanes may still add some: then all lanes start again.
while (tasks.length > 0) await Promise.all(Array.from({ length: Number(lanes) }, lane));
await pool.close();
process.stdout.write(`${JSON.stringify({ tags, requests })}\n`);
