import { readEnv } from '../../classify/context.ts';
import { assignments } from '../../classify/history/instruction.ts';
import { baseNamesOf } from '../../classify/verdict.ts';
import { type ImageView, ownSteps } from '../../policy/image-view.ts';
import { PLAIN_PATH } from './copies.ts';

/** What an image has of nginx's own image, on which it is built. */
export interface NginxBase {
  /** The official image, or its edition that listens on port 8080 without root. */
  readonly repository: 'nginx' | 'nginxinc/nginx-unprivileged';
  /** The folder in which it starts; undefined if it names none. */
  readonly workdir: string | undefined;
}

const UNPRIVILEGED = /(?:^|\/)nginx-unprivileged(?:[:@]|$)/;

/** Returns what an image has of nginx's own image; undefined for all that are not built on it. */
export function nginxBaseOf(view: ImageView): NginxBase | undefined {
  const { config, verdict } = view.image;
  const steps = ownSteps(view);
  // Other distributions' images of nginx set the same variable, and so do images whose own steps compile it.
  const isOfficial = /^(?:debian|alpine)$/.test(verdict.distro?.value.id ?? '');
  const isCompiled = steps.some(
    ({ verb, args }) => verb === 'ENV' && assignments(args).some(([name]) => name === VERSION),
  );
  if (!isOfficial || isCompiled || !readEnv(config.env).has(VERSION)) return undefined;
  const isOwnPort = steps.some(({ verb }) => verb === 'EXPOSE');
  const isUnprivileged =
    baseNamesOf(verdict.base).some((name) => UNPRIVILEGED.test(name)) ||
    (config.exposedPorts.includes('8080/tcp') && !isOwnPort);
  return {
    repository: isUnprivileged ? 'nginxinc/nginx-unprivileged' : 'nginx',
    workdir: PLAIN_PATH.test(config.workingDir) ? config.workingDir : undefined,
  };
}

const VERSION = 'NGINX_VERSION';
