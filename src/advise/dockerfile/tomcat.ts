import { readEnv } from '../../classify/context.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import { baseName, isWithin } from '../../policy/paths.ts';
import { servesByTomcat } from '../start.ts';
import { closingLines } from './closing.ts';
import type { Copy } from './copies.ts';
import { environmentLines } from './environment.ts';
import type { DockerfileFacts } from './facts.ts';
import { buildStage } from './java-build.ts';
import { runPackages } from './packages.ts';

/** The Tomcat that serves an image's application. */
export interface TomcatFacts {
  /** A supported release, as tags name it: `10.1`. */
  readonly release: string;
  /** The folder below `webapps`, by which its address begins: `shop`, or `ROOT` for none. */
  readonly application: string;
}

const HOME = '/usr/local/tomcat';
const APPLICATIONS = `${HOME}/webapps`;
/** Releases out of support, and those that replace them without a change of the program. */
const REPLACED: Readonly<Record<string, string>> = { '7.0': '9.0', '8.0': '9.0', '8.5': '9.0', '10.0': '10.1' };

/** Returns the Tomcat of an image that copies an application into its official image; undefined for all others. */
export function tomcatOf({ env }: Pick<ImageConfig, 'env'>, copies: readonly Copy[]): TomcatFacts | undefined {
  const [, release] = /^(\d+\.\d+)\./.exec(readEnv(env).get('TOMCAT_VERSION') ?? '') ?? [];
  const copy = copies.findLast(({ into }) => isWithin(into, APPLICATIONS));
  if (release === undefined || copy === undefined || !servesByTomcat({ env })) return undefined;
  return { release: REPLACED[release] ?? release, application: applicationOf(copy) };
}

function applicationOf({ sources: [source = ''], into }: Copy): string {
  const name = baseName(into === APPLICATIONS ? source : into).replace(/\.war$/, '');
  return /^[\w-][\w.#-]*$/.test(name) ? name : 'ROOT';
}

/**
 * Returns a Dockerfile for a web application on Tomcat. The build unpacks it, since the server runs by a user who cannot
 * write to its folder.
 */
export function tomcatDockerfile(facts: DockerfileFacts, { release, application }: TomcatFacts): string {
  return [
    ...buildStage(facts, '', 'war'),
    'RUN mkdir /app && cd /app && jar xf /app.war',
    '',
    `FROM tomcat:${release}-jre${facts.release}-temurin`,
    ...runPackages(facts),
    ...environmentLines(facts),
    `COPY --from=build /app ${APPLICATIONS}/${application}`,
    'USER 10001',
    ...closingLines({ ...facts, folder: APPLICATIONS, script: ownScript(facts) }, 'CMD ["catalina.sh", "run"]'),
  ].join('\n');
}

/** Returns the script of the image's own that starts it, which is not Tomcat's. */
function ownScript({ script }: DockerfileFacts): string | undefined {
  return script !== undefined && baseName(script) === 'catalina.sh' ? undefined : script;
}
