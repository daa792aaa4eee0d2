import { readEnv } from '../../classify/context.ts';
import { type ImageView, ownSteps } from '../../policy/image-view.ts';

/** The repository of an image's base: nginx's official image, or its edition that listens on port 8080 without root. */
export type NginxBase = 'nginx' | 'nginxinc/nginx-unprivileged';

/** Returns the repository of nginx's own image that an image is built on; undefined for all others. */
export function nginxBaseOf(view: ImageView): NginxBase | undefined {
  const { config } = view.image;
  if (!readEnv(config.env).has('NGINX_VERSION')) return undefined;
  const isOwnPort = ownSteps(view).some(({ verb }) => verb === 'EXPOSE');
  return config.exposedPorts.includes('8080/tcp') && !isOwnPort ? 'nginxinc/nginx-unprivileged' : 'nginx';
}
