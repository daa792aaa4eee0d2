import type { IncomingMessage } from 'node:http';
import { basic, json, refuse } from './registry-answers.ts';
import { body, redirect } from './registry-faults.ts';
import type { Fault, RegistryServer, RegistryServerOptions, TokenAuth } from './registry-server.ts';

/** How products answer, as their documentation, sources and threads say, on top of what a registry of the tests does. */
export interface Manner {
  readonly server: RegistryServerOptions;
  /** Names the repositories that an audit is told; absent: it reads the catalog. */
  readonly repositories?: readonly string[];
  /** Answers in other forms, by a part of the path, of which the first counts; any other request gets the usual answer. */
  readonly answers?: (server: RegistryServer) => Readonly<Record<string, Fault>>;
  /** How many requests list the tags of `team/app`. */
  readonly lists: number;
  /** How many requests for manifests a night without changes takes, by method. */
  readonly night: { readonly HEAD: number; readonly GET: number };
}

export const USERNAME = 'auditor';
export const PASSWORD = 'canary-5e1d';
/** The tags that each registry lists of `team/app`. It no longer has the third when it is asked for it. */
export const TAGS: readonly string[] = ['1.0', '1.1', 'gone', 'latest', 'signed'];

const TOKEN: TokenAuth = { kind: 'token', username: USERNAME, password: PASSWORD };
const BASIC = { kind: 'basic', username: USERNAME, password: PASSWORD } as const;
const NAMED = ['team/app', 'team/tool'];
/** One for each tag that is known and still there; and a GET for the one that is gone. */
const USUAL_NIGHT = { HEAD: 4, GET: 1 };

const LIST = '/v2/team/app/tags/list';
const GONE = '/v2/team/app/manifests/gone';

/** Answers only what comes with credentials; the rest gets the registry's challenge. */
function known(fault: Fault): Fault {
  return (request, response, next) => (request.headers.authorization ? fault(request, response, next) : next());
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URL(request.url ?? '', 'http://registry').searchParams;
}

/**
 * Lists tags two at a time.
 * @param link the Link header of a page that others follow, by its last tag
 */
function pages(link: (last: string) => string): Fault {
  return (request, response) => {
    const last = queryOf(request).get('last');
    const from = last === null ? 0 : TAGS.indexOf(last) + 1;
    const tags = TAGS.slice(from, from + 2);
    const next = from + 2 < TAGS.length ? link(tags.at(-1) ?? '') : undefined;
    if (next) response.setHeader('link', next);
    return json(response, 200, { name: 'team/app', tags });
  };
}

const relative = (last: string) => `<${LIST}?last=${last}&n=2>; rel="next"`;

/** A 404 for what comes with credentials. */
function missing(code: string, message: string): Fault {
  return known((_request, response) => json(response, 404, { errors: [{ code, message, detail: {} }] }));
}

const unknown = (message: string) => missing('MANIFEST_UNKNOWN', message);

/** Adds headers to the usual answer. */
function withHeaders(headers: Readonly<Record<string, string>>): Fault {
  return (_request, response, next) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    next();
  };
}

/** Refuses the usual size of a page. @param then answers any other request */
function refusingSize(status: number, code: string, then: Fault): Fault {
  return (request, response, next) => {
    if (queryOf(request).get('n') === '1000') return refuse(response, status, code);
    return then(request, response, next);
  };
}

const PAGE_404 = body('<!DOCTYPE html>\n<html lang="en"><title>404 - Repository Manager</title></html>', {}, 404);

/** The manners of registries, by product. */
export const MANNERS: Readonly<Record<string, Manner>> = {
  'Amazon ECR Public': {
    server: { auth: { kind: 'token', challengedScope: 'aws' }, redirectBlobs: true },
    repositories: NAMED,
    answers: ({ url }) => ({
      [LIST]: known((request, response) => {
        if (queryOf(request).has('last')) return refuse(response, 405, 'UNSUPPORTED');
        const at = Number(queryOf(request).get('next_token') ?? 0);
        if (at + 2 < TAGS.length) response.setHeader('link', `<${url}${LIST}?next_token=${at + 2}>; rel="next"`);
        response.setHeader('content-type', 'text/plain; charset=utf-8');
        return response.end(JSON.stringify({ name: 'team/app', tags: TAGS.slice(at, at + 2) }));
      }),
      [GONE]: unknown('Requested image not found'),
    }),
    lists: 3,
    night: USUAL_NIGHT,
  },
  Artifactory: {
    server: { auth: { ...TOKEN, expiresIn: 3_600 } },
    repositories: NAMED,
    answers: () => ({
      // Its pages continue at a number, and the address lacks the repository's key.
      [LIST]: known((request, response) => {
        const last = queryOf(request).get('last');
        if (last !== null && !/^\d+$/.test(last)) return refuse(response, 400, 'INVALID');
        const at = Number(last ?? 0);
        if (at + 2 < TAGS.length) response.setHeader('link', `</v2/app/tags/list?last=${at + 2}&n=2>; rel="next"`);
        return json(response, 200, { name: 'app', tags: TAGS.slice(at, at + 2) });
      }),
      [GONE]: unknown('The named manifest is not known to the registry.'),
    }),
    lists: 3,
    night: USUAL_NIGHT,
  },
  Azure: {
    server: { auth: { ...TOKEN, answer: (token) => ({ access_token: token }) }, redirectBlobs: true },
    answers: () => ({
      [LIST]: known(pages(relative)),
      [GONE]: unknown('manifest tagged by "gone" is not found'),
      '/manifests/': known((request, response, next) => {
        if (request.headers.accept?.includes('application/vnd.oci.artifact.manifest.v1+json')) return next();
        return missing('MANIFEST_UNKNOWN', 'the accepted media types do not include it')(request, response, next);
      }),
    }),
    lists: 3,
    night: USUAL_NIGHT,
  },
  DigitalOcean: {
    server: { auth: { ...TOKEN, elsewhere: true, expiresIn: 3_600 }, redirectBlobs: true },
    repositories: NAMED,
    answers: () => ({ [LIST]: known(pages(relative)), [GONE]: unknown('manifest unknown') }),
    lists: 3,
    night: USUAL_NIGHT,
  },
  'Docker Hub': {
    server: {
      auth: {
        ...TOKEN,
        elsewhere: true,
        answer: (token) => ({ token, access_token: token, expires_in: 300, issued_at: '2026-11-01T02:00:00Z' }),
      },
      redirectBlobs: true,
    },
    repositories: NAMED,
    answers: () => ({
      [GONE]: unknown('manifest unknown'),
      '/manifests/': withHeaders({ 'ratelimit-limit': '90000;w=21600', 'ratelimit-remaining': '90000;w=21600' }),
    }),
    lists: 1,
    night: USUAL_NIGHT,
  },
  'distribution 2': {
    server: { auth: BASIC },
    answers: () => ({
      [GONE]: unknown('manifest unknown'),
      '/v2/team/empty/tags/list': missing('NAME_UNKNOWN', 'repository name not known to registry'),
      // Without the digest.
      '/manifests/': known((request, response, next) => {
        if (request.headers['if-none-match'] === undefined) return next();
        return response.writeHead(304).end();
      }),
    }),
    lists: 1,
    night: USUAL_NIGHT,
  },
  'distribution 3': {
    server: { auth: BASIC, redirectBlobs: true },
    answers: () => ({
      [LIST]: known(refusingSize(400, 'PAGINATION_NUMBER_INVALID', pages(relative))),
      [GONE]: unknown('manifest unknown'),
      '/v2/team/empty/tags/list': missing('NAME_UNKNOWN', 'repository name not known to registry'),
    }),
    lists: 4,
    night: USUAL_NIGHT,
  },
  GHCR: {
    server: { auth: TOKEN, redirectBlobs: true },
    repositories: NAMED,
    answers: () => ({ [LIST]: known(pages(relative)), [GONE]: unknown('manifest unknown') }),
    lists: 3,
    night: USUAL_NIGHT,
  },
  'Gitea, Forgejo': {
    server: { auth: { ...TOKEN, challengedScope: '*' } },
    answers: ({ url, host }) => ({
      // The last page has the header, too, and leads to an empty one.
      [LIST]: known((request, response, next) => {
        const last = queryOf(request).get('last');
        if (last === TAGS.at(-1)) return json(response, 200, { name: 'team/app', tags: [] });
        if (last === 'latest') response.setHeader('link', relative('signed'));
        return pages(relative)(request, response, next);
      }),
      [GONE]: missing('MANIFEST_UNKNOWN', ''),
      '/v2/': (request, response, next) => {
        if (request.headers.authorization) return next();
        const bearer = `Bearer realm="${url}/token",service="${host}",scope="*"`;
        response.setHeader('www-authenticate', [bearer, 'Basic realm="Gitea Package API"']);
        return refuse(response, 401, 'UNAUTHORIZED');
      },
    }),
    lists: 4,
    night: USUAL_NIGHT,
  },
  GitLab: {
    server: { auth: { ...TOKEN, elsewhere: true }, redirectBlobs: true },
    repositories: NAMED,
    answers: ({ url }) => ({
      [LIST]: known(pages((last) => `<${url}${LIST}?last=${last}&n=2>; rel="next"`)),
      [GONE]: unknown('manifest unknown'),
      '/manifests/': withHeaders({ 'ratelimit-remaining': '90000', 'ratelimit-reset': '1793500000' }),
    }),
    lists: 3,
    night: USUAL_NIGHT,
  },
  'Google Artifact Registry': {
    server: { auth: TOKEN, redirectBlobs: 302 },
    repositories: NAMED,
    answers: () => ({
      [LIST]: known((_request, response) =>
        json(response, 200, {
          child: [],
          manifest: { 'sha256:0': { imageSizeBytes: '7', tag: ['1.0'] } },
          name: 'team/app',
          tags: TAGS,
        }),
      ),
      [GONE]: unknown('Failed to fetch "gone"'),
    }),
    lists: 1,
    night: USUAL_NIGHT,
  },
  Harbor: {
    server: { auth: { ...TOKEN, expiresIn: 1_800 } },
    answers: () => ({
      _catalog: (request, response) => {
        if (request.headers.authorization === basic(USERNAME, PASSWORD))
          return json(response, 200, { repositories: [...NAMED, 'team/empty'] });
        response.setHeader('www-authenticate', 'Basic realm="harbor"');
        return refuse(response, 401, 'UNAUTHORIZED');
      },
      [LIST]: known(pages(relative)),
      [GONE]: missing('NOT_FOUND', 'artifact team/app:gone not found'),
      '/v2/team/empty/tags/list': missing('NOT_FOUND', 'repository team/empty not found'),
    }),
    lists: 3,
    night: USUAL_NIGHT,
  },
  Nexus: {
    server: { auth: BASIC },
    answers: ({ url }) => ({
      [LIST]: known(pages((last) => `<${url}/repository/docker-hosted${LIST}?n=2&last=${last}>; rel="next"`)),
      [GONE]: known(PAGE_404),
      // Versions that know no HEAD, nor conditions.
      '/manifests/': known((request, response, next) => {
        if (request.method === 'HEAD') return PAGE_404(request, response, next);
        delete request.headers['if-none-match'];
        return next();
      }),
    }),
    lists: 3,
    night: { HEAD: 4, GET: 5 },
  },
  Oracle: {
    server: { auth: TOKEN },
    repositories: NAMED,
    answers: ({ url, host }) => ({
      [GONE]: unknown('manifest unknown'),
      '/v2/': (request, response, next) => {
        if (request.headers.authorization) return next();
        response.setHeader('www-authenticate', `Bearer realm="${url}/token",service="${host}",scope=""`);
        return refuse(response, 401, 'UNAUTHORIZED');
      },
    }),
    lists: 1,
    night: USUAL_NIGHT,
  },
  Quay: {
    server: {
      auth: { ...TOKEN, repositoryScopesOnly: true },
      publicCatalog: [],
      redirectBlobs: 302,
    },
    answers: () => ({
      [LIST]: known(refusingSize(413, 'INVALID_REQUEST', pages(relative))),
      [GONE]: unknown('manifest unknown'),
    }),
    lists: 4,
    night: USUAL_NIGHT,
  },
  zot: {
    server: { auth: BASIC, publicCatalog: [] },
    answers: () => ({ [LIST]: known(pages(relative)), [GONE]: unknown('manifest unknown') }),
    lists: 3,
    night: USUAL_NIGHT,
  },
};

/** Leads requests for everything to another registry, and drops their queries (registry.k8s.io). */
export function leadingTo(other: RegistryServer): Fault {
  return (request, response, next) => {
    const { pathname } = new URL(request.url ?? '', other.url);
    return redirect(`${other.url}${pathname}`)(request, response, next);
  };
}
